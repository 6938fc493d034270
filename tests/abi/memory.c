/* Memory: mmap and its relatives, brk, locks, residence, memfd and seals. */
#include "abi.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <setjmp.h>
#include <sys/resource.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf back;
static volatile int fault_signo, fault_code;

static void on_fault(int signo, siginfo_t *info, void *context)
{
	(void)context;
	fault_signo = signo;
	fault_code = info->si_code;
	siglongjmp(back, 1);
}

/* The signal that touching the byte brings, 0 if none. */
static int touch(volatile char *p, bool write)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	fault_signo = 0;
	if (!sigsetjmp(back, 1)) {
		char c = *p;

		if (write)
			*p = c;
	}
	return fault_signo;
}

static char *map(size_t pages)
{
	return mmap(NULL, pages * PAGE, RW, ANON, -1, 0);
}

static long raw_mmap(void *addr, size_t len, int prot, int flags, int fd,
		     off_t off)
{
	return syscall(SYS_mmap, addr, len, prot, flags, fd, off);
}

static long raw_mremap(void *old, size_t size, size_t new, int flags, void *at)
{
	return syscall(SYS_mremap, old, size, new, flags, at);
}

CASE("mmap: errors")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
	int dir = open(".", O_RDONLY), path = open("f", O_PATH);
	int pipefd[2];

	pipe(pipefd);
	ERR(raw_mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_ANONYMOUS | 4, -1, 0), EINVAL);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0), EBADF);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, path, 0), EBADF);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_SHARED, ro, 0), EACCES);
	ERR(raw_mmap(NULL, PAGE, PROT_READ, MAP_SHARED, wo, 0), EACCES);
	ERR(raw_mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
	ERR(raw_mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
	ERR(raw_mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipefd[0], 0), ENODEV);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 1), EINVAL);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0x7ffffffffffff000),
	    EOVERFLOW);
	ERR(raw_mmap((void *)1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	ERR(raw_mmap((void *)(1UL << 52), PAGE, RW, ANON | MAP_FIXED, -1, 0),
	    ENOMEM);
	ERR(raw_mmap(NULL, (size_t)-1, RW, ANON, -1, 0), ENOMEM);
	ERR(raw_mmap(NULL, (size_t)-PAGE, RW, ANON, -1, 0), ENOMEM);
	ERR(raw_mmap(NULL, 1UL << 50, RW, ANON, -1, 0), ENOMEM);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0),
	    EOPNOTSUPP);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 0x800000, fd, 0),
	    EOPNOTSUPP);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1,
		     0), EINVAL);
	CHECK(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, ro, 0) != -1);
	CHECK(raw_mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, PAGE * 10) != -1);
	pid_t pid;
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(raw_mmap(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("mmap: hints, MAP_FIXED, MAP_FIXED_NOREPLACE")
{
	char *p = map(8);

	munmap(p, 8 * PAGE);
	EQ(raw_mmap(p, PAGE, RW, ANON, -1, 0), (long)p);
	CHECK(raw_mmap(p, PAGE, RW, ANON, -1, 0) != (long)p);
	EQ(raw_mmap(p + 2 * PAGE + 5, PAGE, RW, ANON, -1, 0),
	   (long)p + 2 * PAGE);
	EQ(raw_mmap(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0), (long)p);
	ERR(raw_mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0),
	    EEXIST);
	munmap(p + PAGE, PAGE);
	EQ(raw_mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0),
	   (long)p + PAGE);
	ERR(raw_mmap(p - 0 + PAGE, 4 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE,
		     -1, 0), EEXIST);
	p[0] = 1;
	EQ(raw_mmap(p, PAGE, RW, ANON | MAP_FIXED, -1, 0), (long)p);
	EQ(p[0], 0);
}

