/* A list file of any bytes: refused with a message, or loaded so that every entry is found again.
 * Seeds: rules/packs/lists. */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "rules/lists/parse.h"
#include "rules/lists/store.h"

enum { MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool chain_holds(const struct store *s, uint32_t at, uint32_t wanted)
{
	while (at != STORE_NONE && at != wanted)
		at = s->entries[at].next;
	return at == wanted;
}

static bool network_holds(const struct store *s, struct str text, uint32_t wanted)
{
	uint32_t found[STORE_MAX_NETWORKS];
	struct ip_prefix prefix;
	bool holds = false;

	assert(ip_prefix_parse(text, &prefix, NULL));
	for (size_t n = store_find_networks(s, &prefix.addr, found); n > 0; n--)
		holds = holds || chain_holds(s, found[n - 1], wanted);
	return holds;
}

static void check_found(const struct store *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct entry *e = &s->entries[i];
		const struct str value = store_value(s, e);

		if (e->kind == ENTRY_CIDR)
			assert(network_holds(s, value, i));
		else
			assert(chain_holds(s, store_find(s, (enum entry_kind)e->kind, value), i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct list list = {.file = "fuzz.yaml"};
	struct store store;
	struct yaml_file *file =
		size > MAX_BYTES ? NULL
				 : yaml_parse("fuzz.yaml", (const char *)data, size, 1, &err);
	int rc;

	if (!file)
		return 0;
	if (store_init(&store)) {
		rc = parse_head(yaml_root(file, 0), &store, &list, &err);
		if (rc == 0)
			rc = parse_entries(yaml_root(file, 0), &store, &list,
				UINT64_C(1795000000000000000), &err);
		if (rc == 0 && store_finish(&store))
			check_found(&store);
		else if (rc != 0)
			assert(err.code != 0 && err.msg[0] != '\0');
	}
	yaml_file_free(file);
	store_done(&store);
	return 0;
}
