/*
 * Layout of the kernel image. Sections with different permissions begin on
 * page boundaries; early_map.c maps them by these symbols.
 */
#include <asm/page.h>

OUTPUT_ARCH(aarch64)
ENTRY(_start)

SECTIONS
{
	. = KIMAGE_VADDR;
	.text : {
		*(.head.text)
		. = ALIGN(2048);
		_idmap_text = .;
		*(.idmap.text)
		_idmap_text_end = .;
		. = ALIGN(2048);
		*(.vectors)
		*(.text .text.*)
		_fixup_start = .;
		*(.fixup)
		_fixup_end = .;
	}
	. = ALIGN(PAGE_SIZE);
	_text_end = .;

	.rodata : {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		_early_initcall_start = .;
		KEEP(*(.initcall.early))
		_initcall_start = .;
		KEEP(*(.initcall.0)) KEEP(*(.initcall.1)) KEEP(*(.initcall.2))
		KEEP(*(.initcall.3)) KEEP(*(.initcall.4))
		_initcall_end = .;
		_kparam_start = .;
		KEEP(*(.kparam))
		_kparam_end = .;
		_driver_table_start = .;
		KEEP(*(.driver_table))
		_driver_table_end = .;
		_virtio_table_start = .;
		KEEP(*(.virtio_table))
		_virtio_table_end = .;
		_irqchip_table_start = .;
		KEEP(*(.irqchip_table))
		_irqchip_table_end = .;
		_timer_table_start = .;
		KEEP(*(.timer_table))
		_timer_table_end = .;
		_earlycon_table_start = .;
		KEEP(*(.earlycon_table))
		_earlycon_table_end = .;
		. = ALIGN(8);
		_init_array_start = .;
		KEEP(*(SORT(.init_array.*))) KEEP(*(.init_array))
		_init_array_end = .;
		_ktest_start = .;
		KEEP(*(.ktest))
		_ktest_end = .;
		. = ALIGN(8);
		_extable_start = .;
		KEEP(*(.extable))
		_extable_end = .;
		_boot_branch_start = .;
		KEEP(*(.boot_branch))
		_boot_branch_end = .;
		. = ALIGN(PAGE_SIZE);
		KEEP(*(.vdso))
		. = ALIGN(8);
		KEEP(*(.ksymtab))
	}
	.notes : {
		_notes_start = .;
		KEEP(*(.note.gnu.build-id))
		_notes_end = .;
	}
	.got : { *(.got .got.plt) }
	. = ALIGN(PAGE_SIZE);
	_rodata_end = .;

	_init_text = .;
	.init.text : { *(.init.text) }
	. = ALIGN(PAGE_SIZE);
	_init_text_end = .;
	_init_data = .;
	.init.data : { *(.init.data) }
	. = ALIGN(PAGE_SIZE);
	_init_end = .;

	_data_start = .;
	.data : {
		_ro_after_init_start = .;
		*(.data.ro_after_init)
		. = ALIGN(PAGE_SIZE);
		_ro_after_init_end = .;
		*(.data .data.*)
		. = ALIGN(64);
		_percpu_start = .;
		*(.percpu)
		. = ALIGN(64);
		_percpu_end = .;
	}
	/* Behind all that it describes, so that its size moves nothing. */
	.relr : {
		_relr_start = .;
		KEEP(*(.relr))
		_relr_end = .;
	}
	. = ALIGN(8);
	_file_end = .;
	.bss (NOLOAD) : {
		. = ALIGN(PAGE_SIZE);
		_bss_start = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(8);
		_bss_end = .;
		. = ALIGN(PAGE_SIZE);
		_boot_stack_start = .;
		*(.boot_stack.early)
		. = ALIGN(2 << THREAD_SHIFT);
		_boot_stack_end = .;
		*(.boot_stack)
		. = ALIGN(PAGE_SIZE);
	}
	_image_end = .;
	_image_size = _image_end - _start;

	/DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) *(.interp) *(.dynamic) }
}
ASSERT(_idmap_text_end - _idmap_text <= 4096, "idmap text grew")
