# Linnet: one non-recursive Makefile. `make help` lists the targets.
#
# Each folder names its objects in an objects.mk (obj-y += path/to/file.o); all
# output goes to $(BUILD).

BUILD ?= build
CROSS ?= aarch64-linux-gnu-
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

.PHONY: all help clean debug kcov kcsan
all: $(BUILD)/Image ## build the kernel

help: ## list the targets
	@grep -hE '^[a-z_.-]+:.*##' $(MAKEFILE_LIST) | \
		sed 's/:.*##/\t/' | sort | expand -t 26

include arch/arm64/objects.mk
include kernel/objects.mk
include kernel/lib/objects.mk
include mm/objects.mk
include fs/objects.mk
include drivers/objects.mk
include tests/selftest/objects.mk
include scripts/userland.mk
include tests/unit/unit.mk
include tests/fuzz/fuzz.mk
include tests/bench/bench.mk
include tests/coverage/coverage.mk
include tests/tests.mk

CC := $(CROSS)gcc
sanitize = # what a build for finding faults adds, file by file
OBJCOPY := $(CROSS)objcopy
NM := $(CROSS)nm

CPPFLAGS := -nostdinc -Iinclude -Iarch/arm64/include -I$(BUILD)/gen \
	-I$(BUILD)/uapi
CFLAGS := -std=gnu17 -O2 -g -ffreestanding -fno-pic -mgeneral-regs-only \
	-mno-outline-atomics -ffixed-x18 -fno-strict-aliasing -fno-common \
	-fno-asynchronous-unwind-tables \
	-fno-delete-null-pointer-checks -fno-omit-frame-pointer \
	-fno-ipa-sra -fwrapv \
	-ffile-prefix-map=$(CURDIR)=. \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	-Wno-unused-parameter
# The canary is in the current task (asm/thread.h, TI_CANARY). None while the
# task is not there yet, nor where it is checked.
stack_protector = $(if $(filter $(not_protected),$*),-fno-stack-protector, \
	-fstack-protector-strong -mstack-protector-guard=sysreg \
	-mstack-protector-guard-reg=tpidr_el1 -mstack-protector-guard-offset=32)
not_protected := arch/arm64/kernel/early_map arch/arm64/kernel/early_kaslr
# Signed return addresses and landing pads, see arch/arm64/kernel/pauth.c. On a CPU
# that has neither these are instructions without effect.
BRANCH_PROTECTION ?= pac-ret+bti
branch_protection = -mbranch-protection=$(if $(filter $(not_protected),$*),none,$(BRANCH_PROTECTION))
ifdef DEBUG
# The sanitizers of the debug build. The offset is asm/kasan.h's.
KASAN_OFFSET := 0xdffff00000000000
CPPFLAGS += -DCONFIG_DEBUG -DKASAN_SHADOW_OFFSET=$(KASAN_OFFSET)ul
KASAN := -fsanitize=kernel-address -fasan-shadow-offset=$(KASAN_OFFSET) \
	--param asan-stack=1 --param asan-globals=1 \
	--param asan-instrument-allocas=0 -fno-optimize-sibling-calls \
	--param asan-instrumentation-with-call-threshold=0
# Checks make paths that are never taken look as if they were.
CFLAGS += -Wno-maybe-uninitialized
LDSFLAGS := -DCONFIG_DEBUG

# Left alone, because they
#   run with the MMU off:		early_map
#   map the shadow:			kasan_shadow
#   are the sanitizer:			kasan*, stackdepot
#   read and link free objects:		slab
#   read all of memory:			kmemleak
#   run at every lock:			lockcheck
not_kasan := arch/arm64/kernel/early_map arch/arm64/kernel/early_kaslr \
	arch/arm64/mm/kasan_shadow \
	mm/kasan/kasan mm/kasan/kasan_report mm/kasan/kasan_slab \
	mm/kasan/kasan_string kernel/stackdepot kernel/lockcheck mm/slab \
	mm/kmemleak
# Not with the MMU off; nor in the reporters themselves.
UBSAN := -fsanitize=shift-exponent,integer-divide-by-zero,bounds,object-size,bool,unreachable
not_ubsan := arch/arm64/kernel/early_map arch/arm64/kernel/early_kaslr mm/kasan/% kernel/ubsan
sanitize += $(if $(filter $(not_kasan),$*),,$(KASAN)) \
	$(if $(filter $(not_ubsan),$*),,$(UBSAN))
