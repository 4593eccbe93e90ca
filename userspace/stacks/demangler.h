/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_DEMANGLER_H
#define FUTEXINSPECT_DEMANGLER_H

char *demangle(const char *name);

#endif
