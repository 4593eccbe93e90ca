// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reader of the module's text, and the judgement of what it reads. A second text
 * behind the first one is a second look.
 */
#include <string.h>

#include "fuzz.h"
#include "source.h"
#include "text_format.h"

/* Where the second text begins; @size if there is none. */
static size_t find_second(const uint8_t *data, size_t size)
{
	static const char begin[] = "\nfutexinspect ";
	const uint8_t *found = memmem(data, size, begin, strlen(begin));

	return found ? (size_t)(found - data) + 1 : size;
}

static int parse(struct snapshot *s, const uint8_t *data, size_t size)
{
	char *text = malloc(size + !size), error[PARSE_ERROR_SIZE];

	memcpy(text, data, size);
	snapshot_init(s, &source_file);
	return parse_text(text, size, "text", s, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = find_second(data, size);
	struct snapshot looks[2];
	int nr = first < size ? 2 : 1, good;

	good = !parse(&looks[0], data, first);
	if (nr == 2)
		good &= !parse(&looks[1], data + first, size - first);
	if (good)
		judge(looks, nr);
	for (int n = 0; n < nr; n++)
		snapshot_free(&looks[n]);
	return 0;
}

/*
 * Mutations.  Of texts whose bytes are changed at random few are still well-formed, and most of
 * those say nothing new: so lines and values are also moved about as a whole.
 */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

struct text {
	char *data;
	size_t size;
	size_t max_size;
	unsigned int random;
};

struct span {
	size_t start;
	size_t len;
};

/* Less than @below, which is not 0. */
static size_t get_random(struct text *t, size_t below)
{
	t->random = t->random * 1103515245 + 12345;
	return (t->random >> 8) % below;
}

/* A run of characters that are not @ends, at random; it may be empty. */
static struct span pick(struct text *t, const char *ends)
{
	size_t start = get_random(t, t->size), end = start;

	while (start && !strchr(ends, t->data[start - 1]))
		start--;
	while (end < t->size && !strchr(ends, t->data[end]))
		end++;
	return (struct span){ start, end - start };
}

/* Put @len bytes of @from, which may be in the text, in place of what is at @to. */
static void put(struct text *t, struct span to, struct span from)
{
	size_t behind = to.start + to.len;
	char *copy;

	if (t->size - to.len + from.len > t->max_size)
		return;
	copy = malloc(from.len + !from.len);
	memcpy(copy, t->data + from.start, from.len);
	memmove(t->data + to.start + from.len, t->data + behind, t->size - behind);
	memcpy(t->data + to.start, copy, from.len);
	t->size = t->size - to.len + from.len;
	free(copy);
}

static struct span pick_line(struct text *t)
{
	struct span line = pick(t, "\n");

	line.len += line.start + line.len < t->size;
	return line;
}

static void copy_line(struct text *t)
{
	struct span to = pick_line(t);

	to.len = 0;
	put(t, to, pick_line(t));
}

static void remove_line(struct text *t)
{
	put(t, pick_line(t), (struct span){ 0 });
}

static void copy_value(struct text *t)
{
	static const char ends[] = " \n=,:";
	struct span to = pick(t, ends);

	put(t, to, pick(t, ends));
}

/* A record "end" without counts is right for any number of records. */
static void forget_counts(struct text *t)
{
	static const char end[] = "\nend waiters=";
	char *found = memmem(t->data, t->size, end, strlen(end)), *eol;

	if (!found)
		return;
	found += strlen("\nend");
	eol = memchr(found, '\n', t->data + t->size - found);
	if (eol)
		put(t, (struct span){ found - t->data, eol - found }, (struct span){ 0 });
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct text t = { (char *)data, size, max_size, seed };

	switch (size ? get_random(&t, 8) : 7) {
	case 0:
		copy_line(&t);
		break;
	case 1:
		remove_line(&t);
		break;
	case 2:
	case 3:
	case 4:
		copy_value(&t);
		break;
	default:
		return LLVMFuzzerMutate(data, size, max_size);
	}
	forget_counts(&t);
	return t.size;
}
