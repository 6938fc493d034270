/*
 * Formatted text.
 *
 * A conversion is parsed into a struct spec, its body is made (digits in a
 * small buffer, or the caller's string), and one function lays out every
 * field: blanks, sign and prefix, zeros, body, blanks. The sink drops what
 * does not fit and goes on counting.
 */
#include <linnet/ctype.h>
#include <linnet/printf.h>
#include <linnet/stdarg.h>
#include <linnet/string.h>
#include <linnet/types.h>

enum {
	FLAG_LEFT = 1,	 /* '-' */
	FLAG_PLUS = 2,	 /* '+' */
	FLAG_SPACE = 4,	 /* ' ' */
	FLAG_ALT = 8,	 /* '#' */
	FLAG_ZERO = 16,	 /* '0' */
	FLAG_UPPER = 32, /* conversion letter is a capital */
};

enum {
	FIELD_MAX = 0xffff,  /* width and precision are capped here */
	DIGITS_MAX = 22,     /* of a u64 in octal */
	POINTER_DIGITS = 16, /* of %p */
	SYMBOL_MAX = 128,    /* longest text of %pS */
};

enum length { LEN_INT, LEN_CHAR, LEN_SHORT, LEN_LONG };

struct spec {
	unsigned int flags;
	int width;
	int precision; /* -1: not given */
	enum length length;
	char conversion;
};

struct sink {
	char *buf;
	size_t size;
	size_t len; /* of the whole text, may pass size */
};

/* One field, ready to be laid out. */
struct field {
	const char *prefix; /* sign or 0x */
	const char *body;
	size_t prefix_len;
	size_t zeros; /* between prefix and body */
	size_t body_len;
};

static size_t sink_room(const struct sink *out, size_t n)
{
	if (out->len >= out->size)
		return 0;
	return min(n, out->size - out->len);
}

static void put(struct sink *out, const char *s, size_t n)
{
	size_t fits = sink_room(out, n);

	if (fits)
		memcpy(out->buf + out->len, s, fits);
	out->len += n;
}

static void put_repeated(struct sink *out, char c, size_t n)
{
	size_t fits = sink_room(out, n);

	if (fits)
		memset(out->buf + out->len, c, fits);
	out->len += n;
}

static void put_field(struct sink *out, const struct spec *spec,
		      const struct field *f)
{
	size_t used = f->prefix_len + f->zeros + f->body_len;
	size_t pad = 0;

	if ((size_t)spec->width > used)
		pad = (size_t)spec->width - used;
	if (pad && !(spec->flags & FLAG_LEFT))
		put_repeated(out, ' ', pad);
	if (f->prefix_len)
		put(out, f->prefix, f->prefix_len);
	if (f->zeros)
		put_repeated(out, '0', f->zeros);
	put(out, f->body, f->body_len);
	if (pad && (spec->flags & FLAG_LEFT))
		put_repeated(out, ' ', pad);
}

/* Both digit makers fill a buffer from its end and return the first digit. */
static char *decimal_digits(char *end, u64 value)
{
	while (value >= 10) {
		*--end = (char)('0' + value % 10);
		value /= 10;
	}
	*--end = (char)('0' + value);
	return end;
}

static char *binary_digits(char *end, u64 value, unsigned int shift, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	do {
		*--end = digits[value & ((1u << shift) - 1)];
		value >>= shift;
	} while (value);
	return end;
}

static char *make_digits(char *end, u64 value, const struct spec *spec)
{
	switch (spec->conversion) {
	case 'x':
		return binary_digits(end, value, 4, spec->flags & FLAG_UPPER);
	case 'o':
		return binary_digits(end, value, 3, false);
	default:
		return decimal_digits(end, value);
	}
}

static const char *sign_prefix(const struct spec *spec, bool negative)
{
	if (negative)
		return "-";
	if (spec->flags & FLAG_PLUS)
		return "+";
	return spec->flags & FLAG_SPACE ? " " : "";
}

static const char *radix_prefix(const struct spec *spec, u64 value)
{
	if (!(spec->flags & FLAG_ALT) || spec->conversion != 'x' || !value)
		return "";
	return spec->flags & FLAG_UPPER ? "0X" : "0x";
}

