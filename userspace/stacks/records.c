// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the process that reads stacks tells the one that shows them.
 *
 * A record is a line: a letter, then fields that a tab ends each.  Text that is not known is
 * empty.  The writer has read what hostile programs made up, so the reader trusts no line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "records.h"
#include "signals.h"
#include "text.h"

/*
 * Writing
 */

/* A name of any length, cut and escaped; it holds neither tab nor newline then. */
static const char *escaped(char dst[ESCAPED_SIZE(NAME_SIZE)], const char *name)
{
	size_t len = name ? strnlen(name, NAME_SIZE) : 0;

	escape_text(dst, name ?: "", len);
	if (strlen(dst) > NAME_SIZE)
		dst[NAME_SIZE] = '\0';
	return dst;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= n;
	}
	return 0;
}

static int write_record(int fd, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int write_record(int fd, const char *fmt, ...)
{
	char line[RECORD_SIZE];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return write_all(fd, line, len);
}

/**
 * write_frame() - write a frame; its names may be any bytes
 * @fd: where to
 * @frame: the frame
 *
 * Return: 0 or a negative errno.
 */
int write_frame(int fd, const struct frame *frame)
{
	char function[ESCAPED_SIZE(NAME_SIZE)], module[ESCAPED_SIZE(NAME_SIZE)];
	char build_id[ESCAPED_SIZE(NAME_SIZE)], file[ESCAPED_SIZE(NAME_SIZE)];

	return write_record(fd, "F%d\t%s\t%" PRIx64 "\t%s\t%" PRIx64 "\t%s\t%s\t%x\t%x\t\n",
			    frame->kind, escaped(function, frame->function), frame->offset,
			    escaped(module, frame->module), frame->address,
			    escaped(build_id, frame->build_id), escaped(file, frame->file),
			    frame->line, frame->signal);
}

/**
 * write_place() - write where a word is; names may be any bytes
 * @fd: where to
 * @place: where the word is
 *
 * Return: 0 or a negative errno.
 */
int write_place(int fd, const struct place *place)
{
	char symbol[ESCAPED_SIZE(NAME_SIZE)], module[ESCAPED_SIZE(NAME_SIZE)];
	char mapping[ESCAPED_SIZE(NAME_SIZE)], type[ESCAPED_SIZE(NAME_SIZE)];
	char base_type[ESCAPED_SIZE(NAME_SIZE)];

	return write_record(fd, "P\t%s\t%" PRIx64 "\t%s\t%s\t%s\t%s\t\n",
			    escaped(symbol, place->symbol), place->offset,
			    escaped(type, place->type), escaped(base_type, place->base_type),
			    escaped(module, place->module), escaped(mapping, place->mapping));
}

/**
 * write_end() - write that a stack ends
 * @fd: where to
 * @error: why the rest of it could not be read, or STACK_OK
 *
 * Return: 0 or a negative errno.
 */
int write_end(int fd, enum stack_error error)
{
	return write_record(fd, "E%d\t\n", error);
}

/*
 * Reading
 */

/* Take the next field out of a line; NULL if there is none. */
static char *next_field(char **rest)
{
	char *field = *rest, *tab = field ? strchr(field, '\t') : NULL;

	if (!tab)
		return NULL;
	*tab = '\0';
	*rest = tab + 1;
	return field;
}

static bool read_text(const char **text, char **rest)
{
	char *field = next_field(rest);

	if (!field)
		return false;
	*text = *field ? field : NULL;
	for (; *field; field++) {
		if (*field < ' ' || *field > '~')
			return false;
	}
	return true;
}

static bool read_number(uint64_t *num, char **rest, uint64_t max)
{
	char *field = next_field(rest), *end;

	if (!field || strspn(field, "0123456789abcdef") != strlen(field))
		return false;
	errno = 0;
	*num = strtoull(field, &end, 16);
	return !errno && end != field && *num <= max;
}

static bool read_frame(struct stack *stack, char *rest)
{
	struct frame frame;
	uint64_t kind, line, signal;

	if (!read_number(&kind, &rest, NR_FRAME_KINDS - 1) || !read_text(&frame.function, &rest) ||
	    !read_number(&frame.offset, &rest, UINT64_MAX) || !read_text(&frame.module, &rest) ||
	    !read_number(&frame.address, &rest, UINT64_MAX) || !read_text(&frame.build_id, &rest) ||
	    !read_text(&frame.file, &rest) || !read_number(&line, &rest, UINT32_MAX) ||
	    !read_number(&signal, &rest, MAX_SIGNAL) || *rest)
		return false;
	frame.kind = kind;
	frame.line = line;
	frame.signal = signal;
	if (stack->nr_frames == MAX_FRAMES)
		return false;
	array_push(stack->frames, stack->nr_frames, frame);
	return true;
}

static bool read_place(struct stack *stack, char *rest)
{
	struct place *place = &stack->place;
	const char *empty;

	return read_text(&empty, &rest) && !empty && read_text(&place->symbol, &rest) &&
	       read_number(&place->offset, &rest, UINT64_MAX) &&
	       read_text(&place->type, &rest) && read_text(&place->base_type, &rest) &&
	       read_text(&place->module, &rest) && read_text(&place->mapping, &rest) && !*rest;
}

static bool read_end(struct stack *stack, char *rest)
{
	uint64_t error;

	if (!read_number(&error, &rest, NR_STACK_ERRORS - 1) || *rest)
		return false;
	stack->error = error;
	return true;
}

/**
 * read_record() - take what a line says
 * @stack: the stack that it belongs to, to which it is added
 * @line: the line without its newline
 *
 * Return: the kind, or RECORD_BAD for what is no record, or one too many.
 */
enum record_kind read_record(struct stack *stack, const char *line)
{
	char *copy = strdup(line);
	bool good = false;

	if (!copy)
		return RECORD_BAD;
	array_push(stack->text, stack->nr_text, copy);
	switch (*copy) {
	case 'F':
		good = read_frame(stack, copy + 1);
		break;
	case 'P':
		good = read_place(stack, copy + 1);
		break;
	case 'E':
		good = read_end(stack, copy + 1);
		break;
	}
	if (!good)
		return RECORD_BAD;
	return *copy == 'F' ? RECORD_FRAME : *copy == 'P' ? RECORD_PLACE : RECORD_END;
}
