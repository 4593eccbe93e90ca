/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_IMAGES_H
#define FUTEXINSPECT_IMAGES_H

#include <elfutils/libdwfl.h>

#include "target.h"

Dwfl *images_begin(struct target *t);
void images_end(struct target *t, Dwfl *dwfl);

#endif
