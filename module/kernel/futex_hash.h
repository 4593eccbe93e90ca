/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_FUTEX_HASH_H
#define FI_FUTEX_HASH_H

#include <linux/mutex.h> /* linux/futex.h of 6.12 needs it */
#include <linux/futex.h>

/**
 * struct fi_hash_result - what futex_hash() returns
 * @bucket: the struct futex_hash_bucket of the key
 * @private_hash: on 7.3 and later the private hash that @bucket belongs to, in the second
 *	return register; NULL for a shared key. Undefined on earlier kernels.
 */
struct fi_hash_result {
	void *bucket;
	void *private_hash;
};

int fi_futex_hash_init(void);
struct fi_hash_result fi_futex_hash(union futex_key *key);
void fi_futex_hash_exit(void);

#endif
