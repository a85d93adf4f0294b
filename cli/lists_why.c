#include <stdio.h>
#include <stdlib.h>

#include "analysis/enrich/geo.h"
#include "cli/command.h"
#include "cli/lists.h"
#include "cli/paragraph.h"
#include "common/time_text.h"
#include "rules/lists/store.h"
#include "rules/lists/value.h"

static const char help[] =
	"usage: vedette lists why [OPTION...] ADDRESS|DOMAIN|AS|FINGERPRINT|COUNTRY...\n\n"
	"Every entry of every list that holds it, with who says so, when, how sure and until when; "
	"and "
	"what a\n"
	"conversation with it would be told: its tier, its indicator, or which benign list hides "
	"them. Of an\n"
	"address, AS and country are looked up, too. An AS is written AS64500, a country PL; a "
	"fingerprint "
	"is\n"
	"32 digits (JA3) or 40 (SHA-1 of a certificate).\n\n"
	"Exit status 0: some list holds each of them; 6: none holds one.\n\n"
	"  --lists DIR      lists instead of the shipped ones\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --as-of DATE     leave out entries that had ended then; default: today\n"
	"  --json           one JSON object for each of them\n\n"
	"Examples:\n"
	"  vedette lists why connect.hicloud.com\n"
	"  vedette lists why --json AS4134 dns.google\n";

enum { INDENT = 2, JA3_DIGITS = 32, SHA1_DIGITS = 40 };

/* "AS64500" */
static bool read_as(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long long n;

	if ((text[0] != 'A' && text[0] != 'a') || (text[1] != 'S' && text[1] != 's') ||
		text[2] < '0' || text[2] > '9')
		return false;
	n = strtoull(text + 2, &end, 10);
	*ret = n < UINT32_MAX ? (uint32_t)n : 0;
	return *end == '\0' && *ret > 0;
}

