/* The spool where all goes well: numbers, ids, watermark, window, bounds, rewinds. */
#include "redis/store/spool.h"

#include "tests/unit/spool_fixture.h"
#include "tests/unit/suite.h"

enum { NOW = 1000000 };

static struct spool_fixture f;
static struct error err;

static struct spool_counts counts(const struct spool *s)
{
	struct spool_counts c;

	spool_counts(s, &c);
	return c;
}

/* Reads all rows behind AFTER; checks that numbers and ids rise. Returns how many. */
static uint64_t read_all(struct spool *s, uint64_t after, uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t total = 0;
	struct stream_id id = {0, 0};

	*ret_first = *ret_last = 0;
	for (;;) {
		struct queued_alert *rows[100];
		uint32_t n;

		ck_assert_msg(
			spool_read(s, after, 100, 1 << 20, rows, &n, &err) == 0, "%s", err.msg);
		if (n == 0)
			return total;
		for (uint32_t i = 0; i < n; i++) {
			fixture_key(rows[i]);
			ck_assert_uint_gt(rows[i]->seq, after);
			ck_assert_int_gt(stream_id_cmp(rows[i]->id, id), 0);
			after = rows[i]->seq;
			id = rows[i]->id;
			if (*ret_first == 0)
				*ret_first = after;
			*ret_last = after;
			free(rows[i]);
		}
		total += n;
	}
}

