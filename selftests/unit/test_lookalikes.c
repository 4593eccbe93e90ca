// SPDX-License-Identifier: GPL-2.0-only
/*
 * What looks like a lock, at random: no holder may be named that is none, and real locks must
 * be recognised whatever stands around them.
 *
 * Each case is a futex between words of some kind.  It is a real lock, a real lock with one
 * thing wrong, or a word that is no lock of those that name a holder.  Where each bit of the
 * last is that of a lock, the holder that is named must be a thread that could be it.
 *
 * In the environment, CASES is how many there are, and SEED where to begin.
 */
#include <stdlib.h>

#include "array.h"
#include "model.h"
#include "source.h"
#include "tap.h"
#include "text_format.h"

#define NR_CASES	1000000UL

/* The world: processes of some threads, half of which wait; ids above those are dead ones'. */
#define NR_PROCESSES	64
#define NR_THREADS	8
#define NR_WAITING	4
#define ID_STEP		16
#define FIRST_ID	10000
#define STARTED_NS	1000000000UL
#define NR_KERNEL_IDS	200

#define FUTEX_TOP	0x80000000U
#define GO_HEAP		0xc000000000UL

enum process_kind { EXECED, FORKED, IN_NAMESPACE, WITH_SHARED_MM, NR_PROCESS_KINDS };

/* One futex, what is around it, and how it is waited for. */
struct fake {
	struct words words;
	enum opcode opcode;
	unsigned int flags;
	enum timeout timeout;
	uint32_t expected;
	uint64_t addr;
	int process;
	const char *name;	/* of a real lock, or NULL */
	pid_t owner;		/* of a real one, or 0 */
	bool knows_owner;
};

static uint64_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

static uint32_t *at(struct fake *f, int offset)
{
	return &f->words.word[WORDS_BEFORE + offset / 4];
}

static void put_long(struct fake *f, int offset, uint64_t value)
{
	*at(f, offset) = value;
	*at(f, offset + 4) = value >> 32;
}

static uint64_t get_long(struct fake *f, int offset)
{
	return *at(f, offset) | (uint64_t)*at(f, offset + 4) << 32;
}

/*
 * Ids
 */

static enum process_kind kind_of(int process)
{
	return process % (2 * NR_PROCESS_KINDS) < NR_PROCESS_KINDS ? EXECED :
								 process % NR_PROCESS_KINDS;
}

static pid_t tgid_of(int process)
{
	return FIRST_ID + process * ID_STEP;
}

/* In its own pid namespace. */
static pid_t own_id(int process, int thread)
{
	return thread + (kind_of(process) == IN_NAMESPACE ? 1 : tgid_of(process));
}

static pid_t live_id(int process)
{
	return own_id(process, rnd(NR_THREADS));
}

/* The last one is that of a newer process. */
static pid_t dead_id(int process)
{
	return own_id(process, NR_THREADS + rnd(ID_STEP - NR_THREADS));
}

static pid_t any_id(int process)
{
	switch (rnd(5)) {
	case 0:
		return live_id(process);
	case 1:
		return dead_id(process);
	case 2:
		return 2 + rnd(NR_KERNEL_IDS);
	case 3:
		return own_id(process, 0);
	default:
		return live_id(rnd(NR_PROCESSES));
	}
}

/*
 * Noise
 */

enum noise { ZEROS, SMALL, COUNTERS, IDS, POINTERS, STATES, RANDOM, ONES, LOCKS, NR_NOISES };

static uint64_t pointer(void)
{
	return (rnd(2) ? 0x7f0000000000UL : 0x550000000000UL) + 8UL * rnd(1 << 27);
}

static uint32_t noise_word(enum noise noise, int process, int n)
{
	static const uint32_t lock[] = { 2, 0, FIRST_ID, 1, 0, 0, 0, 0, 0, 0 };

	switch (noise) {
	case SMALL:
		return rnd(9);
	case COUNTERS:
		return rnd(100000);
	case IDS:
		return any_id(process);
	case POINTERS:
		return pointer() >> (n & 1 ? 32 : 0);
	case STATES:
		return rnd(4);
	case RANDOM:
		return rnd(UINT32_MAX);
	case ONES:
		return UINT32_MAX;
	case LOCKS:
		return lock[n % ARRAY_SIZE(lock)];
	default:
		return 0;
	}
}

