// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the module's text to a snapshot.
 *
 * The text is cut up in place: a value becomes a string by the NUL that
 * replaces the space behind it, and text fields point into the buffer.  A
 * record's keys come in the order of its table nearly always, so the search for
 * a key starts where the last one was found.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text_format.h"

#define COPY_AGAIN	"copy the file again, whole"
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Of the words around a futex: more than a page is not from the module. */
#define MAX_WORD_OFFSET	4096

/* All that is worth showing of a value that is wrong. */
#define SHOW		"%.40s"

struct header {
	unsigned int known;
	uint64_t version;
};

struct end {
	unsigned int known;
	uint64_t waiters;
	uint64_t mms;
	uint64_t processes;
	uint64_t threads;
	uint64_t hidden;
	uint64_t errors;
	uint64_t shared;
};

/* Bits of end.known. */
enum {
	E_WAITERS	= 1 << 0,
	E_MMS		= 1 << 1,
	E_PROCESSES	= 1 << 2,
	E_THREADS	= 1 << 3,
	E_HIDDEN	= 1 << 4,
	E_ERRORS	= 1 << 5,
	E_SHARED	= 1 << 6,
};

/* What is known of an mm's id, at the index of its record in the snapshot. */
struct mm_id {
	const char *id;
	unsigned long line;	/* where it was first named */
	const char *kind;	/* the record that named it there */
	bool defined;
};

struct parser {
	const char *name;
	unsigned long line;
	char *error;
	const char *kind;	/* of the line's record */
	const char *key;	/* of the field at hand */
	struct snapshot *s;
	struct header header;
	struct end end;
	bool ended;

	struct mm_id *mm_ids;
	size_t nr_mm_ids;
	int *mm_slots;		/* open addressing, -1: free */
	size_t mm_mask;
	int last_mm;
	int mm_index;		/* what the id of the mm record at hand says */
	struct mm mm;		/* its other fields, which may come before the id */
};

struct field {
	const char *key;
	int (*parse)(struct parser *p, const struct field *f, void *rec, char *val);
	size_t offset;
	unsigned int bit;	/* of the record's mask, if it has one */
};

struct kind {
	const char *name;
	const struct field *fields;
	size_t nr_fields;
	size_t first;		/* the field that mostly comes first */
	void *(*begin)(struct parser *p);
	int (*finish)(struct parser *p, void *rec, uint64_t seen);
};

static int fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct parser *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (p->line)
		n = snprintf(p->error, PARSE_ERROR_SIZE, "%s:%lu: ", p->name, p->line);
	else
		n = snprintf(p->error, PARSE_ERROR_SIZE, "%s: ", p->name);
	if (n >= PARSE_ERROR_SIZE)
		return -1;
	va_start(ap, fmt);
	vsnprintf(p->error + n, PARSE_ERROR_SIZE - n, fmt, ap);
	va_end(ap);
	return -1;
}

static int fail_field(struct parser *p, const char *val, const char *what)
{
	return fail(p, "%s: %s=" SHOW ": %s", p->kind, p->key, val, what);
}

/*
 * Numbers
 */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Read a number, decimal or hex after "0x".  Return: what follows it, or NULL: no
 * number, with errno EINVAL, or one of more than 64 bits, with errno ERANGE.
 */
static const char *read_number(const char *p, uint64_t *num)
{
	const char *start;
	uint64_t n = 0;

	errno = ERANGE;
	if (p[0] == '0' && p[1] == 'x') {
		p += 2;
		for (start = p; hex_digit(*p) >= 0; p++) {
			if (n >> 60)
				return NULL;
			n = n << 4 | hex_digit(*p);
		}
	} else {
		for (start = p; *p >= '0' && *p <= '9'; p++) {
			if (__builtin_mul_overflow(n, 10, &n) ||
			    __builtin_add_overflow(n, *p - '0', &n))
				return NULL;
		}
	}
	errno = EINVAL;
	*num = n;
	return p > start ? p : NULL;
}

static int parse_number(struct parser *p, const char *val, uint64_t max, uint64_t *num)
{
	const char *end = read_number(val, num);

	if ((!end && errno == ERANGE) || (end && !*end && *num > max))
		return fail_field(p, val, "the number is too large");
	if (!end || *end)
		return fail_field(p, val, "not a number");
	return 0;
}

static void *member(const struct field *f, void *rec)
{
	return (char *)rec + f->offset;
}

/* Every record with a mask of known numbers has it under this name. */
#define SET_KNOWN(type, rec, f)	(((type *)(rec))->known |= (f)->bit)

