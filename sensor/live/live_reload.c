/* Policy, rules, lists and geolocation data are replaced while packets flow. Loading takes place in
 * the thread that asks; the main thread swaps between two batches, so that reader and rules change
 * at one sequence number. What cannot be used changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"
#include "sensor/live/live_state.h"

enum { SWAP_WAIT_S = 10, LOGGED_FAULTS = 100 };

static bool gives(const struct geo *g, const char *what)
{
	for (size_t i = 0; i < geo_files(g); i++) {
		struct geo_file file;

		geo_file(g, i, &file);
		if (strstr(file.gives, what))
			return true;
	}
	return false;
}

/* A database that vanished is no wish to do without. */
static int check_geo(const struct geo *old, const struct geo *fresh, struct error *err)
{
	static const char *const kinds[] = {"country", "asn"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (gives(old, kinds[i]) && !gives(fresh, kinds[i]))
			return error_set(err, ERR_CONFIG,
				"no geolocation file gives the %s any more; put one back, or "
				"restart the "
				"sensor to do without",
				strcmp(kinds[i], "asn") == 0 ? "AS number" : "country");
	}
	return 0;
}

static struct knowledge *load(struct live_run *l, struct error_list *faults, struct error *err)
{
	struct knowledge_config cfg = *l->cfg.knowledge;
	struct knowledge *k = calloc(1, sizeof(*k));
	int rc;

	if (!k) {
		error_set(err, ERR_SYSTEM, "not enough memory to load anew");
		return NULL;
	}
	/* Only this thread changes what runs, by way of the main one. */
	cfg.before = l->knowledge->site;
	cfg.as_of_ns = live_wall_ns(NULL);
	cfg.faults = faults;
	rc = knowledge_open(k, &cfg, err);
	if (rc == 0)
		rc = check_geo(l->knowledge->geo, k->geo, err);
	if (rc == 0)
		return k;
	knowledge_free(k);
	return NULL;
}

/* Main thread. */
static bool change_over(struct live_run *l, const struct knowledge *fresh)
{
	struct analyst_config ac = {.hash_key = 0};
	struct error err;

	knowledge_fill(fresh, &ac);
	if (analyst_reload(l->analyst, &ac, &err) != 0)
		return false;
	pipeline_set_site(l->pipeline, fresh->site);
	return true;
}

void live_swap(struct live_run *l)
{
	struct knowledge *fresh;
	bool changed;

	pthread_mutex_lock(&l->lock);
	fresh = l->fresh;
	l->fresh = NULL;
	l->is_swapping = fresh != NULL;
	pthread_mutex_unlock(&l->lock);
	if (!fresh)
		return;
	changed = change_over(l, fresh);
	pthread_mutex_lock(&l->lock);
	l->former = changed ? l->knowledge : fresh;
	if (changed)
		l->knowledge = fresh;
	l->is_swapping = false;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* Hands K to the main thread; *ret_former is what is to be freed: K itself when the main thread had
 * no memory or no time for it, and then the result is false. */
static bool swap(struct live_run *l, struct knowledge *k, struct knowledge **ret_former)
{
	const struct timespec until = live_deadline(SWAP_WAIT_S);
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	l->fresh = k;
	l->former = NULL;
	live_ask(l);
	while (l->fresh && !l->ended && rc == 0)
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &until);
	while (l->is_swapping)
		pthread_cond_wait(&l->changed, &l->lock);
	*ret_former = l->fresh ? l->fresh : l->former;
	l->fresh = NULL;
	pthread_mutex_unlock(&l->lock);
	return *ret_former != k;
}

/* Subscribers and what is spared among them, as the filter in the kernel takes them. */
static struct digest filter_of(const struct site *site)
{
	struct digest parts[2];
	size_t n;
	const struct ip_prefix *list = site_subscribers(site, &n);

	parts[0] = digest128(list, n * sizeof(*list));
	list = site_spared(site, &n);
	parts[1] = digest128(list, n * sizeof(*list));
	return digest128(parts, sizeof(parts));
}