CASE("munmap: arguments, holes, splitting")
{
	char *p = map(5);

	ERR(munmap(p + 1, PAGE), EINVAL);
	ERR(munmap(p, 0), EINVAL);
	ERR(munmap((void *)(1UL << 52), PAGE), EINVAL);
	ERR(munmap(p, (size_t)-1), EINVAL);
	EQ(munmap(p + PAGE, 1), 0);
	EQ(munmap(p + PAGE, PAGE), 0);		/* nothing there: fine */
	EQ(munmap(p + 3 * PAGE, PAGE), 0);
	EQ(touch(p, true), 0);
	EQ(touch(p + PAGE, false), SIGSEGV);
	EQ(fault_code, SEGV_MAPERR);
	EQ(touch(p + 2 * PAGE, true), 0);
	EQ(touch(p + 3 * PAGE, false), SIGSEGV);
	EQ(touch(p + 4 * PAGE, true), 0);
	EQ(munmap(p, 5 * PAGE), 0);
	EQ(touch(p, false), SIGSEGV);
}

CASE("mprotect: arguments, what each protection allows")
{
	char *p = map(4);

	ERR(syscall(SYS_mprotect, p + 1, PAGE, RW), EINVAL);
	EQ(mprotect(p, 0, RW), 0);
	ERR(syscall(SYS_mprotect, p, PAGE, 0x100), EINVAL);
	ERR(syscall(SYS_mprotect, p, PAGE, RW | PROT_GROWSDOWN | PROT_GROWSUP),
	    EINVAL);
	ERR(syscall(SYS_mprotect, p, PAGE, RW | PROT_GROWSDOWN), EINVAL);
	ERR(mprotect((void *)(1UL << 50), PAGE, RW), ENOMEM);
	ERR(mprotect(p, (size_t)-PAGE, RW), ENOMEM);
	EQ(mprotect(p, PAGE, PROT_READ), 0);
	EQ(touch(p, false), 0);
	EQ(touch(p, true), SIGSEGV);
	EQ(fault_code, SEGV_ACCERR);
	EQ(mprotect(p, PAGE, PROT_NONE), 0);
	EQ(touch(p, false), SIGSEGV);
	EQ(fault_code, SEGV_ACCERR);
	EQ(mprotect(p, PAGE, RW), 0);
	EQ(touch(p, true), 0);
	munmap(p + 2 * PAGE, PAGE);
	ERR(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM);
	EQ(touch(p + PAGE, true), SIGSEGV);	/* up to the hole it worked */
	EQ(touch(p + 3 * PAGE, true), 0);
	int ro;
	abi_write("f", "data");
	ro = open("f", O_RDONLY);
	char *q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	ERR(mprotect(q, PAGE, RW), EACCES);
	q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ro, 0);
	EQ(mprotect(q, PAGE, RW), 0);
	EQ(touch(q, true), 0);
}

CASE("the kernel sees the protections too")
{
	int fds[2];
	char *p = map(2);

	pipe(fds);
	write(fds[1], "abcdef", 6);
	mprotect(p, PAGE, PROT_READ);
	ERR(read(fds[0], p, 1), EFAULT);
	mprotect(p, PAGE, PROT_NONE);
	ERR(write(fds[1], p, 1), EFAULT);
	mprotect(p, PAGE, RW);
	EQ(read(fds[0], p, 1), 1);
	mprotect(p + PAGE, PAGE, PROT_NONE);
	ERR(read(fds[0], p + PAGE - 2, 4), EFAULT);
	ERR(syscall(SYS_getcwd, p + PAGE - 2, 100), EFAULT);
	ERR(stat(p + PAGE, NULL), EFAULT);
	memset(p, 'x', PAGE);
	ERR(open(p + PAGE - 3, O_RDONLY), EFAULT);
}

CASE("mremap: errors")
{
	char *p = map(6);

	ERR(raw_mremap(p + 1, PAGE, PAGE, 0, NULL), EINVAL);
	ERR(raw_mremap(p, PAGE, 0, 0, NULL), EINVAL);
	ERR(raw_mremap(p, PAGE, PAGE, 8, NULL), EINVAL);
	ERR(raw_mremap(p, PAGE, PAGE, MREMAP_FIXED, p), EINVAL);
	ERR(raw_mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE,
		       p + PAGE), EINVAL);
	ERR(raw_mremap(p, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, p + 1),
	    EINVAL);
	ERR(raw_mremap((void *)(1UL << 40), PAGE, 2 * PAGE, MREMAP_MAYMOVE,
		       NULL), EFAULT);
	ERR(raw_mremap(p, 0, PAGE, MREMAP_MAYMOVE, NULL), EINVAL);
	munmap(p + 2 * PAGE, PAGE);
	ERR(raw_mremap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, NULL), EFAULT);
	ERR(raw_mremap(p, 2 * PAGE, 4 * PAGE, 0, NULL), ENOMEM);
	ERR(raw_mremap(p, PAGE, 2 * PAGE, MREMAP_DONTUNMAP | MREMAP_MAYMOVE,
		       NULL), EINVAL);
}

