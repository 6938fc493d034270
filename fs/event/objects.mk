obj-y += fs/event/eventfd.o
obj-y += fs/event/epoll_wait.o
obj-y += fs/event/eventpoll.o
obj-y += fs/event/signalfd.o
obj-y += fs/event/timerfd.o
