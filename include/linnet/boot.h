/* Steps of the boot, in the order kernel/main.c takes them. */
#ifndef LINNET_BOOT_H
#define LINNET_BOOT_H

#include <linnet/types.h>

void parse_early_params(void);	/* kernel/params.c */
void page_alloc_init(void);	/* mm */
void slab_init(void);
void vmalloc_init(void);
void xarray_cache_init(void);
void percpu_init(void);		/* arch smp.c */
void irq_stacks_init(void);
void start_kernel(void);
void cred_init(void);
void fork_init(void);
void sched_init(void);
void irq_init(void);		/* probes the interrupt controller */
void irq_init_cpu(void);
void time_init(void);		/* probes the timer */
void timer_init_cpu(void);
void random_init_early(void);
void start_init_thread(void);	/* kernel/init.c */
void do_initcalls(void);

extern const char linnet_banner[];

/* Words of the command line the kernel does not know, for init. */
extern char *init_argv[], *init_envp[];
/* rdinit= and init=; NULL if not given. */
extern const char *param_rdinit, *param_init;

#endif
