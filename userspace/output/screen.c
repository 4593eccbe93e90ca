// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the screen can show, and how much of it fits.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "screen.h"
#include "unicode.h"

#define DEFAULT_WIDTH	80

/**
 * output_width() - how many columns a reader sees
 * @out: what is read
 *
 * A pipe has no width: its reader gets what fits on any terminal.
 */
size_t output_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;

	if (isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &ws) && ws.ws_col)
		return ws.ws_col;
	if (columns && atoi(columns) > 0)
		return atoi(columns);
	return DEFAULT_WIDTH;
}

/**
 * shown_text() - text as the terminal of this locale can show it
 * @dst: may be used for the result; may be @text
 * @size: of @dst
 * @text: escaped
 *
 * Return: @text as it is where the locale is not UTF-8, where nothing in it is escaped, or where
 * @dst has no room for it; else @dst, in which no escape is left of a character that can be
 * seen.
 */
const char *shown_text(char *dst, size_t size, const char *text)
{
	size_t used = 0;

	if (!strchr(text, '\\') || strlen(text) >= size || strcmp(nl_langinfo(CODESET), "UTF-8"))
		return text;
	while (*text) {
		char c[MAX_UTF8];
		size_t len = unescape_char(text, c);

		if (len) {
			memcpy(dst + used, c, len);
			used += len;
			text += len * ESCAPE_LEN;
		} else {
			dst[used++] = *text++;
		}
	}
	dst[used] = '\0';
	return dst;
}

/**
 * text_unit() - what must not be cut in two: an escape, or a character
 * @text: as shown_text() returns it, not empty
 * @width: receives how many columns it takes
 *
 * Return: its length in bytes.
 */
size_t text_unit(const char *text, size_t *width)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t len;

	*width = 1;
	if (*text == '\\' && escaped_byte(text) >= 0)
		return *width = ESCAPE_LEN;
	if (!(*text & 0x80))
		return 1;
	len = mbrtowc(&c, text, strlen(text), &state);
	if (len > MAX_UTF8)
		return 1;
	*width = wcwidth(c) < 0 ? 1 : wcwidth(c);
	return len;
}

/**
 * text_width() - how many columns a text takes
 * @text: as shown_text() returns it
 */
size_t text_width(const char *text)
{
	size_t sum = 0, width;

	for (; *text; sum += width)
		text += text_unit(text, &width);
	return sum;
}

/**
 * text_fitting() - find where to cut a text
 * @text: as shown_text() returns it
 * @width: in columns
 *
 * Return: length in bytes of the longest beginning that is not wider.
 */
size_t text_fitting(const char *text, size_t width)
{
	size_t len = 0, used = 0;

	while (text[len]) {
		size_t columns, next = text_unit(text + len, &columns);

		if (used + columns > width)
			break;
		used += columns;
		len += next;
	}
	return len;
}
