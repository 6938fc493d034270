/* Split virtqueues: against a device that keeps the rules, and ones that don't. */
#include "unit.h"

#include <linnet/errno.h>
#include <linnet/virtqueue.h>

enum { NUM = 8, ALIGN = 64, LEGACY_ALIGN = 4096, MAX_PIECES = 4 };

/* A queue and its device's side: what the device has taken and not used yet. */
struct model {
	struct virtqueue vq;
	struct virtqueue_slot slots[NUM];
	char *mem;
	u16 seen;		/* of the available ring */
	u16 used;
	u16 heads[NUM];
	u32 nr_heads;
};

static void model_init(struct model *m, u32 align, bool event_idx)
{
	size_t size = vring_size(NUM, align);

	memset(m, 0, sizeof(*m));
	m->mem = aligned_alloc(align, ALIGN_UP(size, (size_t)align));
	memset(m->mem, 0, size);
	virtqueue_init(&m->vq, NUM, m->mem, align, m->slots, event_idx);
}

/* A chain of @nr_out and @nr_in pieces, by a token that tells of its lengths. */
static int add(struct model *m, u32 nr_out, u32 nr_in, void *token)
{
	struct virtio_buf bufs[NUM + 1];
	u32 i;

	for (i = 0; i < nr_out + nr_in; i++)
		bufs[i] = (struct virtio_buf){0x1000 * (i + 1), 100 + i};
	return virtqueue_add(&m->vq, bufs, nr_out, nr_in, token);
}

/* The device takes the next chain: its head, or -1. Checks the chain. */
static int device_take(struct model *m, u32 *nr_out, u32 *nr_in)
{
	struct vring *r = &m->vq.ring;
	u32 i = 0;
	u16 head, d;

	if (m->seen == r->avail->idx)
		return -1;
	head = d = r->avail->ring[m->seen++ % NUM];
	*nr_out = *nr_in = 0;
	for (;; i++) {
		if (!EXPECT(d < NUM && i < NUM))
			return -1;
		EXPECT_EQ(r->desc[d].addr, 0x1000 * (i + 1));
		EXPECT_EQ(r->desc[d].len, 100 + i);
		if (r->desc[d].flags & VRING_DESC_F_WRITE)
			(*nr_in)++;
		else
			(*nr_out)++;
		/* What the device writes comes last. */
		EXPECT(!*nr_in || r->desc[d].flags & VRING_DESC_F_WRITE);
		if (!(r->desc[d].flags & VRING_DESC_F_NEXT))
			break;
		d = r->desc[d].next;
	}
	m->heads[m->nr_heads++] = head;
	return head;
}

static void device_use(struct model *m, u32 head, u32 len)
{
	struct vring *r = &m->vq.ring;

	r->used->ring[m->used % NUM].id = head;
	r->used->ring[m->used % NUM].len = len;
	r->used->idx = ++m->used;
}

TEST(layout)
{
	struct model m;

	model_init(&m, LEGACY_ALIGN, false);
	EXPECT_EQ((char *)m.vq.ring.desc - m.mem, 0);
	EXPECT_EQ((char *)m.vq.ring.avail - m.mem, NUM * 16);
	EXPECT_EQ((char *)m.vq.ring.used - m.mem, LEGACY_ALIGN);
	free(m.mem);
	model_init(&m, ALIGN, false);
	EXPECT_EQ((char *)m.vq.ring.used - m.mem, 192);
	free(m.mem);
}

TEST(add_refuses)
{
	struct model m;
	int i, token;

	model_init(&m, ALIGN, false);
	EXPECT_EQ(add(&m, 0, 0, &token), -EINVAL);
	EXPECT_EQ(add(&m, 1, 0, NULL), -EINVAL);
	EXPECT_EQ(add(&m, NUM, 1, &token), -EINVAL);
	EXPECT_EQ(add(&m, 3, 3, &token), 0);
	EXPECT_EQ(add(&m, 1, 2, &token), -ENOSPC);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(add(&m, 1, 0, &token), 0);
	EXPECT_EQ(add(&m, 0, 1, &token), -ENOSPC);
	EXPECT_EQ(m.vq.ring.avail->idx, 3);
	free(m.mem);
}

/* Q1: free list and chains in flight are all descriptors, each once. */
static void check_descriptors(struct model *m)
{
	bool seen[NUM] = {false};
	u32 i, n = 0;
	u16 d = m->vq.free_head;

	for (i = 0; i < m->vq.nr_free; i++, d = m->slots[d].next, n++)
		if (!EXPECT(d < NUM && !seen[d]))
			return;
		else
			seen[d] = true;
	for (i = 0; i < NUM; i++) {
		u16 left = m->slots[i].token ? m->slots[i].count : 0;

		for (d = (u16)i; left; left--, d = m->slots[d].next, n++)
			if (!EXPECT(d < NUM && !seen[d]))
				return;
			else
				seen[d] = true;
	}
	EXPECT_EQ(n, NUM);
}

struct job {
	u32 nr_out, nr_in, len;
	bool in_flight;
};

