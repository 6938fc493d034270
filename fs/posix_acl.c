/*
 * POSIX access control lists (the withdrawn draft 1003.1e; acl(5)).
 *
 * An inode has at most two: the access list says who may do what beyond owner,
 * group and others; the default list, of directories only, is what new files in it
 * begin with. Programs see them as the attributes system.posix_acl_access and
 * system.posix_acl_default, whose layout is linux/posix_acl_xattr.h.
 *
 * The mode and the access list are two views of one thing: its owner and other
 * entries are the mode's bits, its mask (without a mask its group entry) the
 * group bits. A list that says no more than a mode is therefore not kept.
 *
 * Invariants
 *   A1  a list is never changed once it is an inode's: a change makes a copy
 *   A2  entries stand in the order of the tags, as acl_valid() wants it
 *   A3  inode->acl exists only while S_ACL is set, so that a permission check
 *       asks for it no earlier
 *
 * Lock: inode->rwsem for writing to replace a list. Permission is checked without
 * it: replaced lists are freed after an RCU grace period.
 */
#include <linnet/atomic.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/posix_acl.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include "internal.h"

enum { PERM_ALL = ACL_READ | ACL_WRITE | ACL_EXECUTE };

/* --- the object --- */

static struct posix_acl *acl_alloc(u32 n)
{
	struct posix_acl *acl = kvmalloc(sizeof(*acl) +
					 n * sizeof(acl->entries[0]), GFP_KERNEL);

	if (!acl)
		return NULL;
	acl->refs = 1;
	acl->n = n;
	return acl;
}

static struct posix_acl *acl_copy(const struct posix_acl *from)
{
	struct posix_acl *acl = acl_alloc(from->n);

	if (acl)
		memcpy(acl->entries, from->entries,
		       from->n * sizeof(from->entries[0]));
	return acl;
}

static void acl_free_rcu(struct rcu_head *head)
{
	kvfree(container_of(head, struct posix_acl, rcu));
}

void acl_put(struct posix_acl *acl)
{
	if (acl && !atomic_sub_return(&acl->refs, 1))
		call_rcu(&acl->rcu, acl_free_rcu);
}

/* Consumes @acl. [rwsem for writing, or the inode is new] */
void acl_replace(struct inode *inode, struct posix_acl *acl)
{
	struct posix_acl *old = inode->acl;

	rcu_assign_pointer(inode->acl, acl);
	inode->flags = (u16)(acl ? inode->flags | S_ACL
				 : inode->flags & ~S_ACL); /* A3 */
	acl_put(old);
}

static void default_replace(struct inode *inode, struct posix_acl *acl)
{
	struct posix_acl *old = inode->default_acl;

	rcu_assign_pointer(inode->default_acl, acl);
	acl_put(old);
}

void inode_free_acls(struct inode *inode)
{
	acl_put(inode->acl);
	acl_put(inode->default_acl);
}

/* --- lists and modes --- */

static struct acl_entry *find_tag(struct posix_acl *acl, u16 tag)
{
	for (u32 i = 0; i < acl->n; i++)
		if (acl->entries[i].tag == tag)
			return &acl->entries[i];
	return NULL;
}

/* The entry that the mode's group bits are. */
static struct acl_entry *group_class(struct posix_acl *acl)
{
	struct acl_entry *mask = find_tag(acl, ACL_MASK);

	return mask ? mask : find_tag(acl, ACL_GROUP_OBJ);
}

/* Does it say more than a mode? Also what mode it amounts to. */
static bool acl_is_extended(struct posix_acl *acl, u16 *mode)
{
	u32 perms = (u32)find_tag(acl, ACL_USER_OBJ)->perm << 6 |
		    (u32)group_class(acl)->perm << 3 |
		    find_tag(acl, ACL_OTHER)->perm;

	*mode = (u16)((*mode & ~(u32)S_IRWXUGO) | perms);
	return acl->n > 3;
}

/*
 * Owner, users, group, groups, mask, others; the mask is a must if there are
 * users or groups.
 */
static bool acl_valid(const struct posix_acl *acl)
{
	const struct acl_entry *e = acl->entries, *end = e + acl->n;
	bool named = false, mask = false;

	if (e == end || e++->tag != ACL_USER_OBJ)
		return false;
	for (; e < end && e->tag == ACL_USER; e++)
		named = true;
	if (e == end || e++->tag != ACL_GROUP_OBJ)
		return false;
	for (; e < end && e->tag == ACL_GROUP; e++)
		named = true;
	if (e < end && e->tag == ACL_MASK) {
		mask = true;
		e++;
	}
	if (e == end || e++->tag != ACL_OTHER || e != end)
		return false;
	return mask || !named;
}

/* Bits of a creation mode that the list takes away, and the other way round. */
static void restrict_both(struct acl_entry *e, u16 *mode, u32 shift)
{
	e->perm &= (u16)(*mode >> shift);
	*mode &= (u16)~(PERM_ALL << shift) | (u16)(e->perm << shift);
}

