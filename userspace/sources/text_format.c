// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the module's text to a snapshot.
 *
 * The text is cut up in place: a NUL replaces the space behind a value, which makes
 * the value a string, and text fields point into the buffer.  The keys of a record
 * nearly always come in the order of its table, so the search for a key starts where
 * the last one was found.
 *
 * A field of the format is one row of a table, with the value that it has where the
 * file leaves it out (*default* in Documentation/ABI).
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "text_format.h"

#define COPY_AGAIN	"copy the file again, whole"

/* Offsets of the words around a futex, in bytes: a larger one is not from the module. */
#define MAX_WORD_OFFSET	4096

/* As much of a wrong value as is worth showing. */
#define SHOW		"%.40s"

/* parse_fields() has a bit for each field of a record. */
#define MAX_FIELDS	64

#define MAX_KINDS	8

struct end {
	unsigned int known;
	uint64_t waiters;
	uint64_t mms;
	uint64_t processes;
	uint64_t threads;
	uint64_t hidden;
	uint64_t errors;
	uint64_t shared;
	uint64_t left_out;
	uint64_t end_ns;
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
	uint64_t id;
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
	uint64_t version;	/* of the format; 0: not known */
	struct end end;
	bool ended;

	struct mm_id *mm_ids;
	size_t nr_mm_ids;
	struct idmap mm_map;	/* from ids to indices */
	uint64_t last_mm_id;
	int last_mm;
	int mm_index;		/* of the mm record at hand, by its id */
	struct mm mm;		/* its other fields, which may come before the id */
	const char *last_mms;	/* the last list of mms that is not the one before it ... */
	size_t last_mms_len;	/* 0: there was none yet */
	size_t last_shared;	/* ... and the shared word that it is of */
	bool repeats_mms;	/* the value at hand is the same text */

	/* The records that have the default of each field. */
	struct waiter waiter_defaults;
	struct thread thread_defaults;

	uint64_t heads[MAX_KINDS][MAX_FIELDS];	/* of the keys: see key_head() */
	uint64_t optional[MAX_KINDS];	/* a bit for each field that has a default */
};

/* What a field's parser returns besides -1, for an error. */
enum {
	PARSED		= 0,
	PARSED_UNKNOWN	= 1,	/* well-formed, and says that there is no value */
};

/**
 * struct field - a field of a record
 * @key: its key
 * @parse: reads its value into a record
 * @offset: of the member that it sets, or of the first of several
 * @size: of that member, or of all of them
 * @bit: of the record's @known mask, for a number
 * @absent: the value of a record without this field, as text; NULL: it is unknown
 * @seen: a bit by which the record's finish() asks whether the field was there
 */
struct field {
	const char *key;
	int (*parse)(struct parser *p, const struct field *f, void *rec, char *val);
	size_t offset;
	size_t size;
	unsigned int bit;
	const char *absent;
	unsigned int seen;
};

/**
 * struct kind - a kind of record
 * @name: its keyword
 * @fields: its fields, in the order in which the module writes most of them
 * @nr_fields: how many
 * @known: offset of the record's mask of numbers that are known
 * @defaults: offset in struct parser of the record with all defaults, if it has any
 * @begin: make a new record
 * @finish: complete it, or NULL; @seen has the @seen bits of the fields that were there
 */
struct kind {
	const char *name;
	const struct field *fields;
	size_t nr_fields;
	size_t known;
	size_t defaults;
	void *(*begin)(struct parser *p);
	int (*finish)(struct parser *p, void *rec, unsigned int seen);
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

static void *member(const struct field *f, void *rec)
{
	return (char *)rec + f->offset;
}

/*
 * Numbers
 */

/* One more than the value of each hexadecimal digit; 0 for all other characters. */
static const unsigned char hex_digits[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* The value of a hexadecimal digit, or -1. */
static int hex_digit(char c)
{
	return hex_digits[(unsigned char)c] - 1;
}

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Return @end, or NULL for no digits or too large a number. */
static const char *number_end(const char *start, const char *end, bool overflow)
{
	if (end > start && !overflow)
		return end;
	errno = overflow ? ERANGE : EINVAL;
	return NULL;
}

static bool hex_overflows(const char *digits, const char *end)
{
	while (*digits == '0')
		digits++;
	return end - digits > 16;
}

static const char *read_hex(const char *start, uint64_t *num)
{
	const char *p = start;
	uint64_t n = 0;
	int digit;

	for (; (digit = hex_digit(*p)) >= 0; p++)
		n = n << 4 | digit;
	*num = n;
	return number_end(start, p, p - start > 16 && hex_overflows(start, p));
}

static bool decimal_overflows(const char *digits)
{
	uint64_t n = 0;

	for (; is_digit(*digits); digits++) {
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *digits - '0', &n))
			return true;
	}
	return false;
}

/* 19 digits always fit. */
static const char *read_decimal(const char *start, uint64_t *num)
{
	const char *p = start;
	uint64_t n = 0;

	for (; is_digit(*p); p++)
		n = n * 10 + (*p - '0');
	*num = n;
	return number_end(start, p, p - start > 19 && decimal_overflows(start));
}

/*
 * Read a number, decimal or hexadecimal after "0x".  Return: what follows it, or NULL:
 * no number, with errno EINVAL, or one of more than 64 bits, with errno ERANGE.
 */
static const char *read_number(const char *p, uint64_t *num)
{
	return p[0] == '0' && p[1] == 'x' ? read_hex(p + 2, num) : read_decimal(p, num);
}

