/* What the sensor reports of itself: rules of the category sensor decide what becomes an alert. */
#pragma once

#include <stdint.h>

#include "analysis/facts.h"
#include "common/str.h"

/* SENSOR_EVENT(id, "name", "what it says"): values of the fact sensor.event. */
#define SENSOR_EVENTS(X)                                                                           \
	X(BLIND, "blind", "packets were lost, or an interface gave none")                          \
	X(RESTORED, "restored", "an interface gives packets again")                                \
	X(RELOADED, "reloaded", "policy, rules, lists and geolocation data were replaced")         \
	X(RELOAD_REFUSED, "reload-refused", "what was to be loaded is unusable")                   \
	X(STATE_REFUSED, "state-refused", "what was saved before a restart is unusable")           \
	X(CLOCK_STEP, "clock-step", "the clock that stamps packets was set")                       \
	X(VISIBILITY, "visibility", "what was seen of the site, and what was not")                 \
	X(EQUIPMENT_VISIBILITY, "equipment-visibility", "the same of one piece of equipment")      \
	X(LIST_STALE, "list-stale", "a list is older than it says that it may become")             \
	X(SUPPRESSION, "suppression", "what a suppression hid in a period")                        \
	X(SUPPRESSION_EXCEEDED, "suppression-exceeded", "it hid more than it was written for")     \
	X(SUPPRESSION_ENDED, "suppression-ended", "a suppression ended")

enum sensor_event_kind {
#define X(id, name, text) SENSOR_EVENT_##id,
	SENSOR_EVENTS(X)
#undef X
};

/* Strings are borrowed during the call that takes the event; empty or 0: unknown. */
struct sensor_event {
	enum sensor_event_kind kind;
	uint64_t from_ns, until_ns; /* what it speaks of; packet time */
	struct str interface;
	struct str cause;   /* "kernel-drop", "link-down", ...: a short word that rules can name */
	struct str message; /* a sentence */
	uint64_t lost;      /* packets or alerts */
};

/* Adds the facts of EV to F. Pure. */
void sensor_event_fill(struct facts *f, const struct sensor_event *ev);
