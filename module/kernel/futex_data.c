// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the futex hash table of kernels before 5.16, which have no futex_hash() that a
 * kprobe could find. Their variable __futex_data (since 4.3) has the address of the table.
 * A kprobe cannot find a variable, but sprint_symbol(), which is exported, gives the name
 * and the size of the symbol at an address. So the module goes from symbol to symbol
 * through the section of read-mostly data, in both directions from an exported symbol.
 * This needs CONFIG_KALLSYMS_ALL.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "futex_data.h"

#define FI_SYMBOL	"__futex_data"

/* After more symbols the walk has left the section, which has some thousands on Debian. */
#define FI_MAX_SYMBOLS	65536

/* The type of FI_SYMBOL before 6.16. */
struct futex_data {
	char *queues;
	unsigned long hashsize;
};

/*
 * Find the start and the end of the symbol that contains @addr, and whether it is
 * FI_SYMBOL. Return false if there is no symbol at that address.
 */
static bool symbol_at(unsigned long addr, unsigned long *start, unsigned long *end,
		      bool *found)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long offset, size;
	char *plus;

	/* "name+0xoffset/0xsize", or the address in hexadecimal */
	sprint_symbol(name, addr);
	plus = strrchr(name, '+');
	if (!plus || sscanf(plus, "+0x%lx/0x%lx", &offset, &size) != 2 || !size)
		return false;
	*plus = '\0';
	*found = !strcmp(name, FI_SYMBOL);
	*start = addr - offset;
	*end = *start + size;
	return true;
}

/* Walk up or down from @addr. Return the address of FI_SYMBOL, or 0. */
static unsigned long find_symbol(unsigned long addr, bool up)
{
	unsigned long start, end;
	bool found;
	int i;

	for (i = 0; i < FI_MAX_SYMBOLS && symbol_at(addr, &start, &end, &found); i++) {
		if (found)
			return start;
		addr = up ? end : start - 1;
		cond_resched();
	}
	return 0;
}

/**
 * fi_futex_data() - find the futex hash table by its variable
 * @buckets: receives the address of the first bucket
 * @nr: receives the number of buckets
 *
 * Context: process; may sleep.
 *
 * Return: 0, or -ENOENT after a line in the kernel log.
 */
int fi_futex_data(char **buckets, size_t *nr)
{
	/* Exported, and in the section of read-mostly data like __futex_data. */
	unsigned long from = (unsigned long)&nr_cpu_ids;
	struct futex_data data;
	unsigned long addr;

	addr = find_symbol(from, true);
	if (!addr)
		addr = find_symbol(from, false);
	if (!addr || copy_from_kernel_nofault(&data, (void *)addr, sizeof(data))) {
		pr_err("this kernel has no futex_hash(), and its symbol table no %s (CONFIG_KALLSYMS_ALL)\n",
		       FI_SYMBOL);
		return -ENOENT;
	}
	*buckets = data.queues;
	*nr = data.hashsize;
	return 0;
}