static int id(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t num;

	if (parse_number(p, val, INT_MAX, &num))
		return -1;
	*(pid_t *)member(f, rec) = num;
	return 0;
}

static int id_or_none(struct parser *p, const struct field *f, void *rec, char *val)
{
	if (strcmp(val, "-"))
		return id(p, f, rec, val);
	*(pid_t *)member(f, rec) = PID_NONE;
	return 0;
}

static int number(struct parser *p, const struct field *f, void *rec, char *val)
{
	return parse_number(p, val, UINT64_MAX, member(f, rec));
}

static int number32(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t num;

	if (parse_number(p, val, UINT32_MAX, &num))
		return -1;
	*(uint32_t *)member(f, rec) = num;
	return 0;
}

#define NUMBER_FIELD(type, base)						\
static int type##_##base(struct parser *p, const struct field *f, void *rec,	\
			 char *val)						\
{										\
	if (base(p, f, rec, val))						\
		return -1;							\
	SET_KNOWN(struct type, rec, f);						\
	return 0;								\
}

NUMBER_FIELD(header, number)
NUMBER_FIELD(end, number)
NUMBER_FIELD(waiter, number)
NUMBER_FIELD(waiter, number32)
NUMBER_FIELD(mm, number32)
NUMBER_FIELD(thread, number)
NUMBER_FIELD(shared, number)
NUMBER_FIELD(shared, number32)

/* A PI lock's wait expects no value, which is as good as unknown. */
static int expected(struct parser *p, const struct field *f, void *rec, char *val)
{
	return strcmp(val, "-") ? waiter_number32(p, f, rec, val) : 0;
}

static int caught(struct parser *p, const struct field *f, void *rec, char *val)
{
	((struct process *)rec)->caught_known = true;
	return number(p, f, rec, val);
}

static int start(struct parser *p, const struct field *f, void *rec, char *val)
{
	((struct snapshot *)rec)->start_known = true;
	return number(p, f, rec, val);
}

/*
 * Text and words
 */

static int text(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(const char **)member(f, rec) = val;
	return 0;
}

static bool octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Spaces are only escaped since they separate the fields. */
static int escaped(struct parser *p, const struct field *f, void *rec, char *val)
{
	for (char *c = strchr(val, '\\'); c; c = strchr(c + 1, '\\')) {
		if (c[1] < '0' || c[1] > '3' || !octal(c[2]) || !octal(c[3]))
			return fail_field(p, val, "a backslash without three octal digits");
		if (memcmp(c, "\\040", 4))
			continue;
		*c = ' ';
		memmove(c + 1, c + 4, strlen(c + 4) + 1);
	}
	return text(p, f, rec, val);
}

static int yesno(struct parser *p, const struct field *f, void *rec, char *val)
{
	enum yesno *yn = member(f, rec);

	if (!strcmp(val, "yes"))
		*yn = YES;
	else if (!strcmp(val, "no"))
		*yn = NO;
	else
		return fail_field(p, val, "neither yes nor no");
	return 0;
}

/* There is none to know of a wait without timeout. */
static int timeout_ns(struct parser *p, const struct field *f, void *rec, char *val)
{
	return strcmp(val, "-") ? waiter_number(p, f, rec, val) : 0;
}

static int state(struct parser *p, const struct field *f, void *rec, char *val)
{
	if (!val[0] || val[1])
		return fail_field(p, val, "not one letter");
	*(char *)member(f, rec) = val[0];
	return 0;
}

/*
 * A word that this version does not know stays unknown: a newer kernel may have
 * a system call or a clock more, which takes no new version of the format.
 */
static unsigned int find_word(const char *const *words, size_t nr, const char *val)
{
	for (size_t i = 1; i < nr; i++) {
		if (!strcmp(words[i], val))
			return i;
	}
	return 0;
}

static int call(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(enum call *)member(f, rec) = find_word(call_names, NR_CALLS, val);
	return 0;
}

static int op(struct parser *p, const struct field *f, void *rec, char *val)
{
	((struct waiter *)rec)->opcode = find_word(op_names, NR_OPS, val);
	return escaped(p, f, rec, val);
}

static int timeout(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(enum timeout *)member(f, rec) = find_word(timeout_names, NR_TIMEOUTS, val);
	return 0;
}

static int key(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct waiter *w = rec;

	if (!strcmp(val, "private"))
		w->key_type = KEY_PRIVATE;
	else if (!strcmp(val, "shared-mm"))
		w->key_type = KEY_SHARED_MM;
	else if (!strncmp(val, "shared-inode:", 13))
		w->key_type = KEY_SHARED_INODE;
	return text(p, f, rec, val);
}

