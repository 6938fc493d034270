/* The vDSO: one page of code, the data page right below it. */
SECTIONS
{
	vdso_data = . - 4096;
	. = SIZEOF_HEADERS;
	.hash		: { *(.hash) }		:text
	.gnu.hash	: { *(.gnu.hash) }
	.dynsym		: { *(.dynsym) }
	.dynstr		: { *(.dynstr) }
	.gnu.version	: { *(.gnu.version) }
	.gnu.version_d	: { *(.gnu.version_d) }
	.gnu.version_r	: { *(.gnu.version_r) }
	.note		: { *(.note.*) }	:text :note
	.dynamic	: { *(.dynamic) }	:text :dynamic
	.eh_frame	: { KEEP(*(.eh_frame)) }	:text
	.text		: { *(.text*) }		:text
	.got		: { *(.got .got.plt) }	:text
	/DISCARD/ : { *(.data*) *(.bss*) *(.plt*) *(.comment) *(.eh_frame_hdr) }
}
PHDRS
{
	text	PT_LOAD		FLAGS(5) FILEHDR PHDRS;
	dynamic	PT_DYNAMIC	FLAGS(4);
	note	PT_NOTE		FLAGS(4);
}
VERSION
{
	LINUX_2.6.39 {
	global:
		__kernel_rt_sigreturn;
		__kernel_gettimeofday;
		__kernel_clock_gettime;
		__kernel_clock_getres;
	local: *;
	};
}
