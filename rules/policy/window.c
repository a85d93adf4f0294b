/* Maintenance windows: when a supplier may reach its own equipment from outside. */
#include "common/time_text.h"
#include "rules/policy/civil.h"
#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

enum { DAYS = 7 };

static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL};

int load_time_zone(struct load *l, const struct yaml_node *node, const struct zone **ret)
{
	struct site *s = l->site;
	struct error why = {0};
	struct zone *zone;
	struct str name = {NULL, 0};
	int r = read_text(l, node, "timezone", POLICY_NAME_BYTES, &name);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < s->n_open_zones; i++) {
		if (str_eq(s->open_zone_names[i], name)) {
			*ret = s->open_zones[i];
			return 0;
		}
	}
	zone = zone_open(name.data, &why);
	if (!zone && why.code == ERR_SYSTEM)
		return error_set(l->err, ERR_SYSTEM, "%s", why.msg);
	if (!zone)
		return yaml_error(node, l->err,
			"\"%s\" is no time zone of this system; write an IANA name, such as "
			"Europe/Warsaw or UTC",
			name.data);
	s->open_zone_names[s->n_open_zones] = name;
	s->open_zones[s->n_open_zones++] = zone;
	*ret = zone;
	return 0;
}

static int read_days(struct load *l, const struct yaml_node *node, uint8_t *ret)
{
	char shown[SHOWN_BYTES];
	uint32_t n;
	int r = read_count(l, node, "days", DAYS, &n);

	*ret = 0;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct yaml_node *item = read_item(node, i);
		struct str text;
		int day = 0;

		r = read_text(l, item, "a day", POLICY_NAME_BYTES, &text);
		if (r < 0)
			return r;
		while (day < DAYS && !str_eq_nocase(text, str_from(day_names[day])))
			day++;
		str_printable(shown, sizeof(shown), text);
		if (day == DAYS)
			return yaml_error(item, l->err,
				"\"%s\" is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun",
				shown);
		if (*ret & 1U << day)
			return yaml_error(item, l->err,
				"\"%s\" stands here twice; remove one of them", shown);
		*ret = (uint8_t)(*ret | 1U << day);
	}
	return r;
}

/* "HH:MM" in seconds of the day, 24:00 the last. */
static bool parse_clock(const char *text, uint32_t *ret_s)
{
	unsigned hour;
	unsigned minute;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return false;
	hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
	*ret_s = hour * 3600 + minute * 60;
	return minute < 60 && *ret_s <= CIVIL_DAY_S;
}

static int read_hours(
	struct load *l, const struct yaml_node *node, struct window *w, struct str *ret_text)
{
	char shown[SHOWN_BYTES];
	struct str text;
	int r = read_text(l, node, "hours", POLICY_NAME_BYTES, &text);

	if (r < 0)
		return r;
	str_printable(shown, sizeof(shown), text);
	*ret_text = text;
	if (text.len != 11 || text.data[5] != '-' || !parse_clock(text.data, &w->begin_s) ||
		!parse_clock(text.data + 6, &w->end_s) || w->begin_s == CIVIL_DAY_S)
		return yaml_error(node, l->err,
			"\"%s\" is no span of hours; write begin-end on a clock of 24 hours, such "
			"as \"22:00-02:00\"",
			shown);
	if (w->begin_s == w->end_s)
		return yaml_error(node, l->err,
			"\"%s\" begins and ends at once; write \"00:00-24:00\" for a whole day",
			shown);
	return 0;
}

static int read_times(struct load *l, const struct yaml_node *map, const char *what,
	struct window *w, struct str *ret_hours)
{
	const struct yaml_node *days;
	const struct yaml_node *hours;
	const struct yaml_node *zone = yaml_get(map, "timezone");
	int r = read_required(l, map, what, "days", "days: [Tue]", &days);

	if (r == 0)
		r = read_days(l, days, &w->days);
	if (r == 0)
		r = read_required(l, map, what, "hours", "hours: \"22:00-02:00\"", &hours);
	if (r == 0)
		r = read_hours(l, hours, w, ret_hours);
	w->zone = l->site->time;
	if (r == 0 && zone)
		r = load_time_zone(l, zone, &w->zone);
	return r;
}

static int read_sources(
	struct load *l, const struct yaml_node *map, const char *what, struct line *line)
{
	const struct yaml_node *node;
	int r = read_required(l, map, what, "from", "from: [203.0.113.0/24]", &node);

