obj-y += drivers/virtio/virtio.o
obj-y += drivers/virtio/virtio_mmio.o
obj-y += drivers/virtio/virtqueue.o