static int args(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct waiter *w = rec;
	const char *c = val;

	for (int i = 0; i < NR_ARGS; i++) {
		c = read_number(c, &w->args[i]);
		if (!c || *c != (i < NR_ARGS - 1 ? ',' : '\0'))
			return fail_field(p, val, "not six numbers");
		c++;
	}
	w->known |= f->bit;
	return 0;
}

/* OFFSET:WORD,WORD*TIMES,... with up to eight hex digits or "?" for a word. */
static int words(struct parser *p, const struct field *f, void *rec, char *val)
{
	const char *c = val + (*val == '-');
	uint64_t num;

	c = read_number(c, &num);
	if (!c || *c != ':' || num > MAX_WORD_OFFSET)
		return fail_field(p, val, "no offset in bytes and colon");
	do {
		int digits = 0;

		for (c++; hex_digit(c[digits]) >= 0; )
			digits++;
		if ((digits || *c != '?') && (digits < 1 || digits > 8))
			return fail_field(p, val, "a word is not one to eight hex digits");
		c += digits ?: 1;
		if (*c != '*')
			continue;
		c = read_number(c + 1, &num);
		if (!c || !num || num > MAX_WORD_OFFSET)
			return fail_field(p, val, "no number of times after an asterisk");
	} while (*c == ',');
	if (*c)
		return fail_field(p, val, "a word is not one to eight hex digits");
	return text(p, f, rec, val);
}

/*
 * FIRST-LAST,TID,... in any order: ascending in the initial pid namespace may not be
 * so in the reader's.  They are counted here, and printed as they are.
 */
static int ranges(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct mm *mm = rec;
	uint64_t first, last;
	const char *c = val;

	mm->nr_ranges = 0;
	if (!strcmp(val, "-"))
		return text(p, f, rec, val);
	for (;;) {
		c = read_number(c, &first);
		last = first;
		if (c && *c == '-')
			c = read_number(c + 1, &last);
		if (!c || !first || last < first || last > INT_MAX)
			return fail_field(p, val, "not ranges of ids");
		mm->nr_ranges += last - first + 1;
		if (!*c)
			return text(p, f, rec, val);
		if (*c++ != ',')
			return fail_field(p, val, "not ranges of ids");
	}
}

/*
 * Address spaces: any record may name one before its own record comes.
 */

static size_t hash_id(const char *val)
{
	uint64_t h = hash_text(val);

	return h ^ h >> 32;
}

static void grow_mm_slots(struct parser *p)
{
	size_t size = p->mm_slots ? (p->mm_mask + 1) * 2 : 64;

	free(p->mm_slots);
	p->mm_slots = xcalloc(size, sizeof(*p->mm_slots));
	p->mm_mask = size - 1;
	memset(p->mm_slots, 0xff, size * sizeof(*p->mm_slots));
	for (size_t i = 0; i < p->nr_mm_ids; i++) {
		size_t h = hash_id(p->mm_ids[i].id);

		while (p->mm_slots[h & p->mm_mask] >= 0)
			h++;
		p->mm_slots[h & p->mm_mask] = i;
	}
}

static int add_mm_id(struct parser *p, const char *val)
{
	struct mm_id *ids = p->mm_ids;
	size_t n = p->nr_mm_ids;

	if (!(n & (n - 1)))
		ids = p->mm_ids = xrealloc(ids, (n ? n * 2 : 1) * sizeof(*ids));
	ids[n].id = val;
	ids[n].line = p->line;
	ids[n].kind = p->kind;
	ids[n].defined = false;
	p->nr_mm_ids++;
	snapshot_add_mm(p->s);
	return n;
}

/* The index of an mm, which gets one now if it is named for the first time. */
static int intern_mm(struct parser *p, const char *val)
{
	size_t h;

	if (p->last_mm >= 0 && !strcmp(p->mm_ids[p->last_mm].id, val))
		return p->last_mm;
	if (!p->mm_slots || p->nr_mm_ids * 2 > p->mm_mask)
		grow_mm_slots(p);
	h = hash_id(val);
	for (; p->mm_slots[h & p->mm_mask] >= 0; h++) {
		p->last_mm = p->mm_slots[h & p->mm_mask];
		if (!strcmp(p->mm_ids[p->last_mm].id, val))
			return p->last_mm;
	}
	p->last_mm = add_mm_id(p, val);
	p->mm_slots[h & p->mm_mask] = p->last_mm;
	return p->last_mm;
}

