/* Between the character devices of major 1. */
#ifndef CHAR_MEM_H
#define CHAR_MEM_H

#include <linnet/fs.h>

extern const struct file_ops kmsg_fops;

#endif
