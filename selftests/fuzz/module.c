// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the fuzzer of stacks has as code and data of the program: rules of all kinds by which a caller
 * is found, inlined functions, variables of all kinds, and what CPython is recognised by.
 */
typedef union { int words[10]; } pthread_mutex_t;
typedef struct { unsigned int value; } sem_t;

struct shelf {
	int number;
	pthread_mutex_t locks[2][3];
};

static struct {
	struct {
		const char *name;
		struct shelf shelves[2];
		union {
			sem_t semaphore;
			pthread_mutex_t mutex;
			long long raw[8];
		} any;
	} cache;
	char rest[64];
} config = { .rest = "x" };

char _PyRuntime[512] = { 1 };
sem_t turns;

static inline __attribute__((always_inline)) int innermost(int *word)
{
	return __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
}

static inline __attribute__((always_inline)) int inner(int nr)
{
	return innermost(&config.cache.shelves[nr & 1].number) + innermost((int *)&turns);
}

__attribute__((noinline)) int _PyEval_EvalFrameDefault(int nr)
{
	static pthread_mutex_t own_lock = { { 1 } };
	volatile char room[100];

	room[nr % 100] = own_lock.words[nr % 10];
	return inner(nr) + room[3];
}

__attribute__((noinline)) int outer(int nr)
{
	volatile int got = _PyEval_EvalFrameDefault(nr) + _PyEval_EvalFrameDefault(nr + 1);

	return got + _PyRuntime[nr] + config.cache.any.mutex.words[1];
}

#ifdef __x86_64__
/* Rules that compilers hardly make: what leads to the caller is computed, or loops. */
#define FUNCTION(name, rules)						\
	asm(".globl " name "; .type " name ", @function; " name ":"	\
	    ".cfi_startproc;" rules "; nop; call outer; nop; .cfi_endproc;"	\
	    ".size " name ", .-" name)

FUNCTION("with_frame", "push %rbp; .cfi_def_cfa_offset 16; .cfi_offset 6, -16; mov %rsp, %rbp;"
	 ".cfi_def_cfa_register 6");
FUNCTION("expression", ".cfi_escape 0x0f,3,0x77,8,0x06");	/* *(rsp + 8) */
FUNCTION("value", ".cfi_escape 0x16,16,2,0x77,0");		/* val_expression: rip = rsp */
FUNCTION("at", ".cfi_escape 0x10,16,2,0x77,8; .cfi_escape 0x10,7,2,0x77,16");
FUNCTION("same", ".cfi_same_value 16; .cfi_def_cfa 7, 0");
FUNCTION("divides", ".cfi_escape 0x0f,6,0x77,0,0x06,0x32,0x1b,0x9f");
FUNCTION("jumps", ".cfi_escape 0x0f,6,0x77,0,0x12,0x2f,0xfc,0xff");	/* dup, and back again */
FUNCTION("in_register", ".cfi_register 16, 6; .cfi_def_cfa 6, 16");
FUNCTION("first", ".cfi_undefined 16");
FUNCTION("__restore_rt", ".cfi_signal_frame; .cfi_escape 0x0f,3,0x77,0xa0,1;"
	 ".cfi_escape 0x10,16,3,0x77,0xa8,1; .cfi_escape 0x10,6,2,0x77,0x78");
#endif