static int mm_ref(struct parser *p, const struct field *f, void *rec, char *val)
{
	*(int *)member(f, rec) = intern_mm(p, val);
	return 0;
}

/* ID,ID,... */
static int mm_refs(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)f;
	(void)rec;
	for (char *next; val; val = next) {
		next = strchr(val, ',');
		if (next)
			*next++ = '\0';
		if (!*val)
			return fail_field(p, val, "not ids of address spaces");
		snapshot_add_map(p->s, intern_mm(p, val));
	}
	return 0;
}

static int mm_id(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)f;
	(void)rec;
	p->mm_index = intern_mm(p, val);
	if (p->mm_ids[p->mm_index].defined)
		return fail_field(p, val, "a second record of this address space");
	p->mm_ids[p->mm_index].defined = true;
	return 0;
}

/*
 * The records
 */

#define FIELD(type, member, parse_, bit_)	\
	{ .key = #member, .parse = parse_, .offset = offsetof(type, member), .bit = bit_ }

static void *begin_header(struct parser *p)
{
	return &p->header;
}

static int finish_header(struct parser *p, void *rec, uint64_t seen)
{
	(void)rec;
	(void)seen;
	if (!p->header.known || !p->header.version)
		return fail(p, "futexinspect: no version: this is not a file of the module");
	if (p->header.version > FORMAT_VERSION)
		return fail(p, "format version %" PRIu64 " is newer than this tool reads (%d): "
			    "use the futexinspect of the same release as the module",
			    p->header.version, FORMAT_VERSION);
	return 0;
}

static int header_text(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)rec;
	return escaped(p, f, p->s, val);
}

static int header_start(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)rec;
	return start(p, f, p->s, val);
}

static const struct field header_fields[] = {
	FIELD(struct header, version, header_number, 1),
	FIELD(struct snapshot, module, header_text, 0),
	FIELD(struct snapshot, kernel, header_text, 0),
	FIELD(struct snapshot, arch, header_text, 0),
	FIELD(struct snapshot, boot_id, header_text, 0),
	FIELD(struct snapshot, start_ns, header_start, 0),
};

static void *begin_waiter(struct parser *p)
{
	return snapshot_add_waiter(p->s);
}

/* Fields with a value that a record without them has. */
enum {
	F_SYSCALL,
	F_ARGS,
	F_WAITS_ON,
	F_KEY,
	F_TIMEOUT,
	F_STABLE,
	F_WORDS,
	F_PI_OWNER,
	F_QUEUED,
	NR_WAITER_DEFAULTS
};

#define SEEN(seen, field)	((seen) & 1ULL << (field))

static const struct field waiter_fields[] = {
	[F_SYSCALL] = { .key = "syscall", .parse = call, .offset = offsetof(struct waiter, call) },
	[F_ARGS] = FIELD(struct waiter, args, args, W_ARGS),
	[F_WAITS_ON] = FIELD(struct waiter, waits_on, waiter_number, W_WAITS_ON),
	[F_KEY] = FIELD(struct waiter, key, key, 0),
	[F_TIMEOUT] = FIELD(struct waiter, timeout, timeout, 0),
	[F_STABLE] = FIELD(struct waiter, stable, yesno, 0),
	[F_WORDS] = FIELD(struct waiter, words, words, 0),
	[F_PI_OWNER] = FIELD(struct waiter, pi_owner, id_or_none, 0),
	[F_QUEUED] = FIELD(struct waiter, queued, escaped, 0),
	[NR_WAITER_DEFAULTS] =
	FIELD(struct waiter, tid, id, 0),
	FIELD(struct waiter, tgid, id, 0),
	FIELD(struct waiter, comm, escaped, 0),
	FIELD(struct waiter, mm, mm_ref, 0),
	FIELD(struct waiter, uaddr, waiter_number, W_UADDR),
	FIELD(struct waiter, op, op, 0),
	FIELD(struct waiter, flags, escaped, 0),
	FIELD(struct waiter, expected, expected, W_EXPECTED),
	FIELD(struct waiter, value, waiter_number32, W_VALUE),
	FIELD(struct waiter, bitset, waiter_number32, W_BITSET),
	FIELD(struct waiter, asleep_ns, waiter_number, W_ASLEEP),
	FIELD(struct waiter, timeout_ns, timeout_ns, W_TIMEOUT),
};

