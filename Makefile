# Thin: every target is a line or two that a person could type.
.PHONY: all release dev test demo geo format clean setup

GENERATOR := $(if $(shell command -v ninja),-G Ninja)
JOBS := $(shell nproc 2>/dev/null || echo 2)

all: release

release dev tsan fuzz coverage:
	@cmake --preset $@ $(GENERATOR) >build-$@.log 2>&1 || { cat build-$@.log; exit 1; }
	@rm -f build-$@.log
	cmake --build --preset $@ -j$(JOBS)

# The whole main job, from dependencies to a table of alerts.
demo:
	@sh scripts/setup.sh build demo
	@$(MAKE) --no-print-directory release geo
	@bash scripts/demo.sh

# Everything is tested with AddressSanitizer and UndefinedBehaviorSanitizer.
test:
	@sh scripts/setup.sh build test
	@$(MAKE) --no-print-directory dev
	ctest --preset dev -j$(JOBS)

# Country and AS data from Debian's packages, as MaxMind DB files in build/geo.
geo:
	@bash scripts/geo/build.sh build/geo

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build
