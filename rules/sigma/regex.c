#include "rules/sigma/regex.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct regex {
	pcre2_code *code;
};

struct regex_runner {
	pcre2_match_data *data;
	pcre2_match_context *context;
	int64_t steps_left;
	size_t at; /* where the last step was taken */
	uint64_t limit_hits;
};

/* PCRE2 counts its match limit anew at each place where a match could start, so that it bounds
 * nothing in a long text: `\s+$` on 64 KiB of spaces stays far below it, and takes half a minute. A
 * callout before each item of the pattern counts all steps. */
static int count_step(pcre2_callout_block *block, void *user)
{
	enum { BYTES_PER_STEP = 16 };
	struct regex_runner *run = user;
	size_t at = block->current_position;
	size_t moved = at > run->at ? at - run->at : run->at - at;

	run->at = at;
	run->steps_left -= 1 + (int64_t)(moved / BYTES_PER_STEP);
	return run->steps_left < 0 ? PCRE2_ERROR_MATCHLIMIT : 0;
}

/* No JIT: it obeys neither the depth nor the heap limit, and is refused on machines that forbid
 * writable code, where the same text would then meet other limits. */
struct regex *regex_new(struct str pattern, unsigned flags, struct regex_fault *fault)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	struct regex *r = calloc(1, sizeof(*r));
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
	int code = 0;
	PCRE2_SIZE offset = 0;

	options |= flags & REGEX_NO_CASE ? PCRE2_CASELESS : 0;
	options |= flags & REGEX_MULTI_LINE ? PCRE2_MULTILINE : 0;
	options |= flags & REGEX_DOT_ALL ? PCRE2_DOTALL : 0;
	if (context && r) {
		(void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
		(void)pcre2_set_bsr(context, PCRE2_BSR_ANYCRLF);
		r->code = pcre2_compile((PCRE2_SPTR)(pattern.data ? pattern.data : ""), pattern.len,
			options, &code, &offset, context);
	}
	pcre2_compile_context_free(context);
	if (r && r->code)
		return r;
	free(r);
	fault->offset = offset;
	fault->no_memory = code == 0 || code == PCRE2_ERROR_HEAP_FAILED;
	if (code == 0 ||
		pcre2_get_error_message(code, (PCRE2_UCHAR *)fault->text, sizeof(fault->text)) < 0)
		(void)snprintf(fault->text, sizeof(fault->text), "no memory");
	return NULL;
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r);
}

struct regex_runner *regex_runner_new(void)
{
	struct regex_runner *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->data = pcre2_match_data_create(1, NULL);
	run->context = pcre2_match_context_create(NULL);
	if (!run->data || !run->context) {
		regex_runner_free(run);
		return NULL;
	}
	(void)pcre2_set_match_limit(run->context, REGEX_MAX_STEPS);
	(void)pcre2_set_depth_limit(run->context, REGEX_MAX_DEPTH);
	(void)pcre2_set_heap_limit(run->context, REGEX_MAX_HEAP_KIB);
	(void)pcre2_set_callout(run->context, count_step, run);
	return run;
}

void regex_runner_free(struct regex_runner *run)
{
	if (!run)
		return;
	pcre2_match_data_free(run->data);
	pcre2_match_context_free(run->context);
	free(run);
}

bool regex_match(const struct regex *r, struct regex_runner *run, struct str text)
{
	int rc;

	run->steps_left = REGEX_MAX_STEPS;
	run->at = 0;
	rc = pcre2_match(r->code, (PCRE2_SPTR)(text.data ? text.data : ""), text.len, 0, 0,
		run->data, run->context);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		run->limit_hits++;
	return rc >= 0;
}

uint64_t regex_limit_hits(const struct regex_runner *run)
{
	return run->limit_hits;
}
