#include <stdio.h>

#include "cli/family.h"
#include "cli/lists.h"
#include "common/time_text.h"

struct lists *lists_of_options(struct options *o, struct error *err)
{
	const struct knowledge_config k = options_knowledge(o);

	return lists_open(k.lists_dir, k.as_of_ns, err);
}

const char *lists_role_text(const struct lists_info *info, char buf[LISTS_ROLE_BYTES])
{
	if (info->tier == 0)
		return list_role_name(info->role);
	(void)snprintf(buf, LISTS_ROLE_BYTES, "tier %u", info->tier);
	return buf;
}

const char *lists_until_text(const struct lists_entry *e, char *buf)
{
	if (e->until_days < 0)
		return "";
	return date_format((uint64_t)e->until_days * NS_PER_DAY, buf);
}

struct str lists_value_text(const struct lists_entry *e, char *buf)
{
	if (strcmp(e->kind, "country") != 0 || e->value.len != 2)
		return e->value;
	for (uint32_t i = 0; i < 2; i++)
		buf[i] = (char)(e->value.data[i] - 'a' + 'A');
	return (struct str){buf, 2};
}

void lists_write_entry(struct json_writer *w, const struct lists *l, const struct lists_entry *e)
{
	char until[DATE_TEXT_BYTES], value[8];
	struct lists_info info;

	lists_info(l, e->list, &info);
	json_key_filled(w, "list", str_from(info.name));
	json_key_filled(w, "role", str_from(list_role_name(info.role)));
	if (info.tier) {
		json_key(w, "tier");
		json_u64(w, info.tier);
	}
	json_key_filled(w, "kind", str_from(e->kind));
	json_key_filled(w, "value", lists_value_text(e, value));
	json_key_filled(w, "entity", e->entity);
	json_key_filled(w, "because", e->because);
	json_key_filled(w, "source", e->source);
	json_key_filled(w, "date", e->date);
	if (e->confidence != LISTS_NO_CONFIDENCE) {
		json_key(w, "confidence");
		json_u64(w, e->confidence);
	}
	json_key_filled(w, "until", str_from(lists_until_text(e, until)));
	json_key(w, "reasons");
	json_array_begin(w);
	for (uint32_t i = 0; i < e->n_reasons; i++)
		json_str(w, e->reasons[i]);
	json_array_end(w);
	json_key_filled(w, "file", str_from(info.file));
	json_key(w, "line");
	json_u64(w, e->line);
}

int cmd_lists(int argc, char **argv)
{
	static const struct family_member members[] = {
		{"import", lists_import,
			"make a list of a feed: Spamhaus, MISP, STIX, abuse.ch, Zeek, ..."},
		{"show", lists_show, "the lists, how old they are, and what is in them"},
		{"why", lists_why,
			"which entries hold an address, a name, an AS, and what they say"},
	};
	static const struct family family = {
		.name = "lists",
		.about =
			"Works on lists of networks, names and systems (docs/lists.md). Nothing is "
			"fetched: a feed is a\n"
			"file that is there.\n",
		.example = "  vedette lists why AS4134\n",
		.members = members,
		.n = sizeof(members) / sizeof(members[0]),
	};

	return family_run(&family, argc, argv);
}
