# Userland, tools and QEMU: from a clean clone to a running guest.
#
# Included by the top-level Makefile, which sets BUILD and has the rule for
# $(BUILD)/Image.  What has to be there before a compiler runs is an order-only
# prerequisite of other rules:
#
#	$(SETUP_STAMP)	the tools are installed
#	$(UAPI_STAMP)	$(BUILD)/uapi leads to the Linux UAPI headers
#
# The scripts know themselves what is up to date, down to the bytes; the rules
# here only order them and keep make quick.

BUILD ?= build
CROSS ?= aarch64-linux-gnu-
KERNEL ?= $(BUILD)/Image
INITRD ?= $(BUILD)/initramfs.cpio.gz
REFERENCE := $(BUILD)/reference/Image

SETUP_STAMP := $(BUILD)/.setup
UAPI_STAMP := $(BUILD)/uapi/.stamp
MUSL_STAMP := $(BUILD)/musl/.stamp
BUSYBOX_STAMP := $(BUILD)/busybox/.stamp

userland_env := BUILD=$(BUILD) CROSS=$(CROSS)
source_scripts := $(addprefix scripts/,lib.sh apt_private.sh sources.pins \
	fetch_sources.sh)

# The words of run_qemu.sh and build_initramfs.sh reach them through the
# environment.
export SMP MEM CPU GIC APPEND CONSOLE GDB TIMEOUT QEMU OVERLAY INIT LIST

.PHONY: setup uapi musl busybox initramfs reference run run-reference \
	test-phase-a test-phase-d test-phase-e test-reference test-busybox userland-force

setup: ## install the tools that are missing
	@scripts/setup

$(SETUP_STAMP): scripts/setup
	@scripts/setup
	@mkdir -p $(@D) && touch $@

uapi: $(UAPI_STAMP)

$(UAPI_STAMP): scripts/make_uapi.sh scripts/lib.sh | $(SETUP_STAMP)
	@$(userland_env) scripts/make_uapi.sh $(@D)
	@touch $@

musl: $(MUSL_STAMP) ## build the C library of the user programs

$(MUSL_STAMP): scripts/build_musl.sh $(source_scripts) | $(SETUP_STAMP)
	@$(userland_env) scripts/build_musl.sh
	@touch $@

busybox: $(BUSYBOX_STAMP) ## build BusyBox

$(BUSYBOX_STAMP): scripts/build_busybox.sh initramfs/busybox.config \
		$(MUSL_STAMP)
	@$(userland_env) scripts/build_busybox.sh
	@touch $@

# Always made: what is in OVERLAY and INIT is not known here.  The image keeps
# its time if its bytes stay the same.
initramfs: $(BUILD)/initramfs.cpio.gz ## build the default initramfs (OVERLAY=, INIT=)

$(BUILD)/initramfs.cpio.gz: userland-force $(BUSYBOX_STAMP)
	@$(userland_env) scripts/build_initramfs.sh $@

reference: $(REFERENCE) ## fetch the Linux kernel that tests are checked on

$(REFERENCE): scripts/fetch_linux_reference.sh scripts/apt_private.sh \
		| $(SETUP_STAMP)
	@$(userland_env) scripts/fetch_linux_reference.sh
	@touch $@

run: $(KERNEL) $(filter-out none,$(INITRD)) ## boot Linnet in QEMU (SMP= MEM= CPU= GIC= APPEND= INITRD= CONSOLE= GDB=1)
	@$(userland_env) KERNEL=$(KERNEL) INITRD=$(INITRD) scripts/run_qemu.sh

run-reference: $(REFERENCE) $(filter-out none,$(INITRD)) ## boot Linux instead
	@$(userland_env) KERNEL=$(REFERENCE) INITRD=$(INITRD) scripts/run_qemu.sh

test-phase-a: $(KERNEL) $(INITRD) $(MUSL_STAMP) ## boot, shell, job control, terminals, files, tools
	@$(userland_env) tests/phase_a/run_tests.sh --kernel $(KERNEL) \
		--initrd $(INITRD)

test-phase-d: $(KERNEL) $(INITRD) $(MUSL_STAMP) ## permissions, users, memory, random numbers
	@$(userland_env) tests/phase_d/run_tests.sh --kernel $(KERNEL) \
		--initrd $(INITRD)

test-phase-e: $(KERNEL) $(INITRD) $(MUSL_STAMP) ## several CPUs: load, affinity, policies, a soak (SMP=4)
	@$(userland_env) tests/phase_e/run_tests.sh --kernel $(KERNEL) \
		--initrd $(INITRD)

test-reference: $(REFERENCE) $(INITRD) $(MUSL_STAMP) ## run the suites on Linux
	@$(userland_env) INITRD=$(INITRD) tests/reference/run_tests.sh

test-busybox: $(KERNEL) $(REFERENCE) $(INITRD) ## BusyBox's own tests, compared with Linux
	@$(userland_env) tests/busybox/run_testsuite.sh --kernel $(KERNEL) \
		--initrd $(INITRD)

userland-force:
