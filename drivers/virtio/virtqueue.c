/*
 * Split virtqueues (virtio 1.2 §2.7): the driver's side.
 *
 * Three arrays are shared with the device: descriptors and the available ring,
 * which it reads, and the used ring, which it writes. A buffer is a chain of
 * descriptors, known by its first one, the head:
 *
 *   free --virtqueue_add()--> in flight --virtqueue_get()--> free
 *
 * The device is not trusted. Everything the driver depends on stands in
 * vq->slots, which it cannot reach; shared memory is only written, but for the
 * used ring, whose every field is read once and checked. A device that breaks
 * the rules gets vq->error set and no buffer in or out any more; its driver
 * then resets it and takes back what was in flight (virtqueue_detach).
 *
 * Invariants
 *   Q1  a descriptor is in the free list or in one chain in flight
 *   Q2  slots[h].token is not NULL just if h is the head of a chain in flight
 *
 * The ring is little-endian, also with a legacy device: its order is the
 * guest's, and the kernel is little-endian. The fences are those between CPUs;
 * a device that needs stronger ones offers VIRTIO_F_ORDER_PLATFORM, which no
 * driver here accepts.
 *
 * No locks: the driver that owns the queue has one.
 * Not here: indirect descriptors, packed rings.
 */
#include <linnet/errno.h>
#include <linnet/virtqueue.h>

/**
 * virtqueue_init - make an empty queue
 * @vq: the queue
 * @num: entries, a power of two up to VIRTQUEUE_MAX
 * @mem: vring_size(num, align) zeroed bytes, aligned to @align
 * @align: of the used ring, a power of two from 4 up
 * @slots: @num of them, to be kept as long as the queue
 * @event_idx: was VIRTIO_RING_F_EVENT_IDX negotiated?
 */
void virtqueue_init(struct virtqueue *vq, u32 num, void *mem, u32 align,
		    struct virtqueue_slot *slots, bool event_idx)
{
	*vq = (struct virtqueue){
		.slots = slots,
		.nr_free = (u16)num,
		.event_idx = event_idx,
	};
	vring_init(&vq->ring, num, mem, align);
	for (u32 i = 0; i < num; i++)
		slots[i] = (struct virtqueue_slot){.next = (u16)(i + 1)};
}

static u16 ring_slot(const struct virtqueue *vq, u16 idx)
{
	return idx & (u16)(vq->ring.num - 1);
}

static int device_error(struct virtqueue *vq, const char *what)
{
	vq->error = what;
	return -EIO;
}

/* Describe @n buffers from the free list on. Return: the descriptor after. */
static u16 fill_chain(struct virtqueue *vq, const struct virtio_buf *bufs,
		      u32 nr_out, u32 n)
{
	struct virtqueue_slot *head = &vq->slots[vq->free_head];
	u16 d = vq->free_head;

	head->in_len = 0;
	head->count = (u16)n;
	for (u32 i = 0; i < n; i++) {
		bool in = i >= nr_out, last = i == n - 1;
		u16 next = vq->slots[d].next;

		vq->ring.desc[d] = (struct vring_desc){
			.addr = bufs[i].addr,
			.len = bufs[i].len,
			.flags = (u16)((in ? VRING_DESC_F_WRITE : 0) |
				       (last ? 0 : VRING_DESC_F_NEXT)),
			.next = last ? 0 : next,
		};
		head->in_len += in ? bufs[i].len : 0;
		d = next;
	}
	return d;
}

/**
 * virtqueue_add - give a buffer to the device
 * @vq: the queue
 * @bufs: its pieces: first what the device reads, then what it writes
 * @nr_out: pieces the device reads
 * @nr_in: pieces the device writes
 * @token: what virtqueue_get() returns for it, not NULL
 *
 * The memory is the device's until virtqueue_get() returns @token. The device
 * may sleep: see virtqueue_kick_needed().
 *
 * Context: any; the queue's lock.
 * Return: 0, -ENOSPC (too few descriptors are free now), -EINVAL, or -EIO: the
 * device is broken.
 */