static void put_noise(struct fake *f)
{
	enum noise noise = rnd(NR_NOISES + 3);
	int shift = rnd(10);

	for (int n = 0; n < NR_WORDS; n++)
		f->words.word[n] = noise_word(noise < NR_NOISES ? noise : rnd(NR_NOISES),
					      f->process, n + shift);
	f->words.known = zero_words.known;
	f->addr = 0x7f0000000000UL + 4UL * rnd(1 << 20);
}

/*
 * Real locks.  What is given is brought within what the library allows, so that these tell
 * also whether a futex is one: it is if that changes nothing.
 */

static uint32_t within(uint32_t value, uint32_t low, uint32_t high)
{
	return value < low ? low : value > high ? high : value;
}

static uint64_t link_to(uint64_t value)
{
	value &= ~7UL;
	return value > 1 << 16 && value < 1UL << 56 ? value : 0x7f0000001000UL;
}

static void set_call(struct fake *f, enum opcode opcode, bool private, uint32_t expected)
{
	f->opcode = opcode;
	f->flags = private ? WAIT_PRIVATE : 0;
	f->timeout = TIMEOUT_NONE;
	f->expected = expected;
	*at(f, 0) = expected;
}

/* FUTEX_WAIT; for a time; or until a time on one of two clocks. */
static void set_lll_call(struct fake *f, const struct fake *like, bool private, uint32_t expected)
{
	set_call(f, OP_WAIT, private, expected);
	if (like->opcode == OP_WAIT && like->timeout == TIMEOUT_RELATIVE)
		f->timeout = TIMEOUT_RELATIVE;
	if (like->opcode != OP_WAIT_BITSET || like->timeout == TIMEOUT_NONE)
		return;
	f->opcode = OP_WAIT_BITSET;
	f->timeout = like->timeout;
	f->flags |= like->flags & WAIT_REALTIME;
}

static void put_mutex(struct fake *f)
{
	const struct fake like = *f;
	uint32_t kind = *at(f, 16) & (3 | 16 | 64 | 128 | 512), type = kind & 3;
	uint32_t owner = within(*at(f, 8), 1, MAX_TID), ceiling;

	if (kind & 16)
		kind = (kind | 128) & ~64;
	ceiling = within(*at(f, 0) >> 19 & 127, 1, 99);
	f->addr &= ~7UL;
	*at(f, 4) = type == 1 ? within(*at(f, 4), 1, UINT32_MAX) :
		    kind & (16 | 64) ? within(*at(f, 4), 1, UINT32_MAX) : 0;
	*at(f, 8) = owner;
	*at(f, 12) = within(*at(f, 12), 1, MAX_TID);
	*at(f, 16) = kind;
	*at(f, 20) = type == 3 && !(kind & (16 | 64)) ? within(*at(f, 20), 0, 32767) : 0;
	for (int offset = 24; offset < 40; offset += 8)
		put_long(f, offset, kind & 16 ? link_to(get_long(f, offset)) |
						(get_long(f, offset) & 1) : 0);
	set_lll_call(f, &like, !(kind & 128), kind & 16 ? owner | FUTEX_TOP :
					      kind & 64 ? 2 | ceiling << 19 : 2);
	f->name = kind & 16 ? "robust pthread_mutex" : "pthread_mutex";
	f->owner = owner;
	f->knows_owner = type == 1 || type == 2;
}

