/* An inventory, a manufacturer usage description or a partner's IR.21 of any bytes: refused with a
 * message, or entries that are YAML, as many as are counted. The first byte says which. */
#include <assert.h>
#include <string.h>

#include "common/yaml/yaml.h"
#include "rules/policy/import/import.h"
#include "tests/fuzz/fuzz_input.h"

enum { MAX_BYTES = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_section(const struct policy_import *im, enum import_section section)
{
	const char *text = import_text(im, section);
	struct error err = {0};
	struct yaml_file *f;

	assert((*text == '\0') == (import_count(im, section) == 0));
	if (!*text)
		return;
	f = yaml_parse(import_section_name(section), text, strlen(text), 1, &err);
	if (!f) {
		fprintf(stderr, "%s\n%s\n", err.msg, text);
		abort();
	}
	assert(yaml_root(f, 0)->n == import_count(im, section));
	yaml_file_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static import_fn *const formats[] = {import_csv, import_mud, import_raex};
	char path[FUZZ_PATH_BYTES];
	struct error err = {0};
	struct policy_import *im;
	int fd;

	if (size == 0 || size > MAX_BYTES)
		return 0;
	fd = fuzz_file_open(NULL, 0, data + 1, size - 1, path);
	im = import_new(NULL);
	if (fd >= 0 && im && formats[data[0] % 3](im, path, &err) == 0 &&
		import_finish(im, &err) == 0) {
		for (int i = 0; i < IMPORT_SECTIONS; i++)
			check_section(im, (enum import_section)i);
		for (size_t i = 0; i < import_notes(im); i++)
			assert(*import_note(im, i) && !strchr(import_note(im, i), '\n'));
	} else {
		assert(fd < 0 || !im || (err.code != ERR_OK && err.msg[0] != '\0'));
	}
	import_free(im);
	close(fd);
	return 0;
}
