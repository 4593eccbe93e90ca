// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that are not ASCII.
 *
 * A name is what its owner makes it: it may hold bytes that are no text, control sequences, or
 * characters that cannot be seen, which make one name look like another or turn the line
 * around.  All these stay escaped.
 */
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <wctype.h>

#include "array.h"
#include "unicode.h"

/*
 * Assigned characters that leave no mark of their own: those of the categories Cf, Zs, Zl and
 * Zp, those with the property Default_Ignorable_Code_Point, the blank of Braille, and those of
 * private use, which look as the font wants.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} invisible[] = {
	{ 0x00a0, 0x00a0 }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x0600, 0x0605 },
	{ 0x061c, 0x061c }, { 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f },
	{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xe000, 0xf8ff },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
};

/* Independent of the user's: JSON is UTF-8 whatever the terminal knows. */
static locale_t utf8_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	return locale;
}

static bool is_visible(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(invisible); i++) {
		if (c >= invisible[i].first && c <= invisible[i].last)
			return false;
	}
	/* Neither a control character nor one that is not assigned. */
	return utf8_locale() && iswprint_l(c, utf8_locale());
}

/**
 * escaped_byte() - decode an escape
 * @text: where it may begin
 *
 * Return: the byte that it stands for, or -1: none begins there.
 */
int escaped_byte(const char *text)
{
	if (text[0] != '\\' || text[1] < '0' || text[1] > '3')
		return -1;
	for (int i = 2; i < ESCAPE_LEN; i++) {
		if (text[i] < '0' || text[i] > '7')
			return -1;
	}
	return (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
}

/* How many bytes a sequence has that begins so; 0: none does. */
static size_t sequence_length(int first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/**
 * unescape_char() - decode the escapes of one character
 * @text: where the escapes begin
 * @dst: receives the character in UTF-8, without a NUL
 *
 * Return: how many bytes, each of which is one escape in @text; 0 if these are no character
 * that can be seen.
 */
size_t unescape_char(const char *text, char dst[MAX_UTF8])
{
	static const uint32_t least[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	int byte = escaped_byte(text);
	size_t len = sequence_length(byte);
	uint32_t c = byte & (0x7f >> len);

	for (size_t i = 0; i < len; i++) {
		byte = escaped_byte(text + i * ESCAPE_LEN);
		if (byte < 0 || (i && (byte & 0xc0) != 0x80))
			return 0;
		dst[i] = byte;
		if (i)
			c = c << 6 | (byte & 0x3f);
	}
	if (!len || c < least[len] || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return is_visible(c) ? len : 0;
}