/* A reader waits at 8; a writer there or, behind another one, at 12. */
static void put_rwlock(struct fake *f, int futex)
{
	int base = -futex;
	bool shared = *at(f, base + 28) & 1;
	const enum timeout timeout = f->timeout;
	uint32_t writer = within(*at(f, base + 24), 1, MAX_TID);

	f->addr = (f->addr - futex) / 8 * 8 + futex;
	*at(f, base) = (within(*at(f, base) >> 3, 0, MAX_TID) << 3 | 3 | (*at(f, base) & 4));
	*at(f, base + 4) = within(*at(f, base + 4) & ~FUTEX_TOP, 0, MAX_TID) |
			   (*at(f, base + 4) & FUTEX_TOP);
	*at(f, base + 8) &= 3;
	*at(f, base + 12) &= 3;
	put_long(f, base + 16, 0);
	*at(f, base + 24) = writer;
	*at(f, base + 28) = shared;
	put_long(f, base + 32, 0);
	put_long(f, base + 40, 0);
	*at(f, base + 48) = within(*at(f, base + 48), 0, 2);
	*at(f, base + 52) = 0;
	set_call(f, OP_WAIT_BITSET, !shared, futex == 8 && *at(f, 0) == 2 ? 2 : 3);
	f->timeout = timeout == TIMEOUT_RELATIVE ? TIMEOUT_NONE : timeout;
	f->flags |= timeout == TIMEOUT_MONOTONIC ? 0 : WAIT_REALTIME;
	f->name = "pthread_rwlock";
	f->owner = writer;
	f->knows_owner = true;
}

static void put_rwlock_reader(struct fake *f)
{
	put_rwlock(f, 8);
}

static void put_rwlock_writer(struct fake *f)
{
	put_rwlock(f, 12);
}

static void put_musl_mutex(struct fake *f)
{
	const enum timeout timeout = f->timeout == TIMEOUT_RELATIVE ? f->timeout : TIMEOUT_NONE;
	uint32_t type = *at(f, -4) & (7 | 128);
	uint32_t owner = within(*at(f, 0) & ~FUTEX_TOP, 1, MAX_TID);

	if ((type & 3) == 3)
		type &= ~1U;
	if (!(type & 7))
		type |= 1;
	f->addr = f->addr / 8 * 8 + 4;
	*at(f, -4) = type;
	*at(f, 4) = within(*at(f, 4), 1, MAX_TID);
	put_long(f, 8, 0);
	*at(f, 16) = (type & 3) == 1 ? *at(f, 16) : 0;
	put_long(f, 20, link_to(get_long(f, 20)));
	put_long(f, 28, link_to(get_long(f, 28)));
	set_call(f, OP_WAIT, !(type & 128), owner | FUTEX_TOP);
	f->timeout = timeout;
	f->name = "pthread_mutex";
	f->owner = owner;
	f->knows_owner = type & 3;
}

static void put_musl_file(struct fake *f)
{
	uint32_t owner = within(*at(f, 0) & ~(1U << 30), 1, MAX_TID);

	f->addr = f->addr / 8 * 8 + 4;
	put_long(f, -36, get_long(f, -36) ? link_to(get_long(f, -36)) : 0);
	put_long(f, -28, get_long(f, -28) ? link_to(get_long(f, -28)) : 0);
	if (*at(f, -20) != UINT32_MAX)
		*at(f, -20) = within(*at(f, -20), 0, INT32_MAX - 1);
	*at(f, -16) = within(*at(f, -16), 0, MAX_TID);
	put_long(f, -12, get_long(f, -12) > MAX_TID ? MAX_TID : get_long(f, -12));
	if (*at(f, -4) != UINT32_MAX)
		*at(f, -4) = within(*at(f, -4), 0, 1);
	if (*at(f, 4) != UINT32_MAX)
		*at(f, 4) = '\n';
	set_call(f, OP_WAIT, true, owner | 1U << 30);
	f->name = "stdio lock";
	f->owner = owner;
	f->knows_owner = true;
}

/* Cut to what the bytes may be: cancellation, asynchronous or not, and two flags. */
static uint32_t join_flags(uint32_t flags)
{
	return within(flags & 255, 0, 2) | within(flags >> 8 & 255, 0, 1) << 8 |
	       within(flags >> 16 & 255, 0, 3) << 16 | (flags & 0xff000000);
}

/* A mapping, and a stack in it. */
static void put_stack(struct fake *f)
{
	uint64_t map = get_long(f, 16) & ~4095UL, size = get_long(f, 24) & ~4095UL;
	uint64_t top = get_long(f, 32), stack = get_long(f, 40);

	if (map <= 1 << 16 || map >= 1UL << 56 || (map >> 32 && !(map >> 36)))
		map = 0x7f0000100000UL;
	if (!size || size >= 1UL << 47)
		size = 4096;
	if (top <= map || top - map > size)
		top = map + size;
	put_long(f, 16, map);
	put_long(f, 24, size);
	put_long(f, 32, top);
	put_long(f, 40, stack && stack <= top - map ? stack : top - map);
}

