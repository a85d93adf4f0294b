#include "rules/baseline/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "common/time_text.h"
#include "rules/baseline/trend.h"
#include "rules/policy/site.h"

enum { MIN_OF_ROLE = 3 };

static const char *const warning_names[] = {"listed", "ramp", "late", "few-days", "rare",
	"unanswered", "unknown-label", "many-addresses"};

enum { WARNINGS = sizeof(warning_names) / sizeof(warning_names[0]) };

struct baseline_limits baseline_default_limits(void)
{
	return (struct baseline_limits){.ramp_percent = 100,
		.ramp_days = 4,
		.ramp_rising = 50,
		.min_days = 2,
		.late_percent = 50};
}

const char *baseline_warning_name(unsigned w)
{
	for (unsigned i = 0; i < WARNINGS; i++) {
		if (w >> i & 1)
			return warning_names[i];
	}
	return "";
}

char *baseline_port_format(uint8_t proto, uint16_t port, char *buf)
{
	bool has_ports = false;
	const char *name = policy_transport_name(proto, &has_ports);

	if (!name)
		(void)snprintf(buf, 16, "ip/%u", proto);
	else if (has_ports)
		(void)snprintf(buf, 16, "%s/%u", name, port);
	else
		(void)snprintf(buf, 16, "%s", name);
	return buf;
}

/* ---- order ---- */

/* All that names an edge but for its label. */
static int compare_but_app(const struct baseline_edge *a, const struct baseline_edge *b)
{
	int order = str_cmp(a->equipment, b->equipment);

	if (order == 0)
		order = str_cmp(a->segment, b->segment);
	if (order == 0)
		order = (int)b->initiator - (int)a->initiator;
	if (order == 0)
		order = str_cmp(a->peer, b->peer);
	if (order == 0)
		order = (int)b->peer_is_equipment - (int)a->peer_is_equipment;
	if (order == 0)
		order = (int)a->proto - (int)b->proto;
	return order ? order : (int)a->port - (int)b->port;
}

static int by_name(const void *pa, const void *pb)
{
	const struct baseline_row *a = pa, *b = pb;
	const int order = compare_but_app(&a->edge, &b->edge);

	return order ? order : str_cmp(a->edge.app, b->edge.app);
}

/* ---- rows ---- */

static bool own_days(struct baseline_edge *e)
{
	struct baseline_day *days = calloc(e->n_days + 1U, sizeof(*days));

	if (days && e->n_days)
		memcpy(days, e->days, e->n_days * sizeof(*days));
	e->days = days;
	return days != NULL;
}

static bool add_row(
	struct baseline_view *v, const struct baseline *b, const struct baseline_edge *e)
{
	struct baseline_row *r = &v->rows[v->n];

	*r = (struct baseline_row){.edge = *e, .role = baseline_equipment(b, e->owner)->role};
	if (!own_days(&r->edge))
		return false;
	v->n++;
	return true;
}

static bool widen(struct baseline_edge *to, const struct baseline_edge *from)
{
	const uint32_t first = to->first_day < from->first_day ? to->first_day : from->first_day;
	const uint32_t end_to = (uint32_t)to->first_day + to->n_days;
	const uint32_t end_from = (uint32_t)from->first_day + from->n_days;
	const uint32_t n = (end_to > end_from ? end_to : end_from) - first;
	struct baseline_day *days = calloc(n + 1U, sizeof(*days));

	if (!days)
		return false;
	memcpy(days + (to->first_day - first), to->days, to->n_days * sizeof(*days));
	free(to->days);
	to->days = days;
	to->first_day = (uint8_t)first;
	to->n_days = (uint8_t)n;
	return true;
}

static void add_addresses(struct baseline_edge *to, const struct baseline_edge *from)
{
	for (uint8_t i = 0; i < from->n_addresses; i++) {
		uint8_t k = 0;

		while (k < to->n_addresses &&
			ip_addr_cmp(&to->addresses[k], &from->addresses[i]) != 0)
			k++;
		if (k < to->n_addresses)
			continue;
		if (k < BASELINE_ADDRESSES)
			to->addresses[to->n_addresses++] = from->addresses[i];
		else
			to->more_addresses = true;
	}
	to->more_addresses = to->more_addresses || from->more_addresses;
}

/* Where their label was lost they are allowed as the others are: their own verdicts were given
 * without it. */
static bool fold(struct baseline_edge *to, const struct baseline_edge *from)
{
	if (!widen(to, from))
		return false;
	for (uint32_t i = 0; i < from->n_days; i++) {
		struct baseline_day *d = &to->days[from->first_day + i - to->first_day];

		d->bytes += from->days[i].bytes;
		d->flows += from->days[i].flows;
		d->seen = d->seen || from->days[i].seen;
	}
	if (str_eq(to->app, from->app) || (to->uncovered > 0 && to->uncovered < to->flows))
		to->uncovered += from->uncovered;
	else if (to->uncovered > 0)
		to->uncovered += from->flows;
	to->flows += from->flows;
	to->answered += from->answered;
	to->sent += from->sent;
	to->received += from->received;
	if (from->first_ns < to->first_ns)
		to->first_ns = from->first_ns;
	if (from->last_ns > to->last_ns)
		to->last_ns = from->last_ns;
	if (from->tier && (to->tier == 0 || from->tier < to->tier))
		to->tier = from->tier;
	add_addresses(to, from);
	return true;
}