endif

ifdef KCSAN
# Data races: a call at every access, see kernel/kcsan/core.c. Not at those before
# relocation and with the MMU off, of the detector, and of what it calls; nor where
# values are in registers across a call (psci).
CPPFLAGS += -DCONFIG_KCSAN
CFLAGS += -Wno-tsan
TSAN := -fsanitize=thread --param tsan-distinguish-volatile=1 \
	--param tsan-instrument-func-entry-exit=0 -fno-optimize-sibling-calls
not_tsan := arch/arm64/kernel/early_map arch/arm64/kernel/early_kaslr kernel/kcsan/% \
	kernel/stackdepot arch/arm64/kernel/psci
sanitize += $(if $(filter $(not_tsan),$*),,$(TSAN))
endif

ifdef KCOV
# Coverage for the fuzzer: a call at every edge, see kernel/kcov.c.
CPPFLAGS += -DCONFIG_KCOV
TRACE_PC := -fsanitize-coverage=trace-pc
# Left alone, because they
#   run with the MMU off or before there is a current task: early_map
#   are the hook, or run at every access or lock of a debug build:
#			kcov, kasan, stackdepot, ubsan, debug, lockcheck
#   change the current task:		process
#   have values in registers across the hook: psci
#   depend on what other tasks and interrupts do, not on the call's arguments:
#			locks, scheduler, RCU, waking, ticks, allocators
# The last would make every run of a program look new.
not_traced := arch/arm64/kernel/early_map arch/arm64/kernel/early_kaslr \
	arch/arm64/kernel/process \
	arch/arm64/kernel/psci arch/arm64/kernel/smp arch/arm64/kernel/traps arch/arm64/mm/context \
	arch/arm64/mm/kasan_shadow kernel/kcov mm/kasan/% kernel/stackdepot \
	kernel/ubsan kernel/debug kernel/lockcheck kernel/spinlock kernel/mutex \
	kernel/rcu kernel/sched kernel/sched_balance kernel/sched_fair \
	kernel/sched_rt kernel/loadavg \
	kernel/wait kernel/irq kernel/hrtimer kernel/time kernel/cputime \
	kernel/workqueue kernel/watchdog kernel/printk kernel/main \
	mm/slab mm/page_alloc mm/reclaim mm/memblock tests/selftest/% drivers/irqchip/%
sanitize += $(if $(filter $(not_traced),$*),,$(TRACE_PC))
endif

objs := $(addprefix $(BUILD)/obj/,$(obj-y))
gen := $(BUILD)/gen/syscall_list.h $(BUILD)/gen/vdso_offsets.h

$(BUILD)/obj/%.o: %.c Makefile | $(UAPI_STAMP) $(gen)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(stack_protector) $(branch_protection) $(sanitize) $(CFLAGS-$*.o) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.S Makefile | $(UAPI_STAMP) $(gen)
	@mkdir -p $(@D)
	@echo "  AS      $<"
	@$(CC) $(CPPFLAGS) -D__ASSEMBLY__ $(CFLAGS-$*.o) -MMD -MP -c -o $@ $<

# Runs before the MMU is on: no jump tables, only aligned accesses.
CFLAGS-arch/arm64/kernel/early_map.o := -fno-jump-tables -mstrict-align
CFLAGS-arch/arm64/kernel/early_kaslr.o := -fno-jump-tables -mstrict-align

# Traces of races leave out so many frames.
CFLAGS-kernel/kcsan/core.o := -fno-optimize-sibling-calls

# The system-call table's source: Linux's own list for arm64.
$(BUILD)/gen/syscall_list.h: | $(UAPI_STAMP)
	@mkdir -p $(@D)
	@printf '#include <asm/unistd.h>\n' | $(CC) -E -P -nostdinc \
		-I$(BUILD)/uapi '-D__SYSCALL(nr,fn)=SYSCALL_ENTRY nr fn' - | \
		awk '/^SYSCALL_ENTRY/ { fn[$$2] = $$3 } END { \
			for (i = 0; i < 512; i++) \
				if (i in fn && fn[i] != "sys_ni_syscall") \
					print "__SYSCALL(" i ", " fn[i] ")"; \
				else \
					print "SYSCALL_HOLE(" i ")" }' > $@

