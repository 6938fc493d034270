/*
 * Making the calls of a program, in a sandbox; for the fuzzer and for the
 * reproducers that to_c.py writes.
 */
#ifndef EXEC_H
#define EXEC_H

#include <stdbool.h>
#include <stdint.h>
#include "prog.h"

enum { MAX_CLONES = 8, EDGES = 1 << 20 };

/* Where the memory of calls and the playground are. */
#define DATA_AT 0x10000000ul
#define PLAY_AT 0x20000000ul
#define DATA(call, off) (DATA_AT + (call) * 2ul * PAGE + (off))
#define PLAY(off)	(PLAY_AT + (off))

/* Between the process that runs a program and the one that watches it. */
struct shared {
	volatile uint32_t progress; /* calls made */
	volatile int32_t tid; /* 0: the program has not begun */
	volatile uint32_t clones;
	volatile int32_t spawned[MAX_CLONES];
	volatile uint32_t news;	    /* new edges or outcomes */
	volatile uint32_t last_new; /* call that had the last of them */
	volatile int64_t results[MAX_CALLS];
	uint64_t edges[EDGES / 64]; /* seen so far */
	uint64_t nr_edges;
};
extern struct shared *shared;

/* Once: memory shared with children, the tree for programs, mounted below
 * @where, as root of the calling process. */
void sandbox_prepare(const char *where);
/* In a child: mounts, files, limits of its own; not root's rights if @user. */
void sandbox_enter(bool user);

/* Call @i as system call @nr, unless it would reach out of the sandbox. */
long make_call_raw(int i, long nr, const uint64_t a[6]);
/* All of the program: one(i) makes call i. @race: again, in three threads. */
void run_program(int n, bool race, void (*one)(int i));
/* Wait for the child, nudging it out of calls that block; then everything that
 * it left behind is ended. Its wait status, or -1: it cannot be ended. */
int watch_program(int pid, int limit_ms);

void empty_handler(int sig);

#endif
