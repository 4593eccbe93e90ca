// SPDX-License-Identifier: GPL-2.0-only
/*
 * futexinspect.ko shows every blocked futex waiter of the host in debugfs. It collects
 * and prints; futexinspect(8) judges. Read collect.c first.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "debugfs.h"
#include "format.h"
#include "kernel/layout.h"
#include "kernel/table.h"
#include "words.h"

static int __init futexinspect_init(void)
{
	int err;

	fi_format_init();
	err = fi_layout_init();
	if (err)
		return err;
	err = fi_table_init();
	if (err)
		return err;
	err = fi_words_init();
	if (err)
		goto table;
	err = fi_debugfs_init();
	if (err) {
		pr_err("cannot create futexinspect/waiters in debugfs: error %d\n", err);
		goto words;
	}
	return 0;
words:
	fi_words_exit();
table:
	fi_table_exit();
	return err;
}

static void __exit futexinspect_exit(void)
{
	fi_debugfs_exit();
	fi_words_exit();
	fi_table_exit();
}

module_init(futexinspect_init);
module_exit(futexinspect_exit);

MODULE_DESCRIPTION("Show all blocked futex waiters in debugfs");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
