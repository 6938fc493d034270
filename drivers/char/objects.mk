obj-y += drivers/char/kmsg.o
obj-y += drivers/char/mem.o