static struct job *job_add(struct model *m, struct job *jobs, u64 *state)
{
	struct job *j = jobs;

	while (j->in_flight)
		j++;
	j->nr_out = (u32)(unit_random(state) % MAX_PIECES);
	j->nr_in = (u32)(unit_random(state) % MAX_PIECES);
	if (!j->nr_out && !j->nr_in)
		j->nr_out = 1;
	if (add(m, j->nr_out, j->nr_in, j))
		return NULL;
	j->in_flight = true;
	return j;
}

/* The device uses one of those it has, in any order. */
static void device_step(struct model *m, struct job **by_head, u64 *state)
{
	u32 nr_out, nr_in, i, most = 0;
	u16 head;
	int got = device_take(m, &nr_out, &nr_in);

	if (got >= 0) {
		by_head[got] = m->slots[got].token;
		EXPECT_EQ(nr_out, by_head[got]->nr_out);
		EXPECT_EQ(nr_in, by_head[got]->nr_in);
	}
	if (!m->nr_heads || unit_random(state) % 2)
		return;
	i = (u32)(unit_random(state) % m->nr_heads);
	head = m->heads[i];
	m->heads[i] = m->heads[--m->nr_heads];
	for (i = 0; i < by_head[head]->nr_in; i++)
		most += 100 + by_head[head]->nr_out + i;
	by_head[head]->len = (u32)(unit_random(state) % (most + 1));
	device_use(m, head, by_head[head]->len);
}

/* Goes round the 16-bit indices more than once. */
static void run_model(bool event_idx)
{
	struct job jobs[NUM + 1] = {0}, *by_head[NUM] = {NULL};
	struct model m;
	u64 state = 7;
	u32 i, len, done = 0;
	void *token;

	model_init(&m, ALIGN, event_idx);
	for (i = 0; done < 150000; i++) {
		if (unit_random(&state) % 2)
			job_add(&m, jobs, &state);
		device_step(&m, by_head, &state);
		if (unit_random(&state) % 2)
			continue;
		while (virtqueue_get(&m.vq, &token, &len) == 1) {
			struct job *j = token;

			EXPECT(j->in_flight);
			EXPECT_EQ(len, j->len);
			j->in_flight = false;
			done++;
		}
		if (!EXPECT(!m.vq.error))
			break;
		if (i % 64 == 0)
			check_descriptors(&m);
	}
	free(m.mem);
}

TEST(random_order)
{
	run_model(false);
}

TEST(random_order_event_idx)
{
	run_model(true);
}

TEST(kick_flag)
{
	struct model m;
	int token;

	model_init(&m, ALIGN, false);
	EXPECT(!virtqueue_kick_needed(&m.vq));
	add(&m, 1, 0, &token);
	EXPECT(virtqueue_kick_needed(&m.vq));
	EXPECT(!virtqueue_kick_needed(&m.vq));
	m.vq.ring.used->flags = VRING_USED_F_NO_NOTIFY;
	add(&m, 1, 0, &token);
	EXPECT(!virtqueue_kick_needed(&m.vq));
	free(m.mem);
}

TEST(kick_event)
{
	struct model m;
	int token;

	model_init(&m, ALIGN, true);
	add(&m, 1, 0, &token);
	EXPECT(virtqueue_kick_needed(&m.vq)); /* the event is 0 */
	add(&m, 1, 0, &token);
	EXPECT(!virtqueue_kick_needed(&m.vq));
	vring_avail_event(&m.vq.ring) = 3;
	add(&m, 1, 0, &token);
	EXPECT(!virtqueue_kick_needed(&m.vq));
	add(&m, 1, 0, &token);
	add(&m, 1, 0, &token);
	EXPECT(virtqueue_kick_needed(&m.vq)); /* 3 was passed on the way */
	free(m.mem);
}

/* Would a device interrupt for the buffers used from @old to now? */
static bool device_interrupts(struct model *m, u16 old)
{
	struct vring *r = &m->vq.ring;

	if (m->vq.event_idx)
		return vring_need_event(vring_used_event(r), m->used, old);
	return !(r->avail->flags & VRING_AVAIL_F_NO_INTERRUPT);
}

static void interrupts(bool event_idx)
{
	struct model m;
	u32 out, in, len;
	int token, i;
	void *got;

	model_init(&m, ALIGN, event_idx);
	for (i = 0; i < 70000; i++) {
		virtqueue_disable_interrupt(&m.vq);
		add(&m, 1, 0, &token);
		device_use(&m, (u32)device_take(&m, &out, &in), 0);
		m.nr_heads = 0;
		EXPECT(!device_interrupts(&m, (u16)(m.used - 1)));
		EXPECT(virtqueue_enable_interrupt(&m.vq)); /* one waits */
		EXPECT_EQ(virtqueue_get(&m.vq, &got, &len), 1);
		EXPECT(!virtqueue_enable_interrupt(&m.vq));
		add(&m, 1, 0, &token);
		device_use(&m, (u32)device_take(&m, &out, &in), 0);
		m.nr_heads = 0;
		EXPECT(device_interrupts(&m, (u16)(m.used - 1)));
		EXPECT_EQ(virtqueue_get(&m.vq, &got, &len), 1);
	}
	free(m.mem);
}