/* The arguments are left out of a plain wait, where the other fields tell them. */
static void set_plain_args(struct waiter *w)
{
	const unsigned int needed = W_UADDR | W_EXPECTED;
	bool bitset = w->opcode == OP_WAIT_BITSET;

	if (w->call != CALL_FUTEX || (w->known & needed) != needed || !w->flags ||
	    w->timeout != TIMEOUT_NONE || (!bitset && w->opcode != OP_WAIT) ||
	    (bitset && !(w->known & W_BITSET)))
		return;
	w->args[0] = w->uaddr;
	w->args[1] = (bitset ? FUTEX_WAIT_BITSET : FUTEX_WAIT) |
		     (strstr(w->flags, "PRIVATE") ? FUTEX_PRIVATE_FLAG : 0) |
		     (strstr(w->flags, "CLOCK_REALTIME") ? FUTEX_CLOCK_REALTIME : 0);
	w->args[2] = w->expected;
	w->args[5] = bitset ? w->bitset : 0;
	w->known |= W_ARGS;
}

/* What most waiters have in common is left out of the file. */
static int finish_waiter(struct parser *p, void *rec, uint64_t seen)
{
	struct waiter *w = rec;

	(void)p;
	if (!SEEN(seen, F_SYSCALL))
		w->call = CALL_FUTEX;
	if (!SEEN(seen, F_WAITS_ON) && w->known & W_UADDR) {
		w->waits_on = w->uaddr;
		w->known |= W_WAITS_ON;
	}
	if (!SEEN(seen, F_KEY)) {
		w->key_type = KEY_PRIVATE;
		w->key = "private";
	}
	if (!SEEN(seen, F_TIMEOUT))
		w->timeout = TIMEOUT_NONE;
	if (!SEEN(seen, F_STABLE))
		w->stable = YES;
	if (!SEEN(seen, F_WORDS))
		w->words = all_words_zero;
	if (!SEEN(seen, F_PI_OWNER))
		w->pi_owner = PID_NONE;
	if (!SEEN(seen, F_QUEUED))
		w->queued = "yes";
	if (!SEEN(seen, F_ARGS))
		set_plain_args(w);
	return 0;
}

static void *begin_mm(struct parser *p)
{
	p->mm_index = -1;
	memset(&p->mm, 0, sizeof(p->mm));
	return &p->mm;
}

static int finish_mm(struct parser *p, void *rec, uint64_t seen)
{
	(void)rec;
	(void)seen;
	if (p->mm_index < 0)
		return fail(p, "mm: no id: " COPY_AGAIN);
	p->s->mms[p->mm_index] = p->mm;
	return 0;
}

static const struct field mm_fields[] = {
	{ .key = "id", .parse = mm_id },
	FIELD(struct mm, live, mm_number32, M_LIVE),
	FIELD(struct mm, live_threads, ranges, 0),
	FIELD(struct mm, hidden, mm_number32, M_HIDDEN),
};

static void *begin_process(struct parser *p)
{
	return snapshot_add_process(p->s);
}

static const struct field process_fields[] = {
	FIELD(struct process, tgid, id, 0),
	FIELD(struct process, ppid, id, 0),
	FIELD(struct process, comm, escaped, 0),
	FIELD(struct process, mm, mm_ref, 0),
	FIELD(struct process, execed, yesno, 0),
	FIELD(struct process, caught, caught, 0),
	FIELD(struct process, timers, yesno, 0),
	FIELD(struct process, pid_ns, escaped, 0),
	FIELD(struct process, cgroup, escaped, 0),
};

static void *begin_thread(struct parser *p)
{
	return snapshot_add_thread(p->s);
}

enum {
	F_MM,
	F_STATE,
	F_TRACER,
	F_NIVCSW,
	F_NSTID,
	F_CLEAR_CHILD_TID,
	F_FROZEN,
	F_EXITING,
	F_IO_WORKER,
	F_IO_URING,
	NR_THREAD_DEFAULTS
};

static const struct field thread_fields[] = {
	[F_MM] = FIELD(struct thread, mm, mm_ref, 0),
	[F_STATE] = FIELD(struct thread, state, state, 0),
	[F_TRACER] = FIELD(struct thread, tracer, id_or_none, 0),
	[F_NIVCSW] = FIELD(struct thread, nivcsw, thread_number, T_NIVCSW),
	[F_NSTID] = FIELD(struct thread, nstid, id, 0),
	[F_CLEAR_CHILD_TID] = FIELD(struct thread, clear_child_tid, thread_number, T_CLEAR_TID),
	[F_FROZEN] = FIELD(struct thread, frozen, escaped, 0),
	[F_EXITING] = FIELD(struct thread, exiting, yesno, 0),
	[F_IO_WORKER] = FIELD(struct thread, io_worker, yesno, 0),
	[F_IO_URING] = FIELD(struct thread, io_uring, yesno, 0),
	[NR_THREAD_DEFAULTS] =
	FIELD(struct thread, tid, id, 0),
	FIELD(struct thread, tgid, id, 0),
	FIELD(struct thread, comm, escaped, 0),
	FIELD(struct thread, nvcsw, thread_number, T_NVCSW),
	FIELD(struct thread, start_ns, thread_number, T_START),
};

