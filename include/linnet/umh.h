/*
 * User-mode helpers: programs that the kernel starts by itself.
 */
#ifndef LINNET_UMH_H
#define LINNET_UMH_H

int call_usermodehelper(const char *path, const char *const *argv,
			const char *const *envp);

#endif
