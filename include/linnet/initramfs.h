/* Unpacking the boot loader's initramfs into the root file system. */
#ifndef LINNET_INITRAMFS_H
#define LINNET_INITRAMFS_H

/* Panics if the archive is broken; does nothing if there is none. */
void unpack_initramfs(void);

#endif