TEST(interrupt_flag)
{
	interrupts(false);
}

TEST(interrupt_event)
{
	interrupts(true);
}

/* --- devices that lie --- */

/* Two chains in flight; the device has taken both. */
static void prepare(struct model *m, u32 heads[2])
{
	static int tokens[2];
	u32 out, in;

	model_init(m, ALIGN, false);
	add(m, 1, 2, &tokens[0]);
	add(m, 2, 0, &tokens[1]);
	heads[0] = (u32)device_take(m, &out, &in);
	heads[1] = (u32)device_take(m, &out, &in);
}

/* It is found out, nothing works any more, and both tokens come back. */
static void expect_broken(struct model *m, u32 tokens)
{
	void *token;
	u32 len;

	EXPECT_EQ(virtqueue_get(&m->vq, &token, &len), -EIO);
	EXPECT(m->vq.error != NULL);
	EXPECT_EQ(virtqueue_get(&m->vq, &token, &len), -EIO);
	EXPECT_EQ(add(m, 1, 0, &len), -EIO);
	EXPECT(!virtqueue_kick_needed(&m->vq));
	EXPECT(!virtqueue_enable_interrupt(&m->vq));
	while (tokens--)
		EXPECT(virtqueue_detach(&m->vq) != NULL);
	EXPECT(!virtqueue_detach(&m->vq));
	EXPECT_EQ(m->vq.nr_free, NUM);
	free(m->mem);
}

TEST(hostile_index_runs_ahead)
{
	struct model m;
	u32 heads[2];

	prepare(&m, heads);
	m.vq.ring.used->idx = 3;
	expect_broken(&m, 2);
}

TEST(hostile_index_runs_back)
{
	struct model m;
	u32 heads[2];

	prepare(&m, heads);
	m.vq.ring.used->idx = (u16)-1;
	expect_broken(&m, 2);
}

TEST(hostile_id_out_of_range)
{
	static const u32 ids[] = {NUM, 0x10000, U32_MAX};
	struct model m;
	u32 heads[2];

	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		prepare(&m, heads);
		device_use(&m, ids[i], 0);
		expect_broken(&m, 2);
	}
}

TEST(hostile_id_not_a_head)
{
	struct model m;
	u32 heads[2];

	prepare(&m, heads);
	device_use(&m, m.vq.ring.desc[heads[0]].next, 0);
	expect_broken(&m, 2);
	prepare(&m, heads);
	device_use(&m, NUM - 1, 0); /* free */
	expect_broken(&m, 2);
}

TEST(hostile_used_twice)
{
	struct model m;
	u32 heads[2], len;
	void *token;

	prepare(&m, heads);
	device_use(&m, heads[1], 0);
	device_use(&m, heads[1], 0);
	EXPECT_EQ(virtqueue_get(&m.vq, &token, &len), 1);
	expect_broken(&m, 1);
}

TEST(hostile_length)
{
	struct model m;
	u32 heads[2], len;
	void *token;

	prepare(&m, heads);
	device_use(&m, heads[0], 101 + 102);
	EXPECT_EQ(virtqueue_get(&m.vq, &token, &len), 1);
	EXPECT_EQ(len, 101 + 102);
	device_use(&m, heads[1], 1); /* it has nothing to write to */
	expect_broken(&m, 1);
	prepare(&m, heads);
	device_use(&m, heads[0], 101 + 102 + 1);
	expect_broken(&m, 2);
}

/* Any bytes anywhere in the ring: never a token that is not in flight. */
TEST(hostile_noise)
{
	u64 state = 11;
	u32 round, i, len;
	void *token;

	for (round = 0; round < 20000; round++) {
		bool flying[NUM] = {false}, tokens[NUM];
		struct model m;

		model_init(&m, ALIGN, round & 1);
		for (i = 0; i < NUM; i++) {
			if (!add(&m, 1, (u32)(unit_random(&state) % 2),
				 &tokens[i]))
				flying[i] = true;
			if (unit_random(&state) % 4)
				m.mem[unit_random(&state) %
				      vring_size(NUM, ALIGN)] =
					(char)(unit_random(&state) % NUM);
			if (virtqueue_get(&m.vq, &token, &len) == 1) {
				EXPECT(flying[(bool *)token - tokens]);
				EXPECT(len <= 101);
				flying[(bool *)token - tokens] = false;
			}
			virtqueue_kick_needed(&m.vq);
			virtqueue_enable_interrupt(&m.vq);
		}
		while ((token = virtqueue_detach(&m.vq))) {
			EXPECT(flying[(bool *)token - tokens]);
			flying[(bool *)token - tokens] = false;
		}
		for (i = 0; i < NUM; i++)
			EXPECT(!flying[i]);
		check_descriptors(&m);
		free(m.mem);
	}
}