CASE("mremap: grow, shrink, move, keep")
{
	char *p = map(8), *q;

	strcpy(p, "first");
	strcpy(p + PAGE, "second");
	EQ(raw_mremap(p, 8 * PAGE, 4 * PAGE, 0, NULL), (long)p);
	EQ(touch(p + 4 * PAGE, false), SIGSEGV);
	EQ(raw_mremap(p, 4 * PAGE, 6 * PAGE, 0, NULL), (long)p);
	EQ(touch(p + 5 * PAGE, true), 0);
	char *target = map(16);
	q = (char *)raw_mremap(p, 2 * PAGE, 4 * PAGE,
			       MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE);
	CHECK(q == target + PAGE);
	STR(q, "first");
	STR(q + PAGE, "second");
	EQ(q[3 * PAGE], 0);
	EQ(touch(p, false), SIGSEGV);
	EQ(touch(p + 2 * PAGE, false), 0);
	p = map(1);
	strcpy(p, "stay");
	q = (char *)raw_mremap(p, PAGE, PAGE, MREMAP_MAYMOVE |
			       MREMAP_DONTUNMAP, NULL);
	CHECK(q != MAP_FAILED && q != p);
	STR(q, "stay");
	EQ(p[0], 0);		/* mapped, but empty */
	p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(p, "shared");
	q = (char *)raw_mremap(p, 0, PAGE, MREMAP_MAYMOVE, NULL);
	CHECK(q != MAP_FAILED && q != p);
	STR(q, "shared");
	strcpy(q, "twice");
	STR(p, "twice");
	EQ(munmap(p, 2 * PAGE), 0);
	STR(q, "twice");
}

CASE("mremap onto other pages of the mapping it takes from")
{
	char *p = map(16), *q;
	pid_t pid;

	strcpy(p + 9 * PAGE, "ninth");
	q = (char *)raw_mremap(p + 9 * PAGE, 4 * PAGE, PAGE,
			       MREMAP_MAYMOVE | MREMAP_FIXED, p);
	CHECK(q == p);
	STR(q, "ninth");
	EQ(touch(p + 8 * PAGE, true), 0);
	for (int i = 9; i < 13; i++)
		EQ(touch(p + i * PAGE, false), SIGSEGV);
	EQ(touch(p + 13 * PAGE, true), 0);
	/* Nothing is left where a second view of it was to come from. */
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ERR(raw_mremap(p, 0, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p), EFAULT);
	EQ(touch(p, false), SIGSEGV);
	EQ(touch(p + PAGE, true), 0);
	/* A longer mapping shrinks on the way, across what follows it. */
	p = map(8);
	EQ(mprotect(p + 4 * PAGE, PAGE, PROT_READ), 0);
	q = map(4);
	EQ(raw_mremap(p + 2 * PAGE, 6 * PAGE, 2 * PAGE,
		      MREMAP_MAYMOVE | MREMAP_FIXED, q), (long)q);
	EQ(touch(p + 4 * PAGE, false), SIGSEGV);
	/* The lowest pages are not for everyone. */
	CHILD(pid) {
		OK(setuid(1000));
		p = map(1);
		ERR(raw_mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       NULL), EPERM);
		EQ(touch(p, true), 0);
	}
	abi_reap(pid);
}

