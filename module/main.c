// SPDX-License-Identifier: GPL-2.0-only
/*
 * futexinspect.ko shows every blocked futex waiter of the host in debugfs. It
 * collects and prints; what it means is for futexinspect(8) to say.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "debugfs.h"
#include "format.h"
#include "kernel/layout.h"
#include "kernel/table.h"
#include "words.h"

#define FI_BOOT_ID_PATH	"/proc/sys/kernel/random/boot_id"

char fi_boot_id[UUID_STRING_LEN + 1] = "?";

/* It tells snapshots of two boots apart. Without /proc it stays unknown. */
static void __init read_boot_id(void)
{
	struct file *file = filp_open(FI_BOOT_ID_PATH, O_RDONLY, 0);
	char buf[UUID_STRING_LEN];
	loff_t pos = 0;

	if (IS_ERR(file))
		return;
	if (kernel_read(file, buf, sizeof(buf), &pos) == sizeof(buf) &&
	    uuid_is_valid(buf))
		memcpy(fi_boot_id, buf, sizeof(buf));
	filp_close(file, NULL);
}

static int __init futexinspect_init(void)
{
	int err;

	read_boot_id();
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
		pr_err("cannot make debugfs/futexinspect/waiters: error %d\n", err);
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
