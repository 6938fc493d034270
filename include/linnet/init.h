/*
 * Initialisation calls: subsystems register themselves in link order within
 * a level, so that no central list names them all.
 */
#ifndef LINNET_INIT_H
#define LINNET_INIT_H

#include <linnet/types.h>

typedef int (*initcall_t)(void);

/*
 * Levels, run in order by the first kernel thread with everything below
 * available: memory, scheduler, interrupts, timers.
 *   early: before the first thread exists; only memory is there
 *   0 core   1 subsystems (vfs, driver classes)   2 file systems
 *   3 devices   4 late
 */
#define DEFINE_INITCALL(level, fn)                                             \
	static __section(".initcall." #level) __used initcall_t const          \
		initcall_##fn = fn
#define early_initcall(fn)  DEFINE_INITCALL(early, fn)
#define core_initcall(fn)   DEFINE_INITCALL(0, fn)
#define subsys_initcall(fn) DEFINE_INITCALL(1, fn)
#define fs_initcall(fn)	    DEFINE_INITCALL(2, fn)
#define device_initcall(fn) DEFINE_INITCALL(3, fn)
#define late_initcall(fn)   DEFINE_INITCALL(4, fn)

/*
 * Kernel command line parameters: `name=value` or a bare `name`; @fn gets the
 * value ("" when bare). Parsed before memory is set up: no allocation.
 */
struct kernel_param {
	const char *name;
	int (*fn)(const char *value);
};

#define KERNEL_PARAM(str, func)                                                \
	static __section(".kparam") __used const struct kernel_param           \
		kparam_##func = {.name = str, .fn = func}

extern const char *saved_command_line;

#endif