static void put_musl_join(struct fake *f)
{
	const enum timeout timeout = f->timeout == TIMEOUT_RELATIVE ? f->timeout : TIMEOUT_NONE;
	uint32_t joined = within(*at(f, -8), 1, MAX_TID);

	f->addr &= ~7UL;
	*at(f, -8) = joined;
	*at(f, -4) = within(*at(f, -4), 0, 4095);
	*at(f, 4) = within(*at(f, 4), 0, 1);
	*at(f, 8) = join_flags(*at(f, 8));
	put_stack(f);
	set_call(f, OP_WAIT, true, 2);
	f->timeout = timeout;
	f->name = "pthread_join";
	f->owner = joined;
	f->knows_owner = false;
}

static void (*const holders[])(struct fake *f) = {
	put_mutex, put_rwlock_reader, put_rwlock_writer, put_musl_mutex, put_musl_file,
	put_musl_join,
};

static bool same_call(const struct fake *a, const struct fake *b)
{
	return a->opcode == b->opcode && a->flags == b->flags && a->timeout == b->timeout &&
	       a->expected == b->expected && a->addr == b->addr;
}

/* Whether each bit is that of a lock that names its holder. */
static bool is_like_lock(const struct fake *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++) {
		struct fake real = *f;

		holders[i](&real);
		if (same_call(&real, f) && !memcmp(&real.words, &f->words, sizeof(f->words)))
			return true;
	}
	return false;
}

/* The words that say which kind it is and who has it are made those of a lock. */
static void make_real(struct fake *f)
{
	static const uint32_t kinds[] = { 0, 1, 2, 3, 16, 17, 18, 19, 64, 65, 66, 67 };
	static const enum timeout timeouts[] = {
		TIMEOUT_NONE, TIMEOUT_RELATIVE, TIMEOUT_MONOTONIC, TIMEOUT_REALTIME,
	};
	size_t which = rnd(ARRAY_SIZE(holders));
	pid_t owner = rnd(4) ? live_id(f->process) : dead_id(f->process);

	f->timeout = timeouts[rnd(ARRAY_SIZE(timeouts))];
	f->opcode = f->timeout < TIMEOUT_MONOTONIC ? OP_WAIT : OP_WAIT_BITSET;
	f->flags = f->timeout == TIMEOUT_REALTIME ? WAIT_REALTIME : 0;
	if (holders[which] == put_mutex) {
		*at(f, 8) = owner;
		*at(f, 12) = 1 + rnd(NR_THREADS);
		*at(f, 16) = kinds[rnd(ARRAY_SIZE(kinds))] | (rnd(4) ? 0 : 128);
	} else if (holders[which] == put_rwlock_reader) {
		*at(f, -4) = rnd(NR_THREADS);
		*at(f, 16) = owner;
	} else if (holders[which] == put_rwlock_writer) {
		*at(f, -8) = 1 + rnd(NR_THREADS - 1);
		*at(f, 12) = owner;
	} else if (holders[which] == put_musl_join) {
		*at(f, -8) = owner;
	} else {
		*at(f, 0) = owner;
		*at(f, 4) = 1 + rnd(NR_THREADS);
	}
	holders[which](f);
}

/* The kernel takes the timeout for what operation and flags say. */
static void set_timeout(struct fake *f)
{
	if (f->timeout == TIMEOUT_NONE)
		return;
	if (f->opcode == OP_WAIT)
		f->timeout = TIMEOUT_RELATIVE;
	else
		f->timeout = f->flags & WAIT_REALTIME ? TIMEOUT_REALTIME : TIMEOUT_MONOTONIC;
}

static void spoil(struct fake *f)
{
	switch (rnd(5)) {
	case 0:
		f->flags ^= 1U << rnd(2);
		break;
	case 1:
		f->opcode = f->opcode == OP_WAIT ? OP_WAIT_BITSET : OP_WAIT;
		break;
	case 2:
		f->addr += 4;
		break;
	default:
		*at(f, 4 * ((int)rnd(NR_WORDS) - WORDS_BEFORE)) =
			noise_word(rnd(NR_NOISES), f->process, rnd(10));
	}
	set_timeout(f);
}

