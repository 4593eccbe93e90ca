# SPDX-License-Identifier: GPL-2.0-only
# For people; kbuild reads Kbuild. "make help" lists what there is.

KERNELRELEASE_HERE := $(shell uname -r)
KDIR ?= /lib/modules/$(KERNELRELEASE_HERE)/build
PREFIX ?= /usr/local
DESTDIR ?=
KERNEL ?= 6.1
RUNS ?= 10000000
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)

.PHONY: all help module tool setup demo run test check check-debug fuzz bench count docs install
.PHONY: dist deb rpm clean

all: tool
	@if [ -e $(KDIR)/Makefile ]; then \
		$(MAKE) --no-print-directory module; \
	else \
		echo "no headers for kernel $(KERNELRELEASE_HERE) in $(KDIR): the module is not built;" \
		     "without it the tool looks at /proc"; \
	fi

help:
	@echo 'make          the tool, and the module where $(KDIR) is there'
	@echo 'make demo     show a real hang, in a virtual machine'
	@echo 'make run      the same on this host: loads the module'
	@echo 'make test     the tests that matter most, on one kernel; takes 4 minutes'
	@echo 'make check    all tests'
	@echo 'make check-debug  the tests of the module, on kernels built to find defects; takes hours'
	@echo 'make fuzz     ten million inputs (RUNS=N) for each fuzzer; takes hours'
	@echo 'make bench    time and memory, against a walk of /proc, eu-stack and gdb; takes 40 minutes'
	@echo 'make count    the same, in instructions; takes 3 minutes'
	@echo 'make docs     the documentation, in build/docs/html'
	@echo 'make install  the tool, its manual and completion, to DESTDIR and PREFIX ($(PREFIX))'
	@echo 'make deb      Debian packages, in build/deb; needs debhelper and dh-dkms'
	@echo 'make rpm      RPM packages, in build/rpm; needs rpmbuild'
	@echo 'make setup    install the Debian packages that all this needs'
	@echo 'make clean    remove what was built'

module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tool:
	$(MAKE) --no-print-directory -C userspace

setup:
	selftests/setup

demo:
	selftests/setup demo
	$(MAKE) --no-print-directory tool
	$(MAKE) --no-print-directory -C selftests demo
	selftests/vm/run --kernel $(KERNEL) -- selftests/demo/demo

run: all
	$(MAKE) --no-print-directory -C selftests demo
	selftests/demo/run-here

test: setup
	selftests/run --tier quick

check: setup
	selftests/run

check-debug: setup
	selftests/run --debug

fuzz: setup
	RUNS=$(RUNS) selftests/test_fuzz.py

bench: setup tool
	$(MAKE) --no-print-directory -C selftests
	selftests/vm/run --kernel $(KERNEL) --memory 8192 --timeout 3600 -- selftests/bench/run
	selftests/vm/run --kernel $(KERNEL) --timeout 3600 -- selftests/bench/stacks

count: setup tool
	$(MAKE) --no-print-directory -C selftests
	selftests/bench/count $(KERNEL)

docs: setup
	sphinx-build -q -W -n -d build/docs/doctrees Documentation build/docs/html
	@echo "build/docs/html/index.html"

install: tool
	install -D -m 0755 build/futexinspect $(DESTDIR)$(PREFIX)/sbin/futexinspect
	install -D -m 0644 userspace/futexinspect.8 $(DESTDIR)$(PREFIX)/share/man/man8/futexinspect.8
	install -D -m 0644 userspace/completion/futexinspect \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/futexinspect

# What the packages are built from.
dist:
	mkdir -p build
	tar -cz --sort=name --owner=0 --group=0 --transform 's,^,futexinspect-$(VERSION)/,' \
		-f build/futexinspect-$(VERSION).tar.gz Kbuild LICENSE Makefile README.md dkms.conf \
		module/*.[ch] module/*/*.[ch] userspace Documentation debian rpm

deb: dist
	rm -rf build/deb
	mkdir -p build/deb
	tar -xz -C build/deb -f build/futexinspect-$(VERSION).tar.gz
	cd build/deb/futexinspect-$(VERSION) && dpkg-buildpackage --build=binary -us -uc

# What Debian has installed its rpm does not know.
rpm: dist
	rm -rf build/rpm
	rpmbuild -bb $(if $(wildcard /etc/debian_version),--nodeps) \
		--define '_topdir $(CURDIR)/build/rpm' --define '_sourcedir $(CURDIR)/build' \
		rpm/futexinspect.spec

clean:
	$(MAKE) --no-print-directory -C userspace clean
	rm -rf build
	find . \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \) -delete
	rm -f Module.symvers modules.order
