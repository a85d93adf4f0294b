/* What went wrong while setting something up, said to a person. Faults in packets are not errors:
 * they are data. */
#pragma once

enum error_code {
	ERR_OK = 0,
	ERR_USAGE = -1,  /* the command line is off */
	ERR_CONFIG = -2, /* a file that a person wrote (policy, rule, list, geolocation data) cannot
			    be used */
	ERR_INPUT = -3,  /* a capture is missing, unreadable, or not a capture */
	ERR_TRUNCATED = -4, /* a capture ends in the middle of a record; what came before is good */
	ERR_REDIS = -5,     /* Redis refused, did not answer, or answered nonsense */
	ERR_SYSTEM = -6,    /* the machine refused: memory, files, threads */
};

struct error {
	enum error_code code;
	char msg[1000]; /* one line, no newline at its end; untrusted bytes in it are escaped */
};

/* Fills *ret and returns CODE, so that `return error_set(err, ERR_INPUT, "…")` reads well. RET may
 * be NULL. */
int error_set(struct error *ret, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with ": strerror(ERRNUM)" at the end. */
int error_set_errno(struct error *ret, enum error_code code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