START_TEST(numbers_and_reads_back)
{
	struct spool_report report;
	struct spool *s;
	uint64_t first, last;
	uint8_t identity[SPOOL_IDENTITY_BYTES], again[SPOOL_IDENTITY_BYTES];
	struct spool_counts c;

	fixture_begin(&f);
	s = fixture_open(&f, &report);
	ck_assert(report.created && !report.unwritable);
	spool_identity(s, identity);
	for (uint64_t i = 0; i < 10; i++)
		ck_assert_int_eq(fixture_add(s, i * 100, 100, 1 + i % 5, 700, NOW + i, &err), 0);
	ck_assert_uint_eq(read_all(s, 0, &first, &last), 1000);
	ck_assert_uint_eq(first, 1);
	ck_assert_uint_eq(last, 1000);
	fixture_confirm(s, 300, NOW + 20);
	c = counts(s);
	ck_assert_uint_eq(c.delivered, 300);
	ck_assert_uint_eq(c.spooled, 700);
	ck_assert_uint_eq(c.opened, 100);
	ck_assert_uint_eq(c.oldest_ms, NOW + 3);
	ck_assert_uint_eq(c.rows, 1000);
	ck_assert_uint_gt(c.bytes, 700000);
	spool_close(s);

	s = fixture_open(&f, NULL);
	spool_identity(s, again);
	ck_assert_mem_eq(identity, again, sizeof(identity));
	c = counts(s);
	ck_assert_uint_eq(c.raised, 1000);
	ck_assert_uint_eq(c.confirmed_seq, 300);
	ck_assert_uint_eq(c.rows, 1000);
	ck_assert_uint_eq(read_all(s, 300, &first, &last), 700);
	ck_assert_int_eq(fixture_add(s, 5000, 1, 1, 100, NOW, &err), 0);
	ck_assert_uint_eq(counts(s).last_seq, 1001);
	ck_assert_uint_eq(spool_last_revision(s, "0000000000000000000000000000001"), 3);
	ck_assert_uint_eq(spool_last_revision(s, "00000000000000000000000000001f4"), 0);
	ck_assert_uint_eq(spool_last_revision(s, ""), 0);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(keeps_for_the_window)
{
	struct spool *s;
	uint64_t first, last;

	fixture_begin(&f);
	f.cfg.keep_ms = 1000;
	s = fixture_open(&f, NULL);
	ck_assert_int_eq(fixture_add(s, 0, 200, 3, 500, NOW, &err), 0);
	fixture_confirm(s, 50, NOW);
	fixture_confirm(s, 100, NOW + 500);
	fixture_confirm(s, 0, NOW + 999);
	ck_assert_uint_eq(read_all(s, 0, &first, &last), 200);
	fixture_confirm(s, 0, NOW + 1000);
	ck_assert_uint_eq(read_all(s, 0, &first, &last), 150);
	ck_assert_uint_eq(first, 51);
	fixture_confirm(s, 0, NOW + 1500);
	ck_assert_uint_eq(read_all(s, 0, &first, &last), 100);
	/* the clock goes back: what was confirmed before it still goes after one window */
	fixture_confirm(s, 150, NOW - 500000);
	fixture_confirm(s, 150, NOW - 498000);
	ck_assert_uint_eq(read_all(s, 0, &first, &last), 50);
	ck_assert_uint_eq(counts(s).rows, 50);
	ck_assert_uint_eq(counts(s).lost, 0);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(evicts_low_before_high)
{
	struct spool *s;
	struct spool_counts c;
	uint64_t key = 0;

	fixture_begin(&f);
	f.cfg.max_bytes = 8 << 20;
	s = fixture_open(&f, NULL);
	/* levels take turns, 3.4 KB each: many times what fits */
	for (int i = 0; i < 60; i++) {
		for (int level = 1; level <= 5; level++, key += 50)
			ck_assert_msg(fixture_add(s, key, 50, level, 3400, NOW, &err) == 0, "%s",
				err.msg);
		ck_assert_uint_le(counts(s).bytes, f.cfg.max_bytes);
	}
	c = counts(s);
	ck_assert_uint_eq(c.raised, 15000 + f.declared[SPOOL_LOST_FULL]);
	ck_assert_uint_gt(c.lost, 12000);
	ck_assert_uint_eq(c.lost, f.declared_lost[SPOOL_LOST_FULL]);
	ck_assert_uint_eq(c.lost_by_level[1], 3000);
	ck_assert_uint_eq(c.lost_by_level[2], 3000);
	ck_assert_uint_eq(c.lost_by_level[3], 3000);
	ck_assert_uint_eq(c.lost_by_level[4], 3000);
	ck_assert_uint_lt(c.lost_by_level[5], 3000);
	ck_assert_uint_gt(c.spooled * 3400, f.cfg.max_bytes / 2);
	spool_close(s);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(counts(s).lost, c.lost);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(gives_up_the_window_first)
{
	struct spool *s;

	fixture_begin(&f);
	f.cfg.max_bytes = 8 << 20;
	s = fixture_open(&f, NULL);
	for (uint64_t i = 0; i < 200; i++) {
		ck_assert_int_eq(fixture_add(s, i * 100, 100, 1, 3400, NOW + i, &err), 0);
		fixture_confirm(s, (i + 1) * 100 - 50, NOW + i);
	}
	ck_assert_uint_eq(counts(s).lost, 0);
	ck_assert_uint_le(counts(s).bytes, f.cfg.max_bytes);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(never_evicts_what_is_held)
{
	struct queued_alert *rows[10];
	uint32_t n;
	struct spool *s;

	fixture_begin(&f);
	f.cfg.max_bytes = 4 << 20;
	s = fixture_open(&f, NULL);
	for (uint64_t i = 0; i < 100; i++) {
		struct queued_alert *batch[50];
		struct spool_commit in = {
			.batch = batch, .n = 50, .now_ms = NOW, .held_seq = i > 0 ? 10 : 0};

		for (uint64_t j = 0; j < 50; j++)
			batch[j] = fixture_alert(i * 50 + j, 2, 3000);
		ck_assert_int_eq(fixture_commit(s, &in, &err), 0);
		for (uint64_t j = 0; j < 50; j++)
			free(batch[j]);
	}
	ck_assert_uint_gt(counts(s).lost, 0);
	ck_assert_int_eq(spool_read(s, 0, 10, 1 << 20, rows, &n, &err), 0);
	ck_assert_uint_eq(n, 10);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_eq(rows[i]->seq, i + 1);
		free(rows[i]);
	}
	spool_close(s);
	fixture_end(&f);
}
END_TEST

/* A batch of low ones into a spool that is full of high ones: they go, and say so. */
START_TEST(evicts_of_the_batch_itself)
{
	struct queued_alert *batch[100];
	struct spool_commit in = {.batch = batch, .n = 100, .now_ms = NOW};
	struct spool_committed done;
	struct spool *s;
	uint64_t before, gone = 0;

	fixture_begin(&f);
	f.cfg.max_bytes = 4 << 20;
	s = fixture_open(&f, NULL);
	for (uint64_t i = 0; i < 40; i++)
		ck_assert_int_eq(fixture_add(s, i * 50, 50, 5, 3400, NOW, &err), 0);
	before = counts(s).lost;
	for (uint64_t i = 0; i < 100; i++)
		batch[i] = fixture_alert(9000 + i, 1, 3400);
	ck_assert_int_eq(spool_commit(s, &in, &done, &err), 0);
	for (uint32_t i = 0; i < 100; i++) {
		gone += batch[i]->evicted;
		free(batch[i]);
	}
	ck_assert_uint_gt(gone, 20);
	ck_assert_uint_ge(counts(s).lost - before, gone);
	ck_assert_uint_eq(counts(s).lost_by_level[1], gone);
	ck_assert_uint_ge(done.n_declarations, 1);
	ck_assert_uint_eq(done.declarations[done.n_declarations - 1]->seq, counts(s).last_seq);
	for (uint32_t i = 0; i < done.n_declarations; i++)
		free(done.declarations[i]);
	fixture_balance(s);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(expires_by_age)
{
	struct spool *s;
	uint64_t first, last;

	fixture_begin(&f);
	f.cfg.max_age_ms = 5000;
	s = fixture_open(&f, NULL);
	for (uint64_t i = 0; i < 10; i++)
		ck_assert_int_eq(
			fixture_add(s, i * 100, 100, 1 + i % 5, 300, NOW + i * 500, &err), 0);
	fixture_confirm(s, 0, NOW + 7400);
	ck_assert_uint_eq(counts(s).lost, 500);
	ck_assert_uint_eq(f.declared_lost[SPOOL_LOST_AGE], 500);
	ck_assert_uint_eq(f.last_loss.n_ranges, 1);
	ck_assert_uint_eq(f.last_loss.ranges[0].first, 1);
	ck_assert_uint_eq(f.last_loss.ranges[0].last, 500);
	ck_assert_uint_gt(f.last_loss.first_ns, 0);
	ck_assert_uint_eq(read_all(s, 0, &first, &last), 501);
	ck_assert_uint_eq(last, 1001);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(numbers_what_fell_out_of_memory)
{
	struct queued_alert *q = fixture_alert(1, 3, 200);
	struct spool_commit in = {.batch = &q, .n = 1, .now_ms = NOW};
	struct spool_counts c;
	struct spool *s;

	in.dropped[1] = 30;
	in.dropped[2] = 12;
	in.dropped_first_ns = 5;
	in.dropped_last_ns = 9;
	fixture_begin(&f);
	s = fixture_open(&f, NULL);
	ck_assert_int_eq(fixture_commit(s, &in, &err), 0);
	c = counts(s);
	ck_assert_uint_eq(q->seq, 43);
	ck_assert_uint_eq(c.raised, 44);
	ck_assert_uint_eq(c.lost, 42);
	ck_assert_uint_eq(c.lost_by_level[2], 12);
	ck_assert_uint_eq(f.last_loss.ranges[0].last, 42);
	ck_assert_uint_eq(f.last_loss.last_ns, 9);
	free(q);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(takes_what_went_past_it)
{
	struct queued_alert *q[3];
	struct spool_commit in = {.batch = q + 1, .n = 2, .now_ms = NOW};
	struct spool *s;
	uint64_t first, last;

	fixture_begin(&f);
	s = fixture_open(&f, NULL);
	ck_assert_int_eq(fixture_add(s, 0, 10, 3, 200, NOW, &err), 0);
	for (uint64_t i = 0; i < 3; i++)
		q[i] = fixture_alert(20 + i, 3, 200);
	/* two went past; one of them was confirmed, the other is stored with its number */
	spool_number(s, q[0]);
	spool_number(s, q[1]);
	ck_assert_uint_eq(q[1]->seq, 12);
	ck_assert_uint_eq(counts(s).raised, 10);
	q[1]->unspooled = true;
	in.passed_n = 1;
	in.passed_opened = 1;
	in.confirmed_seq = 11;
	in.confirmed_id = q[0]->id;
	ck_assert_int_eq(fixture_commit(s, &in, &err), 0);
	ck_assert_uint_eq(q[2]->seq, 13);
	ck_assert_uint_eq(counts(s).raised, 13);
	ck_assert_uint_eq(counts(s).delivered, 11);
	ck_assert_uint_eq(counts(s).spooled, 2);
	ck_assert_int_eq(stream_id_cmp(counts(s).confirmed_id, q[0]->id), 0);
	ck_assert_uint_eq(read_all(s, 11, &first, &last), 2);
	ck_assert_uint_eq(first, 12);
	/* an earlier run let some go past and died */
	spool_advance(s, 20, (struct stream_id){1999999999999, 5});
	ck_assert_int_eq(fixture_add(s, 90, 1, 3, 200, NOW, &err), 0);
	ck_assert_uint_eq(counts(s).last_seq, 21);
	ck_assert_uint_eq(counts(s).raised, 21);
	ck_assert_uint_eq(counts(s).delivered, 18);
	ck_assert_int_eq(stream_id_cmp(counts(s).last_id, (struct stream_id){1999999999999, 6}), 0);
	for (uint64_t i = 0; i < 3; i++)
		free(q[i]);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(rewinds)
{
	struct queued_alert *rows[200];
	struct stream_id ids[201];
	struct spool_rewound back;
	struct spool *s;
	uint32_t n;

	fixture_begin(&f);
	f.cfg.keep_ms = 1000;
	s = fixture_open(&f, NULL);
	for (uint64_t i = 0; i < 4; i++)
		ck_assert_int_eq(fixture_add(s, i * 50, 50, 1 + i, 200, NOW, &err), 0);
	ck_assert_int_eq(spool_read(s, 0, 200, 1 << 20, rows, &n, &err), 0);
	ck_assert_uint_eq(n, 200);
	for (uint32_t i = 0; i < n; i++) {
		ids[i + 1] = rows[i]->id;
		free(rows[i]);
	}
	ck_assert_int_eq(
		fixture_commit(s,
			&(struct spool_commit){
				.now_ms = NOW, .confirmed_seq = 150, .confirmed_id = ids[150]},
			&err),
		0);
	ck_assert_int_eq(spool_rewind(s, ids[120], 120, NOW, &back, &err), 0);
	ck_assert_uint_eq(back.confirmed_seq, 120);
	ck_assert_uint_eq(back.again, 30);
	ck_assert_uint_eq(back.lost, 0);
	ck_assert_ptr_null(back.declaration);
	ck_assert_uint_eq(counts(s).delivered, 120);
	ck_assert_uint_eq(counts(s).spooled, 80);
	ck_assert_uint_eq(counts(s).again, 30);
	fixture_balance(s);
	/* Redis is where we are: nothing happens */
	ck_assert_int_eq(spool_rewind(s, ids[120], 0, NOW, &back, &err), 0);
	ck_assert_uint_eq(back.again, 0);
	ck_assert_uint_eq(back.confirmed_seq, 120);
	/* the first hundred leave; Redis comes back empty */
	fixture_confirm(s, 100, NOW);
	ck_assert_int_eq(fixture_commit(s,
				 &(struct spool_commit){.now_ms = NOW + 5000,
					 .confirmed_seq = 150,
					 .confirmed_id = ids[150]},
				 &err),
		0);
	ck_assert_uint_eq(counts(s).rows, 80);
	ck_assert_int_eq(spool_rewind(s, (struct stream_id){0, 0}, 0, NOW, &back, &err), 0);
	ck_assert_uint_eq(back.confirmed_seq, 120);
	ck_assert_uint_eq(back.again, 30);
	ck_assert_uint_eq(back.lost, 120);
	ck_assert_ptr_nonnull(back.declaration);
	ck_assert_uint_eq(back.declaration->seq, 201);
	ck_assert_uint_eq(f.last_loss.ranges[0].first, 1);
	ck_assert_uint_eq(f.last_loss.ranges[0].last, 120);
	ck_assert_uint_eq(counts(s).lost, 120);
	ck_assert_uint_eq(counts(s).lost_by_level[0], 120);
	ck_assert_uint_eq(counts(s).delivered, 0);
	fixture_balance(s);
	free(back.declaration);
	spool_close(s);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(counts(s).lost, 120);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(renumbers)
{
	struct queued_alert *rows[100], *again[100];
	struct stream_id other = {1790000000500, 7}, other2;
	struct spool *s;
	uint32_t n, m;

	fixture_begin(&f);
	s = fixture_open(&f, NULL);
	for (uint64_t i = 0; i < 4; i++)
		ck_assert_int_eq(fixture_add(s, i * 25, 25, 1 + i, 200, NOW, &err), 0);
	ck_assert_int_eq(spool_read(s, 0, 100, 1 << 20, rows, &n, &err), 0);
	ck_assert_int_eq(spool_renumber(s, 40, other, rows, n, &err), 0);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(spool_read(s, 0, 100, 1 << 20, again, &m, &err), 0);
		ck_assert_uint_eq(m, 100);
		for (uint32_t i = 0; i < m; i++) {
			ck_assert_int_eq(stream_id_cmp(rows[i]->id, again[i]->id), 0);
			ck_assert(i == 0 || stream_id_cmp(again[i - 1]->id, again[i]->id) < 0);
			ck_assert((stream_id_cmp(again[i]->id, other) > 0) == (i >= 40));
		}
		for (uint32_t i = 0; i < m; i++)
			free(again[i]);
		spool_close(s);
		s = fixture_open(&f, NULL);
	}
	ck_assert_int_eq(fixture_add(s, 1000, 1, 3, 200, NOW, &err), 0);
	ck_assert_int_gt(stream_id_cmp(counts(s).last_id, rows[99]->id), 0);
	/* and again, in front of what was renumbered */
	other2 = rows[60]->id;
	ck_assert_int_eq(spool_renumber(s, 50, other2, rows + 50, 50, &err), 0);
	ck_assert_int_eq(spool_read(s, 50, 100, 1 << 20, again, &m, &err), 0);
	ck_assert_uint_eq(m, 51);
	for (uint32_t i = 0; i < m; i++) {
		if (i < 50)
			ck_assert_int_eq(stream_id_cmp(rows[50 + i]->id, again[i]->id), 0);
		ck_assert_int_gt(stream_id_cmp(again[i]->id, other2), 0);
		ck_assert(i == 0 || stream_id_cmp(again[i - 1]->id, again[i]->id) < 0);
	}
	for (uint32_t i = 0; i < m; i++)
		free(again[i]);
	for (uint32_t i = 0; i < n; i++)
		free(rows[i]);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

START_TEST(refuses_what_is_another_ones)
{
	struct spool_report report;
	struct spool *s, *t;
	FILE *file;

	fixture_begin(&f);
	s = fixture_open(&f, NULL);
	t = spool_open(&f.cfg, &report, &err);
	ck_assert_ptr_null(t);
	ck_assert_msg(strstr(err.msg, "in use by another process") != NULL, "%s", err.msg);
	spool_close(s);
	f.cfg.name = "krk-1";
	ck_assert_ptr_null(spool_open(&f.cfg, &report, &err));
	ck_assert_msg(strstr(err.msg, "of the sensor waw-1, not of krk-1") != NULL, "%s", err.msg);
	f.cfg.name = "waw-1";
	file = fopen(f.path, "w");
	fputs("root:x:0:0\n", file);
	fclose(file);
	ck_assert_ptr_null(spool_open(&f.cfg, &report, &err));
	ck_assert_msg(strstr(err.msg, "is no spool of Vedette") != NULL, "%s", err.msg);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	fixture_end(&f);
}
END_TEST

/* A declaration that cannot be made fails the commit, and nothing has changed. */
START_TEST(all_or_nothing)
{
	struct spool_counts before, after;
	struct spool *s;

	fixture_begin(&f);
	f.cfg.max_age_ms = 1000;
	s = fixture_open(&f, NULL);
	ck_assert_int_eq(fixture_add(s, 0, 10, 3, 200, NOW, &err), 0);
	f.refuse_declaration = true;
	before = counts(s);
	ck_assert_int_eq(fixture_add(s, 20, 10, 3, 200, NOW + 5000, &err), ERR_SYSTEM);
	after = counts(s);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	f.refuse_declaration = false;
	ck_assert_int_eq(fixture_add(s, 20, 10, 3, 200, NOW + 5000, &err), 0);
	ck_assert_uint_eq(counts(s).lost, 10);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, numbers_and_reads_back);
	tcase_add_test(tc, keeps_for_the_window);
	tcase_add_test(tc, evicts_low_before_high);
	tcase_add_test(tc, gives_up_the_window_first);
	tcase_add_test(tc, never_evicts_what_is_held);
	tcase_add_test(tc, evicts_of_the_batch_itself);
	tcase_add_test(tc, expires_by_age);
	tcase_add_test(tc, numbers_what_fell_out_of_memory);
	tcase_add_test(tc, takes_what_went_past_it);
	tcase_add_test(tc, rewinds);
	tcase_add_test(tc, renumbers);
	tcase_add_test(tc, refuses_what_is_another_ones);
	tcase_add_test(tc, all_or_nothing);
}

int main(void)
{
	return suite_main("spool", add_tests);
}
