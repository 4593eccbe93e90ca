/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SHARED_H
#define FI_SHARED_H

struct fi_snapshot;
struct fi_waiter;
struct vm_area_struct;

int fi_resolve_shared(struct fi_snapshot *snap);
unsigned long fi_shared_address(const struct fi_waiter *waiter,
				const struct vm_area_struct *vma);

#endif
