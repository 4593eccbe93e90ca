/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_MODEL_H
#define FUTEXINSPECT_MODEL_H

#include "analyze.h"

size_t node_mm(const struct snapshot *s, int mm);
size_t node_process(const struct snapshot *s, int process);
size_t node_shared(const struct snapshot *s, int shared);
size_t node_wakers(const struct snapshot *s, int wakers);
size_t nr_nodes(const struct snapshot *s);

void model_build(struct analysis *a, const struct snapshot *s);
void model_solve(struct analysis *a, bool *const moved[NR_PASSES]);
void model_free(struct analysis *a);
bool is_frozen(const struct thread *t);
bool key_is_local(const struct waiter *w);
bool is_pi_wait(const struct waiter *w);
bool wait_is_outside(const struct snapshot *s, const struct waiter *w);
bool is_held_by_tracer(const struct snapshot *s, int thread);
int find_tracer(const struct snapshot *s, int thread);

#endif