/* One thing of a real lock is wrong: a word, the call, or the address. */
static void make_near(struct fake *f)
{
	make_real(f);
	do {
		spoil(f);
	} while (is_like_lock(f));
	f->name = NULL;
	f->owner = 0;
}

/*
 * Futexes that name no holder
 */

#define ANY_VALUE	UINT32_MAX

/* How users of futexes call, and the values of their words while they wait. */
static const struct user {
	const char *name;
	enum opcode opcode;
	unsigned int flags;
	uint32_t values[4];	/* up to the first 0 */
	uint64_t base;		/* of its memory, if it has some of its own */
} users[] = {
	{ "std::atomic, std::latch and std::counting_semaphore of libstdc++", OP_WAIT, WAIT_PRIVATE,
	  { 2, 1, 3, ANY_VALUE } },
	{ "GMutex", OP_WAIT, WAIT_PRIVATE, { 2 } },
	{ "GCond", OP_WAIT, WAIT_PRIVATE, { ANY_VALUE } },
	{ "Drepper's lock", OP_WAIT, WAIT_PRIVATE, { 2 } },
	{ "Drepper's lock in shared memory", OP_WAIT, 0, { 2 } },
	{ "a lock with its owner's id, and a bit", OP_WAIT, WAIT_PRIVATE,
	  { FUTEX_TOP | FIRST_ID, FUTEX_TOP | 1, 1U << 30 | FIRST_ID } },
	{ "a lock with its owner's id, in shared memory", OP_WAIT, 0,
	  { FUTEX_TOP | FIRST_ID, FUTEX_TOP | 1 } },
	{ "libgomp's barrier", OP_WAIT, WAIT_PRIVATE, { 8, 16, 2 } },
	{ "libgomp's lock", OP_WAIT, WAIT_PRIVATE, { 2, UINT32_MAX } },
	{ "Go's lock in hchan and semaRoot", OP_WAIT, WAIT_PRIVATE, { 2 }, GO_HEAP },
	{ "Go's lock in .data", OP_WAIT, WAIT_PRIVATE, { 2 }, 0x500000 },
	{ "Go's note", OP_WAIT, WAIT_PRIVATE, { ANY_VALUE }, GO_HEAP },
	{ "Rust's Mutex", OP_WAIT_BITSET, WAIT_PRIVATE, { 2 } },
	{ "Rust's RwLock", OP_WAIT_BITSET, WAIT_PRIVATE, { 0x7fffffff, 0xbfffffff } },
	{ "Rust's Condvar and Once", OP_WAIT_BITSET, WAIT_PRIVATE, { 3, 2, ANY_VALUE } },
	{ "a state, by FUTEX_WAIT_BITSET and a clock", OP_WAIT_BITSET, WAIT_PRIVATE | WAIT_REALTIME,
	  { 2, 3, ANY_VALUE } },
};

/* Behind the word are a number, an id, and two numbers, as in descriptors of jobs. */
static void put_descriptor(struct fake *f, pid_t id)
{
	*at(f, 4) = rnd(2) ? 0 : rnd(3);
	*at(f, 8) = id;
	*at(f, 12) = 1 + rnd(4);
	*at(f, 16) = rnd(2) ? 0 : rnd(4);
}

static void make_user(struct fake *f)
{
	const struct user *u = &users[rnd(ARRAY_SIZE(users))];
	size_t nr = 1;
	uint32_t value;

	while (nr < ARRAY_SIZE(u->values) && u->values[nr])
		nr++;
	value = u->values[rnd(nr)];
	if (u->base)
		f->addr = u->base + 8UL * rnd(1 << 16);
	if (rnd(2))
		put_descriptor(f, any_id(f->process));
	set_call(f, u->opcode, true, value == ANY_VALUE ? rnd(8) : value);
	f->flags = u->flags;
}

/*
 * The world
 */

