/*
 * Intrusive lists: a circular doubly linked list (struct list_head), and a
 * singly anchored one for hash chains (struct hlist_head) whose heads cost one
 * pointer. Neither locks; the owner of the list says which lock guards it. The
 * _rcu forms publish with release so that lock-free readers see whole nodes.
 */
#ifndef LINNET_LIST_H
#define LINNET_LIST_H

#include <linnet/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) {&(name), &(name)}
#define LIST_HEAD(name)	     struct list_head name = LIST_HEAD_INIT(name)

static inline void list_init(struct list_head *h)
{
	h->next = h;
	h->prev = h;
}

static inline bool list_empty(const struct list_head *h)
{
	return READ_ONCE(h->next) == h;
}

#ifdef CONFIG_DEBUG
/* What list_del_rcu() leaves in prev, which readers do not follow. */
#define LIST_POISON ((struct list_head *)0xdead000000000100)

/* Report neighbours that do not know each other, or @n; debug.c. */
void list_check_add(const struct list_head *n, const struct list_head *prev,
		    const struct list_head *next);
void list_check_del(const struct list_head *n);
static inline void list_poison(struct list_head *n)
{
	n->prev = LIST_POISON;
}
#else
#define list_check_add(n, prev, next) ((void)0)
#define list_check_del(n)	      ((void)0)
#define list_poison(n)		      ((void)0)
#endif

static inline void list_insert_between(struct list_head *n,
				       struct list_head *prev,
				       struct list_head *next)
{
	list_check_add(n, prev, next);
	n->next = next;
	n->prev = prev;
	next->prev = n;
	__atomic_store_n(&prev->next, n, __ATOMIC_RELEASE);
}

/* Insert right after @h: as a stack. */
static inline void list_add(struct list_head *n, struct list_head *h)
{
	list_insert_between(n, h, h->next);
}

/* Insert right before @h: as a queue. */
static inline void list_add_tail(struct list_head *n, struct list_head *h)
{
	list_insert_between(n, h->prev, h);
}

/* Unlink; @n's own pointers keep their values, so RCU readers may go on. */
static inline void list_del_rcu(struct list_head *n)
{
	list_check_del(n);
	n->next->prev = n->prev;
	WRITE_ONCE(n->prev->next, n->next);
	list_poison(n);
}

/* Unlink and leave @n a valid empty list, so list_empty(n) tells. */
static inline void list_del(struct list_head *n)
{
	list_del_rcu(n);
	list_init(n);
}

static inline void list_move_tail(struct list_head *n, struct list_head *h)
{
	list_del_rcu(n);
	list_add_tail(n, h);
}

static inline void list_move(struct list_head *n, struct list_head *h)
{
	list_del_rcu(n);
	list_add(n, h);
}

/* Append all of @from to the tail of @to; @from is left empty. */
static inline void list_splice_tail(struct list_head *from,
				    struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry(h, type, member)                                      \
	list_entry((h)->next, type, member)
#define list_last_entry(h, type, member) list_entry((h)->prev, type, member)
#define list_first_entry_or_null(h, type, member)                              \
	(list_empty(h) ? NULL : list_first_entry(h, type, member))
#define list_next_entry(p, member)                                             \
	list_entry((p)->member.next, __typeof__(*(p)), member)
#define list_for_each_entry(p, h, member)                                      \
	for (p = list_entry((h)->next, __typeof__(*p), member);                \
	     &p->member != (h);                                                \
	     p = list_entry(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_reverse(p, h, member)                              \
	for (p = list_entry((h)->prev, __typeof__(*p), member);                \
	     &p->member != (h);                                                \
	     p = list_entry(p->member.prev, __typeof__(*p), member))
/* @p may be unlinked (and freed) by the body. */
#define list_for_each_entry_safe(p, n, h, member)                              \
	for (p = list_entry((h)->next, __typeof__(*p), member),                \
	    n = list_entry(p->member.next, __typeof__(*p), member);            \
	     &p->member != (h);                                                \
	     p = n, n = list_entry(n->member.next, __typeof__(*n), member))
#define list_for_each_entry_rcu(p, h, member)                                  \
	for (p = list_entry(READ_ONCE((h)->next), __typeof__(*p), member);     \
	     &p->member != (h);                                                \
	     p = list_entry(READ_ONCE(p->member.next), __typeof__(*p), member))

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !READ_ONCE(n->pprev);
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	if (first)
		first->pprev = &n->next;
	__atomic_store_n(&h->first, n, __ATOMIC_RELEASE);
}

/* Unlink if linked; @n->next is kept for lock-free readers passing through. */
static inline void hlist_del(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
	n->pprev = NULL;
}

#define hlist_entry_or_null(p, type, member)                                   \
	({                                                                     \
		struct hlist_node *_p = (p);                                   \
		_p ? container_of(_p, type, member) : NULL;                    \
	})
/* Safe under rcu_read_lock() against concurrent insertion and removal. */
#define hlist_for_each_entry(p, h, member)                                     \
	for (p = hlist_entry_or_null(READ_ONCE((h)->first), __typeof__(*p),    \
				     member);                                  \
	     p; p = hlist_entry_or_null(READ_ONCE(p->member.next),             \
					__typeof__(*p), member))

#endif
