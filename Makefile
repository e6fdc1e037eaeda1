# Breakwater. `make help` lists the targets.
#   SAN=address,undefined | SAN=thread | SAN=fuzz   builds with that sanitizer in a folder of its own
#   MODE=planted   builds the simulator with faults that can be planted in what it simulates
VERSION  := 0.1.0
REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
SAN      ?=
comma    := ,
ifeq ($(origin CC),default)
CC       := gcc
endif
MODE     ?=
BUILD    := build$(if $(SAN),/$(subst $(comma),-,$(SAN)))$(if $(MODE),/$(MODE))

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla -Wno-format-truncation -Werror
HARDEN   := -fPIE -fstack-protector-strong -fno-strict-aliasing
CPPFLAGS += -I. -D_GNU_SOURCE -DBREAKWATER_VERSION='"$(VERSION)"'
LDLIBS   := -lczmq -lzmq -lhiredis -lcurl -lsodium -ljansson -lwebsockets -lmicrohttpd -lssl -lcrypto -lyaml -lz -lncurses -ltinfo -lm -lpthread
LDFLAGS  += -pie -Wl,--as-needed -Wl,-z,relro,-z,now
ifeq ($(SAN),fuzz)
CC       := clang-14
WARNINGS += -Wno-unknown-warning-option
SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
else ifneq ($(SAN),)
SANFLAGS := -fsanitize=$(SAN) $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=undefined) -fno-omit-frame-pointer
else
HARDEN   += -D_FORTIFY_SOURCE=2
endif
ifeq ($(MODE),planted)
CPPFLAGS += -DPLANTED_FAULTS
endif
COMPILE  = $(CC) -std=gnu11 $(CFLAGS) $(WARNINGS) $(HARDEN) $(SANFLAGS) $(CPPFLAGS) -MMD -MP

SERVICES := $(patsubst services/%/main.c,%,$(wildcard services/*/main.c))
LIBRARY  := $(filter-out proto/generate.c,$(wildcard common/*/*.c common/*/*/*.c proto/*.c)) \
            $(filter-out %/main.c %/generate.c,$(wildcard services/*/*.c services/*/*/*.c))
ifeq ($(SAN),fuzz)
LIBRARY  := $(filter common/% proto/%,$(LIBRARY)) # all that a fuzz target reads
endif
PROGRAMS := $(SERVICES:%=$(BUILD)/bin/%)
TOOLS    := $(BUILD)/tools/generate $(BUILD)/tools/generate_configuration
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
INTEGRATION := $(patsubst tests/integration/%.c,$(BUILD)/tests/integration/%,$(wildcard tests/integration/test_*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))
TESTLIB  := $(filter-out tests/lib/failing.c,$(wildcard tests/lib/*.c))
ARCHIVE  := $(BUILD)/libbreakwater.a
TESTARCHIVE := $(BUILD)/libtests.a

.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAMS) $(TOOLS) ## build every program into build/bin

# Only ever used by the simulator, to show that it finds what is wrong.
planted: ## the simulator with faults to plant
	@$(MAKE) --no-print-directory MODE=planted build/planted/bin/simulate
	@mkdir -p build/bin
	@cmp -s build/planted/bin/simulate build/bin/simulate-planted || \
		cp build/planted/bin/simulate build/bin/simulate-planted

run: ready-run ## install what is missing, build, start the demo
	@$(MAKE) --no-print-directory all
	@$(BUILD)/bin/bw up $(ARGS)

deps: ## install the Debian packages of packages.txt
	@sh tests/lib/deps.sh build run test

ready-run:
	@sh tests/lib/deps.sh --if-missing build run

ready-test:
	@sh tests/lib/deps.sh --if-missing build run test

test: ready-test ## install what is missing, build with warnings as errors, run every test
	@sh tests/run.sh

unit-build: $(UNIT)
integration-build: all $(INTEGRATION)

unit: $(UNIT) ## the inner loop: unit tests only
	@JOBS=$$(nproc) sh tests/lib/run_tests.sh $(UNIT)

integration: all $(INTEGRATION) ## against real redis-server, sockets, processes
	@sh tests/lib/run_tests.sh $(INTEGRATION)

fuzzers: $(FUZZERS) ## libFuzzer targets (use SAN=fuzz)

benches: all $(BENCHES)

bench: ## the product beside its own baselines, JSON
	@$(MAKE) --no-print-directory benches
	@/usr/bin/python3 tests/bench/run.py $(ARGS)

campaign: all ## the simulator's long form: HOURS=n rising seeds
	@$(BUILD)/bin/bw simulate --hours $(or $(HOURS),1) --report $(BUILD)/campaign.json

docs: $(TOOLS) ## write the generated documents
	@sh tests/lib/docs.sh write

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

clean: ## remove build/
	rm -rf build

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -c $< -o $@

# The revision changes with every commit: only this object knows it.
$(BUILD)/obj/common/io/version.o: CPPFLAGS += -DBREAKWATER_REVISION='"$(REVISION)"'
$(BUILD)/obj/common/io/version.o: $(BUILD)/revision

$(BUILD)/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(REVISION)' | cmp -s - $@ || echo '$(REVISION)' > $@
FORCE:

$(ARCHIVE): $(LIBRARY:%.c=$(BUILD)/obj/%.o)
	@rm -f $@
	@ar rcs $@ $^

$(TESTARCHIVE): $(TESTLIB:%.c=$(BUILD)/obj/%.o)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/obj/services/%/main.o $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(SANFLAGS) $(LDFLAGS) $< $(ARCHIVE) $(LDLIBS) -ldl -o $@

$(BUILD)/tools/%: $(BUILD)/obj/proto/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(SANFLAGS) $(LDFLAGS) $< $(ARCHIVE) $(LDLIBS) -o $@

$(BUILD)/tools/generate_configuration: $(BUILD)/obj/services/bw/generate.o $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(SANFLAGS) $(LDFLAGS) $< $(ARCHIVE) $(LDLIBS) -o $@

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TESTARCHIVE) $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(SANFLAGS) $(LDFLAGS) $< $(TESTARCHIVE) $(ARCHIVE) -lcmocka -lgmp -lmsgpackc $(LDLIBS) -o $@

# Preloaded into other programs by the test beside it.
$(BUILD)/tests/lib/failing.so: tests/lib/failing.c
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) -std=gnu11 -O1 $(WARNINGS) -fPIC -shared $(CPPFLAGS) $< -ldl -o $@

$(BUILD)/tests/integration/test_failing_calls: $(BUILD)/tests/lib/failing.so

$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) -fsanitize=fuzzer,address,undefined $(LDFLAGS) $< $(ARCHIVE) $(LDLIBS) -o $@

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(TESTARCHIVE) $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS) $< $(TESTARCHIVE) $(ARCHIVE) -lmsgpackc $(LDLIBS) -o $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: all planted campaign run deps ready-run ready-test test unit-build integration-build unit integration fuzzers benches bench docs help clean FORCE
