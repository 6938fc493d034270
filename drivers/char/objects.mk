obj-y += drivers/char/kmsg.o
obj-y += drivers/char/mem.o
obj-y += drivers/char/virtio_rng.o
