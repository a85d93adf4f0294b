/* Set-up without memory: every allocation of our own code is refused once, alone and with all that
 * follow it; each time there is an error that says so, and (under AddressSanitizer, at the end of
 * the process) nothing is left behind. Linked with --wrap, so the libraries' allocations are not
 * counted: GLib aborts without memory, nDPI does not look, and the others answer as their
 * documentation says. */
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "analysis/enrich/geo_cache.h"
#include "analysis/shard.h"
#include "capture/file/file_source.h"
#include "rules/analyst.h"
#include "sensor/control/control.h"
#include "sensor/knowledge.h"
#include "sensor/reader.h"
#include "tests/support/capture_builder.h"
#include "tests/unit/suite.h"

#define ROOT VEDETTE_SOURCE_DIR

/* Which calls are refused: number AT, counted from 1, or all from it on; 0: none. */
static struct {
	unsigned long calls, at;
	bool all;
} refuse;

static bool refused(void)
{
	refuse.calls++;
	return refuse.at > 0 &&
	       (refuse.all ? refuse.calls >= refuse.at : refuse.calls == refuse.at);
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *p, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
char *__real_strdup(const char *text);

void *__wrap_malloc(size_t bytes)
{
	return refused() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t n, size_t bytes)
{
	return refused() ? NULL : __real_calloc(n, bytes);
}

void *__wrap_realloc(void *p, size_t bytes)
{
	return refused() ? NULL : __real_realloc(p, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
	return refused() ? NULL : __real_aligned_alloc(alignment, bytes);
}

char *__wrap_strdup(const char *text)
{
	return refused() ? NULL : __real_strdup(text);
}

/* Sets something up and takes it down again. False with *err, if it has one. */
typedef bool set_up_fn(struct error *err);

/* Each of the first allocations is refused, of the others, which are of the same kinds for each
 * rule and list, one in so many. */
enum { EACH = 600, ONE_IN = 13 };

static void check_refused(set_up_fn *set_up, bool all)
{
	struct error err;

	for (unsigned long n = 1;; n += n < EACH ? 1 : ONE_IN) {
		bool good;

		err = (struct error){ERR_SYSTEM, "no memory"};
		refuse.calls = 0;
		refuse.all = all;
		refuse.at = n;
		good = set_up(&err);
		refuse.at = 0;
		if (refuse.calls < n) {
			ck_assert_msg(good, "%s", err.msg);
			ck_assert_uint_gt(n, 1);
			return;
		}
		ck_assert_msg(!good, "allocation %lu was refused and nobody noticed", n);
		ck_assert_msg(err.code == ERR_SYSTEM && strstr(err.msg, "memory"),
			"allocation %lu: %s", n, err.msg);
	}
}

static void check(set_up_fn *set_up)
{
	check_refused(set_up, false);
	check_refused(set_up, true);
}

/* Opened with memory, for what is built upon it. */
static struct knowledge knowledge;

static bool set_up_site(struct error *err)
{
	struct site *s =
		site_open(ROOT "/pcaps/demo/site.yaml", ROOT "/rules/packs/roles.yaml", NULL, err);

	site_close(s);
	return s;
}

static bool set_up_discover(struct error *err)
{
	struct site *s = site_open(NULL, NULL, NULL, err);

	site_close(s);
	return s;
}

static bool set_up_lists(struct error *err)
{
	struct lists *l = lists_open(ROOT "/tests/golden/lists", 0, err);

	lists_close(l);
	return l;
}

static bool set_up_sigma(struct error *err)
{
	struct sigma *s = sigma_open(ROOT "/rules/packs/rules", knowledge.lists, NULL, err);
	struct sigma_scratch *w = s ? sigma_scratch_new(s) : NULL;

	sigma_scratch_free(w);
	sigma_close(s);
	return w;
}

static bool set_up_geo(struct error *err)
{
	struct geo *g = geo_open(ROOT "/tests/fixtures/geo/site", err);
	struct geo_cache *c = g ? geo_cache_new(g, 1) : NULL;

	geo_cache_free(c);
	geo_close(g);
	return c;
}

static void ignore_event(void *user, const struct event *ev)
{
	(void)user;
	(void)ev;
}

static bool set_up_shard(struct error *err)
{
	static const struct shard_config cfg = {.hash_key = 1,
		.max_flows = 100,
		.max_detections = 100,
		.tcp_packet_budget = 80,
		.udp_packet_budget = 24};
	struct shard *s = shard_new(&cfg, ignore_event, NULL, err);

	shard_free(s);
	return s;
}

static int ignore_alert(void *user, const struct alert *a)
{
	(void)user;
	(void)a;
	return 0;
}

static bool set_up_analyst(struct error *err)
{
	const struct analyst_config cfg = {
		.site = knowledge.site,
		.lists = knowledge.lists,
		.sigma = knowledge.sigma,
		.geo = knowledge.geo,
		.hash_key = 1,
		.max_findings = 100,
		.window_ns = 1,
		.repeat_ns = 1,
	};
	struct analyst *a = analyst_new(&cfg, ignore_alert, NULL, err);

	analyst_free(a);
	return a;
}

static bool set_up_reader(struct error *err)
{
	const struct pipeline_config cfg = {.site = knowledge.site};
	struct pipeline_stats stats;
	struct reader r;
	struct batch b;
	const bool has_batch = batch_init(&b, 0);
	const bool has_reader = reader_init(&r, &cfg, &stats);

	(void)err;
	reader_done(&r);
	batch_done(&b);
	return has_batch && has_reader;
}

/* Of captures, plain and packed, or of the control socket. */
static struct scratch folder;

static bool set_up_control(struct error *err)
{
	char path[CONTROL_PATH_BYTES];
	struct control *c = NULL;

	if (control_path(folder.dir, "s", path, err) == 0)
		c = control_open(path, err);
	control_close(c);
	return c;
}

static bool set_up_source(struct error *err)
{
	const char *const paths[] = {ROOT "/pcaps/ngap.pcap", folder.dir};
	struct source *s = source_open_files(paths, 2, "ip or ip6", err);
	struct frame f;
	int rc = s ? SOURCE_FRAME : err->code;

	/* The fault of an input in a folder is told while it is read. */
	while (rc > 0)
		rc = source_next(s, true, &f, err);
	source_close(s);
	return rc == SOURCE_END;
}

START_TEST(test_site)
{
	check(set_up_site);
	check(set_up_discover);
}
END_TEST

START_TEST(test_lists)
{
	check(set_up_lists);
}
END_TEST

START_TEST(test_sigma)
{
	const struct knowledge_config cfg = {.lists_dir = ROOT "/rules/packs/lists"};
	struct error err;

	ck_assert_msg(knowledge_open(&knowledge, &cfg, &err) == 0, "%s", err.msg);
	check(set_up_sigma);
	knowledge_close(&knowledge);
}
END_TEST

START_TEST(test_geo)
{
	check(set_up_geo);
}
END_TEST

START_TEST(test_shard)
{
	check(set_up_shard);
}
END_TEST

START_TEST(test_analyst)
{
	const struct knowledge_config cfg = {
		.lists_dir = ROOT "/tests/golden/lists",
		.geo_dir = ROOT "/tests/fixtures/geo/site",
	};
	struct error err;

	ck_assert_msg(knowledge_open(&knowledge, &cfg, &err) == 0, "%s", err.msg);
	check(set_up_analyst);
	knowledge_close(&knowledge);
}
END_TEST

START_TEST(test_reader)
{
	const struct knowledge_config cfg = {0};
	struct error err;

	ck_assert_msg(knowledge_open(&knowledge, &cfg, &err) == 0, "%s", err.msg);
	check(set_up_reader);
	knowledge_close(&knowledge);
}
END_TEST

START_TEST(test_control)
{
	scratch_make(&folder);
	check(set_up_control);
	scratch_drop(&folder);
}
END_TEST

START_TEST(test_source)
{
	static struct capture c;
	uint8_t packed[4096];
	char path[CAPTURE_PATH_BYTES];
	gzFile gz;

	scratch_make(&folder);
	pcapng_section(&c, false);
	pcapng_interface(&c, 101, 0, 9);
	pcapng_packet(&c, 0, 1, "E", 1);
	write_bytes(scratch_path(&folder, "a.pcapng", path), c.bytes, c.n);
	gz = gzopen(scratch_path(&folder, "b.pcapng.gz", path), "wb");
	ck_assert_int_eq(gzwrite(gz, c.bytes, (unsigned)c.n), c.n);
	ck_assert_int_eq(gzclose(gz), Z_OK);
	write_bytes(scratch_path(&folder, "c.pcapng.zst", path), packed,
		ZSTD_compress(packed, sizeof(packed), c.bytes, c.n, 1));
	check(set_up_source);
	scratch_drop(&folder);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_site);
	tcase_add_test(tc, test_lists);
	tcase_add_test(tc, test_sigma);
	tcase_add_test(tc, test_geo);
	tcase_add_test(tc, test_shard);
	tcase_add_test(tc, test_analyst);
	tcase_add_test(tc, test_reader);
	tcase_add_test(tc, test_control);
	tcase_add_test(tc, test_source);
}

int main(void)
{
	return suite_main("set_up_memory", add_tests);
}
