# Commands for gdb on a running Linnet: gdb-multiarch -x scripts/linnet.gdb
#
#	tasks		every process: pid, last CPU, state, name
#	bt-task PID	where a sleeping process sleeps
#	current		the task of the selected CPU (thread), if it is in the kernel
#	kaslr FILE	read the symbols of FILE for the addresses that the kernel runs at
#
# States are enum task_state of include/linnet/sched.h: 0 runnable, 1 and 2 asleep.

define tasks
  set $node = all_tasks.next
  while $node != &all_tasks
    set $t = (struct task *)((char *)$node - (long)&((struct task *)0)->tasks)
    printf "%5d  cpu %d  state %#5x  %s\n", $t->pids[0]->nr, $t->ti.cpu, $t->state, $t->comm
    set $node = $node->next
  end
end

define bt-task
  set $node = all_tasks.next
  while $node != &all_tasks
    set $t = (struct task *)((char *)$node - (long)&((struct task *)0)->tasks)
    set $node = $node->next
    if $t->pids[0]->nr == $arg0
      info symbol $t->ti.ctx.pc
      set $link = (unsigned long *)$t->ti.ctx.fp
      set $depth = 0
      while $link != 0 && $depth < 20 && $link[1] >> 48 == 0xffff
        info symbol $link[1]
        set $link = (unsigned long *)$link[0]
        set $depth = $depth + 1
      end
    end
  end
end

define current
  printf "%d %s\n", ((struct task *)$x18)->pids[0]->nr, ((struct task *)$x18)->comm
end

define kaslr
  eval "symbol-file $arg0 -o %#lx", (unsigned long)$VBAR - (unsigned long)&vectors
end
