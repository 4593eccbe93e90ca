/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What signals may do to a process, and those that its own timers send it.
 */
#ifndef FUTEXINSPECT_SIGNALS_H
#define FUTEXINSPECT_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

/* What is known of the timers of a process that do something. */
enum timed {
	TIMED_NOT,		/* it has none, as far as is known */
	TIMED_MAYBE,		/* it may have one */
	TIMED,			/* it has one, and it is known when that fires */
};

#define MAX_SIGNAL		64

/* Room for the name of any signal. */
#define SIGNAL_NAME_SIZE	24

const char *signal_name(char dst[SIGNAL_NAME_SIZE], int signal);
bool process_may_have_libc_handlers(const struct process *p);
void process_set_libc_handler(struct process *p, int i);
bool process_has_handlers(const struct process *p);
uint64_t process_handles(const struct process *p, uint64_t signals);
bool process_takes_orders(const struct process *p);
bool process_has_timer(const struct process *p, uint64_t signals);
enum timed process_wakes_itself(const struct process *p, uint64_t *ns);
enum timed process_ends_itself(const struct process *p, uint64_t *ns);
bool process_is_hung_up(const struct process *p);
bool process_ends_with_parent(const struct process *p);
bool process_may_stop(const struct process *p);
bool process_may_act(const struct process *p);
bool process_may_end(const struct process *p);

#endif
