# Thin: every target is a line or two that a person could type.
.PHONY: all release dev test demo fuzz geo format clean setup

GENERATOR := $(if $(shell command -v ninja),-G Ninja)
JOBS := $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS := 60

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

# Country and AS data from Debian's packages, as MaxMind DB files in build/geo.
geo:
	@bash scripts/geo/build.sh build/geo

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build
