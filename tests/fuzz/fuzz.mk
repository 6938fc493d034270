# Fuzzing: of pure kernel code on the host, with clang's libFuzzer; of the system
# calls in a guest, with a fuzzer of our own (run_syscalls.sh).
#
# Each tests/fuzz/fuzz_*.c is one program. `make fuzz-host` runs each from its
# seeds for FUZZ_RUNS inputs, with a fixed random seed, so that a run can be
# repeated; FUZZ_RUNS=-1 goes on until something is found. What is found is
# written to build/fuzz/.

BUILD ?= build
FUZZCC ?= clang
FUZZ_RUNS ?= 200000

fuzz-build := $(BUILD)/fuzz
fuzz-cflags := -std=gnu17 -g -O1 -DLINNET_HOST -fno-builtin \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Werror -include tests/unit/host_names.h \
	-Iinclude -Itests/fuzz

fuzz-targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz-src-fdt := fdt fdt_walk string
fuzz-src-cpio := cpio crc32 string
fuzz-src-inflate := inflate inflate_tables gunzip crc32 string
fuzz-src-elf := elf_parse string

fuzz-src = $(patsubst %,kernel/lib/%.c,$(fuzz-src-$(1)))

.SECONDEXPANSION:
$(fuzz-targets:%=$(fuzz-build)/fuzz_%): $(fuzz-build)/fuzz_%: \
		tests/fuzz/fuzz_%.c $$(call fuzz-src,%) \
		$(wildcard include/linnet/*.h kernel/lib/*.h tests/fuzz/*.h)
	@mkdir -p $(@D)
	$(FUZZCC) $(fuzz-cflags) $(filter %.c,$^) -o $@

$(fuzz-build)/seeds: tests/fuzz/make_seeds.py tests/unit/data/virt.dtb
	$< $@
	@touch $@

.PHONY: fuzz-host $(fuzz-targets:%=fuzz-%)
fuzz-host: $(fuzz-targets:%=fuzz-%)

# The first folder collects what is new, the second is only read.
$(fuzz-targets:%=fuzz-%): fuzz-%: $(fuzz-build)/fuzz_% $(fuzz-build)/seeds
	@mkdir -p $(fuzz-build)/corpus/$*
	@$< -runs=$(FUZZ_RUNS) -seed=1 -max_len=8192 -timeout=10 \
		-rss_limit_mb=1024 -artifact_prefix=$(fuzz-build)/$*- \
		$(fuzz-build)/corpus/$* $(fuzz-build)/seeds/$* \
		>$(fuzz-build)/$*.log 2>&1 || \
		{ tail -n 60 $(fuzz-build)/$*.log; exit 1; }
	@echo "ok   fuzz_$*: `grep '^Done' $(fuzz-build)/$*.log`"

# make fuzz-syscalls KERNEL=build-kcov-debug/Image SEED="1 2 3" FUZZ_RUNS=20000
.PHONY: fuzz-syscalls
fuzz-syscalls: $(BUILD)/Image $(MUSL_STAMP) ## programs of system calls, new in every boot (SEED= FUZZ_RUNS= SMP= KERNEL=)
	@BUILD=$(BUILD) tests/fuzz/run_syscalls.sh \
		$(if $(KERNEL),--kernel $(KERNEL)) $(if $(SEED),--seeds "$(SEED)") \
		$(if $(SMP),--smp "$(SMP)") \
		$(if $(filter command environment,$(origin FUZZ_RUNS)),--runs $(FUZZ_RUNS))
