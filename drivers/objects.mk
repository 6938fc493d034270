obj-y += drivers/of/of.o
include drivers/base/objects.mk
obj-y += drivers/irqchip/gic_common.o
obj-y += drivers/irqchip/gic_v2.o
obj-y += drivers/irqchip/gic_v3.o
obj-y += drivers/clocksource/arm_timer.o
include drivers/tty/objects.mk
include drivers/char/objects.mk
include drivers/virtio/objects.mk
obj-y += drivers/rtc/pl031.o
obj-y += drivers/rtc/rtc.o
