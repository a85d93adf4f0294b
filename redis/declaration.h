/* The alert that declares the loss of others. It is made here and by no rule: it must stand in the
 * transaction in which they are lost. Pure. */
#pragma once

#include "redis/store/spool.h"

/* rule.id of every declaration. */
#define DECLARATION_RULE "17ebc89e-b08d-4182-b5ac-602f70aa727d"

enum { DECLARATION_MESSAGE_BYTES = 512 };

/* "7 alerts were lost (2 high, 5 low): the spool was full; numbers 17-20, 23-25", in BUF of
 * DECLARATION_MESSAGE_BYTES. */
void declaration_message(const struct spool_loss *loss, char *buf);

/* What sensor NAME says of LOSS (n > 0): an alert of the category sensor, with sensor.event
 * alerts-lost, exact counts, and the ranges of numbers that are missing in the stream. Its level is
 * that of the worst alert lost, and at least high. Its id is a digest of the name and the first
 * number lost. NULL without memory. The caller gives it its number and place. */
struct queued_alert *declaration_new(const char *name, const struct spool_loss *loss);
