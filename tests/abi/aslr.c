/*
 * Where exec puts things: how far apart over many of them, and what turns it off.
 *
 * A span of S pages, drawn uniformly RUNS times, is seen to more than its half but
 * for one case in 2^RUNS; nothing may lie outside of it.
 */
#include "abi.h"

#include <sys/auxv.h>
#include <sys/personality.h>

enum place { STACK, MMAP, BRK, VDSO, PLACES };
enum { RUNS = 60 };

static const char *const names[] = { "stack", "mmap", "brk", "vdso" };

HELPER(where)
{
	unsigned long at[PLACES], local;

	at[STACK] = (unsigned long)&local;
	at[MMAP] = (unsigned long)mmap(NULL, PAGE, PROT_READ,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at[BRK] = (unsigned long)syscall(SYS_brk, 0);
	at[VDSO] = getauxval(AT_SYSINFO_EHDR);
	write(1, at, sizeof(at));
	return 0;
}

static void look(unsigned long at[PLACES])
{
	char *argv[] = { "@where", NULL }, *envp[] = { NULL };
	int fd[2];
	pid_t pid;

	OK(pipe(fd));
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		execve("/proc/self/exe", argv, envp);
		_exit(1);
	}
	EQ(abi_reap(pid), 0);
	EQ(read(fd[0], at, PLACES * sizeof(*at)), PLACES * sizeof(*at));
	close(fd[0]);
	close(fd[1]);
}

/* Distance between the lowest and the highest of many runs. */
static void spans(unsigned long span[PLACES])
{
	unsigned long low[PLACES], high[PLACES] = { 0 }, at[PLACES];

	memset(low, 0xff, sizeof(low));
	for (int i = 0; i < RUNS; i++) {
		look(at);
		for (int p = 0; p < PLACES; p++) {
			low[p] = at[p] < low[p] ? at[p] : low[p];
			high[p] = at[p] > high[p] ? at[p] : high[p];
		}
	}
	for (int p = 0; p < PLACES; p++)
		span[p] = high[p] - low[p];
}

/* Are they spread over 2^bits pages? */
static void spread(const unsigned long span[PLACES], enum place p, int bits)
{
	unsigned long whole = PAGE << bits;

	if (span[p] <= whole / 2 || span[p] > whole + 2 * PAGE)
		FAIL("%s: a span of %#lx, want 2^%d pages", names[p], span[p],
		     bits);
	else
		CHECK(true);
}

CASE_LIMIT("default: 18 bits each", 60)
{
	unsigned long span[PLACES];

	spans(span);
	for (int p = 0; p < PLACES; p++)
		spread(span, p, 18);
}

static void set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

#define RND_BITS "/proc/sys/vm/mmap_rnd_bits"

CASE_LIMIT("mmap_rnd_bits: limits and effect", 60)
{
	unsigned long span[PLACES];
	struct stat st;
	char text[8] = "";
	int fd = open(RND_BITS, O_RDWR);

	NEED(fd >= 0);
	EQ(read(fd, text, sizeof(text)), 3);
	STR(text, "18\n");
	EQ(fstat(fd, &st), 0);
	EQ(st.st_mode, S_IFREG | 0600);
	ERR(pwrite(fd, "17", 2, 0), EINVAL);
	ERR(pwrite(fd, "34", 2, 0), EINVAL);
	set(RND_BITS, "33");
	spans(span);
	set(RND_BITS, "18");
	spread(span, STACK, 18);
	spread(span, MMAP, 33);
	spread(span, VDSO, 33);
	spread(span, BRK, 18);
}

CASE("ADDR_NO_RANDOMIZE: always the same")
{
	unsigned long first[PLACES], at[PLACES];

	OK(personality(ADDR_NO_RANDOMIZE));
	look(first);
	for (int i = 0; i < 5; i++) {
		look(at);
		MEM(at, first, sizeof(at));
	}
}

#define SPACE "/proc/sys/kernel/randomize_va_space"

CASE("randomize_va_space: 0 nothing, 1 all but the heap")
{
	unsigned long first[PLACES], at[PLACES];

	set(SPACE, "0");
	look(first);
	look(at);
	MEM(at, first, sizeof(at));
	set(SPACE, "1");
	look(first);
	look(at);
	set(SPACE, "2");
	EQ(at[BRK], first[BRK]);
	CHECK(at[STACK] != first[STACK]);
	CHECK(at[MMAP] != first[MMAP]);
}