int virtqueue_add(struct virtqueue *vq, const struct virtio_buf *bufs,
		  u32 nr_out, u32 nr_in, void *token)
{
	u32 n = nr_out + nr_in;
	u16 head = vq->free_head;

	if (vq->error)
		return -EIO;
	if (!n || !token || n > vq->ring.num)
		return -EINVAL;
	if (n > vq->nr_free)
		return -ENOSPC;
	vq->free_head = fill_chain(vq, bufs, nr_out, n);
	vq->nr_free -= (u16)n;
	vq->in_flight++;
	vq->slots[head].token = token;
	vq->ring.avail->ring[ring_slot(vq, vq->avail_idx++)] = head;
	/* The device sees the entry before the index (§2.7.13.3). */
	__atomic_store_n(&vq->ring.avail->idx, vq->avail_idx, __ATOMIC_RELEASE);
	return 0;
}

/**
 * virtqueue_kick_needed - does the device want to hear of what was added?
 * @vq: the queue
 *
 * Each call covers what was added since the one before.
 *
 * Context: any; the queue's lock.
 * Return: true: the caller must notify the device.
 */
bool virtqueue_kick_needed(struct virtqueue *vq)
{
	u16 old = vq->kicked_idx, new = vq->avail_idx;

	vq->kicked_idx = new;
	if (vq->error || old == new)
		return false;
	/* Index out before its wish in, or both sides sleep (§2.7.13.4.1). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vq->event_idx)
		return vring_need_event(READ_ONCE(vring_avail_event(&vq->ring)),
					new, old);
	return !(READ_ONCE(vq->ring.used->flags) & VRING_USED_F_NO_NOTIFY);
}

/* Give the descriptors of the chain at @head back; returns its token. */
static void *release_chain(struct virtqueue *vq, u16 head)
{
	struct virtqueue_slot *slot = &vq->slots[head];
	void *token = slot->token;
	u16 last = head;

	for (u16 i = 1; i < slot->count; i++)
		last = vq->slots[last].next;
	vq->slots[last].next = vq->free_head;
	vq->free_head = head;
	vq->nr_free += slot->count;
	vq->in_flight--;
	slot->token = NULL;
	return token;
}

/**
 * virtqueue_get - take back a buffer that the device is done with
 * @vq: the queue
 * @token: is set to what virtqueue_add() got
 * @len: is set to the bytes the device wrote, at most those it might
 *
 * Context: any; the queue's lock.
 * Return: 1, 0 (there is none), or -EIO: the device is broken, vq->error says
 * how.
 */
int virtqueue_get(struct virtqueue *vq, void **token, u32 *len)
{
	u16 used = __atomic_load_n(&vq->ring.used->idx, __ATOMIC_ACQUIRE);
	u16 waiting = (u16)(used - vq->used_idx);
	const vring_used_elem_t *e;
	u32 id, written;

	if (vq->error)
		return -EIO;
	if (!waiting)
		return 0;
	if (waiting > vq->in_flight)
		return device_error(vq, "more buffers used than it was given");
	e = &vq->ring.used->ring[ring_slot(vq, vq->used_idx)];
	id = READ_ONCE(e->id);
	written = READ_ONCE(e->len);
	if (id >= vq->ring.num || !vq->slots[id].token)
		return device_error(vq, "used a buffer it was not given");
	if (written > vq->slots[id].in_len)
		return device_error(vq, "wrote more than the buffer holds");
	*token = release_chain(vq, (u16)id);
	*len = written;
	vq->used_idx++;
	return 1;
}

void virtqueue_disable_interrupt(struct virtqueue *vq)
{
	/* An event just gone by does not come again for 65535 buffers. */
	if (vq->event_idx)
		WRITE_ONCE(vring_used_event(&vq->ring),
			   (u16)(vq->used_idx - 1));
	else
		WRITE_ONCE(vq->ring.avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
}

/**
 * virtqueue_enable_interrupt - ask for an interrupt at the next used buffer
 * @vq: the queue
 *
 * Context: any; the queue's lock.
 * Return: true if buffers are waiting already: take them, no interrupt need
 * come for those.
 */
bool virtqueue_enable_interrupt(struct virtqueue *vq)
{
	if (vq->event_idx)
		WRITE_ONCE(vring_used_event(&vq->ring), vq->used_idx);
	else
		WRITE_ONCE(vq->ring.avail->flags, 0);
	/* The wish out before the index in (§2.7.7.1). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !vq->error && READ_ONCE(vq->ring.used->idx) != vq->used_idx;
}

void *virtqueue_detach(struct virtqueue *vq)
{
	for (u32 i = 0; vq->in_flight && i < vq->ring.num; i++)
		if (vq->slots[i].token)
			return release_chain(vq, (u16)i);
	return NULL;
}
