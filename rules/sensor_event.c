#include "rules/sensor_event.h"

void sensor_event_fill(struct facts *f, const struct sensor_event *ev)
{
	static const char *const names[] = {
#define X(id, name, text) name,
		SENSOR_EVENTS(X)
#undef X
	};
	static const struct str type[] = {{"info", 4}};

	facts_set_text(f, FIELD_EVENT_KIND, "event");
	facts_set_strs(f, FIELD_EVENT_TYPE, type, 1);
	facts_set_text(f, FIELD_EVENT_DATASET, "vedette.sensor");
	facts_set_text(f, FIELD_SENSOR_EVENT, names[ev->kind]);
	facts_set_str(f, FIELD_SENSOR_INTERFACE, ev->interface);
	facts_set_str(f, FIELD_SENSOR_CAUSE, ev->cause);
	facts_set_str(f, FIELD_SENSOR_MESSAGE, ev->message);
	if (ev->lost > 0)
		facts_set_num(f, FIELD_SENSOR_LOST, ev->lost);
	if (ev->from_ns == 0)
		return;
	facts_set_num(f, FIELD_EVENT_START, ev->from_ns);
	if (ev->until_ns < ev->from_ns)
		return;
	facts_set_num(f, FIELD_EVENT_END, ev->until_ns);
	facts_set_num(f, FIELD_EVENT_DURATION, ev->until_ns - ev->from_ns);
}