static int parse_limited(struct parser *p, const char *val, uint64_t max, uint64_t *num)
{
	const char *end = read_number(val, num);

	if ((!end && errno == ERANGE) || (end && !*end && *num > max))
		return fail_field(p, val, "the number is too large");
	if (!end || *end)
		return fail_field(p, val, "not a number");
	return PARSED;
}

static int parse_id(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t num;

	if (parse_limited(p, val, INT_MAX, &num))
		return -1;
	*(pid_t *)member(f, rec) = num;
	return PARSED;
}

static int parse_id_or_none(struct parser *p, const struct field *f, void *rec, char *val)
{
	if (strcmp(val, "-"))
		return parse_id(p, f, rec, val);
	*(pid_t *)member(f, rec) = PID_NONE;
	return PARSED;
}

static int parse_u64(struct parser *p, const struct field *f, void *rec, char *val)
{
	return parse_limited(p, val, UINT64_MAX, member(f, rec));
}

static int parse_u32(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t num;

	if (parse_limited(p, val, UINT32_MAX, &num))
		return -1;
	*(uint32_t *)member(f, rec) = num;
	return PARSED;
}

/* A wait for a PI lock expects no value. */
static int parse_expected(struct parser *p, const struct field *f, void *rec, char *val)
{
	return strcmp(val, "-") ? parse_u32(p, f, rec, val) : PARSED_UNKNOWN;
}

/* A wait without a timeout has no time. */
static int parse_timeout_ns(struct parser *p, const struct field *f, void *rec, char *val)
{
	return strcmp(val, "-") ? parse_u64(p, f, rec, val) : PARSED_UNKNOWN;
}

/*
 * Text and keywords
 */

static int parse_plain_text(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(const char **)member(f, rec) = val;
	return PARSED;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Only spaces lose their escapes: they were escaped since they separate the fields. */
static int unescape(struct parser *p, char *val)
{
	for (char *c = strchr(val, '\\'); c; c = strchr(c + 1, '\\')) {
		if (c[1] < '0' || c[1] > '3' || !is_octal(c[2]) || !is_octal(c[3]))
			return fail_field(p, val, "a backslash without three octal digits");
		if (memcmp(c, "\\040", 4))
			continue;
		*c = ' ';
		memmove(c + 1, c + 4, strlen(c + 4) + 1);
	}
	return PARSED;
}

static int parse_text_field(struct parser *p, const struct field *f, void *rec, char *val)
{
	return unescape(p, val) ?: parse_plain_text(p, f, rec, val);
}

static int parse_yesno(struct parser *p, const struct field *f, void *rec, char *val)
{
	enum yesno *yn = member(f, rec);

	if (!strcmp(val, "yes"))
		*yn = YES;
	else if (!strcmp(val, "no"))
		*yn = NO;
	else
		return fail_field(p, val, "neither yes nor no");
	return PARSED;
}

static int parse_state(struct parser *p, const struct field *f, void *rec, char *val)
{
	if (!val[0] || val[1])
		return fail_field(p, val, "not one letter");
	*(enum task_state *)member(f, rec) = val[0];
	return PARSED;
}

/*
 * The index of a keyword, or @other.  A newer kernel may have one more system call or
 * clock than this program knows, which takes no new version of the format.
 */
static int find_keyword(const char *const *names, size_t nr, const char *val, int other)
{
	for (size_t i = 1; i < nr; i++) {
		if (names[i] && !strcmp(names[i], val))
			return i;
	}
	return other;
}

static int parse_call(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(enum call *)member(f, rec) = find_keyword(call_names, NR_CALLS, val, CALL_UNKNOWN);
	return PARSED;
}

static int parse_timeout(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(enum timeout *)member(f, rec) = find_keyword(timeout_names, NR_TIMEOUTS, val,
						       TIMEOUT_UNKNOWN);
	return PARSED;
}

static int parse_freezer(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)p;
	*(enum freezer *)member(f, rec) = find_keyword(freezer_names, NR_FREEZERS, val,
						       FREEZER_OTHER);
	return PARSED;
}

static int parse_op(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct waiter *w = rec;

	(void)f;
	w->opcode = futex_opcode_named(val);
	w->op_text = val;
	return unescape(p, val);
}

static int parse_flags(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct waiter *w = rec;

	(void)f;
	w->flags = futex_flags_named(val);
	w->flags_text = val;
	return unescape(p, val);
}

static int parse_queued(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct waiter *w = rec;

	(void)f;
	w->queued = find_keyword(queued_names, NR_QUEUED, val, QUEUED_OTHER);
	w->queued_text = val;
	return unescape(p, val);
}

/*
 * Values of several parts
 */

#define SHARED_INODE	"shared-inode:"

/* Return: whether it is the key of a word in a file. */
static bool read_inode_key(const char *val, struct shared_key *key)
{
	const char *c;

	if (strncmp(val, SHARED_INODE, strlen(SHARED_INODE)))
		return false;
	c = read_number(val + strlen(SHARED_INODE), &key->seq);
	if (c && *c == ':')
		c = read_number(c + 1, &key->offset);
	return c && !*c;
}

/* A kind of key that is newer than this program stays unknown. */
static int parse_key(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct waiter *w = rec;

	(void)p;
	(void)f;
	w->key_text = val;
	if (!strcmp(val, "private"))
		w->key_type = KEY_PRIVATE;
	else if (!strcmp(val, "shared-mm"))
		w->key_type = KEY_SHARED_MM;
	else if (read_inode_key(val, &w->key))
		w->key_type = KEY_SHARED_INODE;
	return PARSED;
}

