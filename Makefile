# Thin: every target is a line or two that a person could type.
.PHONY: all release dev test demo fuzz bench geo format clean setup

GENERATOR := $(if $(shell command -v ninja),-G Ninja)
JOBS := $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS := 60
RUNS := 5
CAPTURES :=

all: release

release:
	@cmake --preset $@ $(GENERATOR) >/dev/null
	cmake --build --preset $@ -j$(JOBS) --target vedette

dev tsan coverage:
	@cmake --preset $@ $(GENERATOR) >/dev/null
	cmake --build --preset $@ -j$(JOBS)

# The whole main job, from dependencies to a table of alerts.
demo:
	@sh scripts/setup.sh build demo
	@$(MAKE) --no-print-directory -j2 release geo
	@bash scripts/demo.sh

# Everything is tested with AddressSanitizer and UndefinedBehaviorSanitizer.
test:
	@sh scripts/setup.sh build test
	@$(MAKE) --no-print-directory dev
	ctest --preset dev -j$(JOBS)

# Every parser against bytes that nobody meant: docs/fuzzing.md.
fuzz:
	@sh scripts/setup.sh build test check
	@bash scripts/fuzz.sh --seconds $(FUZZ_SECONDS) --jobs 2

# Vedette and others on the same work, side by side: docs/performance.md. Captures of your own: make bench CAPTURES="a.pcap b.pcap"
bench:
	@sh scripts/setup.sh build demo bench
	@$(MAKE) --no-print-directory geo
	@cmake --preset release $(GENERATOR) >/dev/null
	cmake --build --preset release -j$(JOBS) --target bench
	@mkdir -p build/bench
	python3 bench/generate.py build/bench/mix.pcap
	python3 bench/run.py --runs $(RUNS) --json build/bench/run.json build/bench/mix.pcap $(CAPTURES)
	python3 bench/scale.py --json build/bench/scale.json
	bench/profile --json build/bench/profile.json

# Country and AS data from Debian's packages, as MaxMind DB files in build/geo.
geo:
	@bash scripts/geo/build.sh build/geo

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build
