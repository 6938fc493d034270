obj-y += fs/devpts/devpts.o
