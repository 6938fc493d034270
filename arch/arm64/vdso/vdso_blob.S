/* The linked vDSO, page-aligned in the kernel's rodata. */
	.section .vdso, "a"
	.balign 4096
	.globl vdso_start, vdso_end
vdso_start:
	.incbin VDSO_SO
	.balign 4096
vdso_end:
