# The whole test run, and the quick part of it.

.PHONY: test test-quick
test: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz $(MUSL_STAMP) ## run every suite
	@BUILD=$(BUILD) tests/run_all.sh $(BUILD)/Image $(BUILD)/initramfs.cpio.gz

test-quick: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz $(MUSL_STAMP) ## run what takes two minutes
	@BUILD=$(BUILD) tests/run_all.sh --quick $(BUILD)/Image \
		$(BUILD)/initramfs.cpio.gz

.PHONY: test-stress
test-stress: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz $(MUSL_STAMP) ## many tasks on the same objects (STRESS_SCALE=10: longer)
	@BUILD=$(BUILD) tests/stress/run_tests.sh --kernel $(BUILD)/Image \
		--initrd $(BUILD)/initramfs.cpio.gz

FAULT_RUNS ?= 24
.PHONY: test-faults
test-faults: debug $(BUILD)/initramfs.cpio.gz $(MUSL_STAMP) ## fail each n-th allocation and user copy of the ABI tests (FAULT_RUNS=200: more of them)
	@BUILD=$(BUILD) ABI_LIMIT=1800 tests/abi/run_tests.sh --kernel build-debug/Image --smp 2 \
		--gic 3 --initrd $(BUILD)/initramfs.cpio.gz --fail-nth $(FAULT_RUNS)

.PHONY: test-debian test-python test-stress-ng bench-latency
test-debian: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz ## Debian's programs on Debian's libraries (fetches packages)
	@BUILD=$(BUILD) tests/debian/run_tests.sh --kernel $(BUILD)/Image

test-python: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz ## CPython's own tests, against Linux (over an hour)
	@BUILD=$(BUILD) tests/debian/run_python.sh --kernel $(BUILD)/Image

test-stress-ng: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz ## every stressor of stress-ng, against Linux (over an hour)
	@BUILD=$(BUILD) tests/debian/run_stress_ng.sh --kernel $(BUILD)/Image

bench-latency: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz ## how late threads wake: cyclictest, against Linux
	@BUILD=$(BUILD) tests/debian/run_latency.sh --kernel $(BUILD)/Image

.PHONY: syscall-table
syscall-table: $(BUILD)/gen/syscall_list.h ## write the table in docs/syscalls/README.md
	@scripts/make_syscall_table.py --build $(BUILD)
