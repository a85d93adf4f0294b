/* Options that several subcommands share, read with getopt_long. */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/live/live_source.h"
#include "common/ip.h"
#include "common/yaml/yaml.h"
#include "sensor/knowledge.h"

enum { OPTIONS_MAX_PREFIXES = 64, OPTIONS_PATH_BYTES = 4096 };

/* Values of long options without a letter; a command's own start at OPTION_OWN_FIRST. */
enum {
	OPTION_SITE = 256,
	OPTION_RULES,
	OPTION_LISTS,
	OPTION_LEARNED,
	OPTION_LEARN,
	OPTION_GEO,
	OPTION_TUNING,
	OPTION_OWN_SPACE,
	OPTION_SUBSCRIBERS,
	OPTION_SEED,
	OPTION_WORKERS,
	OPTION_FILTER,
	OPTION_REDIS,
	OPTION_NAME,
	OPTION_STATE,
	OPTION_JSON,
	OPTION_AS_OF,
	OPTION_KEEP_DUPLICATES,
	OPTION_INTERFACE,
	OPTION_FANOUT,
	OPTION_SNAPLEN,
	OPTION_BUFFER,
	OPTION_USER,
	OPTION_NO_SANDBOX,
	OPTION_CONFIG,
	OPTION_STATE_IN,
	OPTION_STATE_OUT,
	OPTION_SPOOL,
	OPTION_SPOOL_SIZE,
	OPTION_SPOOL_AGE,
	OPTION_RESEND_WINDOW,
	OPTION_RETAIN,
	OPTION_FRESH,
	OPTION_WITHIN,
	OPTION_IGNORE,
	OPTION_NO_MUTATION,
	OPTION_JUNIT,
	OPTION_NEAR_MISSES,
	OPTION_ALL,
	OPTION_INTO,
	OPTION_FROM,
	OPTION_EQUIPMENT,
	OPTION_RAMP,
	OPTION_MIN_DAYS,
	OPTION_BY,
	OPTION_BECAUSE,
	OPTION_UNTIL,
	OPTION_DATE,
	OPTION_DESPITE,
	OPTION_OWN_FIRST,
};

struct options {
	const char *site, *rules, *lists, *learned, *geo, *tuning, *filter, *redis, *name, *state;
	uint64_t learn_ms; /* 0: not given */
	struct ip_prefix own[OPTIONS_MAX_PREFIXES], subscribers[OPTIONS_MAX_PREFIXES];
	size_t n_own, n_subscribers;
	bool has_subscribers; /* --subscribers was given, be it "none" */
	bool has_seed;
	uint64_t seed;
	uint32_t workers;  /* 0: not given */
	uint64_t as_of_ns; /* 0: not given */
	/* of run */
	const char *interfaces[LIVE_MAX_INTERFACES];
	size_t n_interfaces;
	uint32_t fanout, snaplen_bytes, ring_bytes; /* 0: not given */
	const char *user;
	const char *spool; /* path, "none", or NULL: not given */
	uint64_t spool_bytes, spool_age_ms, resend_window_ms, retain;
	bool has_spool_age, has_resend_window;
	bool no_sandbox;
	const char *config;
	struct yaml_file *file; /* of --config; owned, and what it says is borrowed from it */
	bool json, keep_duplicates;
	const char *state_in, *state_out; /* of replay */
	bool fresh;                       /* of run */
	uint64_t within_ms;               /* of policy lint; 0: not given */
	const char *ignore;               /* the same: names between commas */
	bool no_mutation, all;            /* of rules test; of rules trace */
	const char *junit;                /* of rules test */
	const char *near_misses;          /* of replay */
	struct baseline_options {         /* of baseline */
		const char *into, *from, *equipment, *by, *because, *until, *date, *despite;
		uint32_t ramp_percent, min_days; /* 0: not given */
	} baseline;
	char data_dir[OPTIONS_PATH_BYTES], roles_path[OPTIONS_PATH_BYTES],
		techniques_path[OPTIONS_PATH_BYTES], rules_dir[OPTIONS_PATH_BYTES],
		lists_dir[OPTIONS_PATH_BYTES], geo_dir[OPTIONS_PATH_BYTES],
		state_dir[OPTIONS_PATH_BYTES];
};

/* Reads ARGV. ACCEPTED lists the OPTION_* values that the command knows (0 ends it); -h and --help
 * print HELP. *ret_exit is set and false returned when the command has nothing more to do (help, or
 * an error that was printed). Operands are argv[*ret_first …]. */
bool options_parse(struct options *o, int argc, char **argv, const int *accepted, const char *help,
	int *ret_first, int *ret_exit);

/* What to load, with the defaults filled in: today for --as-of, shipped data for --rules and
 * --lists. Borrowed from O. */
struct knowledge_config options_knowledge(struct options *o);

/* That the machine has. */
uint32_t options_processors(void);

/* --workers, else one for each core but one, at most one per shard. */
uint32_t options_workers(const struct options *o);

/* One option, as it stands behind "--NAME": 0, or ERR_USAGE with *err that says what it wants. ARG
 * is borrowed. */
int options_take(struct options *o, int value, const char *arg, struct error *err);

/* A file whose keys are the long options in ACCEPTED, for run --config: lists where an option takes
 * several values, true for one that takes none. 0, or a negative code with *err: file, line,
 * column. */
int options_read_file(struct options *o, const char *path, const int *accepted, struct error *err);

/* The option whose long name is NAME, when it is in ACCEPTED; else NULL. */
const struct option *options_find(struct str name, const int *accepted);

void options_done(struct options *o);