/* --- the attribute's bytes --- */

static bool known_entry(const struct acl_entry *e)
{
	switch (e->tag) {
	case ACL_USER_OBJ:
	case ACL_GROUP_OBJ:
	case ACL_MASK:
	case ACL_OTHER:
		return true;
	case ACL_USER:
	case ACL_GROUP:
		return e->id != (u32)ACL_UNDEFINED_ID;
	default:
		return false;
	}
}

/* NULL: a list without entries, which is none. ERR_PTR. */
static struct posix_acl *acl_parse(const void *value, size_t size)
{
	const struct posix_acl_xattr_header *h = value;
	const struct posix_acl_xattr_entry *x = (const void *)(h + 1);
	struct posix_acl *acl;
	size_t n;

	if (size < sizeof(*h))
		return ERR_PTR(-EINVAL);
	if (h->a_version != POSIX_ACL_XATTR_VERSION)
		return ERR_PTR(-EOPNOTSUPP);
	n = (size - sizeof(*h)) / sizeof(*x);
	if ((size - sizeof(*h)) % sizeof(*x))
		return ERR_PTR(-EINVAL);
	if (!n)
		return NULL;
	acl = acl_alloc((u32)n);
	if (!acl)
		return ERR_PTR(-ENOMEM);
	for (size_t i = 0; i < n; i++) {
		struct acl_entry *e = &acl->entries[i];

		*e = (struct acl_entry){x[i].e_tag, x[i].e_perm, x[i].e_id};
		if (!known_entry(e)) {
			kvfree(acl);
			return ERR_PTR(-EINVAL);
		}
	}
	return acl;
}

static bool perms_known(const struct posix_acl *acl)
{
	for (u32 i = 0; i < acl->n; i++)
		if (acl->entries[i].perm & ~PERM_ALL)
			return false;
	return true;
}

u32 acl_type_of(const char *name)
{
	if (!strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS))
		return ACL_TYPE_ACCESS;
	return strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT) ? 0 : ACL_TYPE_DEFAULT;
}

static bool acls_supported(const struct inode *inode)
{
	return inode->sb->flags & SB_POSIXACL && inode->ops->setxattr &&
	       !S_ISLNK(inode->mode);
}

ssize_t acl_get(struct inode *inode, u32 type, void *buf, size_t size)
{
	const struct posix_acl *acl = type == ACL_TYPE_ACCESS
					      ? inode->acl : inode->default_acl;
	struct posix_acl_xattr_header *h = buf;
	struct posix_acl_xattr_entry *x = (void *)(h + 1);
	size_t len;

	if (!acls_supported(inode))
		return -EOPNOTSUPP;
	if (!acl)
		return -ENODATA;
	len = sizeof(*h) + acl->n * sizeof(*x);
	if (!size)
		return (ssize_t)len;
	if (size < len)
		return -ERANGE;
	h->a_version = POSIX_ACL_XATTR_VERSION;
	for (u32 i = 0; i < acl->n; i++) {
		const struct acl_entry *e = &acl->entries[i];
		bool named = e->tag == ACL_USER || e->tag == ACL_GROUP;

		x[i].e_tag = e->tag;
		x[i].e_perm = e->perm;
		x[i].e_id = named ? e->id : (u32)ACL_UNDEFINED_ID;
	}
	return (ssize_t)len;
}

/* The mode follows; a list that is no more than a mode is dropped. */
static void set_access(struct inode *inode, struct posix_acl *acl)
{
	u16 mode = inode->mode;

	if (acl && !acl_is_extended(acl, &mode)) {
		acl_put(acl);
		acl = NULL;
	}
	if (!in_group(current_cred(), inode->gid) && !capable(CAP_FSETID))
		mode &= (u16)~S_ISGID;
	spin_lock(&inode->lock);
	inode->mode = mode;
	spin_unlock(&inode->lock);
	acl_replace(inode, acl);
}

static int set_parsed(struct inode *inode, u32 type, struct posix_acl *acl)
{
	if (!acls_supported(inode))
		return -EOPNOTSUPP;
	if (type == ACL_TYPE_DEFAULT && !S_ISDIR(inode->mode))
		return acl ? -EACCES : 0;
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	if (acl && (!perms_known(acl) || !acl_valid(acl)))
		return -EINVAL;
	if (acl)
		atomic_inc(&acl->refs);
	if (type == ACL_TYPE_ACCESS)
		set_access(inode, acl);
	else
		default_replace(inode, acl);
	return 0;
}

int acl_set(struct inode *inode, u32 type, const void *value, size_t size)
{
	struct posix_acl *acl;
	int err;

	if (!inode->ops->setxattr)
		return -EOPNOTSUPP;
	acl = value ? acl_parse(value, size) : NULL;
	if (IS_ERR(acl))
		return (int)PTR_ERR(acl);
	err = set_parsed(inode, type, acl);
	acl_put(acl);
	return err;
}