CASE("file mappings: shared, private, past the end")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char buf[16], *s, *v;

	write(fd, "hello", 5);
	s = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	v = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	STR(s, "hello");
	s[0] = 'J';
	EQ(pread(fd, buf, 5, 0), 5);
	MEM(buf, "Jello", 5);
	EQ(v[0], 'J');
	v[1] = 'i';
	EQ(s[1], 'e');
	pwrite(fd, "X", 1, 0);
	EQ(s[0], 'X');
	EQ(touch(s + PAGE - 1, true), 0);	/* the rest of the last page */
	EQ(touch(s + PAGE, false), SIGBUS);
	EQ(fault_code, BUS_ADRERR);
	struct stat st;
	fstat(fd, &st);
	EQ(st.st_size, 5);
	ftruncate(fd, 2 * PAGE);
	EQ(touch(s + PAGE, true), 0);
	s[PAGE] = 'q';
	ftruncate(fd, 3);
	EQ(touch(s + PAGE, false), SIGBUS);
	ftruncate(fd, 2 * PAGE);
	EQ(s[3], 0);		/* cut off, then zero */
	EQ(s[PAGE], 0);
	s[100] = 'z';		/* close does not end a mapping */
	close(fd);
	unlink("f");
	EQ(s[100], 'z');
	EQ(touch(s, true), 0);
	/* the kernel meets the end of the file: EFAULT */
	int fds[2];
	pipe(fds);
	ERR(write(fds[1], s + 2 * PAGE, 10), EFAULT);
}

CASE("private memory is copied on write after fork, shared is not")
{
	char *p = map(1);
	char *s = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	strcpy(p, "parent");
	strcpy(s, "parent");
	CHILD(pid) {
		STR(p, "parent");
		strcpy(p, "child");
		strcpy(s, "child");
	}
	abi_reap(pid);
	STR(p, "parent");
	STR(s, "child");
}