static void put_process(FILE *f, int i)
{
	pid_t tgid = tgid_of(i), last = tgid + NR_THREADS - 1;
	enum process_kind kind = kind_of(i);

	fprintf(f, "mm id=%d live=%d live_threads=%d-%d hidden=0\n", i + 1, NR_THREADS, tgid, last);
	fprintf(f, "process tgid=%d ppid=1 comm=p mm=%d execed=%s caught=0x0\n", tgid, i + 1,
		kind == FORKED ? "no" : "yes");
	for (int k = 0; k < NR_THREADS; k++)
		fprintf(f, "thread tid=%d tgid=%d mm=%d nvcsw=1 start_ns=%lu nstid=%d\n", tgid + k,
			kind == WITH_SHARED_MM && tgid + k == last ? last : tgid, i + 1,
			STARTED_NS + tgid + k, own_id(i, k));
	for (int k = 0; k < NR_WAITING; k++)
		fprintf(f, "waiter tid=%d tgid=%d mm=%d bitset=0xffffffff asleep_ns=1 words=?\n",
			tgid + k, tgid, i + 1);
}

/* Kernel threads, and a process that has the last id of the dead of each one. */
static void add_foreign_holders(struct snapshot *s)
{
	for (int id = 2; id < 2 + NR_KERNEL_IDS; id++)
		array_push(s->foreign_holders, s->nr_foreign_holders, (struct foreign_holder){
			id, 2, "kworker", 1, true,
		});
	for (int i = 0; i < NR_PROCESSES; i++)
		array_push(s->foreign_holders, s->nr_foreign_holders, (struct foreign_holder){
			tgid_of(i) + ID_STEP - 1, 9, "newer", 2 * STARTED_NS,
		});
}

static bool make_world(struct snapshot *s)
{
	char error[PARSE_ERROR_SIZE], *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fprintf(f, "futexinspect version=1 start_ns=%lu\n", 4 * STARTED_NS);
	for (int i = 0; i < NR_PROCESSES; i++)
		put_process(f, i);
	fprintf(f, "end\n");
	fclose(f);
	snapshot_init(s, &source_module);
	if (parse_text(text, size, "world", s, error)) {
		ok(false, "%s", error);
		return false;
	}
	add_foreign_holders(s);
	return true;
}

static void put_waiter(struct waiter *w, const struct fake *f)
{
	w->opcode = f->opcode;
	w->flags = f->flags;
	w->timeout = f->timeout;
	w->expected = f->expected;
	w->uaddr = w->waits_on = f->addr;
	w->words = &f->words;
	w->key_type = f->flags & WAIT_PRIVATE ? KEY_PRIVATE : KEY_SHARED_MM;
	w->known |= W_FLAGS | W_EXPECTED | W_UADDR | W_WAITS_ON;
	recognise_lock(w);
}

/*
 * What must be said
 */

static struct {
	unsigned long wrong;	/* holders that are none */
	unsigned long lost;	/* real locks with another name or holder */
	unsigned long real;
	unsigned long like;	/* that are no locks, but of which each bit is that of one */
	unsigned long others;
	unsigned long ambiguous;	/* real locks that look like another kind, too */
} count;

static void print_fake(const struct fake *f, const struct waiter *w, const char *what)
{
	printf("# %s: process %d, op %d, flags %x, timeout %d, expected %x, %#lx: %s %d:",
	       what, f->process, f->opcode, f->flags, f->timeout, f->expected,
	       (unsigned long)f->addr, primitives[w->lock.primitive].name ?: "-", w->lock.owner);
	for (int n = 0; n < NR_WORDS; n++)
		printf("%s%x", n == WORDS_BEFORE ? " | " : " ", f->words.word[n]);
	puts("");
}

static bool is_own_id(int process, pid_t id)
{
	pid_t first = own_id(process, 0);

	return id >= first && id < first + NR_THREADS;
}

/* No thread of the process has the id, but one that is no more may have had it. */
static bool may_be_dead_id(int process, pid_t id)
{
	if (is_own_id(process, id))
		return false;
	if (kind_of(process) == IN_NAMESPACE)
		return true;
	if (kind_of(process) == FORKED)
		return id >= 2 + NR_KERNEL_IDS || id < 2;
	if (id < FIRST_ID)
		return id >= 300;
	/* That of a thread of an older process was never its own. */
	return id >= tgid_of(process) || (id - FIRST_ID) % ID_STEP >= NR_THREADS;
}

