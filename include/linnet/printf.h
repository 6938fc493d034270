/*
 * Formatted text into a buffer of known size.
 *
 * Conversions: d i u x X o c s p % with the lengths hh h l ll z t, the flags
 * "-+ #0", width and precision (both may be '*'). There is no floating point
 * and no %n. %p prints 16 hexadecimal digits, %pS the symbol and offset of a
 * code address.
 */
#ifndef LINNET_PRINTF_H
#define LINNET_PRINTF_H

#include <linnet/stdarg.h>
#include <linnet/types.h>

/*
 * The snprintf pair returns the length of the whole text, which may be beyond
 * the buffer; the scnprintf pair the length that is in it. All end the text
 * with NUL unless @size is 0.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/*
 * Writes the name of @addr, as "pipe_read+0x14/0x80", like scnprintf. The
 * default knows no symbols and writes the address; symbol code replaces it.
 */
int symbol_format(char *buf, size_t size, u64 addr);

#endif
