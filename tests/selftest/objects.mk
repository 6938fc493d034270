obj-y += tests/selftest/devices.o
obj-y += tests/selftest/deferred.o
obj-y += tests/selftest/locks.o
obj-y += tests/selftest/memory.o
obj-y += tests/selftest/sched.o
obj-$(if $(DEBUG),y) += tests/selftest/kasan.o
obj-$(if $(DEBUG),y) += tests/selftest/ubsan.o
obj-$(if $(DEBUG),y) += tests/selftest/lockorder.o
