obj-y += drivers/base/bus.o
obj-y += drivers/base/core.o
obj-y += drivers/base/cpu.o
obj-y += drivers/base/devicetree.o
obj-y += drivers/base/platform.o