/* The row that conversations of E, whose label was being decided when the sensor was restarted,
 * belong to: that of the same label, else the only one. Rows are sorted. */
static struct baseline_row *home_of(const struct baseline_view *v, const struct baseline_edge *e)
{
	struct baseline_row *only = NULL;
	uint32_t low = 0, high = v->n, n = 0;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (compare_but_app(&v->rows[middle].edge, e) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < v->n && compare_but_app(&v->rows[low].edge, e) == 0; low++, n++) {
		only = &v->rows[low];
		if (str_eq(only->edge.app, e->app))
			return only;
	}
	return n == 1 ? only : NULL;
}

static bool add_rows(struct baseline_view *v, const struct baseline *b)
{
	for (uint32_t i = 0; i < baseline_edges(b); i++) {
		const struct baseline_edge *e = baseline_edge(b, i);

		if (e->flows > 0 && !e->resumed && !add_row(v, b, e))
			return false;
	}
	/* Those with a label first: it may be that of the others. */
	for (int labelled = 1; labelled >= 0; labelled--) {
		for (uint32_t i = 0; i < baseline_edges(b); i++) {
			const struct baseline_edge *e = baseline_edge(b, i);
			struct baseline_row *home;

			if (e->flows == 0 || !e->resumed || (e->app.len > 0) != labelled)
				continue;
			qsort(v->rows, v->n, sizeof(*v->rows), by_name);
			home = home_of(v, e);
			if (home ? !fold(&home->edge, e) : !add_row(v, b, e))
				return false;
		}
	}
	qsort(v->rows, v->n, sizeof(*v->rows), by_name);
	return true;
}

/* ---- what is said of each ---- */

static void name_row(struct baseline_row *r)
{
	const struct baseline_edge *e = &r->edge;
	const struct str texts[] = {e->equipment, e->segment, e->peer, e->app};
	char text[4 * (BASELINE_TEXT_BYTES + 1) + 16], hex[DIGEST_TEXT_BYTES];
	size_t at = 0;
	struct digest d;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].len > 0)
			memcpy(text + at, texts[i].data, texts[i].len);
		at += texts[i].len;
		text[at++] = '\0';
	}
	(void)baseline_port_format(e->proto, e->port, text + at);
	at += strlen(text + at);
	text[at++] = (char)('0' + e->initiator + 2 * e->peer_is_equipment);
	d = digest128(text, at);
	(void)memcpy(r->id, digest_format(&d, hex), BASELINE_ID_BYTES - 1);
	r->id[BASELINE_ID_BYTES - 1] = '\0';
}

static int compare_habit(const struct baseline_row *a, const struct baseline_row *b)
{
	int order = str_cmp(a->role, b->role);

	if (order == 0)
		order = str_cmp(a->edge.peer, b->edge.peer);
	if (order == 0)
		order = (int)a->edge.initiator - (int)b->edge.initiator;
	if (order == 0)
		order = (int)a->edge.proto - (int)b->edge.proto;
	if (order == 0)
		order = (int)a->edge.port - (int)b->edge.port;
	return order ? order : str_cmp(a->edge.app, b->edge.app);
}

