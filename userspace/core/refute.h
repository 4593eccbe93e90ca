/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_REFUTE_H
#define FUTEXINSPECT_REFUTE_H

#include "snapshot.h"

bool is_no_lock(const struct snapshot *s, const struct waiter *w, int holder);
bool may_hold_elsewhere(const struct foreign_holder *f);
bool may_have_locked(const struct snapshot *s, const struct waiter *w, int holder);
bool may_have_moved(const struct snapshot *s, const struct waiter *w, int holder);
bool may_live_elsewhere(const struct snapshot *s, const struct waiter *w);
bool ids_may_recur(const struct snapshot *s, const struct waiter *w);

#endif