ssize_t acl_list(const struct inode *inode, char *buf)
{
	static const char access[] = XATTR_NAME_POSIX_ACL_ACCESS;
	static const char preset[] = XATTR_NAME_POSIX_ACL_DEFAULT;
	size_t used = 0;

	if (inode->acl) {
		memcpy(buf, access, sizeof(access));
		used = sizeof(access);
	}
	if (inode->default_acl) {
		memcpy(buf + used, preset, sizeof(preset));
		used += sizeof(preset);
	}
	return (ssize_t)used;
}

/* --- permission --- */

/* An entry counts only as far as the mask goes. */
static int masked(const struct posix_acl *acl, const struct acl_entry *e,
		  u32 want)
{
	u32 perm = e->perm;

	for (const struct acl_entry *m = e; m < acl->entries + acl->n; m++)
		if (m->tag == ACL_MASK)
			perm &= m->perm;
	return want & ~perm ? -EACCES : 0;
}

/*
 * The first entry that fits decides; among groups, one that allows all. A member
 * of some group that is named does not count among the others.
 */
static int check_entries(const struct posix_acl *acl, const struct inode *inode,
			 u32 want)
{
	const struct cred *c = current_cred();
	bool member = false;

	for (u32 i = 0; i < acl->n; i++) {
		const struct acl_entry *e = &acl->entries[i];

		switch (e->tag) {
		case ACL_USER:
			if (e->id == c->fsuid)
				return masked(acl, e, want);
			break;
		case ACL_GROUP_OBJ:
		case ACL_GROUP:
			if (!in_group(c, e->tag == ACL_GROUP ? e->id
							     : inode->gid))
				break;
			member = true;
			if (!(want & ~(u32)e->perm))
				return masked(acl, e, want);
			break;
		case ACL_OTHER:
			return member || want & ~(u32)e->perm ? -EACCES : 0;
		}
	}
	return -EACCES;
}

/**
 * acl_permission - what the access list says of somebody who is not the owner
 *
 * The owner's entry is the mode's and was checked as such. So is a mask without
 * any bit: then nobody is helped by the list, and the mode's other bits count.
 *
 * Context: any; takes the RCU read lock. Return: 0 or -EACCES.
 */
int acl_permission(struct inode *inode, u32 mask)
{
	const struct posix_acl *acl;
	u32 want = mask & (MAY_READ | MAY_WRITE | MAY_EXEC);
	u32 mode = inode->mode;
	int err;

	rcu_read_lock();
	acl = rcu_dereference(inode->acl);
	if (likely(acl)) {
		err = check_entries(acl, inode, want);
	} else { /* just taken away */
		if (in_group(current_cred(), inode->gid))
			mode >>= 3;
		err = want & ~mode ? -EACCES : 0;
	}
	rcu_read_unlock();
	return err;
}

/* --- new files, chmod --- */

u16 acl_apply_umask(const struct inode *dir, u32 mode)
{
	if (dir->default_acl)
		return (u16)mode;
	return (u16)(mode & ~(u32)current_umask());
}

/**
 * acl_inherit - lists and mode of a new inode, from its directory
 * @inode: nobody knows it yet
 * @dir: [rwsem]
 *
 * Return: 0 or -ENOMEM.
 */
int acl_inherit(struct inode *inode, struct inode *dir)
{
	struct posix_acl *acl;
	struct acl_entry *e;
	u16 mode = inode->mode;

	if (likely(!dir->default_acl) || S_ISLNK(mode))
		return 0;
	acl = acl_copy(dir->default_acl);
	if (!acl)
		return -ENOMEM;
	restrict_both(find_tag(acl, ACL_USER_OBJ), &mode, 6);
	e = group_class(acl);
	restrict_both(e, &mode, 3);
	restrict_both(find_tag(acl, ACL_OTHER), &mode, 0);
	inode->mode = mode;
	if (acl->n > 3)
		acl_replace(inode, acl);
	else
		acl_put(acl);
	if (S_ISDIR(mode)) {
		atomic_inc(&dir->default_acl->refs);
		inode->default_acl = dir->default_acl;
	}
	return 0;
}

struct posix_acl *acl_after_chmod(const struct inode *inode, u16 mode)
{
	struct posix_acl *acl;

	if (!inode->acl)
		return NULL;
	acl = acl_copy(inode->acl);
	if (!acl)
		return ERR_PTR(-ENOMEM);
	find_tag(acl, ACL_USER_OBJ)->perm = mode >> 6 & PERM_ALL;
	group_class(acl)->perm = mode >> 3 & PERM_ALL;
	find_tag(acl, ACL_OTHER)->perm = mode & PERM_ALL;
	return acl;
}