CASE("madvise: errors, DONTNEED, DONTFORK, WIPEONFORK, POPULATE")
{
	char *p = map(4);
	pid_t pid;

	ERR(madvise(p, PAGE, 999), EINVAL);
	ERR(madvise(p + 1, PAGE, MADV_NORMAL), EINVAL);
	ERR(madvise(p, (size_t)-PAGE, MADV_NORMAL), EINVAL);
	EQ(madvise(p, 0, MADV_NORMAL), 0);
	ERR(madvise((void *)(1UL << 40), PAGE, MADV_NORMAL), ENOMEM);
	for (int advice = 0; advice <= 3; advice++)
		EQ(madvise(p, PAGE, advice), 0);
	p[0] = 1;
	EQ(madvise(p, PAGE, MADV_DONTNEED), 0);
	EQ(p[0], 0);
	p[0] = 1;
	EQ(madvise(p, PAGE, MADV_FREE), 0);
	CHECK(p[0] == 0 || p[0] == 1);
	p[0] = 2;
	EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	CHILD(pid) EQ(touch(p, false), SIGSEGV);
	abi_reap(pid);
	EQ(madvise(p, PAGE, MADV_DOFORK), 0);
	CHILD(pid) EQ(p[0], 2);
	abi_reap(pid);
	EQ(madvise(p, PAGE, MADV_WIPEONFORK), 0);
	CHILD(pid) EQ(p[0], 0);
	abi_reap(pid);
	EQ(p[0], 2);
	EQ(madvise(p, PAGE, MADV_KEEPONFORK), 0);
	unsigned char vec[4];
	EQ(madvise(p, 4 * PAGE, MADV_POPULATE_WRITE), 0);
	EQ(mincore(p, 4 * PAGE, vec), 0);
	EQ(vec[3] & 1, 1);
	munmap(p + PAGE, PAGE);
	ERR(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
	EQ(p[0], 0);	/* done all the same */
	ERR(madvise(p, 3 * PAGE, MADV_POPULATE_READ), ENOMEM);
	mprotect(p, PAGE, PROT_READ);
	ERR(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	EQ(madvise(p, PAGE, MADV_POPULATE_READ), 0);
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	ftruncate(fd, 2 * PAGE);
	char *s = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	s[0] = 'a';
	s[PAGE] = 'b';
	EQ(madvise(s, PAGE, MADV_DONTNEED), 0);
	EQ(s[0], 'a');
	EQ(madvise(s, PAGE, MADV_REMOVE), 0);
	EQ(s[0], 0);
	EQ(s[PAGE], 'b');
	ERR(madvise(s, PAGE, MADV_WIPEONFORK), EINVAL);
	ERR(madvise(s, PAGE, MADV_FREE), EINVAL);
	ERR(madvise(map(1), PAGE, MADV_REMOVE), EINVAL);
}

CASE("mincore and MAP_POPULATE")
{
	unsigned char vec[8];
	char *p = map(8);

	ERR(mincore(p + 1, PAGE, vec), EINVAL);
	ERR(mincore(p, PAGE, BAD_PTR), EFAULT);
	ERR(mincore((void *)(1UL << 40), PAGE, vec), ENOMEM);
	p[2 * PAGE] = 1;
	EQ(mincore(p, 8 * PAGE, vec), 0);
	EQ(vec[0] & 1, 0);
	EQ(vec[2] & 1, 1);
	EQ(vec[7] & 1, 0);
	EQ(mincore(p, 0, vec), 0);
	p = mmap(NULL, 8 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	EQ(mincore(p, 8 * PAGE, vec), 0);
	for (int i = 0; i < 8; i++)
		EQ(vec[i] & 1, 1);
	munmap(p + 3 * PAGE, PAGE);
	ERR(mincore(p, 8 * PAGE, vec), ENOMEM);
}

CASE("msync")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	ftruncate(fd, 2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	p[0] = 1;
	EQ(msync(p, 2 * PAGE, MS_SYNC), 0);
	EQ(msync(p, 2 * PAGE, MS_ASYNC), 0);
	EQ(msync(p, 2 * PAGE, MS_INVALIDATE), 0);
	EQ(msync(p, 0, MS_SYNC), 0);
	EQ(msync(p, PAGE, 0), 0);
	ERR(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	ERR(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	ERR(msync(p, PAGE, 8), EINVAL);
	munmap(p + PAGE, PAGE);
	ERR(msync(p, 2 * PAGE, MS_SYNC), ENOMEM);
	ERR(msync((void *)(1UL << 40), PAGE, MS_ASYNC), ENOMEM);
}

CASE("mlock, munlock, mlockall, limits")
{
	char *p = map(4);
	unsigned char vec[4];
	pid_t pid;

	EQ(mlock(p, 4 * PAGE), 0);
	mincore(p, 4 * PAGE, vec);
	EQ(vec[3] & 1, 1);
	STR(abi_field(abi_read("/proc/self/status"), "VmLck"), "16 kB");
	ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	ERR(msync(p, PAGE, MS_INVALIDATE), EBUSY);
	EQ(munlock(p, 2 * PAGE), 0);
	STR(abi_field(abi_read("/proc/self/status"), "VmLck"), "8 kB");
	EQ(munlock(p, 4 * PAGE), 0);
	ERR(mlock((void *)(1UL << 40), PAGE), ENOMEM);
	ERR(mlock(p, (size_t)-PAGE), EINVAL);
	EQ(syscall(SYS_mlock2, p, PAGE, 1), 0);
	ERR(syscall(SYS_mlock2, p, PAGE, 2), EINVAL);
	EQ(munlock(p, PAGE), 0);
	CHILD(pid) EQ(*abi_field(abi_read("/proc/self/status"), "VmLck"), '0');
	abi_reap(pid);
	ERR(syscall(SYS_mlockall, 0), EINVAL);
	ERR(syscall(SYS_mlockall, 16), EINVAL);
	ERR(syscall(SYS_mlockall, 4), EINVAL);
	CHILD(pid) {
		EQ(mlockall(MCL_FUTURE), 0);
		char *q = map(2);
		mincore(q, 2 * PAGE, vec);
		EQ(vec[1] & 1, 1);
		EQ(munlockall(), 0);
		abi_limit(RLIMIT_MEMLOCK, PAGE, PAGE);
		abi_drop(1000, 1000);
		EQ(mlock(p, PAGE), 0);
		ERR(mlock(p, 2 * PAGE), ENOMEM);
		ERR(mlockall(MCL_CURRENT), ENOMEM);
		ERR(raw_mmap(NULL, 4 * PAGE, RW, ANON | MAP_LOCKED, -1, 0),
		    EAGAIN);
		abi_limit(RLIMIT_MEMLOCK, 0, 0);
		EQ(munlock(p, PAGE), 0);
		ERR(mlock(p, PAGE), EPERM);
		ERR(mlockall(MCL_CURRENT), EPERM);
		ERR(raw_mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("brk")
{
	char *start = (char *)syscall(SYS_brk, 0), *p;

	EQ(syscall(SYS_brk, 0), (long)start);
	EQ(syscall(SYS_brk, start + 3 * PAGE), (long)start + 3 * PAGE);
	memset(start, 7, 3 * PAGE);
	EQ(syscall(SYS_brk, start + PAGE), (long)start + PAGE);
	EQ(syscall(SYS_brk, start + 3 * PAGE), (long)start + 3 * PAGE);
	EQ(start[0], 7);
	EQ(start[2 * PAGE], 0);
	EQ(syscall(SYS_brk, 1), (long)start + 3 * PAGE);	/* refused */
	EQ(syscall(SYS_brk, KERNEL_PTR), (long)start + 3 * PAGE);
	p = (char *)(((long)start + 5 * PAGE) & ~(PAGE - 1));
	CHECK(raw_mmap(p, PAGE, RW, ANON | MAP_FIXED, -1, 0) == (long)p);
	EQ(syscall(SYS_brk, p + 2 * PAGE), (long)start + 3 * PAGE);
	abi_limit(RLIMIT_DATA, PAGE, PAGE);
	EQ(syscall(SYS_brk, start + 4 * PAGE), (long)start + 3 * PAGE);
}

CASE("RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK")
{
	pid_t pid;

	CHILD(pid) {
		abi_limit(RLIMIT_AS, 64 << 20, 64 << 20);
		ERR(raw_mmap(NULL, 128 << 20, RW, ANON, -1, 0), ENOMEM);
		char *p = map(16);
		CHECK(p != MAP_FAILED);
		ERR(raw_mremap(p, 16 * PAGE, 128 << 20, MREMAP_MAYMOVE, NULL),
		    ENOMEM);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_limit(RLIMIT_DATA, 1 << 20, 1 << 20);
		ERR(raw_mmap(NULL, 4 << 20, RW, ANON, -1, 0), ENOMEM);
		CHECK(raw_mmap(NULL, 4 << 20, PROT_READ, ANON, -1, 0) != -1);
		CHECK(raw_mmap(NULL, 4 << 20, RW, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0) != -1);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("the stack grows down to its limit, with a gap")
{
	pid_t pid;

	CHILD(pid) {
		volatile char *sp = __builtin_frame_address(0);

		EQ(touch(sp - (1 << 20), true), 0);
		EQ(touch(sp - (7 << 20), true), 0);
		EQ(touch(sp - (9 << 20), true), SIGSEGV);
	}
	EQ(abi_exit_code(pid), 0);
	/* a mapping made with MAP_GROWSDOWN does the same */
	char *p = map(512);
	munmap(p, 512 * PAGE);
	p += 500 * PAGE;
	EQ(raw_mmap(p, PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0),
	   (long)p);
	EQ(touch(p - 1, true), 0);
	EQ(touch(p - 10 * PAGE, true), 0);
}

CASE("ADDR_NO_RANDOMIZE gives the same addresses, otherwise they differ")
{
	char *args[] = { "@where", NULL };
	int fds[2];
	unsigned long seen[4][3];

	for (int i = 0; i < 4; i++) {
		pid_t pid;

		pipe(fds);
		CHILD(pid) {
			dup2(fds[1], 30);
			if (i >= 2)
				syscall(SYS_personality, 0x0040000);
			execv("/proc/self/exe", args);
		}
		read(fds[0], seen[i], sizeof(seen[i]));
		abi_reap(pid);
	}
	CHECK(seen[0][0] != seen[1][0]);
	CHECK(seen[0][1] != seen[1][1]);
	EQ(seen[2][0], seen[3][0]);
	EQ(seen[2][1], seen[3][1]);
	EQ(seen[2][2], seen[3][2]);
}

HELPER(where)
{
	unsigned long at[3] = { (unsigned long)&at & ~0xfffUL,
				(unsigned long)map(1),
				(unsigned long)syscall(SYS_brk, 0) };

	write(30, at, sizeof(at));
	return 0;
}

CASE("memfd_create: names, flags, what the file is like")
{
	char name[260], link[300];
	struct stat st;
	int fd;

	memset(name, 'n', sizeof(name));
	name[250] = 0;
	ERR(memfd_create(name, 0), EINVAL);
	name[249] = 0;
	OK(memfd_create(name, 0));
	ERR(memfd_create(BAD_PTR, 0), EFAULT);
	ERR(memfd_create("x", 0x40), EINVAL);
	fd = (int)OK(memfd_create("abc", MFD_CLOEXEC));
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_GETFL), O_RDWR | O_LARGEFILE);
	fstat(fd, &st);
	EQ(st.st_mode, S_IFREG | 0777);
	EQ(st.st_nlink, 0);
	EQ(st.st_size, 0);
	sprintf(name, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(name, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	STR(link, "/memfd:abc (deleted)");
	EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	int again = (int)OK(open(name, O_RDONLY));
	write(fd, "zz", 2);
	EQ(read(again, link, 2), 2);
	EQ(fcntl(open("plain", O_RDWR | O_CREAT, 0600), F_GET_SEALS),
	   F_SEAL_SEAL);	/* a tmpfs file can have none */
}

CASE("seals")
{
	int fd = memfd_create("s", MFD_ALLOW_SEALING);
	char buf[4];

	EQ(fcntl(fd, F_GET_SEALS), 0);
	ERR(fcntl(fd, F_ADD_SEALS, 0x100), EINVAL);
	ERR(fcntl(0, F_ADD_SEALS, F_SEAL_SEAL), EINVAL);
	ftruncate(fd, 2 * PAGE);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	ERR(ftruncate(fd, PAGE), EPERM);
	EQ(ftruncate(fd, 3 * PAGE), 0);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	ERR(ftruncate(fd, 4 * PAGE), EPERM);
	ERR(pwrite(fd, "x", 1, 3 * PAGE), EPERM);
	ERR(fallocate(fd, 0, 0, 4 * PAGE), EPERM);
	EQ(pwrite(fd, "x", 1, 0), 1);
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	munmap(p, PAGE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	munmap(p, PAGE);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	ERR(pwrite(fd, "x", 1, 0), EPERM);
	ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE),
	    EPERM);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, RW), EACCES);
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	EQ(touch(p, true), 0);
	EQ(pread(fd, buf, 1, 0), 1);
	EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	fd = memfd_create("f", MFD_ALLOW_SEALING);
	ftruncate(fd, PAGE);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	EQ(touch(p, true), 0);
	ERR(write(fd, "x", 1), EPERM);
	ERR(raw_mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
}

CASE("process_vm_readv and process_vm_writev")
{
	struct iovec { void *base; size_t len; } l[2], r[2];
	char here[16] = { 0 }, *there = map(3);
	pid_t pid;

	strcpy(there, "remote!");
	CHILD(pid) { strcpy(there, "changed"); raise(SIGSTOP); 
		     STR(there, "Changed"); }
	waitpid(pid, NULL, WUNTRACED);
	l[0].base = here;
	l[0].len = 4;
	l[1].base = here + 4;
	l[1].len = 4;
	r[0].base = there;
	r[0].len = 8;
	EQ(syscall(SYS_process_vm_readv, pid, l, 2, r, 1, 0), 8);
	STR(here, "changed");
	STR(there, "remote!");
	here[0] = 'C';
	EQ(syscall(SYS_process_vm_writev, pid, l, 1, r, 1, 0), 4);
	ERR(syscall(SYS_process_vm_readv, pid, l, 1, r, 1, 1), EINVAL);
	ERR(syscall(SYS_process_vm_readv, 999999, l, 1, r, 1, 0), ESRCH);
	EQ(syscall(SYS_process_vm_readv, pid, l, 0, r, 1, 0), 0);
	EQ(syscall(SYS_process_vm_readv, pid, l, 1, r, 0, 0), 0);
	ERR(syscall(SYS_process_vm_readv, pid, l, 1, r, 1025, 0), EINVAL);
	ERR(syscall(SYS_process_vm_readv, pid, BAD_PTR, 1, r, 1, 0), EFAULT);
	ERR(syscall(SYS_process_vm_readv, pid, l, 1, BAD_PTR, 1, 0), EFAULT);
	r[0].base = BAD_PTR;
	ERR(syscall(SYS_process_vm_readv, pid, l, 1, r, 1, 0), EFAULT);
	r[0].base = there;
	r[0].len = 2;
	r[1].base = BAD_PTR;
	r[1].len = 2;
	EQ(syscall(SYS_process_vm_readv, pid, l, 1, r, 2, 0), 2);
	munmap(there + PAGE, PAGE);
	l[0].base = BAD_PTR;
	ERR(syscall(SYS_process_vm_readv, pid, l, 1, r, 1, 0), EFAULT);
	pid_t other;
	l[0].base = here;
	CHILD(other) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_process_vm_readv, pid, l, 1, r, 1, 0), EPERM);
	}
	abi_reap(other);
	kill(pid, SIGCONT);
	EQ(abi_exit_code(pid), 0);
}

static struct {
	char *at;
	_Atomic int round, done;
} mover;

/* In each round, moves the page there and back many times. */
static void *moves(void *places)
{
	char **place = places;

	for (int round = 1; round <= 200; round++) {
		while (mover.round != round)
			sched_yield();
		for (int i = 0; i < 40; i++) {
			char *to = place[mover.at == place[0]];

			if (mremap(mover.at, PAGE, PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
				return (void *)1;
			mover.at = to;
		}
		mover.done = round;
	}
	return NULL;
}

CASE("truncation finds a page that moves meanwhile")
{
	char *place[2];
	pthread_t t;
	void *result;
	int fd;

	OK(fd = open("moving", O_RDWR | O_CREAT, 0600));
	OK(ftruncate(fd, PAGE));
	place[0] = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	place[1] = place[0] + PAGE;
	mover.at = place[0];
	CHECK(mmap(place[0], PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   fd, 0) == place[0]);
	EQ(pthread_create(&t, NULL, moves, place), 0);
	for (int round = 1; round <= 200; round++) {
		EQ(touch(mover.at, true), 0);
		mover.round = round;
		for (volatile int spin = round * 37 % 2000; spin > 0; spin--)
			;
		OK(ftruncate(fd, 0));
		while (mover.done != round)
			sched_yield();
		EQ(touch(mover.at, false), SIGBUS);
		OK(ftruncate(fd, PAGE));
	}
	EQ(pthread_join(t, &result), 0);
	EQ((long)result, 0);
}

static atomic_bool over;

/* Splits the mapping and joins it again. */
static void *splits(void *p)
{
	while (!over) {
		if (mprotect((char *)p + PAGE, PAGE, PROT_READ) ||
		    mprotect((char *)p + PAGE, PAGE, PROT_READ | PROT_WRITE))
			return (void *)1;
	}
	return NULL;
}

CASE("truncation finds the pages of a mapping that is split")
{
	pthread_t t;
	void *result;
	char *p;
	int fd;

	OK(fd = open("split", O_RDWR | O_CREAT, 0600));
	p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	EQ(pthread_create(&t, NULL, splits, p), 0);
	for (int round = 0; round < 400; round++) {
		OK(ftruncate(fd, 3 * PAGE));
		EQ(touch(p, true), 0);
		EQ(touch(p + 2 * PAGE, true), 0);
		OK(ftruncate(fd, 0));
		EQ(touch(p, false), SIGBUS);
		EQ(touch(p + 2 * PAGE, false), SIGBUS);
	}
	over = true;
	EQ(pthread_join(t, &result), 0);
	EQ((long)result, 0);
}

CASE("a file is truncated while those who map it exit")
{
	_Atomic int *stop = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int fd;

	OK(fd = open("exits", O_RDWR | O_CREAT, 0600));
	CHILD(pid) {
		while (!*stop) {
			OK(ftruncate(fd, 0));
			OK(ftruncate(fd, 64 * PAGE));
		}
	}
	for (int i = 0; i < 300; i++) {
		pid_t user;

		CHILD(user) {
			for (int n = 0; n < 8; n++) {
				char *p = mmap((char *)(1L << 33) + n * (1L << 22),
					       64 * PAGE, PROT_READ | PROT_WRITE,
					       MAP_SHARED | MAP_FIXED, fd, 0);

				CHECK(p != MAP_FAILED);
				touch(p, true);
			}
		}
		EQ(abi_exit_code(user), 0);
	}
	*stop = 1;
	EQ(abi_exit_code(pid), 0);
}
