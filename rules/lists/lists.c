#include "rules/lists/lists.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/time_text.h"
#include "rules/lists/lists_state.h"
#include "rules/lists/value.h"

enum {
	MAX_LISTS = 1024,
	MAX_FILE_BYTES = 256 * 1024 * 1024,
	MAX_LINE_BYTES = 1024 * 1024,
};

static int check_name(const struct lists *l, const struct yaml_node *root, const struct list *new,
	struct error *err)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->sets[i].list.name, new->name))
			return yaml_error(yaml_get(root, "list"), err,
				"a list named \"%s\" was read from %s already; give one of them "
				"another name",
				new->name.data, l->sets[i].list.file);
	}
	return 0;
}

/* A line that no person and no program of ours wrote. */
static int check_lines(const char *path, const char *text, size_t len, struct error *err)
{
	size_t line = 1;

	for (size_t at = 0; at < len; line++) {
		const char *end = memchr(text + at, '\n', len - at);
		const size_t bytes = end ? (size_t)(end - text) - at : len - at;

		if (bytes > MAX_LINE_BYTES)
			return error_set(err, ERR_CONFIG,
				"%s:%zu:1: a line of %zu bytes; a list has at most %d in a line, "
				"so break it",
				path, line, bytes, MAX_LINE_BYTES);
		at += bytes + 1;
	}
	return 0;
}

static int load_text(struct lists *l, const char *path, const char *text, size_t len,
	uint64_t as_of_ns, struct error *err)
{
	struct yaml_file *file =
		check_lines(path, text, len, err) == 0 ? yaml_parse(path, text, len, 1, err) : NULL;
	struct str name = arena_str(l->store.arena, str_from(path));
	struct lists_set *set = &l->sets[l->n];
	int rc;

	if (!file)
		return err->code;
	if (!name.data) {
		yaml_file_free(file);
		return error_set(err, ERR_SYSTEM, "not enough memory for the lists");
	}
	const struct yaml_node *root = yaml_root(file, 0);

	*set = (struct lists_set){.lists = l, .list = {.file = name.data, .index = (uint32_t)l->n}};
	rc = parse_head(root, &l->store, &set->list, err);
	if (rc == 0)
		rc = check_name(l, root, &set->list, err);
	if (rc == 0)
		rc = parse_entries(root, &l->store, &set->list, as_of_ns, err);
	yaml_file_free(file);
	l->n_benign += set->list.role == LIST_BENIGN;
	l->n++;
	return rc;
}

/* Digests of a file's name within the directory and of its bytes. */
struct file_digests {
	struct digest name, bytes;
};

static int load_file(struct lists *l, const char *dir, const char *path, uint64_t as_of_ns,
	struct file_digests *ret, struct error *err)
{
	const char *name = path + strlen(dir);
	size_t len;
	char *text = file_read(path, MAX_FILE_BYTES, &len, err);
	int rc;

	if (!text)
		return err->code;
	while (*name == '/')
		name++;
	ret->name = digest128(name, strlen(name));
	ret->bytes = digest128(text, len);
	rc = load_text(l, path, text, len, as_of_ns, err);
	free(text);
	return rc;
}

static int load_all(struct lists *l, const char *dir, char **paths, size_t n, uint64_t as_of_ns,
	struct error *err)
{
	struct file_digests *digests = calloc(n + 1, sizeof(*digests));
	int rc = 0;

	l->sets = calloc(n + 1, sizeof(*l->sets));
	if (!digests || !l->sets)
		rc = error_set(err, ERR_SYSTEM, "not enough memory for the lists");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = load_file(l, dir, paths[i], as_of_ns, &digests[i], err);
	if (rc == 0)
		l->digest = digest128(digests, n * sizeof(*digests));
	free(digests);
	return rc;
}

struct lists *lists_open(const char *dir, uint64_t as_of_ns, struct error *err)
{
	struct lists *l = calloc(1, sizeof(*l));
	struct error local;
	char **paths = NULL;
	int n = 0;
	int rc = 0;

	if (!err)
		err = &local;
	if (!l || !store_init(&l->store)) {
		lists_close(l);
		error_set(err, ERR_SYSTEM, "not enough memory for the lists");
		return NULL;
	}
	if (dir) {
		n = file_list(dir, ".yaml", MAX_LISTS, &paths, err);
		rc = n < 0 ? n : 0;
	}
	if (rc == 0)
		rc = load_all(l, dir ? dir : "", paths, (size_t)n, as_of_ns, err);
	if (rc == 0 && !store_finish(&l->store))
		rc = error_set(err, ERR_SYSTEM, "not enough memory for the lists");
	file_list_free(paths, n < 0 ? 0 : n);
	if (rc != 0) {
		lists_close(l);
		return NULL;
	}
	return l;
}

