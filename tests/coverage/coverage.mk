.PHONY: coverage
coverage: $(BUILD)/Image $(BUILD)/initramfs.cpio.gz $(MUSL_STAMP) ## which lines the suites run, as HTML
	@BUILD=$(BUILD) tests/coverage/run.sh $(COVERAGE_SUITES)
