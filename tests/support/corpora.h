/* Every frame of every capture in the folder that VEDETTE_CORPORA names. */
#pragma once

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/file/file_source.h"

struct corpora_totals {
	unsigned captures, refused, cut;
	unsigned long long frames;
};

typedef void corpora_frame_fn(void *user, const char *path, const struct frame *f);

static inline void corpora_read_capture(
	const char *path, corpora_frame_fn *fn, void *user, struct corpora_totals *t)
{
	struct error err;
	struct source *s = source_open_files(&path, 1, NULL, &err);
	struct frame f;
	int faults = 0, rc;

	t->captures++;
	if (!s) {
		ck_assert_msg(err.code == ERR_INPUT, "%s", err.msg);
		t->refused++;
		return;
	}
	while ((rc = source_next(s, true, &f, &err)) != SOURCE_END) {
		if (rc > 0) {
			t->frames++;
			fn(user, path, &f);
			continue;
		}
		ck_assert_msg(rc == ERR_TRUNCATED || rc == ERR_INPUT, "%s", err.msg);
		faults++;
	}
	ck_assert_msg(faults <= 1, "%s: told %d times", path, faults);
	t->cut += (unsigned)faults;
	source_close(s);
}

/* Calls FN with each frame; captures in no particular order. */
static inline void corpora_read(corpora_frame_fn *fn, void *user, struct corpora_totals *ret)
{
	const char *dir = getenv("VEDETTE_CORPORA");
	DIR *d = opendir(dir);

	*ret = (struct corpora_totals){.captures = 0};
	ck_assert_msg(d, "VEDETTE_CORPORA is no folder: %s", dir);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		char path[4096];

		if (e->d_type != DT_REG || strcmp(e->d_name, "MANIFEST.tsv") == 0)
			continue;
		ck_assert_int_lt(
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name), (int)sizeof(path));
		corpora_read_capture(path, fn, user, ret);
	}
	closedir(d);
	ck_assert_uint_gt(ret->captures, 0);
}

static inline bool corpora_are_there(void)
{
	if (getenv("VEDETTE_CORPORA"))
		return true;
	printf("skipped: VEDETTE_CORPORA names no folder of captures\n");
	return false;
}
