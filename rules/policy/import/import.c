#include "rules/policy/import/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/policy/import/internal.h"

enum { ARENA_BLOCK_BYTES = 64 * 1024, NOTE_BYTES = 900 };

const char *import_section_name(enum import_section section)
{
	static const char *const names[IMPORT_SECTIONS] = {
		"suppliers", "zones", "equipment", "groups", "roles"};

	return names[section];
}

struct policy_import *import_new(const char *roles_path)
{
	struct policy_import *im = calloc(1, sizeof(*im));
	struct error err;

	if (im)
		im->arena = arena_new(ARENA_BLOCK_BYTES);
	if (!im || !im->arena) {
		import_free(im);
		return NULL;
	}
	for (int i = 0; i < IMPORT_SECTIONS; i++)
		im->sections[i] = text_out_init();
	if (roles_path)
		im->roles = yaml_read(roles_path, 1, &err);
	return im;
}

void import_free(struct policy_import *im)
{
	if (!im)
		return;
	for (int i = 0; i < IMPORT_SECTIONS; i++) {
		text_out_done(&im->sections[i]);
		free(im->entries[i].items);
	}
	for (size_t i = 0; i < im->n_groups; i++)
		free(im->groups[i].members);
	free(im->groups);
	for (size_t i = 0; i < im->n_inventory; i++) {
		free(im->inventory[i].addresses.items);
		free(im->inventory[i].macs.items);
	}
	free(im->inventory);
	free(im->notes.items);
	yaml_file_free(im->roles);
	arena_free(im->arena);
	free(im);
}

int import_no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "not enough memory to import this");
}

const char *import_keep(struct policy_import *im, struct str text)
{
	struct str kept = arena_str(im->arena, text);

	im->failed = im->failed || !kept.data;
	return kept.data ? kept.data : "";
}

const char *import_printf(struct policy_import *im, const char *fmt, ...)
{
	char text[NOTE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return import_keep(im, str_from(text));
}

/* Room for one more in ITEMS of EACH bytes. */
static void *grow(struct policy_import *im, void *items, size_t n, size_t *max, size_t each)
{
	void *more;

	if (n < *max)
		return items;
	more = realloc(items, (*max ? 2 * *max : 16) * each);
	if (!more) {
		im->failed = true;
		return NULL;
	}
	*max = *max ? 2 * *max : 16;
	return more;
}

bool import_list_add(struct policy_import *im, struct text_list *list, const char *text)
{
	const char **items = grow(im, (void *)list->items, list->n, &list->max, sizeof(*items));

	if (!items)
		return false;
	list->items = items;
	items[list->n++] = text;
	return true;
}

bool import_add_entry(struct policy_import *im, enum import_section section, const char *name)
{
	const struct text_list *list = &im->entries[section];

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], name) == 0)
			return false;
	return import_add_new_entry(im, section, name);
}

bool import_add_new_entry(struct policy_import *im, enum import_section section, const char *name)
{
	return import_list_add(im, &im->entries[section], name);
}

struct inventory_entry *import_add_inventory(struct policy_import *im)
{
	struct inventory_entry *all =
		grow(im, im->inventory, im->n_inventory, &im->max_inventory, sizeof(*all));

	if (!all)
		return NULL;
	im->inventory = all;
	all[im->n_inventory] = (struct inventory_entry){.name = ""};
	return &all[im->n_inventory++];
}

void import_add_note(struct policy_import *im, const char *fmt, ...)
{
	char text[NOTE_BYTES];
	va_list ap;

	if (im->notes.n == IMPORT_MAX_NOTES) {
		im->unnoted++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)import_list_add(im, &im->notes, import_keep(im, str_from(text)));
}

static struct group_entry *group_of(struct policy_import *im, const char *name, const char *comment)
{
	struct group_entry *groups;

	for (size_t i = 0; i < im->n_groups; i++)
		if (strcmp(im->groups[i].name, name) == 0)
			return &im->groups[i];
	groups = grow(im, im->groups, im->n_groups, &im->max_groups, sizeof(*groups));
	if (!groups)
		return NULL;
	im->groups = groups;
	groups[im->n_groups] =
		(struct group_entry){.name = name, .comment = comment ? comment : ""};
	return &groups[im->n_groups++];
}

void import_add_member(struct policy_import *im, const char *name, const char *comment,
	const struct ip_prefix *prefix, const char *member_comment)
{
	struct group_entry *g = group_of(im, name, comment);
	struct member *members = g ? grow(im, g->members, g->n, &g->max, sizeof(*members)) : NULL;

	if (!members)
		return;
	g->members = members;
	members[g->n++] = (struct member){*prefix, member_comment ? member_comment : ""};
}