	if (r == 0)
		r = read_place_count(l, node, "from", &line->n_parties);
	if (r < 0)
		return r;
	line->parties = arena_alloc(l->site->arena, line->n_parties * sizeof(*line->parties));
	if (!line->parties)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < line->n_parties; i++)
		r = party_read(l, read_item(node, i), 1U << PARTY_NETWORK | 1U << PARTY_GROUP,
			&line->parties[i]);
	if (r == 0)
		r = party_refuse_everybody(l, node, line->parties, line->n_parties, what);
	return r;
}

static int describe(struct load *l, const struct yaml_pair *pair, struct window *w, struct str name,
	struct str supplier, struct str hours)
{
	const struct yaml_node *zone = yaml_get(pair->value, "timezone");
	char text[POLICY_LINE_TEXT_BYTES];
	struct phrase p = phrase_begin(text, sizeof(text));
	struct str kept;

	phrase_add(&p, "%s may reach its equipment from ", supplier.data);
	phrase_parties(&p, &w->line);
	phrase_add(&p, " in window %s:", name.data);
	for (int day = 0; day < DAYS; day++)
		if (w->days & 1U << day)
			phrase_add(&p, " %s", day_names[day]);
	phrase_add(&p, " %s", hours.data);
	if (zone)
		phrase_add(&p, " %s", zone->text.data);
	kept = arena_str(l->site->arena, str_from(text));
	w->line.text = kept.data;
	w->line.where = line_where(l, pair->key);
	return kept.data && w->line.where ? 0 : read_no_memory(l);
}

static int load_window(struct load *l, const struct yaml_pair *pair, struct window *w)
{
	static const char *const keys[] = {"supplier", "from", "days", "hours", "timezone", NULL};
	const struct yaml_node *map = pair->value;
	const struct yaml_node *node;
	char what[POLICY_NAME_BYTES + 16];
	struct str name = {NULL, 0};
	struct str supplier = {NULL, 0};
	struct str hours = {NULL, 0};
	int r = read_text(l, pair->key, "the name of a window", POLICY_NAME_BYTES, &name);

	if (r == 0)
		r = read_map(l, map, "a window");
	if (r == 0)
		r = yaml_check_keys(map, keys, l->err);
	if (r < 0)
		return r;
	phrase_text(what, sizeof(what), "window %s", name.data);
	r = read_required(l, map, what, "supplier", "supplier: NAME", &node);
	if (r == 0)
		r = read_text(l, node, "supplier", POLICY_NAME_BYTES, &supplier);
	if (r == 0)
		r = read_reference(l, node, supplier, "supplier", "suppliers",
			&l->site->supplier_names, &w->supplier);
	if (r == 0)
		r = read_sources(l, map, what, &w->line);
	if (r == 0)
		r = read_times(l, map, what, w, &hours);
	if (r < 0)
		return r;
	return describe(l, pair, w, name, supplier, hours);
}

int load_windows(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	int r = read_section(l, l->root, "windows", YAML_MAP, POLICY_MAX_NAMED, &section);

	if (r < 0 || !section)
		return r;
	s->windows = arena_alloc(s->arena, section->n * sizeof(*s->windows));
	if (!s->windows)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < section->n; i++)
		r = load_window(l, &section->pairs[i], &s->windows[i]);
	if (r < 0)
		return r;
	s->n_windows = (uint32_t)section->n;
	/* From the last to the first, so that a supplier's chain is in the order of the file. */
	for (uint32_t i = s->n_windows; i-- > 0;) {
		struct supplier *owner = &s->suppliers[s->windows[i].supplier];

		s->windows[i].next = owner->first_window;
		owner->first_window = i;
	}
	return 0;
}

/* True when the window that begins on DAY holds the second AT_S. */
static bool holds(const struct window *w, int64_t day, int64_t at_s)
{
	int64_t end_day = w->end_s < w->begin_s ? day + 1 : day;

	return at_s >= civil_first_s(w->zone, day * CIVIL_DAY_S + w->begin_s) &&
	       at_s < civil_first_s(w->zone, end_day * CIVIL_DAY_S + w->end_s);
}

bool window_is_open(const struct window *w, uint64_t ts_ns)
{
	int64_t at_s = (int64_t)(ts_ns / NS_PER_S);
	int64_t local_s = at_s + zone_offset_s(w->zone, at_s);
	int64_t today = local_s / CIVIL_DAY_S - (local_s % CIVIL_DAY_S < 0);

	/* It may have begun yesterday; and where the clock goes back over midnight, on the day that
	 * it will show next. */
	for (int64_t day = today - 1; day <= today + 1; day++) {
		int year;
		int month;
		int day_of_month;
		int weekday;

		date_civil(day, &year, &month, &day_of_month, &weekday);
		if (w->days & 1U << weekday && holds(w, day, at_s))
			return true;
	}
	return false;
}
