/*
 * Path names from user space: copied once, so that a walk sees one string
 * whatever the program does to its memory meanwhile.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linux/limits.h>
#include "internal.h"

static struct kmem_cache *names_cache;

struct name_buf {
	struct filename f;
	char text[PATH_MAX];
};

static int __init_text names_init(void)
{
	names_cache = kmem_cache_create("names", sizeof(struct name_buf), 0, 0);
	return names_cache ? 0 : -ENOMEM;
}
early_initcall(names_init);

struct filename *getname_flags(const char __user *name, u32 lookup)
{
	struct name_buf *b = kmem_cache_alloc(names_cache, GFP_KERNEL);
	long len;

	if (!b)
		return ERR_PTR(-ENOMEM);
	b->f.name = b->text;
	b->f.kernel = false;
	len = strncpy_from_user(b->text, name, PATH_MAX);
	if (len < 0)
		goto fail;
	if (len == PATH_MAX) {
		len = -ENAMETOOLONG;
		goto fail;
	}
	if (!len && !(lookup & LOOKUP_EMPTY)) {
		len = -ENOENT;
		goto fail;
	}
	return &b->f;
fail:
	kmem_cache_free(names_cache, b);
	return ERR_PTR(len);
}

struct filename *getname_kernel(const char *name)
{
	struct filename *f;
	size_t len = strlen(name) + 1;

	if (len > PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	f = kmalloc(sizeof(*f) + len, GFP_KERNEL);
	if (!f)
		return ERR_PTR(-ENOMEM);
	f->kernel = true;
	f->name = memcpy(f + 1, name, len);
	return f;
}

void putname(struct filename *n)
{
	if (IS_ERR_OR_NULL(n))
		return;
	if (n->kernel)
		kfree(n);
	else
		kmem_cache_free(names_cache, container_of(n, struct name_buf, f));
}