static bool is_named(const struct holder *h)
{
	return h->evidence == BY_WORDS && (h->thread >= 0 || h->gone);
}

static bool may_be_holder(const struct fake *f, const struct snapshot *s, const struct waiter *w,
			  const struct holder *h)
{
	bool is_main = h->thread >= 0 && s->threads[h->thread].tid == tgid_of(f->process);

	if (!is_like_lock(f) || kind_of(f->process) == WITH_SHARED_MM)
		return false;
	if (h->thread == w->thread && w->lock.knows_owner)
		return false;
	if (kind_of(f->process) != FORKED && w->lock.users > NR_THREADS + 1)
		return false;
	if (h->thread >= 0 && s->threads[h->thread].nstid == w->lock.owner)
		return is_own_id(f->process, w->lock.owner);
	/* In a child of fork, the main thread may have been another one. */
	if (h->thread >= 0 && !(is_main && kind_of(f->process) == FORKED))
		return false;
	return may_be_dead_id(f->process, w->lock.owner);
}

/* Of a real lock: in memory of one process, and not for the one who has it already. */
static bool must_be_named(const struct fake *f, const struct snapshot *s, const struct waiter *w)
{
	return kind_of(f->process) != WITH_SHARED_MM &&
	       !(f->knows_owner && s->threads[w->thread].nstid == f->owner);
}

static void check_real(const struct fake *f, const struct snapshot *s, const struct waiter *w,
		       const struct holder *h)
{
	count.real++;
	if (primitives[w->lock.primitive].name && w->lock.owner == PID_UNKNOWN) {
		if (!count.ambiguous++)
			print_fake(f, w, "ambiguous");
		return;
	}
	if (primitives[w->lock.primitive].name && !strcmp(primitives[w->lock.primitive].name, f->name) && w->lock.owner == f->owner &&
	    is_named(h) == must_be_named(f, s, w))
		return;
	if (!count.lost++)
		print_fake(f, w, "lost");
}

static void check_fake(const struct fake *f, const struct snapshot *s, const struct waiter *w,
		       const struct holder *h)
{
	if (is_named(h) && !may_be_holder(f, s, w, h) && !count.wrong++)
		print_fake(f, w, "wrong");
	if (f->name) {
		check_real(f, s, w, h);
		return;
	}
	count.others++;
	count.like += is_named(h);
}

static void make_fake(struct fake *f, int process)
{
	*f = (struct fake){ .process = process };
	put_noise(f);
	switch (rnd(4)) {
	case 0:
		make_real(f);
		break;
	case 1:
		make_near(f);
		break;
	default:
		make_user(f);
	}
}

/* All waiters of the world get a futex each. */
static void test_batch(struct snapshot *s, struct fake *fakes)
{
	struct model m;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		make_fake(&fakes[i], i / NR_WAITING);
		put_waiter(&s->waiters[i], &fakes[i]);
	}
	model_build(&m, s);
	for (size_t i = 0; i < s->nr_waiters; i++)
		check_fake(&fakes[i], s, &s->waiters[i], model_holder(&m, s->waiters[i].thread));
	model_free(&m);
}

/*
 * Futexes of programs that live, and were said to wait for a lock whose holder is gone, or
 * for one of their own.  Thread FIRST_ID waits, at a multiple of 8.
 */