/* What most threads have in common is left out of the file. */
static int finish_thread(struct parser *p, void *rec, uint64_t seen)
{
	struct thread *t = rec;

	(void)p;
	if (!SEEN(seen, F_MM))
		t->mm = MM_OF_PROCESS;
	if (!SEEN(seen, F_STATE))
		t->state = 'S';
	if (!SEEN(seen, F_TRACER))
		t->tracer = PID_NONE;
	if (!SEEN(seen, F_NIVCSW))
		t->known |= T_NIVCSW;
	if (!SEEN(seen, F_NSTID))
		t->nstid = t->tid;
	if (!SEEN(seen, F_CLEAR_CHILD_TID))
		t->known |= T_CLEAR_TID;
	if (!SEEN(seen, F_FROZEN))
		t->frozen = "no";
	if (!SEEN(seen, F_EXITING))
		t->exiting = NO;
	if (!SEEN(seen, F_IO_WORKER))
		t->io_worker = NO;
	if (!SEEN(seen, F_IO_URING))
		t->io_uring = NO;
	return 0;
}

static void *begin_shared(struct parser *p)
{
	return snapshot_add_shared(p->s);
}

static const struct field shared_fields[] = {
	FIELD(struct shared, key, text, 0),
	FIELD(struct shared, dev, text, 0),
	FIELD(struct shared, ino, shared_number, S_INO),
	FIELD(struct shared, nlink, shared_number32, S_NLINK),
	{ .key = "mms", .parse = mm_refs },
	FIELD(struct shared, complete, yesno, 0),
};

static void *begin_error(struct parser *p)
{
	p->s->nr_errors++;
	return p->s;
}

/* Only the first is shown: what follows it is mostly of its making. */
static int error_what(struct parser *p, const struct field *f, void *rec, char *val)
{
	return p->s->error ? 0 : escaped(p, f, rec, val);
}

static const struct field error_fields[] = {
	{ .key = "what", .parse = error_what, .offset = offsetof(struct snapshot, error) },
};

static void *begin_end(struct parser *p)
{
	p->ended = true;
	return &p->end;
}

static const struct field end_fields[] = {
	FIELD(struct end, waiters, end_number, E_WAITERS),
	FIELD(struct end, mms, end_number, E_MMS),
	FIELD(struct end, processes, end_number, E_PROCESSES),
	FIELD(struct end, threads, end_number, E_THREADS),
	FIELD(struct end, hidden, end_number, E_HIDDEN),
	FIELD(struct end, errors, end_number, E_ERRORS),
	FIELD(struct end, shared, end_number, E_SHARED),
};

#define KIND(kind, first_, finish_) {					\
	.name = #kind, .fields = kind##_fields,				\
	.nr_fields = ARRAY_SIZE(kind##_fields), .first = first_,	\
	.begin = begin_##kind, .finish = finish_ }

static const struct kind header_kind = {
	.name = "futexinspect",
	.fields = header_fields,
	.nr_fields = ARRAY_SIZE(header_fields),
	.begin = begin_header,
	.finish = finish_header,
};

static const struct kind kinds[] = {
	KIND(waiter, NR_WAITER_DEFAULTS, finish_waiter),
	KIND(thread, NR_THREAD_DEFAULTS, finish_thread),
	KIND(process, 0, NULL),
	KIND(mm, 0, finish_mm),
	KIND(shared, 0, NULL),
	KIND(error, 0, NULL),
	KIND(end, 0, NULL),
};

/*
 * Lines
 */

static const struct field *find_field(const struct kind *kind, const char *name, size_t *hint)
{
	for (size_t n = 0; n < kind->nr_fields; n++) {
		size_t i = (*hint + n) % kind->nr_fields;

		if (!strcmp(kind->fields[i].key, name)) {
			*hint = i + 1;
			return &kind->fields[i];
		}
	}
	return NULL;
}

/* The end of the word at @c: the first byte that no field may hold, or @stop. */
static char *word_end(char *c, char stop)
{
	while (*c >= '!' && *c <= '~' && *c != stop)
		c++;
	return c;
}

/*
 * The words of a line end at a space or at the NUL that replaced its newline.
 * Cut one off, and return what follows, or NULL if it ends otherwise.
 */
static char *cut_word(struct parser *p, char *end, char *eol)
{
	if (end == eol)
		return eol;
	if (*end != ' ') {
		fail(p, "byte 0x%02x does not belong into such a file: " COPY_AGAIN,
		     (unsigned char)*end);
		return NULL;
	}
	*end = '\0';
	return end + 1;
}

static int parse_field(struct parser *p, const struct kind *kind, void *rec, char *name,
		       char *val, size_t *hint, uint64_t *seen)
{
	const struct field *f = find_field(kind, name, hint);

	if (!f)
		return 0;
	p->key = f->key;
	if (*seen & 1ULL << (f - kind->fields))
		return fail_field(p, val, "a second field of this name");
	*seen |= 1ULL << (f - kind->fields);
	if (val[0] == '?' && !val[1])
		return 0;
	return f->parse(p, f, rec, val);
}

static int parse_fields(struct parser *p, const struct kind *kind, void *rec, char *c,
			char *eol)
{
	uint64_t seen = 0;
	size_t hint = kind ? kind->first : 0;

	while (c < eol) {
		char *name = c, *equals = word_end(c, '='), *val;

		if (equals == name || *equals != '=')
			return fail(p, "%s: a field is not KEY=VALUE: " COPY_AGAIN, p->kind);
		*equals = '\0';
		val = equals + 1;
		equals = word_end(val, ' ');
		c = cut_word(p, equals, eol);
		if (!c)
			return -1;
		if (c == eol && equals != eol)
			return fail(p, "%s: a space at the end of the line: " COPY_AGAIN,
				    p->kind);
		if (kind && parse_field(p, kind, rec, name, val, &hint, &seen))
			return -1;
	}
	return kind && kind->finish ? kind->finish(p, rec, seen) : 0;
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

static int parse_line(struct parser *p, char *c, char *eol)
{
	const struct kind *kind;
	void *rec = NULL;
	char *fields;

	if (p->ended)
		return fail(p, "more after the \"end\" record: one file must hold one copy");
	fields = cut_word(p, word_end(c, ' '), eol);
	if (!fields)
		return -1;
	if (!*c)
		return fail(p, "a line without a record: " COPY_AGAIN);
	kind = p->line == 1 ? &header_kind : find_kind(c);
	p->kind = c;
	if (kind)
		rec = kind->begin(p);
	return parse_fields(p, kind, rec, fields, eol);
}

/*
 * The whole
 */

static bool starts_like_ours(const char *text, size_t len)
{
	const char *name = header_kind.name;
	size_t n = strlen(name);

	return !memcmp(text, name, len < n ? len : n) &&
	       (len <= n || text[n] == ' ' || text[n] == '\n');
}

static int check_count(struct parser *p, unsigned int bit, uint64_t said, size_t found,
		       const char *what)
{
	if (!(p->end.known & bit) || said == found)
		return 0;
	return fail(p, "cut off: the \"end\" record counts %" PRIu64 " %s records, but there are "
		    "%zu: " COPY_AGAIN, said, what, found);
}

/* The line of "end" is the current one. */
static int check_end(struct parser *p)
{
	const struct end *end = &p->end;
	const struct snapshot *s = p->s;
	size_t nr_mms = 0;

	for (size_t i = 0; i < p->nr_mm_ids; i++)
		nr_mms += p->mm_ids[i].defined;
	if (check_count(p, E_WAITERS, end->waiters, s->nr_waiters, "waiter") ||
	    check_count(p, E_MMS, end->mms, nr_mms, "mm") ||
	    check_count(p, E_PROCESSES, end->processes, s->nr_processes, "process") ||
	    check_count(p, E_THREADS, end->threads, s->nr_threads, "thread") ||
	    check_count(p, E_ERRORS, end->errors, s->nr_errors, "error") ||
	    check_count(p, E_SHARED, end->shared, s->nr_shared, "shared"))
		return -1;
	p->s->nr_hidden = end->hidden;
	return 0;
}

static int check_mms(struct parser *p)
{
	for (size_t i = 0; i < p->nr_mm_ids; i++) {
		if (p->mm_ids[i].defined)
			continue;
		p->line = p->mm_ids[i].line;
		return fail(p, "%s: mm=" SHOW ": there is no mm record with this id: "
			    COPY_AGAIN, p->mm_ids[i].kind, p->mm_ids[i].id);
	}
	return 0;
}

static int check_unique(struct parser *p)
{
	struct snapshot *s = p->s;

	p->line = 0;
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].tid > 0 &&
		    snapshot_find_thread(s, s->threads[i].tid) != (int)i)
			return fail(p, "two thread records for tid %d: " COPY_AGAIN,
				    s->threads[i].tid);
	}
	for (size_t i = 0; i < s->nr_processes; i++) {
		if (s->processes[i].tgid > 0 &&
		    snapshot_find_process(s, s->processes[i].tgid) != (int)i)
			return fail(p, "two process records for tgid %d: " COPY_AGAIN,
				    s->processes[i].tgid);
	}
	for (size_t i = 0; i < s->nr_shared; i++) {
		if (s->shared[i].key && snapshot_find_shared(s, s->shared[i].key) != (int)i)
			return fail(p, "two shared records for key " SHOW ": " COPY_AGAIN,
				    s->shared[i].key);
	}
	return 0;
}

