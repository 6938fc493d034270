/*
 * Kernel code on the host: included before every file of a unit test, so that
 * the kernel's functions with a C library name live under another one and the
 * sanitizer runtime keeps its own. memcpy, memset and malloc are the host's.
 */
#ifndef LINNET_HOST_NAMES_H
#define LINNET_HOST_NAMES_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* <linnet/types.h> defines it for the kernel. */
#undef __always_inline

#undef isdigit
#undef isupper
#undef islower
#undef isalpha
#undef isalnum
#undef isxdigit
#undef isspace
#undef isprint
#undef isgraph
#undef ispunct
#undef iscntrl
#undef tolower
#undef toupper
#define isdigit	 linnet_isdigit
#define isupper	 linnet_isupper
#define islower	 linnet_islower
#define isalpha	 linnet_isalpha
#define isalnum	 linnet_isalnum
#define isxdigit linnet_isxdigit
#define isspace	 linnet_isspace
#define isprint	 linnet_isprint
#define isgraph	 linnet_isgraph
#define ispunct	 linnet_ispunct
#define iscntrl	 linnet_iscntrl
#define tolower	 linnet_tolower
#define toupper	 linnet_toupper

#define memmove	    linnet_memmove
#define memcmp	    linnet_memcmp
#define memchr	    linnet_memchr
#define strlen	    linnet_strlen
#define strnlen	    linnet_strnlen
#define strcmp	    linnet_strcmp
#define strncmp	    linnet_strncmp
#define strcasecmp  linnet_strcasecmp
#define strncasecmp linnet_strncasecmp
#define strchr	    linnet_strchr
#define strrchr	    linnet_strrchr
#define strstr	    linnet_strstr

#define vsnprintf  linnet_vsnprintf
#define snprintf   linnet_snprintf
#define vscnprintf linnet_vscnprintf
#define scnprintf  linnet_scnprintf

/* zlib's, which the tests compare with. */
#define crc32 linnet_crc32

#endif
