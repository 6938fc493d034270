/*
 * User address spaces.
 *
 * A struct mm is a set of non-overlapping VMAs over a page-table tree. Lock
 * order: inode->rwsem > mm->mmap_lock > mapping->i_mmap_lock >
 * page-table lock (struct page.ptl) > mapping->lock. Faults hold mmap_lock for
 * reading; every change of the VMA tree holds it for writing.
 */
#ifndef LINNET_MM_H
#define LINNET_MM_H

#include <asm/mmu.h>
#include <asm/syscall_nr.h>
#include <linnet/bitmap.h>
#include <linnet/list.h>
#include <linnet/mutex.h>
#include <linnet/page.h>
#include <linnet/rbtree.h>
#include <linux/mman.h>

struct file;
struct inode;
struct mm;
struct vma;
struct address_space;
struct task;

enum vm_flags {
	VM_READ = 0x1,
	VM_WRITE = 0x2,
	VM_EXEC = 0x4,
	VM_SHARED = 0x8,
	VM_MAYREAD = 0x10, /* limits for mprotect() */
	VM_MAYWRITE = 0x20,
	VM_MAYEXEC = 0x40,
	VM_MAYSHARE = 0x80,
	VM_GROWSDOWN = 0x100,
	VM_PFNMAP = 0x400, /* raw frames without reference counts */
	VM_LOCKED = 0x2000,
	VM_IO = 0x4000,
	VM_SEQ_READ = 0x8000,
	VM_RAND_READ = 0x10000,
	VM_DONTCOPY = 0x20000,
	VM_DONTEXPAND = 0x40000,
	VM_LOCKONFAULT = 0x80000,
	VM_ACCOUNT = 0x100000,
	VM_NORESERVE = 0x200000,
	VM_BTI = 0x1000000, /* indirect branches only to landing pads */
	VM_WIPEONFORK = 0x2000000,
	VM_DONTDUMP = 0x4000000,
	VM_HUGEPAGE = 0x20000000,   /* batch faults eagerly */
	VM_NOHUGEPAGE = 0x40000000, /* one page a fault */
};
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)

struct vm_fault {
	struct vma *vma;
	u64 address; /* page-aligned */
	u64 pgoff;   /* of the address in the file */
	bool write;
	struct page *page; /* result of fault(): referenced, not locked */
};

/* Results of handle_mm_fault() and of vma_ops->fault. */
enum vm_fault_result {
	VM_FAULT_OK = 0,
	VM_FAULT_OOM = 1,
	VM_FAULT_SIGBUS = 2,
	VM_FAULT_SIGSEGV = 4,
	VM_FAULT_RETRY = 8,	 /* look up the VMA again */
	VM_FAULT_ACCERR = 16,	 /* SIGSEGV with SEGV_ACCERR */
	VM_FAULT_NOPAGE = 32,	 /* the handler installed the entry itself */
	VM_FAULT_MAJOR = 64,	 /* had to wait for I/O */
};

struct vma_ops {
	/* A VMA was copied (fork, split) / is going away. NULL: nothing. */
	void (*open)(struct vma *v);
	void (*close)(struct vma *v);
	/* Supply the page at vmf->pgoff. mmap_lock held for reading. */
	int (*fault)(struct vm_fault *vmf);
	/* First write to a shared page: 0 or VM_FAULT_*. NULL: allow. */
	int (*page_mkwrite)(struct vm_fault *vmf);
	const char *(*name)(struct vma *v); /* for /proc/PID/maps */
};

/* [M] mm->mmap_lock */
struct vma {
	u64 start, end;	     /* [M] */
	struct rb_node node; /* [M] in mm->vmas */
	u64 hole;	     /* [M] free bytes between the previous VMA and this */
	u64 gap;	     /* [M] largest hole in the subtree */
	struct mm *mm;	     /* [I] */
	u64 flags;	     /* [M] enum vm_flags */
	u64 pgoff;	     /* [M] of start in the file; anon: start >> 12 */
	struct file *file;   /* [I] counted; NULL: anonymous */
	const struct vma_ops *ops; /* [I] NULL: anonymous */
	void *private;	     /* [I] */
	struct rb_node shared; /* [mapping->i_mmap_lock] in mapping->i_mmap */
	u64 shared_max;	     /* largest last pgoff of that subtree */
};

/* Who may look into a process: prctl(PR_SET_DUMPABLE). */
enum suid_dump {
	SUID_DUMP_DISABLE = 0,
	SUID_DUMP_USER = 1, /* its user */
	SUID_DUMP_ROOT = 2, /* root only; set by fs.suid_dumpable */
};

struct mm {
	struct rb_root vmas; /* [M] augmented by gap */
	struct vma *cache;   /* heuristic: last found */
	u32 nr_vmas;	     /* [M] */
	struct rwsem mmap_lock;
	struct mmu_context mmu; /* page-table root, ASID: arch */
	u32 users;	     /* [A] tasks; the last one empties it */
	u32 count;	     /* [A] users as one + kernel references */

	u64 mmap_base;	     /* [I] top-down start of mmap() */
	u64 total_vm, data_vm, stack_vm, exec_vm, locked_vm, shared_vm; /* pages */
	u64 rss_anon, rss_file, rss_shmem; /* [A] pages */
	u64 hiwater_rss, hiwater_vm;
	u64 pgtables;	     /* [A] bytes */
	u64 start_code, end_code, start_data, end_data;
	u64 start_brk, brk, start_stack;
	u64 arg_start, arg_end, env_start, env_end;
	u64 saved_auxv[2 * 24];
	u64 vdso;	     /* address of the vDSO's code */
	struct file *exe_file; /* [I] set before the mm is used */
	u64 def_flags;	     /* mlockall(MCL_FUTURE) */
	u32 dumpable;	     /* enum suid_dump */
	u32 membarrier_state;
	bool oom_reaped;
	DECLARE_BITMAP(missing_calls, NR_SYSCALLS); /* [A] that have been named */
};

