/* A message of signalling, as the analyst stage hands it to rules: once for each end that is the
 * operator's. */
#include "analysis/flow/details.h"
#include "analysis/signalling/signalling.h"
#include "tests/unit/analyst_fixture.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { MAX_JUDGED = 4, TEXT_BYTES = 64 };

static const char policy[] = "schema: 1\n"
			     "site: test\n"
			     "networks: {own: [192.0.2.0/24]}\n"
			     "equipment:\n"
			     "  - {name: amf-1, address: 192.0.2.65}\n";

struct judged {
	char name[TEXT_BYTES], sender[TEXT_BYTES], message[TEXT_BYTES], dataset[TEXT_BYTES];
	uint64_t count, packets;
	bool has_phase;
};

struct world {
	struct analyst_rig rig;
	uint32_t n;
	struct judged judged[MAX_JUDGED];
};

static void copy(char to[TEXT_BYTES], struct str text)
{
	snprintf(to, TEXT_BYTES, "%.*s", (int)text.len, text.data ? text.data : "");
}

static void watch(void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct world *w = user;
	struct judged *j = &w->judged[w->n++];

	ck_assert_int_eq(category, RULE_SIGNALLING);
	ck_assert_uint_le(w->n, MAX_JUDGED);
	ck_assert_uint_eq(ts_ns, T0);
	copy(j->name, facts_str(f, FIELD_EQUIPMENT_NAME));
	copy(j->sender, facts_str(f, FIELD_SIGNALLING_SENDER));
	copy(j->message, facts_str(f, FIELD_SIGNALLING_MESSAGE));
	copy(j->dataset, facts_str(f, FIELD_EVENT_DATASET));
	j->count = facts_num(f, FIELD_SIGNALLING_COUNT);
	j->packets = facts_num(f, FIELD_NETWORK_PACKETS);
	j->has_phase = facts_has(f, FIELD_FLOW_PHASE);
}

static void begin(struct world *w)
{
	*w = (struct world){.n = 0};
	analyst_rig_begin(&w->rig, policy, watch, w);
}

static void end(struct world *w)
{
	analyst_rig_end(&w->rig);
}

static void tell(struct world *w, const char *from, const char *to, uint8_t sender)
{
	const struct signalling_message m = {.name = "echo-request"};
	struct event ev = {.kind = EVENT_MESSAGE,
		.ts_ns = T0,
		.details = &details_none,
		.message = &m,
		.message_protocol = "GTP_U",
		.message_count = 2,
		.message_sender = sender};

	ev.flow.addr[0] = addr(from);
	ev.flow.addr[1] = addr(to);
	ev.flow.ip_version = 4;
	ev.flow.proto = IPPROTO_NUM_UDP;
	ev.flow.port[0] = ev.flow.port[1] = 2152;
	ev.flow.packets[0] = 3;
	ev.flow.first_ns = ev.flow.last_ns = T0;
	ev.flow.label = (struct flow_label){"GTP_U", "", "Network", "", LABEL_BY_SIGNALLING};
	ck_assert_int_eq(analyst_event(w->rig.analyst, &ev), 0);
}

START_TEST(each_end_that_is_equipment)
{
	struct world w;

	begin(&w);
	tell(&w, "192.0.2.65", "192.0.2.66", 1);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_str_eq(w.judged[0].name, "amf-1");
	ck_assert_str_eq(w.judged[0].sender, "peer");
	ck_assert_str_eq(w.judged[0].message, "echo-request");
	ck_assert_str_eq(w.judged[0].dataset, "vedette.signalling");
	ck_assert_uint_eq(w.judged[0].count, 2);
	ck_assert_uint_eq(w.judged[0].packets, 3);
	ck_assert(!w.judged[0].has_phase);
	ck_assert_str_eq(w.judged[1].name, "192.0.2.66");
	ck_assert_str_eq(w.judged[1].sender, "equipment");
	end(&w);
}
END_TEST

START_TEST(from_outside_and_between_others)
{
	struct world w;

	begin(&w);
	tell(&w, "198.51.100.7", "192.0.2.65", 0);
	ck_assert_uint_eq(w.n, 1);
	ck_assert_str_eq(w.judged[0].name, "amf-1");
	ck_assert_str_eq(w.judged[0].sender, "peer");
	tell(&w, "198.51.100.7", "203.0.113.9", 0);
	ck_assert_uint_eq(w.n, 1);
	end(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, each_end_that_is_equipment);
	tcase_add_test(tc, from_outside_and_between_others);
}

int main(void)
{
	return suite_main("analyst_message", add_tests);
}