static bool is_hex(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool is_country(const char *text)
{
	return strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
	       text[1] <= 'Z';
}

/* A name of a host, with or without a dot at its end; its last label is no number. */
static bool is_name(const char *text)
{
	char buf[STORE_MAX_VALUE_BYTES];
	const struct str name = store_canonical(str_from(text), buf);
	const char *dot = name.len ? memrchr(name.data, '.', name.len) : NULL;

	return dot && value_is_name(name) && (dot[1] < '0' || dot[1] > '9');
}

/* False when TEXT is nothing that a list can hold. */
static bool read_subject(const char *text, const struct geo *geo, struct lists_peer *ret)
{
	struct geo_answer answer;

	*ret = (struct lists_peer){.no_addr = true};
	if (ip_addr_parse(str_from(text), &ret->addr)) {
		ret->no_addr = false;
		geo_lookup(geo, &ret->addr, &answer);
		ret->as_number = answer.as_number;
		memcpy(ret->country, answer.country, sizeof(ret->country));
		memcpy(ret->registered_country, answer.registered_country,
			sizeof(ret->registered_country));
		return true;
	}
	if (read_as(text, &ret->as_number))
		return true;
	if (is_hex(text) && strlen(text) == JA3_DIGITS)
		ret->ja3 = str_from(text);
	else if (is_hex(text) && strlen(text) == SHA1_DIGITS)
		ret->sha1 = str_from(text);
	else if (is_country(text))
		memcpy(ret->country, text, 2);
	else if (is_name(text))
		ret->domain = str_from(text);
	else
		return false;
	return true;
}

struct answer {
	const struct lists *lists;
	struct json_writer *json; /* NULL: text */
	size_t n;
};

static void print_entry(const struct lists *l, const struct lists_entry *e)
{
	const unsigned columns = page_columns(stdout);
	char role[LISTS_ROLE_BYTES], until[DATE_TEXT_BYTES], value[8];
	const struct str shown = lists_value_text(e, value);
	struct lists_info info;
	char text[700];

	lists_info(l, e->list, &info);
	(void)printf(
		"  %s (%s), %s:%u: ", info.name, lists_role_text(&info, role), info.file, e->line);
	(void)printf("%s %s\n", e->kind, str_printable(text, sizeof(text), shown));
	for (uint32_t i = 0; i < e->n_reasons; i++)
		paragraph_print(stdout, columns, 2 * INDENT, "", e->reasons[i]);
	if (e->confidence != LISTS_NO_CONFIDENCE)
		(void)printf("    confidence %u of 100\n", e->confidence);
	if (e->until_days >= 0)
		(void)printf("    until %s\n", lists_until_text(e, until));
}

static int take_entry(void *user, const struct lists_entry *e)
{
	struct answer *a = user;

	a->n++;
	if (a->json) {
		json_object_begin(a->json);
		lists_write_entry(a->json, a->lists, e);
		json_object_end(a->json);
	} else {
		print_entry(a->lists, e);
	}
	return 0;
}

static void print_place(const struct lists_peer *peer)
{
	if (peer->no_addr || (!peer->as_number && !peer->country[0]))
		return;
	(void)printf("  geolocation:");
	if (peer->as_number)
		(void)printf(" AS%u", peer->as_number);
	if (peer->country[0])
		(void)printf(" %s", peer->country);
	if (strcmp(peer->country, peer->registered_country) != 0)
		(void)printf(", registered in %s", peer->registered_country);
	(void)puts("");
}

static void print_linkage(const struct linkage *link)
{
	if (link->tier)
		(void)printf("  a conversation with it: peer.linkage.tier %u, by %s of %.*s\n",
			link->tier, link->linked.match, (int)link->linked.list.len,
			link->linked.list.data);
	if (link->indicator.list.len)
		(void)printf("  a conversation with it: peer.indicator.list %.*s, by %s\n",
			(int)link->indicator.list.len, link->indicator.list.data,
			link->indicator.match);
	for (uint8_t i = 0; i < link->n_hidden; i++)
		(void)printf("  what %.*s says is hidden by %.*s (%s)\n", (int)link->hidden[i].len,
			link->hidden[i].data, (int)link->benign.list.len, link->benign.list.data,
			link->benign.match);
}

static void write_claim(struct json_writer *w, const char *key, const struct claim *c)
{
	if (c->list.len == 0)
		return;
	json_key(w, key);
	json_object_begin(w);
	json_key(w, "list");
	json_str(w, c->list);
	json_key(w, "match");
	json_text(w, c->match);
	if (c->confidence != LISTS_NO_CONFIDENCE) {
		json_key(w, "confidence");
		json_u64(w, c->confidence);
	}
	json_key(w, "reasons");
	json_array_begin(w);
	for (uint8_t i = 0; i < c->n_reasons; i++)
		json_str(w, c->reasons[i]);
	json_array_end(w);
	json_object_end(w);
}

static void write_linkage(
	struct json_writer *w, const struct lists_peer *peer, const struct linkage *link)
{
	if (peer->as_number) {
		json_key(w, "as_number");
		json_u64(w, peer->as_number);
	}
	if (peer->country[0]) {
		json_key(w, "country");
		json_text(w, peer->country);
	}
	if (link->tier) {
		json_key(w, "tier");
		json_u64(w, link->tier);
	}
	write_claim(w, "linkage", &link->linked);
	write_claim(w, "indicator", &link->indicator);
	write_claim(w, "benign", &link->benign);
	json_key(w, "hidden");
	json_array_begin(w);
	for (uint8_t i = 0; i < link->n_hidden; i++)
		json_str(w, link->hidden[i]);
	json_array_end(w);
}

/* Returns whether some list holds it. */
static bool tell(struct answer *a, const char *subject, const struct lists_peer *peer)
{
	struct json_writer *w = a->json;
	struct linkage link;
	char shown[300];

	a->n = 0;
	lists_linkage(a->lists, peer, &link);
	if (!w) {
		(void)printf("%s\n", str_printable(shown, sizeof(shown), str_from(subject)));
		print_place(peer);
		(void)lists_each_holding(a->lists, peer, take_entry, a);
		if (a->n == 0)
			(void)puts("  no list holds it");
		print_linkage(&link);
		return a->n > 0;
	}
	json_clear(w);
	json_object_begin(w);
	json_key(w, "subject");
	json_text(w, subject);
	json_key(w, "entries");
	json_array_begin(w);
	(void)lists_each_holding(a->lists, peer, take_entry, a);
	json_array_end(w);
	write_linkage(w, peer, &link);
	json_object_end(w);
	(void)puts(w->failed ? "" : w->data);
	return a->n > 0;
}

static int tell_all(
	struct answer *a, const struct geo *geo, int n, char **subjects, struct error *err)
{
	int status = EXIT_OK;

	for (int i = 0; i < n; i++) {
		struct lists_peer peer;

		if (!read_subject(subjects[i], geo, &peer))
			return error_set(err, ERR_USAGE,
				"\"%s\" is no address, domain, AS (AS64500), fingerprint or "
				"country (PL); other letters than ASCII stand in a domain as "
				"xn--...",
				subjects[i]);
		if (!tell(a, subjects[i], &peer))
			status = EXIT_NOT_FOUND;
	}
	return status;
}

int lists_why(int argc, char **argv)
{
	static const int accepted[] = {OPTION_LISTS, OPTION_GEO, OPTION_AS_OF, OPTION_JSON, 0};
	struct error err = {ERR_OK, ""};
	struct json_writer w;
	struct options o;
	struct lists *lists = NULL;
	struct geo *geo = NULL;
	int first, status;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	if (first == argc) {
		error_set(&err, ERR_USAGE,
			"nothing is asked for; write: vedette lists why 192.0.2.1");
		return command_fail(argv[0], &err);
	}
	lists = lists_of_options(&o, &err);
	if (lists)
		geo = geo_open(options_knowledge(&o).geo_dir, &err);
	json_init(&w);
	if (geo) {
		struct answer a = {lists, o.json ? &w : NULL, 0};

		status = tell_all(&a, geo, argc - first, argv + first, &err);
	}
	json_done(&w);
	geo_close(geo);
	lists_close(lists);
	return err.code ? command_fail(argv[0], &err) : status;
}