#define ME	FIRST_ID
#define STATE	OP_WAIT, WAIT_PRIVATE, 2
static const struct shape {
	const char *name;
	enum opcode opcode;
	unsigned int flags;
	uint32_t expected;
	int first;		/* offset of the first word */
	uint32_t word[NR_WORDS];	/* then zeros */
} shapes[] = {
	{ "a state before error, id, priority and flags", STATE, 0, { 2, 0, 7, 1, 0 } },
	{ "a lock before head, tail and length of a queue", STATE, 0, { 2, 0, 4, 9, 0 } },
	{ "a latch before error, number, threads and flags", STATE, 0, { 2, 0, 3, 2, 0 } },
	{ "descriptors of a pool's threads, with their ids", STATE, 0,
	  { 2, 0, ME, 1, 0, 2, 0, ME + 1, 1, 0, 2, 0 } },
	{ "an array of states", STATE, -12, { 0, 1, 0, 2, 0, 1, 3, 0, 1 } },
	{ "slots with the partner's id", STATE, 0, { 2, 0, ME + 1, 1, 0, 2, 0, ME, 1, 0 } },
	{ "GMutex before id, users and flags", STATE, 0, { 2, 0, 12, 2, 0 } },
	{ "Go's lock of semaRoot before a pointer and a number", STATE, 0,
	  { 2, 0, 0x2380, 0xc0, 2 } },
	{ "Go's lock of hchan before a buffer of numbers", STATE, 0, { 2, 0, 2, 3, 0, 0, 4, 5 } },
	{ "Rust's Mutex between what it protects, kind and users", OP_WAIT_BITSET, WAIT_PRIVATE, 2,
	  -8, { 19, 1, 2, 0, 0, 0, 5 } },
	{ "Rust's Mutex behind a pointer", OP_WAIT_BITSET, WAIT_PRIVATE, 2, -8,
	  { 0x562f, 3, 2, 1, 0, 0, 5 } },
};

static void test_shape(struct snapshot *s, const struct shape *shape)
{
	struct fake f = {
		.opcode = shape->opcode, .flags = shape->flags, .expected = shape->expected,
		.timeout = TIMEOUT_NONE, .addr = 0x55d000001000, .words = zero_words,
	};
	struct model m;

	for (int n = 0; n < NR_WORDS && shape->first + 4 * n < 4 * (NR_WORDS - WORDS_BEFORE); n++)
		*at(&f, shape->first + 4 * n) = shape->word[n];
	put_waiter(&s->waiters[0], &f);
	model_build(&m, s);
	if (!ok(!is_named(model_holder(&m, 0)), "%s: no holder", shape->name))
		print_fake(&f, &s->waiters[0], "shape");
	model_free(&m);
}

/* The words around a mutex are often those of another one, held by a thread of any id. */
static void test_neighbours(struct snapshot *s)
{
	struct waiter *w = &s->waiters[0];
	int lost = 0;

	for (int place = -4 * WORDS_BEFORE; place <= -16; place += 4) {
		for (uint32_t id = 1; id < 4096; id++) {
			struct fake f = {
				.opcode = OP_WAIT, .flags = WAIT_PRIVATE, .expected = 2,
				.timeout = TIMEOUT_NONE, .addr = 0x55d000001000, .words = zero_words,
			};
			const uint32_t lock[] = { 2, 0, id, 1 };

			for (size_t n = 0; n < ARRAY_SIZE(lock); n++)
				*at(&f, place + 4 * n) = lock[n];
			*at(&f, 0) = 2;
			*at(&f, 8) = ME + 1;
			*at(&f, 12) = 1;
			put_waiter(w, &f);
			lost += w->lock.owner != ME + 1;
		}
	}
	is_num(lost, 0, "a mutex beside another lock names its holder, whatever id that lock has");
}

static unsigned long from_environment(const char *name, unsigned long value)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : value;
}

static void test_random(struct snapshot *s)
{
	unsigned long nr = from_environment("CASES", NR_CASES), first = from_environment("SEED", 1);
	struct fake *fakes = xcalloc(s->nr_waiters, sizeof(*fakes));

	seed = first * 0x9e3779b97f4a7c15UL | 1;
	for (unsigned long done = 0; done < nr; done += s->nr_waiters)
		test_batch(s, fakes);
	printf("# seed %lu: %lu real locks, %lu others; %lu of these are like one in each bit\n",
	       first, count.real, count.others, count.like);
	is_num(count.wrong, 0, "no holder is named that is none");
	is_num(count.lost, 0, "real locks are recognised, with their holder");
	ok(count.ambiguous <= count.real / 1000, "%lu of them look like another kind, too",
	   count.ambiguous);
	ok(count.real > nr / 8 && count.like <= count.others / 100,
	   "what is no lock is seldom like one in each bit");
	free(fakes);
}

int main(void)
{
	struct snapshot s;

	tap_start();
	if (make_world(&s)) {
		for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
			test_shape(&s, &shapes[i]);
		test_neighbours(&s);
		test_random(&s);
	}
	snapshot_free(&s);
	return tap_end();
}
