/* Bounds of the image's sections, from the linker script; all page-aligned
 * where permissions change. */
#ifndef ASM_SECTIONS_H
#define ASM_SECTIONS_H

extern char _notes_start[], _notes_end[]; /* ELF notes */
extern char _start[], _text_end[];	     /* RX */
extern char _rodata_end[];		     /* RO, from _text_end */
extern char _init_text[], _init_text_end[];  /* RX, freed after boot */
extern char _init_data[], _init_end[];	     /* RW, freed after boot */
extern char _data_start[], _image_end[];
extern char _bss_start[], _bss_end[];
extern char _relr_start[], _relr_end[], _file_end[];
extern char _boot_stack_start[], _boot_stack_end[]; /* freed after boot */
extern char _idmap_text[], _idmap_text_end[];
extern char _percpu_start[], _percpu_end[];
extern char _extable_start[], _extable_end[];
extern char _boot_branch_start[], _boot_branch_end[];
extern char _fixup_start[], _fixup_end[];
extern char _ro_after_init_start[], _ro_after_init_end[];
extern char vdso_start[], vdso_end[];

#endif