struct mm *mm_alloc(void);
/* Copy for fork: 0 or negative errno in ERR_PTR. */
struct mm *mm_dup(struct mm *old);
static inline void mm_get(struct mm *mm)
{
	atomic_inc(&mm->users);
}
/* For who has only grabbed @mm: false if its last user has gone. */
static inline bool mm_get_live(struct mm *mm)
{
	u32 users = atomic_read(&mm->users);

	do {
		if (!users)
			return false;
	} while (!__atomic_compare_exchange_n(&mm->users, &users, users + 1,
					      true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}
/* Last user: unmap everything. May sleep. */
void mm_put(struct mm *mm);
/* Keep the struct without keeping the memory. */
static inline void mm_grab(struct mm *mm)
{
	atomic_inc(&mm->count);
}
void mm_drop(struct mm *mm);
/* Users reference on a task's mm, or NULL. */
struct mm *task_mm_get(struct task *t);

/* VMA tree. Caller holds mmap_lock as noted. */
struct vma *vma_find(struct mm *mm, u64 addr); /* first with end > addr */
static inline struct vma *vma_lookup(struct mm *mm, u64 addr)
{
	struct vma *v = vma_find(mm, addr);

	return v && v->start <= addr ? v : NULL;
}
struct vma *vma_next(struct vma *v);
struct vma *vma_prev(struct vma *v);
struct vma *vma_first(struct mm *mm);
/* Free range of @len or -ENOMEM; top-down below mm->mmap_base, then up. */
u64 find_free_area(struct mm *mm, u64 hint, u64 len, u64 align);

/*
 * Map @len bytes; takes mmap_lock itself. Return the address or -errno.
 */
u64 do_mmap(struct file *file, u64 addr, u64 len, u32 prot, u32 flags,
	    u64 offset);
/* The same with mmap_lock held for writing and final VM_* flags. */
u64 mmap_region_locked(struct mm *mm, struct file *file, u64 addr, u64 len,
		       u64 vm_flags, u64 pgoff);
int do_munmap(struct mm *mm, u64 addr, u64 len);
int do_munmap_locked(struct mm *mm, u64 addr, u64 len);
int do_mprotect(u64 start, u64 len, u32 prot);
/* A special mapping of kernel-owned pages (vDSO). mmap_lock held to write. */
int install_special_mapping(struct mm *mm, u64 addr, u64 len, u64 vm_flags,
			    const struct vma_ops *ops, void *private);
int do_brk_locked(struct mm *mm, u64 addr, u64 len, u64 vm_flags);

int handle_mm_fault(struct vma *v, u64 addr, bool write, bool exec);
/* Stack growth: make @v reach down to @addr. mmap_lock held to write. */
int expand_stack(struct vma *v, u64 addr);

enum gup_flags { GUP_WRITE = 1, GUP_FORCE = 2 };
/*
 * Pin the pages behind a user range of any mm: returns how many (> 0) or
 * -errno; each is referenced. mmap_lock is taken inside.
 */
long get_user_pages(struct mm *mm, u64 addr, u32 n, u32 gup, struct page **out);
/* Read or write another process's memory: bytes done. */
size_t access_process_vm(struct mm *mm, u64 addr, void *buf, size_t len,
			 u32 gup);

/* Unmap [start, end) page offsets of @m everywhere; @even_cows: private too. */
void unmap_mapping_range(struct address_space *m, u64 start, u64 end,
			 bool even_cows);
/* Drop the pages of a range of one VMA (madvise, exit). */
void zap_range(struct vma *v, u64 start, u64 end);
/* Install @page (reference consumed on success) read-only or writable. */
int insert_page(struct vma *v, u64 addr, struct page *page);
int remap_pfn_range(struct vma *v, u64 addr, pfn_t pfn, u64 len);

/* Commit accounting and limits. */
u64 vm_committed(void);
u64 vm_commit_limit(void);
/* Fault a range in: 0, -ENOMEM, -EFAULT, -EINTR. */
long populate_range(struct mm *mm, u64 start, u64 len);
u64 oom_badness(struct task *p); /* [tasklist] 0: never killed */
bool may_expand_vm(struct mm *mm, u64 vm_flags, u64 pages);
int vm_enough_memory(s64 pages);
void vm_unacct_memory(u64 pages);
extern int sysctl_overcommit_memory;
extern u64 sysctl_mmap_min_addr;
extern int sysctl_randomize_va_space;
extern int sysctl_max_map_count;

/* For fs/exec.c: a stack VMA of one page below @top; moved down later. */
struct vma *vma_alloc_stack(struct mm *mm, u64 top);
int vma_shift_down(struct vma *v, u64 shift);
void activate_mm(struct mm *mm);
/* Is the layout of the current task to be random? */
bool randomize_layout(void);

/* Bits of address space randomisation, in pages: Linux's for arm64. */
enum {
	MMAP_RND_BITS_MIN = 18, /* the default too */
	MMAP_RND_BITS_MAX = 33,
	STACK_RND_BITS = 18,
	BRK_RND_BITS = 18,
};

enum { STACK_GUARD_PAGES = 256 }; /* gap kept below a growing stack */
/* What the mmap area or a PIE is moved by; 0 if nothing is. */
u64 random_mmap_offset(void);

void out_of_memory(u32 order);
/* Reclaim through shrinkers and the page cache: pages freed. */
u64 reclaim_pages(u64 target, u32 gfp);
void drop_slab(void);

#endif