static int parse_shared_key(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct shared *shared = rec;

	(void)p;
	(void)f;
	shared->key_text = val;
	return read_inode_key(val, &shared->key) ? PARSED : PARSED_UNKNOWN;
}

static int parse_args(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t *args = member(f, rec);
	const char *c = val;

	for (int i = 0; i < NR_ARGS; i++) {
		c = read_number(c, &args[i]);
		if (!c || *c != (i < NR_ARGS - 1 ? ',' : '\0'))
			return fail_field(p, val, "not six numbers");
		c++;
	}
	return PARSED;
}

/*
 * One timer: SIGNAL:NANOSECONDS, SIGNAL:cpu or SIGNAL:?.  Another word for the time is newer than
 * this program.  Return: what follows it, or NULL.
 */
static const char *read_timer(const char *c, struct armed *armed)
{
	uint64_t signal;
	size_t len;

	c = read_number(c, &signal);
	if (!c || *c != ':' || !signal || signal > 64)
		return NULL;
	armed->signal = signal;
	armed->fires_ns = FIRES_UNKNOWN;
	len = strcspn(++c, ",");
	if (is_digit(*c))
		return read_number(c, &armed->fires_ns);
	if (len == 3 && !memcmp(c, "cpu", len))
		armed->fires_ns = FIRES_ON_CPU;
	return len ? c + len : NULL;
}

/* TIMER,TIMER,... of which the last may be "?": there may be others; "-" for none */
static int parse_armed(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct process *process = rec;
	struct armed *all = NULL;
	const char *c = val;

	if (!strcmp(val, "-"))
		return PARSED;
	(void)f;
	/* Each has four bytes at least, but for the last one's comma. */
	all = snapshot_alloc(p->s, (strlen(val) / 4 + 1) * sizeof(*all));
	process->armed = all;
	for (;;) {
		if (!strcmp(c, "?")) {
			process->more_armed = true;
			return PARSED;
		}
		c = read_timer(c, &all[process->nr_armed++]);
		if (!c || (*c && *c != ','))
			return fail_field(p, val, "not signals and times");
		if (!*c++)
			return PARSED;
	}
}

/* The kind of a file that is polled, with its colon.  Return: what is behind it, or NULL. */
static const char *read_polled_kind(const char *c, enum sleep_kind *kind)
{
	static const struct {
		const char *name;
		enum sleep_kind kind;
	} kinds[] = {
		{ "pipe:", SLEEP_READ }, { "room:", SLEEP_WRITE }, { "socket:", SLEEP_SOCKET },
		{ "eventfd:", SLEEP_EVENTFD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].name);

		*kind = kinds[i].kind;
		if (!strncmp(c, kinds[i].name, len))
			return c + len;
	}
	return NULL;
}

/* ID, or ID:PEER.  Return: what is behind it, or NULL. */
static const char *read_polled_id(const char *c, struct polled *polled)
{
	c = read_number(c, &polled->id);
	if (!c || polled->kind != SLEEP_SOCKET)
		return c;
	return *c == ':' ? read_number(c + 1, &polled->peer) : NULL;
}

/* KIND:ID or KIND:ID:PEER, comma-separated; or "-" for none.  A newer module may have more kinds. */
static int parse_polls(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct thread *t = rec;
	struct polled *all;
	const char *c = val;

	(void)f;
	t->known |= T_POLLS;
	if (!strcmp(val, "-"))
		return PARSED;
	/* Each has seven bytes at least, with its comma, but for the last one. */
	all = snapshot_alloc(p->s, (strlen(val) / 7 + 1) * sizeof(*all));
	t->polled = all;
	for (;;) {
		struct polled *polled = &all[t->nr_polled++];

		*polled = (struct polled){ 0 };
		c = read_polled_kind(c, &polled->kind);
		if (!c) {
			t->known &= ~T_POLLS;
			return PARSED;
		}
		c = read_polled_id(c, polled);
		if (!c || (*c && *c != ','))
			return fail_field(p, val, "not files that are polled");
		if (!*c++)
			return PARSED;
	}
}

static int parse_libc_handlers(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t *handlers = member(f, rec);
	const char *c = val;

	for (int i = 0; i < NR_LIBC_SIGNALS; i++) {
		c = read_number(c, &handlers[i]);
		if (!c || *c != (i < NR_LIBC_SIGNALS - 1 ? ',' : '\0'))
			return fail_field(p, val, "not two addresses");
		c++;
	}
	return PARSED;
}

/* One to eight hexadecimal digits.  Return: what follows them, or NULL. */
static const char *read_word(const char *c, uint32_t *word)
{
	const char *start = c;
	int digit;

	for (*word = 0; (digit = hex_digit(*c)) >= 0 && c - start < 9; c++)
		*word = *word << 4 | digit;
	return c == start || c - start > 8 ? NULL : c;
}

/* Set @times words from number @n on, as far as they are in the window. */
static void set_words(struct words *words, long n, uint64_t times, uint32_t word)
{
	for (; times && n < NR_WORDS; times--, n++) {
		if (n < 0)
			continue;
		words->known |= 1U << n;
		words->word[n] = word;
	}
}

