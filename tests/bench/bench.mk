# The yardstick: measure Linnet, compare with Linux. tests/bench/README.md.

BENCH := tests/bench/run.py
BENCH_REF := tests/bench/reference
BENCH_OUT := $(BUILD)/bench
# Debian's kernel, plain and with what it does for hardening and accounting
# switched off.
BENCH_PLAIN := mitigations=off nokaslr quiet
BENCH_TUNED := $(BENCH_PLAIN) init_on_alloc=0 randomize_kstack_offset=off \
	audit=0 apparmor=0 lsm= hardened_usercopy=off psi=0 cgroup_disable=memory

.PHONY: bench bench-footprint bench-wall bench-scaling bench-scaling-docs bench-reference bench-docs
bench: $(BUILD)/Image $(BUSYBOX_STAMP) ## count instructions per operation, compare with Linux
	@mkdir -p $(BENCH_OUT)
	@BUILD=$(BUILD) $(BENCH) --repeat 3 --out $(BENCH_OUT)/linnet.json
	@$(BENCH) compare $(BENCH_REF)/linux-reference.json $(BENCH_OUT)/linnet.json
	@$(BENCH) compare $(BENCH_REF)/linux-best.json $(BENCH_OUT)/linnet.json

bench-footprint: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz ## measure boot time, memory, image size
	@mkdir -p $(BENCH_OUT)
	@BUILD=$(BUILD) $(BENCH) footprint --out $(BENCH_OUT)/linnet-footprint.json
	@for ref in linux-footprint linux-min-footprint; do \
		echo "A = $$ref, B = linnet"; $(BENCH) compare \
		$(BENCH_REF)/$$ref.json $(BENCH_OUT)/linnet-footprint.json; done

bench-wall: $(BUILD)/Image $(BUSYBOX_STAMP) ## the same rows in real time, on 1 and 2 CPUs
	@mkdir -p $(BENCH_OUT)
	@for n in 1 2; do BUILD=$(BUILD) $(BENCH) --no-icount --smp $$n --repeat 3 \
		--out $(BENCH_OUT)/linnet-wall-smp$$n.json; done
	@$(BENCH) compare $(BENCH_REF)/linux-reference-wall.json \
		$(BENCH_OUT)/linnet-wall-smp1.json

# In turn, so that both kernels get the same host; of each row the best of the boots.
SCALING_BOOTS := 1 2 3
bench-scaling: $(BUILD)/Image $(REFERENCE) $(BUSYBOX_STAMP) ## several CPUs against one, Linnet and Linux in turn
	@mkdir -p $(BENCH_OUT)
	@for n in 2 4; do for i in $(SCALING_BOOTS); do \
		BUILD=$(BUILD) $(BENCH) --no-icount --smp $$n --bench smp \
			--out $(BENCH_OUT)/linnet-smp$$n.$$i.json; \
		BUILD=$(BUILD) $(BENCH) --no-icount --smp $$n --bench smp \
			--kernel $(REFERENCE) --label linux-6.1 --append "$(BENCH_PLAIN)" \
			--out $(BENCH_OUT)/linux-smp$$n.$$i.json; done; \
	for k in linnet linux; do $(BENCH) best $(BENCH_OUT)/$$k-smp$$n.[0-9].json \
		--label $$k --out $(BENCH_OUT)/$$k-smp$$n.json; done; \
	$(BENCH) scaling $(BENCH_OUT)/linnet-smp$$n.json \
		$(BENCH_OUT)/linux-smp$$n.json --workers $$n; done

# After bench-scaling, on a host that nobody else uses.
bench-scaling-docs: ## what bench-scaling has measured, into docs/performance.md
	@for n in 2 4; do for k in linnet linux; do \
		cp $(BENCH_OUT)/$$k-smp$$n.json $(DOCS_PERF)/$$k-smp$$n.json; done; \
	$(BENCH) scaling $(DOCS_PERF)/linnet-smp$$n.json $(DOCS_PERF)/linux-smp$$n.json \
		--workers $$n --into docs/performance.md scaling$$n; \
	tests/bench/plot.py scaling $(DOCS_PERF)/scaling-$$n.svg $$n \
		$(DOCS_PERF)/linnet-smp$$n.json $(DOCS_PERF)/linux-smp$$n.json; done

bench-reference: $(REFERENCE) $(BUSYBOX_STAMP) ## measure Linux again
	@mkdir -p $(BENCH_OUT)
	@BUILD=$(BUILD) $(BENCH) --kernel $(REFERENCE) --repeat 3 --label linux-6.1-reference \
		--append "$(BENCH_PLAIN)" --out $(BENCH_OUT)/linux-reference.json
	@BUILD=$(BUILD) $(BENCH) --kernel $(REFERENCE) --repeat 3 --label linux-6.1-tuned \
		--append "$(BENCH_TUNED)" --out $(BENCH_OUT)/linux-tuned.json
	@BUILD=$(BUILD) $(BENCH) footprint --kernel $(REFERENCE) --label linux-6.1-reference \
		--append "$(BENCH_PLAIN)" --out $(BENCH_OUT)/linux-footprint.json
	@$(BENCH) best $(BENCH_OUT)/linux-reference.json $(BENCH_OUT)/linux-tuned.json \
		$(BENCH_REF)/linux-min.json --label linux-6.1-best \
		--out $(BENCH_OUT)/linux-best.json
	@$(BENCH) compare $(BENCH_REF)/linux-reference.json $(BENCH_OUT)/linux-reference.json

# docs/performance/ holds the figures that docs/performance.md shows.
DOCS_PERF := docs/performance
bench-docs: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz ## measure again for docs/performance.md
	@BUILD=$(BUILD) $(BENCH) --repeat 3 --out $(DOCS_PERF)/linnet.json
	@BUILD=$(BUILD) $(BENCH) footprint --out $(DOCS_PERF)/linnet-footprint.json
	@$(BENCH) table $(DOCS_PERF)/linnet.json $(BENCH_REF)/linux-reference.json \
		$(BENCH_REF)/linux-best.json --into docs/performance.md rows
	@tests/bench/plot.py ratios $(DOCS_PERF)/ratios.svg $(DOCS_PERF)/linnet.json \
		$(BENCH_REF)/linux-best.json $(BENCH_REF)/linux-reference.json
	@tests/bench/plot.py footprint $(DOCS_PERF)/footprint.svg \
		$(DOCS_PERF)/linnet-footprint.json $(BENCH_REF)/linux-min-footprint.json \
		$(BENCH_REF)/linux-footprint.json
