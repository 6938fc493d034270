/*
 * Variable arguments: the compiler's, since the kernel is built without its
 * header folder.
 */
#ifndef LINNET_STDARG_H
#define LINNET_STDARG_H

#ifdef LINNET_HOST
#include <stdarg.h>
#else
typedef __builtin_va_list va_list;
#define va_start(args, last) __builtin_va_start(args, last)
#define va_arg(args, type)   __builtin_va_arg(args, type)
#define va_copy(dst, src)    __builtin_va_copy(dst, src)
#define va_end(args)	     __builtin_va_end(args)
#endif

#endif
