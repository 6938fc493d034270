# Unit tests: pure kernel code on the host, under ASan and UBSan.
#
# Each tests/unit/test_*.c is one program, linked with the harness and with an
# archive of the library: what a test defines itself (allocators with faults)
# comes before what the archive has. Code outside kernel/lib is added with
#     unit-src-<name> := path/to/file.c
# for test_<name>.c, which compiles it into that one program.
#
# `make -f tests/unit/unit.mk test-unit` works without the main Makefile.

BUILD ?= build
HOSTCC ?= gcc

unit-build := $(BUILD)/unit
unit-cflags := -std=gnu17 -g -O1 -DLINNET_HOST -fno-builtin \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wall -Wextra -Werror -Wmissing-prototypes \
	-Wstrict-prototypes -Wvla -include tests/unit/host_names.h \
	-Iinclude -Itests/unit -MMD -MP
unit-ldlibs := -lz -pthread

unit-src-virtqueue := drivers/virtio/virtqueue.c

unit-tests := $(sort $(patsubst tests/unit/test_%.c,%,\
	$(wildcard tests/unit/test_*.c)))
unit-programs := $(unit-tests:%=$(unit-build)/test_%)
unit-lib-objs := $(patsubst %.c,$(unit-build)/%.o,$(wildcard kernel/lib/*.c))

$(unit-build)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(unit-cflags) -c $< -o $@

$(unit-build)/liblinnet.a: $(unit-lib-objs)
	@rm -f $@
	ar rcs $@ $^

unit-src-objs = $(patsubst %.c,$(unit-build)/%.o,$(unit-src-$(1)))

.SECONDEXPANSION:
$(unit-programs): $(unit-build)/test_%: $(unit-build)/tests/unit/test_%.o \
		$(unit-build)/tests/unit/unit_main.o \
		$$(call unit-src-objs,%) \
		$(unit-build)/liblinnet.a
	$(HOSTCC) -fsanitize=address,undefined $^ $(unit-ldlibs) -o $@

.PHONY: test-unit
test-unit: $(unit-programs)
	@tests/unit/run_tests.sh $(unit-programs)

-include $(wildcard $(unit-build)/kernel/lib/*.d $(unit-build)/tests/unit/*.d \
	$(unit-build)/drivers/*/*.d)