static int parse_lines(struct parser *p, char *text, size_t len)
{
	char *end = text + len;

	for (char *c = text; c < end; ) {
		char *eol = memchr(c, '\n', end - c);

		p->line++;
		if ((eol ? eol : end) - c > MAX_LINE)
			return fail(p, "the line is longer than any that the module prints: "
				    "this is not a file of the module");
		if (!eol)
			return fail(p, "cut off: the last line has no newline: " COPY_AGAIN);
		*eol = '\0';
		if (parse_line(p, c, eol))
			return -1;
		c = eol + 1;
	}
	if (!p->ended)
		return fail(p, "cut off: no \"end\" record: " COPY_AGAIN);
	return check_end(p) || check_mms(p) ? -1 : 0;
}

/**
 * parse_text() - read a snapshot from memory
 * @text: the text of the file, malloc()ed; this function takes it, also when it
 *	fails
 * @len: its length in bytes
 * @name: what to call the file in messages
 * @s: an initialised snapshot, to be filled and indexed; to be freed by the
 *	caller, also after a failure
 * @error: PARSE_ERROR_SIZE bytes for the message, one line without newline,
 *	which starts with @name and the number of the line
 *
 * Only printable ASCII gets into the snapshot or the message, so both can go
 * to a terminal.
 *
 * Return: 0, or -1 with @error set: the text is not a whole, well-formed
 * snapshot of a version that is known.
 */
int parse_text(char *text, size_t len, const char *name, struct snapshot *s, char *error)
{
	struct parser p = { .name = name, .s = s, .error = error, .last_mm = -1 };
	int rc;

	s->text = text;
	if (!len)
		return fail(&p, "the file is empty: " COPY_AGAIN);
	if (!starts_like_ours(text, len)) {
		p.line = 1;
		return fail(&p, "does not begin with \"%s\": this is not a file of the module",
			    header_kind.name);
	}
	rc = parse_lines(&p, text, len);
	if (!rc) {
		snapshot_index(s);
		rc = check_unique(&p);
	}
	free(p.mm_ids);
	free(p.mm_slots);
	return rc;
}

/* Whether it is no use to read on: parse_text() will say why. */
static bool hopeless(const char *text, size_t len)
{
	size_t tail = MAX_LINE + 1;

	return !starts_like_ours(text, len) ||
	       (len >= tail && !memchr(text + len - tail, '\n', tail));
}

/**
 * parse_fd() - read a snapshot from an open file
 * @fd: the file, which is read to its end and left open
 * @name: as for parse_text()
 * @s: as for parse_text()
 * @error: as for parse_text()
 *
 * A file that is none of the module's is not read further than it takes to
 * see that, however long it is.
 *
 * Return: 0, or -1 with @error set.
 */
int parse_fd(int fd, const char *name, struct snapshot *s, char *error)
{
	size_t size = 1 << 20, len = 0;
	struct stat st;
	char *text;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		size = st.st_size + 1;
	text = xrealloc(NULL, size);
	for (;;) {
		ssize_t n = read(fd, text + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			snprintf(error, PARSE_ERROR_SIZE, "%s: cannot read: %s", name,
				 strerror(errno));
			free(text);
			return -1;
		}
		len += n;
		if (!n || hopeless(text, len))
			break;
		if (len == size)
			text = xrealloc(text, size *= 2);
	}
	return parse_text(text, len, name, s, error);
}