void lists_close(struct lists *l)
{
	if (!l)
		return;
	store_done(&l->store);
	free(l->sets);
	free(l);
}

struct digest lists_digest(const struct lists *l)
{
	return l->digest;
}

size_t lists_count(const struct lists *l)
{
	return l->n;
}

void lists_info(const struct lists *l, size_t i, struct lists_info *ret)
{
	const struct list *list = &l->sets[i].list;

	*ret = (struct lists_info){
		.name = list->name.data,
		.title = list->title.data,
		.file = list->file,
		.source = list->source.data,
		.date = list->date.data,
		.licence = list->licence.data ? list->licence.data : "",
		.role = list->role,
		.tier = list->tier,
		.stale_after_days = list->stale_after_days,
		.date_days = list->date_days,
		.entries = list->entries,
		.expired = list->expired,
	};
}

const char *list_role_name(enum list_role role)
{
	static const char *const names[] = {"set", "linkage", "indicators", "benign"};

	return names[role];
}

int64_t lists_age_days(const struct lists_info *info, uint64_t now_ns)
{
	return (int64_t)(now_ns / NS_PER_DAY) - info->date_days;
}

bool lists_is_stale(const struct lists_info *info, uint64_t now_ns)
{
	return info->stale_after_days > 0 &&
	       lists_age_days(info, now_ns) > (int64_t)info->stale_after_days;
}

static struct lists_entry entry_of(const struct lists *l, const struct entry *e)
{
	return (struct lists_entry){
		.list = e->list,
		.kind = value_kind_name((enum entry_kind)e->kind),
		.value = store_value(&l->store, e),
		.entity = e->basis->entity,
		.because = e->basis->because,
		.source = e->basis->source,
		.date = e->basis->date,
		.reasons = e->basis->reasons,
		.n_reasons = e->basis->n,
		.confidence = e->confidence,
		.until_days = e->until == ENTRY_NO_END ? -1 : e->until,
		.line = e->line,
	};
}

int lists_each(const struct lists *l, size_t i, lists_entry_fn *fn, void *user)
{
	int rc = 0;

	for (uint32_t at = 0; at < l->store.n && rc == 0; at++) {
		const struct lists_entry e = entry_of(l, &l->store.entries[at]);

		if (e.list == i)
			rc = fn(user, &e);
	}
	return rc;
}

static int tell_chain(const struct lists *l, uint32_t at, lists_entry_fn *fn, void *user)
{
	int rc = 0;

	for (; at != STORE_NONE && rc == 0; at = l->store.entries[at].next) {
		const struct lists_entry e = entry_of(l, &l->store.entries[at]);

		rc = fn(user, &e);
	}
	return rc;
}

static int tell_text(const struct lists *l, enum entry_kind kind, struct str text,
	lists_entry_fn *fn, void *user)
{
	return tell_chain(l, store_find(&l->store, kind, text), fn, user);
}

int lists_each_holding(
	const struct lists *l, const struct lists_peer *peer, lists_entry_fn *fn, void *user)
{
	uint32_t networks[STORE_MAX_NETWORKS];
	const size_t n = peer->no_addr ? 0 : store_find_networks(&l->store, &peer->addr, networks);
	char asn[ASN_TEXT_BYTES];
	struct str name = lists_without_last_dot(peer->domain);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = tell_chain(l, networks[i], fn, user);
	if (rc == 0 && peer->as_number)
		rc = tell_text(l, ENTRY_ASN, store_asn_text(peer->as_number, asn), fn, user);
	if (rc == 0)
		rc = tell_text(l, ENTRY_HOST, name, fn, user);
	for (; rc == 0 && name.len > 0; name = lists_parent_domain(name))
		rc = tell_text(l, ENTRY_DOMAIN, name, fn, user);
	if (rc == 0)
		rc = tell_text(l, ENTRY_JA3, peer->ja3, fn, user);
	if (rc == 0)
		rc = tell_text(l, ENTRY_SHA1, peer->sha1, fn, user);
	if (rc == 0)
		rc = tell_text(l, ENTRY_COUNTRY, str_from(peer->country), fn, user);
	if (rc == 0 && strcmp(peer->country, peer->registered_country) != 0)
		rc = tell_text(l, ENTRY_COUNTRY, str_from(peer->registered_country), fn, user);
	return rc;
}