/* OFFSET:WORD,WORD*TIMES,... where a word is hexadecimal or "?" */
static int parse_words(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct words *words = snapshot_alloc(p->s, sizeof(*words));
	const char *c = val + (*val == '-');
	uint64_t offset, times;
	uint32_t word = 0;
	long n;

	memset(words, 0, sizeof(*words));
	c = read_number(c, &offset);
	if (!c || *c != ':' || offset > MAX_WORD_OFFSET)
		return fail_field(p, val, "no offset in bytes and colon");
	n = WORDS_BEFORE + (*val == '-' ? -(long)offset : (long)offset) / 4;
	do {
		bool known = *++c != '?';

		c = known ? read_word(c, &word) : c + 1;
		if (!c)
			return fail_field(p, val, "a word is not one to eight hex digits");
		times = 1;
		if (*c == '*') {
			c = read_number(c + 1, &times);
			if (!c || !times || times > MAX_WORD_OFFSET)
				return fail_field(p, val, "no number of times after an asterisk");
		}
		if (known)
			set_words(words, n, times, word);
		n += times;
	} while (*c == ',');
	if (*c)
		return fail_field(p, val, "a word is not one to eight hex digits");
	/* A futex is aligned, and so are the words around it. */
	if (!(offset & 3))
		*(const struct words **)member(f, rec) = words;
	return PARSED;
}

/*
 * FIRST-LAST,TID,... in any order: ids that ascend in the initial pid namespace need
 * not ascend in the reader's.  They are counted here, and printed as they are.
 */
static int parse_ranges(struct parser *p, const struct field *f, void *rec, char *val)
{
	struct mm *mm = rec;
	uint64_t first, last;
	const char *c = val;

	mm->nr_live_tids = 0;
	if (!strcmp(val, "-"))
		return parse_plain_text(p, f, rec, val);
	for (;;) {
		c = read_number(c, &first);
		last = first;
		if (c && *c == '-')
			c = read_number(c + 1, &last);
		if (!c || !first || last < first || last > INT_MAX)
			return fail_field(p, val, "not ranges of ids");
		mm->nr_live_tids += last - first + 1;
		if (!*c)
			return parse_plain_text(p, f, rec, val);
		if (*c++ != ',')
			return fail_field(p, val, "not ranges of ids");
	}
}

/*
 * Mms: any record may name one before its own record comes.
 */

/* The index of an mm, which gets one now if it is named for the first time. */
static int intern_mm(struct parser *p, uint64_t id)
{
	int mm;

	if (p->last_mm >= 0 && p->last_mm_id == id)
		return p->last_mm;
	mm = idmap_add(&p->mm_map, id, p->nr_mm_ids);
	if (mm == (int)p->nr_mm_ids) {
		array_push(p->mm_ids, p->nr_mm_ids, (struct mm_id){
			.id = id, .line = p->line, .kind = p->kind,
		});
		snapshot_add_mm(p->s);
	}
	p->last_mm_id = id;
	p->last_mm = mm;
	return mm;
}

static int parse_mm(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t id;

	if (parse_limited(p, val, UINT64_MAX, &id))
		return -1;
	*(int *)member(f, rec) = intern_mm(p, id);
	return PARSED;
}

static int parse_mm_list(struct parser *p, const char *val)
{
	const char *c = val;
	uint64_t id;

	for (;;) {
		c = read_number(c, &id);
		if (!c || (*c && *c != ','))
			return fail_field(p, val, "not ids of address spaces");
		snapshot_add_map(p->s, intern_mm(p, id));
		if (!*c++)
			return PARSED;
	}
}

/*
 * ID,ID,...  Many words of one mapping have the same list, which may be long: then they
 * share it.
 */
static int parse_mms(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)f;
	if (p->repeats_mms) {
		snapshot_share_maps(p->s, p->last_shared);
		return PARSED;
	}
	p->last_mms = val;
	p->last_mms_len = strlen(val);
	p->last_shared = (struct shared *)rec - p->s->shared;
	return parse_mm_list(p, val);
}

static int parse_mm_id(struct parser *p, const struct field *f, void *rec, char *val)
{
	uint64_t id;

	(void)f;
	(void)rec;
	if (parse_limited(p, val, UINT64_MAX, &id))
		return -1;
	p->mm_index = intern_mm(p, id);
	if (p->mm_ids[p->mm_index].defined)
		return fail_field(p, val, "a second record of this address space");
	p->mm_ids[p->mm_index].defined = true;
	return PARSED;
}

/*
 * The records
 */

