// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program without a C library, so that it takes none to build it: waits on a word that
 * nobody wakes, three functions deep.
 */
#define FRAME		__attribute__((noinline, noclone))
#define END_FRAME()	asm volatile("" ::: "memory")

#define NR_FUTEX	240	/* __NR_futex of 32-bit x86 */

static int stacks_word;

static FRAME void inner(int *word)
{
	int ret;

	/* FUTEX_WAIT_PRIVATE */
	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "0" (NR_FUTEX), "b" (word), "c" (128), "d" (0), "S" (0), "D" (0)
		     : "memory");
}

static FRAME void middle(int *word)
{
	inner(word);
	END_FRAME();
}

static FRAME void outer(int *word)
{
	middle(word);
	END_FRAME();
}

void _start(void)
{
	outer(&stacks_word);
	__builtin_trap();
}