/* Zeros in front of the digits: C17 7.21.6.1 on precision, '0' and '#'. */
static size_t leading_zeros(const struct spec *spec, const struct field *f)
{
	size_t used = f->prefix_len + f->body_len;

	if (spec->precision >= 0) {
		if ((size_t)spec->precision > f->body_len)
			return (size_t)spec->precision - f->body_len;
	} else if ((spec->flags & (FLAG_ZERO | FLAG_LEFT)) == FLAG_ZERO &&
		   (size_t)spec->width > used) {
		return (size_t)spec->width - used;
	}
	return spec->conversion == 'o' && (spec->flags & FLAG_ALT) &&
	       (!f->body_len || *f->body != '0');
}

static void put_number(struct sink *out, const struct spec *spec, u64 value,
		       const char *prefix)
{
	char digits[DIGITS_MAX];
	char *end = digits + sizeof(digits);
	struct field f = {.prefix = prefix, .body = end};

	if (value || spec->precision)
		f.body = make_digits(end, value, spec);
	f.body_len = (size_t)(end - f.body);
	f.prefix_len = strlen(prefix);
	f.zeros = leading_zeros(spec, &f);
	put_field(out, spec, &f);
}

static void put_string(struct sink *out, const struct spec *spec, const char *s)
{
	struct field f = {.body = s ? s : "(null)"};

	if (spec->precision >= 0)
		f.body_len = strnlen(f.body, (size_t)spec->precision);
	else
		f.body_len = strlen(f.body);
	put_field(out, spec, &f);
}

static void put_char(struct sink *out, const struct spec *spec, char c)
{
	struct field f = {.body = &c, .body_len = 1};

	put_field(out, spec, &f);
}

static void put_symbol(struct sink *out, const struct spec *spec, u64 addr)
{
	char name[SYMBOL_MAX];

	symbol_format(name, sizeof(name), addr);
	put_string(out, spec, name);
}

static void put_pointer(struct sink *out, struct spec *spec, u64 addr)
{
	spec->conversion = 'x';
	spec->flags &= ~(unsigned int)FLAG_ALT;
	spec->precision = POINTER_DIGITS;
	put_number(out, spec, addr, "");
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			spec->flags |= FLAG_LEFT;
			break;
		case '+':
			spec->flags |= FLAG_PLUS;
			break;
		case ' ':
			spec->flags |= FLAG_SPACE;
			break;
		case '#':
			spec->flags |= FLAG_ALT;
			break;
		case '0':
			spec->flags |= FLAG_ZERO;
			break;
		default:
			return fmt;
		}
	}
}

static const char *parse_count(const char *fmt, int *count)
{
	*count = 0;
	for (; isdigit(*fmt); fmt++)
		*count = min(*count * 10 + (*fmt - '0'), (int)FIELD_MAX);
	return fmt;
}

static const char *parse_length(const char *fmt, struct spec *spec)
{
	switch (*fmt) {
	case 'h':
		spec->length = fmt[1] == 'h' ? LEN_CHAR : LEN_SHORT;
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->length = LEN_LONG;
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z':
	case 't':
		spec->length = LEN_LONG;
		return fmt + 1;
	default:
		return fmt;
	}
}

static u64 unsigned_arg(va_list *args, enum length length)
{
	switch (length) {
	case LEN_LONG:
		return va_arg(*args, unsigned long);
	case LEN_SHORT:
		return (u16)va_arg(*args, unsigned int);
	case LEN_CHAR:
		return (u8)va_arg(*args, unsigned int);
	default:
		return va_arg(*args, unsigned int);
	}
}

static s64 signed_arg(va_list *args, enum length length)
{
	switch (length) {
	case LEN_LONG:
		return va_arg(*args, long);
	case LEN_SHORT:
		return (s16)va_arg(*args, int);
	case LEN_CHAR:
		return (s8)va_arg(*args, int);
	default:
		return va_arg(*args, int);
	}
}