/* A field that sets @member of its record; then further members of struct field. */
#define FIELD(type, key_, member, parse_, ...)				\
	{ .key = key_, .parse = parse_, .offset = offsetof(type, member),	\
	  .size = sizeof(((type *)0)->member), ##__VA_ARGS__ }

/* The same of a field that sets the members from @first to @last. */
#define FIELDS(type, key_, first, last, parse_, ...)				\
	{ .key = key_, .parse = parse_, .offset = offsetof(type, first),	\
	  .size = offsetof(type, last) + sizeof(((type *)0)->last) - offsetof(type, first), \
	  ##__VA_ARGS__ }

#define HOST(member, parse, ...)	FIELD(struct snapshot, #member, member, parse, ##__VA_ARGS__)
#define WAITER(member, parse, ...)	FIELD(struct waiter, #member, member, parse, ##__VA_ARGS__)
#define MM(member, parse, ...)		FIELD(struct mm, #member, member, parse, ##__VA_ARGS__)
#define PROCESS(member, parse, ...)	FIELD(struct process, #member, member, parse, ##__VA_ARGS__)
#define THREAD(member, parse, ...)	FIELD(struct thread, #member, member, parse, ##__VA_ARGS__)
#define SHARED(member, parse, ...)	FIELD(struct shared, #member, member, parse, ##__VA_ARGS__)
#define END(member, parse, ...)		FIELD(struct end, #member, member, parse, ##__VA_ARGS__)

static void *begin_futexinspect(struct parser *p)
{
	return p->s;
}

static int finish_header(struct parser *p, void *rec, unsigned int seen)
{
	(void)rec;
	(void)seen;
	if (!p->version)
		return fail(p, "futexinspect: no version: this is not a file of the module");
	if (p->version > FORMAT_VERSION)
		return fail(p, "format version %" PRIu64 " is newer than this tool reads (%d): "
			    "use the futexinspect of the same release as the module",
			    p->version, FORMAT_VERSION);
	return 0;
}

static int parse_version(struct parser *p, const struct field *f, void *rec, char *val)
{
	(void)f;
	(void)rec;
	return parse_limited(p, val, UINT64_MAX, &p->version);
}

static const struct field futexinspect_fields[] = {
	{ .key = "version", .parse = parse_version },
	HOST(module, parse_text_field),
	HOST(kernel, parse_text_field),
	HOST(arch, parse_text_field),
	HOST(boot_id, parse_text_field),
	HOST(start_ns, parse_u64, .bit = SNAPSHOT_START),
	HOST(host, parse_text_field),
	HOST(realtime_ns, parse_u64, .bit = SNAPSHOT_REALTIME),
};

static void *begin_waiter(struct parser *p)
{
	return snapshot_add_waiter(p->s);
}

enum {
	SEEN_ARGS	= 1 << 0,
	SEEN_WAITS_ON	= 1 << 1,
	SEEN_WORDS	= 1 << 2,
	SEEN_MMS	= 1 << 3,
};

static const struct field waiter_fields[] = {
	WAITER(tid, parse_id),
	WAITER(tgid, parse_id),
	WAITER(comm, parse_text_field),
	WAITER(mm, parse_mm),
	FIELD(struct waiter, "syscall", call, parse_call, .absent = "futex"),
	/* Left out where the other fields say the same: set_plain_args(). */
	WAITER(args, parse_args, .bit = W_ARGS, .seen = SEEN_ARGS),
	WAITER(uaddr, parse_u64, .bit = W_UADDR),
	/* Left out where it is the same as uaddr. */
	WAITER(waits_on, parse_u64, .bit = W_WAITS_ON, .seen = SEEN_WAITS_ON),
	FIELDS(struct waiter, "key", key_type, key_text, parse_key, .absent = "private"),
	FIELDS(struct waiter, "op", opcode, op_text, parse_op),
	FIELDS(struct waiter, "flags", flags, flags_text, parse_flags, .bit = W_FLAGS),
	WAITER(expected, parse_expected, .bit = W_EXPECTED),
	WAITER(value, parse_u32, .bit = W_VALUE),
	WAITER(bitset, parse_u32, .bit = W_BITSET),
	WAITER(timeout, parse_timeout, .absent = "none"),
	WAITER(timeout_ns, parse_timeout_ns, .bit = W_TIMEOUT),
	WAITER(asleep_ns, parse_u64, .bit = W_ASLEEP),
	WAITER(stable, parse_yesno, .absent = "yes"),
	/* Left out where all are zero. */
	WAITER(words, parse_words, .seen = SEEN_WORDS),
	WAITER(pi_owner, parse_id_or_none, .absent = "-"),
	FIELDS(struct waiter, "queued", queued, queued_text, parse_queued, .absent = "yes"),
};

/* A plain wait has no arguments in the file, since the other fields determine them. */
static void set_plain_args(struct waiter *w)
{
	unsigned int needed = W_UADDR | W_EXPECTED | W_FLAGS;

	if (w->opcode == OP_WAIT_BITSET)
		needed |= W_BITSET;
	else if (w->opcode != OP_WAIT)
		return;
	if (w->call != CALL_FUTEX || (w->known & needed) != needed || w->timeout != TIMEOUT_NONE)
		return;
	futex_plain_args(w->args, w->opcode, w->flags, w->uaddr, w->expected, w->bitset);
	w->known |= W_ARGS;
}

static int finish_waiter(struct parser *p, void *rec, unsigned int seen)
{
	struct waiter *w = rec;

	(void)p;
	if (!(seen & SEEN_WAITS_ON) && w->known & W_UADDR) {
		w->waits_on = w->uaddr;
		w->known |= W_WAITS_ON;
	}
	if (!(seen & SEEN_WORDS))
		w->words = &zero_words;
	if (!(seen & SEEN_ARGS))
		set_plain_args(w);
	recognise_lock(w);
	return 0;
}

static void *begin_mm(struct parser *p)
{
	p->mm_index = -1;
	memset(&p->mm, 0, sizeof(p->mm));
	return &p->mm;
}

static int finish_mm(struct parser *p, void *rec, unsigned int seen)
{
	(void)rec;
	(void)seen;
	if (p->mm_index < 0)
		return fail(p, "mm: no id: " COPY_AGAIN);
	p->s->mms[p->mm_index] = p->mm;
	return 0;
}

static const struct field mm_fields[] = {
	{ .key = "id", .parse = parse_mm_id },
	MM(live, parse_u32, .bit = M_LIVE),
	MM(live_threads, parse_ranges),
	MM(hidden, parse_u32, .bit = M_HIDDEN),
	MM(complete, parse_yesno),
	MM(left_out, parse_u32),
};

static void *begin_process(struct parser *p)
{
	return snapshot_add_process(p->s);
}

static const struct field process_fields[] = {
	PROCESS(tgid, parse_id),
	PROCESS(ppid, parse_id),
	PROCESS(comm, parse_text_field),
	PROCESS(mm, parse_mm),
	PROCESS(execed, parse_yesno),
	PROCESS(caught, parse_u64, .bit = P_CAUGHT),
	PROCESS(timers, parse_yesno),
	PROCESS(pid_ns, parse_text_field),
	PROCESS(cgroup, parse_text_field),
	PROCESS(armed, parse_armed, .bit = P_ARMED),
	PROCESS(ignored, parse_u64, .bit = P_IGNORED),
	PROCESS(libc_handlers, parse_libc_handlers, .bit = P_LIBC_HANDLERS),
};

static void *begin_thread(struct parser *p)
{
	return snapshot_add_thread(p->s);
}

enum {
	SEEN_MM		= 1 << 0,
	SEEN_NSTID	= 1 << 1,
};

static const struct field thread_fields[] = {
	THREAD(tid, parse_id),
	THREAD(tgid, parse_id),
	THREAD(comm, parse_text_field),
	/* Left out where it is that of the process. */
	THREAD(mm, parse_mm, .seen = SEEN_MM),
	THREAD(state, parse_state, .absent = "S"),
	THREAD(tracer, parse_id_or_none, .absent = "-"),
	THREAD(nvcsw, parse_u64, .bit = T_NVCSW),
	THREAD(nivcsw, parse_u64, .bit = T_NIVCSW, .absent = "0"),
	THREAD(start_ns, parse_u64, .bit = T_START),
	/* Left out where it is the same as tid. */
	THREAD(nstid, parse_id, .seen = SEEN_NSTID),
	FIELD(struct thread, "frozen", freezer, parse_freezer, .absent = "no"),
	THREAD(exiting, parse_yesno, .absent = "no"),
	THREAD(io_worker, parse_yesno, .absent = "no"),
	THREAD(clear_child_tid, parse_u64, .bit = T_CLEAR_TID, .absent = "0"),
	THREAD(io_uring, parse_yesno, .absent = "no"),
	THREAD(blocked, parse_u64, .absent = "0"),
	THREAD(bits, parse_u32),
	THREAD(fp, parse_u64, .bit = T_FP),
	THREAD(lr, parse_u64, .bit = T_LR),
	THREAD(pdeath, parse_u32, .absent = "0"),
	THREAD(pipe, parse_u64, .bit = T_PIPE),
	THREAD(socket, parse_u64, .bit = T_SOCKET),
	THREAD(peer, parse_u64, .bit = T_PEER),
	THREAD(eventfd, parse_u64, .bit = T_EVENTFD),
	THREAD(epoll, parse_u64, .bit = T_EPOLL),
	FIELD(struct thread, "polls", polled, parse_polls),
};

static int finish_thread(struct parser *p, void *rec, unsigned int seen)
{
	struct thread *t = rec;

	(void)p;
	if (!(seen & SEEN_MM))
		t->mm = MM_OF_PROCESS;
	if (!(seen & SEEN_NSTID))
		t->nstid = t->tid;
	return 0;
}

static void *begin_shared(struct parser *p)
{
	return snapshot_add_shared(p->s);
}

static int finish_shared(struct parser *p, void *rec, unsigned int seen)
{
	struct snapshot *s = p->s;

	(void)rec;
	/* Left out where it is the same as in the record before. */
	if (!(seen & SEEN_MMS) && s->nr_shared > 1)
		snapshot_share_maps(s, s->nr_shared - 2);
	return 0;
}

static const struct field shared_fields[] = {
	FIELDS(struct shared, "key", key, key_text, parse_shared_key, .bit = S_KEY),
	SHARED(dev, parse_plain_text),
	SHARED(ino, parse_u64, .bit = S_INO),
	SHARED(nlink, parse_u32, .bit = S_NLINK),
	{ .key = "mms", .parse = parse_mms, .seen = SEEN_MMS },
	SHARED(complete, parse_yesno),
};

static void *begin_error(struct parser *p)
{
	p->s->nr_errors++;
	return p->s;
}

/* Only the first error is shown: the others mostly follow from it. */
static int parse_error(struct parser *p, const struct field *f, void *rec, char *val)
{
	return p->s->error ? PARSED : parse_text_field(p, f, rec, val);
}

static const struct field error_fields[] = {
	FIELD(struct snapshot, "what", error, parse_error),
};

static void *begin_end(struct parser *p)
{
	p->ended = true;
	return &p->end;
}

static const struct field end_fields[] = {
	END(waiters, parse_u64, .bit = E_WAITERS),
	END(mms, parse_u64, .bit = E_MMS),
	END(processes, parse_u64, .bit = E_PROCESSES),
	END(threads, parse_u64, .bit = E_THREADS),
	END(hidden, parse_u64, .bit = E_HIDDEN),
	END(errors, parse_u64, .bit = E_ERRORS),
	END(shared, parse_u64, .bit = E_SHARED),
	END(left_out, parse_u64),
	END(end_ns, parse_u64),
};

/* How many; the compiler refuses more than MAX_FIELDS. */
#define NR_FIELDS(fields)							\
	(sizeof(char[ARRAY_SIZE(fields) <= MAX_FIELDS ? 1 : -1]) * ARRAY_SIZE(fields))

#define KIND(kind, type, ...) {						\
	.name = #kind, .fields = kind##_fields,				\
	.nr_fields = NR_FIELDS(kind##_fields),				\
	.known = offsetof(type, known), .begin = begin_##kind, ##__VA_ARGS__ }

/* The first one is that of the first line, and of no other. */
static const struct kind kinds[] = {
	KIND(futexinspect, struct snapshot, .finish = finish_header),
	KIND(waiter, struct waiter, .finish = finish_waiter,
	     .defaults = offsetof(struct parser, waiter_defaults)),
	KIND(thread, struct thread, .finish = finish_thread,
	     .defaults = offsetof(struct parser, thread_defaults)),
	KIND(process, struct process),
	KIND(mm, struct mm, .finish = finish_mm),
	KIND(shared, struct shared, .finish = finish_shared),
	KIND(error, struct snapshot),
	KIND(end, struct end),
};

static_assert(ARRAY_SIZE(kinds) <= MAX_KINDS, "too many kinds");

/*
 * Lines
 */

/* What is known so far of the record of a line. */
struct record {
	const struct kind *kind;	/* NULL: one that is newer than this program */
	void *rec;
	size_t hint;		/* where to look for the next key */
	uint64_t present;	/* a bit for each of the kind's fields */
	unsigned int seen;
};

/*
 * The first eight bytes of a key as a number, which is faster to compare; shorter keys have
 * zeros behind them.  @room bytes may be read from @key on.
 */
static uint64_t key_head(const char *key, size_t len, size_t room)
{
	uint64_t head = 0;

	if (len >= sizeof(head) || room < sizeof(head)) {
		memcpy(&head, key, len < sizeof(head) ? len : sizeof(head));
		return le64toh(head);
	}
	memcpy(&head, key, sizeof(head));
	return le64toh(head) & (((uint64_t)1 << 8 * len) - 1);
}

static const struct field *find_field(const struct parser *p, struct record *r, const char *name,
				      size_t len, size_t room)
{
	const uint64_t *heads = p->heads[r->kind - kinds];
	uint64_t head = key_head(name, len, room);
	size_t i = r->hint;

	for (size_t n = 0; n < r->kind->nr_fields; n++, i++) {
		if (i >= r->kind->nr_fields)
			i = 0;
		if (heads[i] != head ||
		    (len >= sizeof(head) && strcmp(r->kind->fields[i].key, name)))
			continue;
		r->hint = i + 1;
		return &r->kind->fields[i];
	}
	return NULL;
}

#define EIGHT(byte)	((byte) * 0x0101010101010101ULL)

/*
 * The end of the token at @c: the first byte that is below "!" or above "~", or is @stop.
 * The NUL at @eol is one.
 *
 * Eight bytes are looked at together.  Subtracting or adding sets the top bit of each byte
 * that is too small or too large; a carry may set that of a higher byte as well, but the
 * lowest one that is set is right.
 */
static inline char *token_end(char *c, const char *eol, char stop)
{
	uint64_t x, y, ends;

	for (; eol - c >= 8; c += 8) {
		memcpy(&x, c, sizeof(x));
		x = le64toh(x);
		ends = ((x - EIGHT('!')) & ~x) | (x + EIGHT(0x7f - '~')) | x;
		if (stop != ' ') {
			y = x ^ EIGHT((uint64_t)stop);
			ends |= (y - EIGHT(1)) & ~y;
		}
		ends &= EIGHT(0x80);
		if (ends)
			return c + __builtin_ctzll(ends) / 8;
	}
	while (*c >= '!' && *c <= '~' && *c != stop)
		c++;
	return c;
}

/* The end of a value.  A long list that is the same as the last one is not read again. */
static char *value_end(struct parser *p, char *val, const char *eol)
{
	size_t len = p->last_mms_len;

	p->repeats_mms = len && (size_t)(eol - val) >= len &&
			 !memcmp(val, p->last_mms, len) && (val[len] == ' ' || !val[len]);
	return p->repeats_mms ? val + len : token_end(val, eol, ' ');
}

/*
 * A token ends at a space or at the NUL that replaced the newline.  Cut it off there.
 * Return: what follows it, or NULL if it ends otherwise.
 */
static char *cut_token(struct parser *p, char *end, char *eol)
{
	if (end == eol)
		return eol;
	if (*end != ' ') {
		fail(p, "unexpected byte 0x%02x: " COPY_AGAIN, (unsigned char)*end);
		return NULL;
	}
	*end = '\0';
	return end + 1;
}

static unsigned int *known_mask(const struct kind *kind, void *rec)
{
	return (void *)((char *)rec + kind->known);
}

static int parse_value(struct parser *p, const struct kind *kind, const struct field *f,
		       void *rec, char *val)
{
	int rc = f->parse(p, f, rec, val);

	if (rc == PARSED && f->bit)
		*known_mask(kind, rec) |= f->bit;
	return rc < 0 ? rc : 0;
}

static int parse_field(struct parser *p, struct record *r, const char *name, char *val,
		       const char *eol)
{
	const struct field *f = find_field(p, r, name, val - 1 - name, eol - name);
	uint64_t bit;

	if (!f)
		return 0;
	p->key = f->key;
	bit = 1ULL << (f - r->kind->fields);
	if (r->present & bit)
		return fail_field(p, val, "a second field of this name");
	r->present |= bit;
	r->seen |= f->seen;
	if (val[0] == '?' && !val[1])
		return 0;
	return parse_value(p, r->kind, f, r->rec, val);
}

/* Most members are enums: then this is a store. */
static void copy_member(void *to, const void *from, size_t size)
{
	if (size == sizeof(uint32_t))
		memcpy(to, from, sizeof(uint32_t));
	else
		memcpy(to, from, size);
}

/* Give the fields that the file has left out their defaults. */
static void set_defaults(struct parser *p, const struct record *r)
{
	uint64_t left_out = p->optional[r->kind - kinds] & ~r->present;
	void *defaults = (char *)p + r->kind->defaults;

	for (; left_out; left_out &= left_out - 1) {
		const struct field *f = &r->kind->fields[__builtin_ctzll(left_out)];

		copy_member(member(f, r->rec), member(f, defaults), f->size);
		*known_mask(r->kind, r->rec) |= f->bit;
	}
}

static int finish_record(struct parser *p, const struct record *r)
{
	if (!r->kind)
		return 0;
	if (r->kind->defaults)
		set_defaults(p, r);
	return r->kind->finish ? r->kind->finish(p, r->rec, r->seen) : 0;
}

static int parse_fields(struct parser *p, struct record *r, char *c, char *eol)
{
	while (c < eol) {
		char *name = c, *end = token_end(c, eol, '='), *val;

		if (end == name || *end != '=')
			return fail(p, "%s: a field is not KEY=VALUE: " COPY_AGAIN, p->kind);
		*end = '\0';
		val = end + 1;
		end = value_end(p, val, eol);
		c = cut_token(p, end, eol);
		if (!c)
			return -1;
		if (c == eol && end != eol)
			return fail(p, "%s: a space at the end of the line: " COPY_AGAIN,
				    p->kind);
		if (r->kind && parse_field(p, r, name, val, eol))
			return -1;
	}
	return finish_record(p, r);
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].name[0] == name[0] && !strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

static int parse_line(struct parser *p, char *c, char *eol)
{
	struct record r = { 0 };
	char *fields;

	if (p->ended)
		return fail(p, "more after the \"end\" record: one file must hold one copy");
	fields = cut_token(p, token_end(c, eol, ' '), eol);
	if (!fields)
		return -1;
	if (!*c)
		return fail(p, "a line without a record: " COPY_AGAIN);
	p->kind = c;
	r.kind = p->line == 1 ? &kinds[0] : find_kind(c);
	if (r.kind)
		r.rec = r.kind->begin(p);
	return parse_fields(p, &r, fields, eol);
}

/*
 * The file
 */

static bool starts_like_ours(const char *text, size_t len)
{
	const char *name = kinds[0].name;
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
	p->s->nr_left_out = end->left_out;
	p->s->asleep_at_ns = end->end_ns ?: s->start_ns;
	return 0;
}

static int check_mms(struct parser *p)
{
	for (size_t i = 0; i < p->nr_mm_ids; i++) {
		if (p->mm_ids[i].defined)
			continue;
		p->line = p->mm_ids[i].line;
		return fail(p, "%s: mm=%" PRIu64 ": there is no mm record with this id: "
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
		if (s->shared[i].known & S_KEY &&
		    snapshot_find_shared(s, s->shared[i].key) != (int)i)
			return fail(p, "two shared records for key " SHOW ": " COPY_AGAIN,
				    s->shared[i].key_text);
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

/* The defaults of a kind, parsed once, and the heads of its keys. */
static void init_kind(struct parser *p, size_t kind)
{
	void *rec = (char *)p + kinds[kind].defaults;

	for (size_t i = 0; i < kinds[kind].nr_fields; i++) {
		const struct field *f = &kinds[kind].fields[i];

		p->heads[kind][i] = key_head(f->key, strlen(f->key), 0);
		if (!f->absent)
			continue;
		/* No parser writes to a value that has nothing to unescape. */
		f->parse(p, f, rec, (char *)f->absent);
		p->optional[kind] |= 1ULL << i;
	}
}

static void init_parser(struct parser *p)
{
	idmap_init(&p->mm_map, 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		init_kind(p, i);
}

static void free_parser(struct parser *p)
{
	idmap_free(&p->mm_map);
	free(p->mm_ids);
}

/**
 * parse_text() - read a snapshot from memory
 * @text: the text of the file, allocated with malloc(); this function takes it over,
 *	even if it fails
 * @len: its length in bytes
 * @name: what to call the file in messages
 * @s: an initialised snapshot, to be filled and indexed; to be freed by the caller,
 *	even after a failure
 * @error: PARSE_ERROR_SIZE bytes for the message, one line without newline, which
 *	starts with @name and the line number
 *
 * Only printable ASCII gets into the snapshot and the message, so both are safe to
 * print on a terminal.
 *
 * Return: 0, or -1 with @error set: the text is not a complete, well-formed snapshot
 * of a known version.
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
			    kinds[0].name);
	}
	init_parser(&p);
	rc = parse_lines(&p, text, len);
	if (!rc) {
		snapshot_index(s);
		rc = check_unique(&p);
	}
	free_parser(&p);
	return rc;
}

/* Whether to stop reading, since parse_text() is going to refuse the text. */
static bool is_hopeless(const char *text, size_t len)
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
 * A file that is not the module's is read only as far as it takes to see that.
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
		if (!n || is_hopeless(text, len))
			break;
		if (len == size)
			text = xrealloc(text, size *= 2);
	}
	return parse_text(text, len, name, s, error);
}