# The vDSO: a shared object of its own, linked into the kernel's rodata.
$(BUILD)/vdso.so: arch/arm64/vdso/vdso.S arch/arm64/vdso/vdso.lds.S \
		arch/arm64/vdso/vdso_data.h | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  VDSO    $@"
	@$(CC) -E -P -x c arch/arm64/vdso/vdso.lds.S -o $(BUILD)/vdso.lds
	@$(CC) -nostdlib -shared -Wl,-T,$(BUILD)/vdso.lds -Wl,-soname,linux-vdso.so.1 \
		-Wl,--hash-style=both -Wl,--build-id=none -Wl,-Bsymbolic \
		-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -o $@ $<

$(BUILD)/gen/vdso_offsets.h: $(BUILD)/vdso.so
	@mkdir -p $(@D)
	@$(NM) $< | sed -n 's/^\([0-9a-f]*\) T __kernel_rt_sigreturn$$/#define VDSO_SIGRETURN_OFFSET 0x\1/p' > $@

$(BUILD)/obj/arch/arm64/vdso/vdso_blob.o: $(BUILD)/vdso.so
CFLAGS-arch/arm64/vdso/vdso_blob.o := '-DVDSO_SO="$(BUILD)/vdso.so"'

$(BUILD)/kernel.lds: arch/arm64/kernel/linnet.lds.S arch/arm64/include/asm/page.h | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@$(CC) -E -P -x assembler-with-cpp -D__ASSEMBLY__ $(LDSFLAGS) -Iarch/arm64/include -Iinclude $< -o $@

link = $(CC) -nostdlib -static -no-pie -Wl,-T,$(BUILD)/kernel.lds \
	-Wl,--build-id=sha1 -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
	-Wl,-z,noexecstack

# Linked three times: with an empty symbol table, with one of the right size, and
# with the final addresses in it. The second one also tells where the addresses
# are that have to change when the kernel runs elsewhere.
ksymtab = $(if $(1),$(NM) -n $(1),:) | scripts/ksymtab.py > $(BUILD)/ksymtab.S && \
	$(CC) -c -o $(BUILD)/ksymtab.o $(BUILD)/ksymtab.S

$(BUILD)/kernel.elf: $(objs) $(BUILD)/kernel.lds scripts/ksymtab.py scripts/relocs.py
	@echo "  LINK    $@"
	@$(call ksymtab,)
	@$(link) -o $(BUILD)/kernel.tmp $(objs) $(BUILD)/ksymtab.o
	@$(call ksymtab,$(BUILD)/kernel.tmp)
	@$(link) -Wl,--emit-relocs -o $(BUILD)/kernel.tmp $(objs) $(BUILD)/ksymtab.o
	@$(call ksymtab,$(BUILD)/kernel.tmp)
	@scripts/relocs.py $(BUILD)/kernel.tmp > $(BUILD)/relocs.S
	@$(CC) -c -o $(BUILD)/relocs.o $(BUILD)/relocs.S
	@$(link) -o $@ $(objs) $(BUILD)/ksymtab.o $(BUILD)/relocs.o
	@rm -f $(BUILD)/kernel.tmp

$(BUILD)/Image: $(BUILD)/kernel.elf
	@$(OBJCOPY) -O binary $< $@
	@echo "  IMAGE   $@ ($$(stat -c %s $@) bytes)"

clean: ## remove what was built (the cache of sources stays)
	rm -rf $(BUILD)/obj $(BUILD)/gen $(BUILD)/kernel.elf $(BUILD)/Image \
		$(BUILD)/kernel.lds $(BUILD)/vdso.* $(BUILD)/ksymtab.* $(BUILD)/relocs.*

debug: ## build with run-time checks into build-debug/
	$(MAKE) BUILD=build-debug DEBUG=1

kcsan: ## build with the data-race detector into build-kcsan/
	$(MAKE) BUILD=build-kcsan KCSAN=1

kcov: ## build with coverage for the fuzzer into build-kcov/ (DEBUG=1: build-kcov-debug/)
	$(MAKE) BUILD=build-kcov$(if $(DEBUG),-debug) KCOV=1

-include $(objs:.o=.d)