void live_filter_remember(struct live_run *l)
{
	for (uint32_t i = 0; i < l->cfg.capture.n_interfaces; i++) {
		struct live_interface f;

		live_source_interface(l->source, i, &f);
		l->is_filtered = l->is_filtered || f.drops_subscribers;
	}
	l->filtered = filter_of(l->knowledge->site);
}

/* The reader goes by the policy that was loaded last, the kernel by that of the start. */
static bool is_filter_outdated(const struct live_run *l, const struct site *site)
{
	const struct digest now = filter_of(site);

	return l->is_filtered && memcmp(&now, &l->filtered, sizeof(now)) != 0;
}

static void describe(const struct live_run *l, const struct knowledge *k, const char *cause,
	char *text, size_t size)
{
	char policy[DIGEST_TEXT_BYTES], rules[DIGEST_TEXT_BYTES], lists[DIGEST_TEXT_BYTES];
	struct digest d = site_digest(k->site);
	int n;

	(void)digest_format(&d, policy);
	d = sigma_digest(k->sigma);
	(void)digest_format(&d, rules);
	d = lists_digest(k->lists);
	(void)digest_format(&d, lists);
	n = snprintf(text, size, "reloaded (%s): policy %s, %zu rules %s, %zu lists %s%s", cause,
		policy, sigma_count(k->sigma), rules, lists_count(k->lists), lists,
		is_filter_outdated(l, k->site)
			? "; the kernel still drops packets between subscribers as they were "
			  "declared at the start: restart the sensor to see what is no subscriber "
			  "any more"
			: "");
	for (size_t i = 0; i < geo_files(k->geo) && n > 0 && (size_t)n < size; i++) {
		struct geo_file file;
		char date[DATE_TEXT_BYTES];

		geo_file(k->geo, i, &file);
		n += snprintf(text + n, size - (size_t)n, ", %s of %s", file.type,
			date_format(file.build_s * NS_PER_S, date));
	}
}

static int reload(struct live_run *l, const char *cause, char *text, size_t size,
	struct error_list *faults, struct error *err)
{
	struct knowledge *k = load(l, faults, err);
	struct knowledge *former;

	if (!k)
		return err->code;
	describe(l, k, cause, text, size);
	if (!swap(l, k, &former)) {
		knowledge_free(former);
		return error_set(err, ERR_SYSTEM,
			live_has_ended(l)
				? "the sensor is ending"
				: "the sensor found neither time nor memory to change over; "
				  "try again");
	}
	knowledge_free(former);
	return 0;
}

/* All that is wrong, when it is more than what the news say: into the answer, and the first of it
 * into the log. */
static void tell_faults(
	struct live_run *l, const struct error_list *faults, struct json_writer *answer)
{
	if (error_list_total(faults) < 2)
		return;
	for (size_t i = 0; i < faults->n && i < LOGGED_FAULTS; i++)
		l->cfg.log(faults->items[i].msg);
	if (error_list_total(faults) > LOGGED_FAULTS)
		l->cfg.log("there are more errors; 'vedette check' and 'vedette reload' list all");
	if (!answer)
		return;
	json_key(answer, "errors");
	json_array_begin(answer);
	for (size_t i = 0; i < faults->n; i++)
		json_text(answer, faults->items[i].msg);
	json_array_end(answer);
}

int live_reload(
	struct live_run *l, const char *cause, struct json_writer *answer, struct error *err)
{
	struct error_list faults = {0};
	char text[NEWS_TEXT_BYTES];
	int rc;

	pthread_mutex_lock(&l->reload_lock);
	rc = reload(l, cause, text, sizeof(text), &faults, err);
	if (rc == 0)
		l->reloads++;
	else
		l->reloads_refused++;
	pthread_mutex_unlock(&l->reload_lock);
	tell_faults(l, &faults, answer);
	error_list_done(&faults);
	if (rc != 0)
		(void)snprintf(text, sizeof(text), "reload refused (%s), nothing changed: %.480s",
			cause, err->msg);
	if (rc == 0 && answer) {
		json_key(answer, "done");
		json_text(answer, text);
	}
	live_tell(l, rc == 0 ? SENSOR_EVENT_RELOADED : SENSOR_EVENT_RELOAD_REFUSED, "", text);
	return rc;
}
