/*
 * The split virtqueue: a ring of buffers shared with a device.
 *
 * Pure logic over memory that the caller provides; who allocates it, tells the
 * device about it and rings its bell is the transport (linnet/virtio.h).
 */
#ifndef LINNET_VIRTQUEUE_H
#define LINNET_VIRTQUEUE_H

#include <linnet/types.h>
#include <linux/virtio_ring.h>

enum { VIRTQUEUE_MAX = 32768 }; /* virtio 1.2 §2.7: entries */

/* A piece of memory by its physical address. */
struct virtio_buf {
	u64 addr;
	u32 len;
};

/* What the driver remembers of one descriptor; the device can't reach it. */
struct virtqueue_slot {
	void *token;	/* of a chain in flight, at its head; else NULL */
	u64 in_len;	/* at the head: bytes the device may write */
	u16 next;	/* in the chain, or in the free list */
	u16 count;	/* at the head: descriptors of the chain */
};

/* All fields are under the lock of the driver that owns the queue. */
struct virtqueue {
	struct vring ring;		/* the shared part */
	struct virtqueue_slot *slots;	/* ring.num */
	const char *error;		/* what the device did; NULL: all well */
	u16 free_head, nr_free;
	u16 avail_idx;	/* next to fill */
	u16 used_idx;	/* next to take */
	u16 kicked_idx;	/* avail_idx when the device was last told */
	u16 in_flight;	/* chains */
	bool event_idx;	/* VIRTIO_RING_F_EVENT_IDX was negotiated */
};

/* @mem: vring_size(num, align) zeroed bytes, aligned to @align. */
void virtqueue_init(struct virtqueue *vq, u32 num, void *mem, u32 align,
		    struct virtqueue_slot *slots, bool event_idx);
int virtqueue_add(struct virtqueue *vq, const struct virtio_buf *bufs,
		  u32 nr_out, u32 nr_in, void *token);
bool virtqueue_kick_needed(struct virtqueue *vq);
int virtqueue_get(struct virtqueue *vq, void **token, u32 *len);
/* Interrupts for used buffers, a hint to the device: they may still come. */
void virtqueue_disable_interrupt(struct virtqueue *vq);
bool virtqueue_enable_interrupt(struct virtqueue *vq);
/* After a reset of the device: the tokens in flight, one by one, then NULL. */
void *virtqueue_detach(struct virtqueue *vq);

#endif