static bool is_plain(struct str text)
{
	if (text.len == 0 || str_eq_nocase(text, STR("null")))
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		const char c = ascii_lower(text.data[i]);
		const bool letter = c >= 'a' && c <= 'z';

		if (!letter &&
			(i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')))
			return false;
	}
	return true;
}

const char *import_quote(struct policy_import *im, struct str text)
{
	char *quoted;
	size_t n = 0;

	if (is_plain(text))
		return import_keep(im, text);
	quoted = arena_alloc(im->arena, 2 * (size_t)text.len + 3);
	if (!quoted) {
		im->failed = true;
		return "";
	}
	quoted[n++] = '\'';
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\'')
			quoted[n++] = '\'';
		quoted[n++] = text.data[i];
	}
	quoted[n] = '\'';
	return quoted;
}

const char *import_slug(struct policy_import *im, struct str text)
{
	char slug[IMPORT_NAME_BYTES];
	size_t n = 0;

	for (uint32_t i = 0; i < text.len && n + 1 < sizeof(slug); i++) {
		const char c = ascii_lower(text.data[i]);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			slug[n++] = c;
		else if (n > 0 && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	while (n > 0 && slug[n - 1] == '-')
		n--;
	return import_keep(im, (struct str){slug, (uint32_t)n});
}

char *import_format_prefix(const struct ip_prefix *prefix, char *buf)
{
	char text[IP_PREFIX_TEXT_BYTES];

	if (prefix->length_bits == 128)
		(void)ip_addr_format(&prefix->addr, text);
	else
		(void)ip_prefix_format(prefix, text);
	(void)snprintf(buf, IMPORT_PREFIX_BYTES, strchr(text, ':') ? "\"%s\"" : "%s", text);
	return buf;
}

/* By address; of the same, the first that was added. */
static int compare_members(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;
	const int order = ip_addr_cmp(&x->prefix.addr, &y->prefix.addr);

	if (order != 0)
		return order;
	if (x->prefix.length_bits != y->prefix.length_bits)
		return (int)x->prefix.length_bits - (int)y->prefix.length_bits;
	return strcmp(x->comment, y->comment);
}

static bool same_prefix(const struct member *a, const struct member *b)
{
	return a->prefix.length_bits == b->prefix.length_bits &&
	       ip_addr_cmp(&a->prefix.addr, &b->prefix.addr) == 0;
}

static void write_group(struct policy_import *im, struct group_entry *g)
{
	struct text_out *out = &im->sections[IMPORT_GROUPS];

	if (!import_add_entry(im, IMPORT_GROUPS, g->name))
		return;
	if (*g->comment)
		text_out_add(out, "  # %s\n", g->comment);
	if (g->n == 0) {
		text_out_add(out, "  %s: []\n", g->name);
		return;
	}
	text_out_add(out, "  %s:\n", g->name);
	qsort(g->members, g->n, sizeof(*g->members), compare_members);
	for (size_t i = 0; i < g->n; i++) {
		char text[IMPORT_PREFIX_BYTES];

		if (i > 0 && same_prefix(&g->members[i - 1], &g->members[i]))
			continue;
		text_out_add(out, "    - %s", import_format_prefix(&g->members[i].prefix, text));
		text_out_add(
			out, *g->members[i].comment ? " # %s\n" : "\n%s", g->members[i].comment);
	}
}

int import_finish(struct policy_import *im, struct error *err)
{
	int r = import_finish_inventory(im, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < im->n_groups; i++)
		write_group(im, &im->groups[i]);
	for (int i = 0; i < IMPORT_SECTIONS; i++)
		im->failed = im->failed || im->sections[i].failed;
	if (im->unnoted && !im->failed)
		(void)import_list_add(
			im, &im->notes, import_printf(im, "and %zu more", im->unnoted));
	return im->failed ? import_no_memory(err) : 0;
}

const char *import_text(const struct policy_import *im, enum import_section section)
{
	return im->sections[section].data ? im->sections[section].data : "";
}

size_t import_count(const struct policy_import *im, enum import_section section)
{
	return im->entries[section].n;
}

size_t import_notes(const struct policy_import *im)
{
	return im->notes.n;
}

const char *import_note(const struct policy_import *im, size_t i)
{
	return im->notes.items[i];
}