/* @fmt stands behind the '%'; returns where the plain text goes on. */
static const char *parse_spec(const char *fmt, struct spec *spec, va_list *args)
{
	*spec = (struct spec){.precision = -1};
	fmt = parse_flags(fmt, spec);
	if (*fmt == '*') {
		fmt++;
		spec->width = va_arg(*args, int);
		if (spec->width < 0) {
			spec->flags |= FLAG_LEFT;
			spec->width = -max(spec->width, -FIELD_MAX);
		}
		spec->width = min(spec->width, (int)FIELD_MAX);
	} else {
		fmt = parse_count(fmt, &spec->width);
	}
	if (*fmt == '.') {
		fmt++;
		if (*fmt == '*') {
			fmt++;
			spec->precision = va_arg(*args, int);
			spec->precision =
			    clamp(spec->precision, -1, (int)FIELD_MAX);
		} else {
			fmt = parse_count(fmt, &spec->precision);
		}
	}
	fmt = parse_length(fmt, spec);
	spec->conversion = *fmt;
	return *fmt ? fmt + 1 : fmt;
}

static void put_signed(struct sink *out, const struct spec *spec, s64 value)
{
	u64 magnitude = value < 0 ? 0 - (u64)value : (u64)value;

	put_number(out, spec, magnitude, sign_prefix(spec, value < 0));
}

/*
 * Formats one conversion. What is no conversion is a mistake in the format;
 * it is shown as it stands, without touching the arguments.
 */
static const char *put_conversion(struct sink *out, const char *fmt,
				  va_list *args)
{
	const char *start = fmt - 1;
	struct spec spec;
	u64 value;

	fmt = parse_spec(fmt, &spec, args);
	switch (spec.conversion) {
	case 'd':
	case 'i':
		put_signed(out, &spec, signed_arg(args, spec.length));
		return fmt;
	case 'X':
		spec.conversion = 'x';
		spec.flags |= FLAG_UPPER;
		__fallthrough;
	case 'x':
	case 'u':
	case 'o':
		value = unsigned_arg(args, spec.length);
		put_number(out, &spec, value, radix_prefix(&spec, value));
		return fmt;
	case 's':
		put_string(out, &spec, va_arg(*args, const char *));
		return fmt;
	case 'c':
		put_char(out, &spec, (char)va_arg(*args, int));
		return fmt;
	case 'p':
		value = (u64)(uintptr_t)va_arg(*args, void *);
		if (*fmt != 'S') {
			put_pointer(out, &spec, value);
			return fmt;
		}
		put_symbol(out, &spec, value);
		return fmt + 1;
	case '%':
		put(out, "%", 1);
		return fmt;
	default:
		put(out, start, (size_t)(fmt - start));
		return fmt;
	}
}

/**
 * vsnprintf - format text into a buffer
 * @buf: buffer; may be NULL if @size is 0
 * @size: size of @buf
 * @fmt: format
 * @args: its arguments
 *
 * Return: length of the whole text, of which at most @size - 1 bytes are in
 * @buf.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct sink out = {.buf = buf, .size = size};
	const char *plain;
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		plain = fmt;
		while (*fmt && *fmt != '%')
			fmt++;
		put(&out, plain, (size_t)(fmt - plain));
		if (*fmt)
			fmt = put_conversion(&out, fmt + 1, &ap);
	}
	va_end(ap);
	if (size)
		buf[min(out.len, size - 1)] = '\0';
	return (int)min(out.len, (size_t)S32_MAX);
}

/**
 * snprintf - format text into a buffer
 * @buf: as vsnprintf()
 * @size: as vsnprintf()
 * @fmt: format, with its arguments behind it
 *
 * Return: as vsnprintf().
 */
int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/**
 * vscnprintf - format text into a buffer, count what is in it
 * @buf: as vsnprintf()
 * @size: as vsnprintf()
 * @fmt: format
 * @args: its arguments
 *
 * Return: bytes in @buf before the NUL.
 */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (!size)
		return 0;
	return (size_t)len < size ? len : (int)(size - 1);
}

/**
 * scnprintf - format text into a buffer, count what is in it
 * @buf: as vsnprintf()
 * @size: as vsnprintf()
 * @fmt: format, with its arguments behind it
 *
 * Return: as vscnprintf().
 */
int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* symbol_format - the one of a kernel without symbols. */
__weak int symbol_format(char *buf, size_t size, u64 addr)
{
	return scnprintf(buf, size, "0x%lx", (unsigned long)addr);
}
