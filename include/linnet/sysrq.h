/* Orders to the kernel of one letter (/proc/sysrq-trigger). */
#ifndef LINNET_SYSRQ_H
#define LINNET_SYSRQ_H

/* Context: task; may sleep, and may not return. */
void sysrq_handle(char key);

#endif