static int by_habit(const void *pa, const void *pb)
{
	const struct baseline_row *a = *(struct baseline_row *const *)pa;
	const struct baseline_row *b = *(struct baseline_row *const *)pb;
	const int order = compare_habit(a, b);

	return order ? order : str_cmp(a->edge.equipment, b->edge.equipment);
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* How many of the N sorted ROLES are ROLE. */
static uint32_t count_role(const struct str *roles, uint32_t n, struct str role)
{
	uint32_t low = 0, high = n, count = 0;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (str_cmp(roles[middle], role) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < n && str_eq(roles[low + count], role))
		count++;
	return count;
}

/* Runs of rows with one habit; SORTED has room for all rows, ROLES for all equipment. */
static void compare_equipment(struct baseline_view *v, const struct baseline *b,
	struct baseline_row **sorted, struct str *roles)
{
	const uint32_t n_roles = baseline_equipment_count(b);

	for (uint32_t i = 0; i < n_roles; i++)
		roles[i] = baseline_equipment(b, i)->role;
	qsort(roles, n_roles, sizeof(*roles), by_text);
	for (uint32_t i = 0; i < v->n; i++)
		sorted[i] = &v->rows[i];
	qsort(sorted, v->n, sizeof(*sorted), by_habit);
	for (uint32_t i = 0, end; i < v->n; i = end) {
		uint32_t alike = 0, of_role = 0;

		for (end = i; end < v->n && compare_habit(sorted[i], sorted[end]) == 0; end++)
			alike += end == i || !str_eq(sorted[end]->edge.equipment,
						     sorted[end - 1]->edge.equipment);
		if (sorted[i]->role.len > 0)
			of_role = count_role(roles, n_roles, sorted[i]->role);
		for (uint32_t k = i; k < end; k++) {
			sorted[k]->alike = alike;
			sorted[k]->of_role = of_role;
		}
	}
}

static bool is_late(const struct baseline_view *v, const struct baseline_row *r, uint32_t percent)
{
	const uint64_t span_ns = v->last_ns - v->began_ns;
	const uint64_t age_ns = r->edge.first_ns > v->began_ns ? r->edge.first_ns - v->began_ns : 0;

	return span_ns >= 2 * NS_PER_DAY && age_ns / (span_ns / 100) >= percent;
}

static void warn(const struct baseline_view *v, struct baseline_row *r,
	const struct baseline_limits *limits, uint32_t last_day)
{
	const struct baseline_edge *e = &r->edge;
	struct baseline_trend t;

	for (uint32_t i = 0; i < e->n_days; i++)
		r->days_seen += e->days[i].seen;
	baseline_trend(e, last_day, &t);
	r->has_growth = t.days >= limits->ramp_days && t.days > 0;
	r->growth_percent = r->has_growth ? t.growth_percent : 0;
	r->rising = r->has_growth && t.rising > 0 ? (uint32_t)t.rising : 0;
	r->warnings = (e->tier ? BASELINE_LISTED : 0U) |
		      (r->has_growth && r->growth_percent >= (int64_t)limits->ramp_percent &&
					      r->rising >= limits->ramp_rising
				      ? BASELINE_RAMP
				      : 0U) |
		      (is_late(v, r, limits->late_percent) ? BASELINE_LATE : 0U) |
		      (r->days_seen < limits->min_days ? BASELINE_FEW : 0U) |
		      (r->of_role >= MIN_OF_ROLE && r->alike == 1 ? BASELINE_RARE : 0U) |
		      (e->answered == 0 ? BASELINE_UNANSWERED : 0U) |
		      (e->app.len == 0 ? BASELINE_UNKNOWN : 0U) |
		      (e->more_addresses ? BASELINE_MANY : 0U);
}

static int by_address(const void *a, const void *b)
{
	return ip_addr_cmp(a, b);
}

static bool describe(
	struct baseline_view *v, const struct baseline *b, const struct baseline_limits *limits)
{
	struct baseline_row **sorted = malloc((v->n + 1U) * sizeof(*sorted));
	struct str *roles = malloc((baseline_equipment_count(b) + 1U) * sizeof(*roles));
	const bool ok = sorted && roles;
	const uint64_t days = v->last_ns / NS_PER_DAY - v->began_ns / NS_PER_DAY;

	if (ok)
		compare_equipment(v, b, sorted, roles);
	for (uint32_t i = 0; ok && i < v->n; i++) {
		struct baseline_row *r = &v->rows[i];

		name_row(r);
		qsort(r->edge.addresses, r->edge.n_addresses, sizeof(r->edge.addresses[0]),
			by_address);
		warn(v, r, limits,
			days < BASELINE_MAX_DAYS ? (uint32_t)days : BASELINE_MAX_DAYS - 1);
	}
	free(sorted);
	free(roles);
	return ok;
}

struct baseline_view *baseline_view_new(
	const struct baseline *b, const struct baseline_limits *limits)
{
	struct baseline_view *v = calloc(1, sizeof(*v));
	struct baseline_stats stats;

	if (!v)
		return NULL;
	baseline_stats(b, &stats);
	v->began_ns = stats.began_ns;
	v->last_ns = stats.last_ns;
	v->rows = calloc(baseline_edges(b) + 1U, sizeof(*v->rows));
	if (v->rows && add_rows(v, b) && describe(v, b, limits))
		return v;
	baseline_view_free(v);
	return NULL;
}

void baseline_view_free(struct baseline_view *v)
{
	if (!v)
		return;
	for (uint32_t i = 0; i < v->n; i++)
		free(v->rows[i].edge.days);
	free(v->rows);
	free(v);
}

const struct baseline_row *baseline_view_find(
	const struct baseline_view *v, struct str prefix, uint32_t *ret_n)
{
	const struct baseline_row *found = NULL;

	*ret_n = 0;
	for (uint32_t i = 0; i < v->n && prefix.len > 0 && prefix.len < BASELINE_ID_BYTES; i++) {
		if (memcmp(v->rows[i].id, prefix.data, prefix.len) != 0)
			continue;
		found = &v->rows[i];
		++*ret_n;
	}
	return *ret_n == 1 ? found : NULL;
}
