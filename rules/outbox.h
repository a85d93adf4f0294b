/* Orders alerts of the same packet time by id and revision before they leave: which of them was
 * raised first depends on the order of rules and ends, and must not show. Holds the alerts of one
 * instant. One thread. */
#pragma once

#include "common/blob.h"
#include "rules/alert.h"

struct outbox;

struct outbox *outbox_new(alert_sink_fn *sink, void *user); /* NULL without memory */
void outbox_free(struct outbox *o);                         /* NULL allowed; sends nothing */

/* Copies A. Times never decrease from call to call; when A is later than what is held, that is sent
 * first. 0 or a negative code, from the sink or ERR_SYSTEM without memory. */
int outbox_add(struct outbox *o, const struct alert *a);
int outbox_flush(struct outbox *o);

/* What is held back. */
void outbox_save(const struct outbox *o, struct blob_writer *w);
bool outbox_load(struct outbox *o, struct blob_reader *r); /* O is new */
