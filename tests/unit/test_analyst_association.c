/* Associations of SCTP in the analyst stage: their facts, the label that paths share, and the
 * judgement of addresses that an end names. */
#include "analysis/flow/details.h"
#include "analysis/signalling/signalling.h"
#include "tests/unit/analyst_fixture.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { MAX_JUDGED = 32, TEXT_BYTES = 64, TAG_A = 0xaaaa0001, TAG_B = 0xbbbb0002, PORT = 38412 };

static const char policy[] = "schema: 1\n"
			     "site: test\n"
			     "networks: {own: [192.0.2.0/24]}\n"
			     "roles:\n"
			     "  gnb: {connects: [{to: role:amf, app: NGAP}]}\n"
			     "  amf: {accepts: [{from: role:gnb, app: NGAP}]}\n"
			     "equipment:\n"
			     "  - {name: gnb, address: 192.0.2.17, role: gnb}\n"
			     "  - {name: amf, address: [192.0.2.65, 192.0.2.165], role: amf}\n";

/* What rules were given. */
struct judged {
	enum rule_category category;
	char equipment[TEXT_BYTES], peer[TEXT_BYTES], message[TEXT_BYTES], named_by[TEXT_BYTES];
	char named_from[TEXT_BYTES], verdict[TEXT_BYTES], protocol[TEXT_BYTES];
	char confidence[TEXT_BYTES], association[TEXT_BYTES], state[TEXT_BYTES];
	uint64_t bytes, paths;
};

struct world {
	struct analyst_rig rig;
	uint32_t n;
	struct judged judged[MAX_JUDGED];
};

static void copy(char to[TEXT_BYTES], const struct facts *f, enum field_id id)
{
	char buf[TEXT_BYTES];
	uint32_t n;
	const struct str s = facts_text(f, id, 0, buf, sizeof(buf), &n);

	snprintf(to, TEXT_BYTES, "%.*s", n ? (int)s.len : 0, s.data ? s.data : "");
}

static void watch(void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct world *w = user;
	struct judged *j = &w->judged[w->n];

	(void)ts_ns;
	if (category != RULE_SIGNALLING && category != RULE_FLOW)
		return;
	ck_assert_uint_lt(w->n, MAX_JUDGED);
	w->n++;
	j->category = category;
	copy(j->equipment, f, FIELD_EQUIPMENT_NAME);
	copy(j->peer, f, FIELD_PEER_IP);
	copy(j->message, f, FIELD_SIGNALLING_MESSAGE);
	copy(j->named_by, f, FIELD_SCTP_NAMED_BY);
	copy(j->named_from, f, FIELD_SCTP_NAMED_FROM);
	copy(j->verdict, f, FIELD_CONTRACT_VERDICT);
	copy(j->protocol, f, FIELD_NETWORK_PROTOCOL);
	copy(j->confidence, f, FIELD_CLASSIFICATION_CONFIDENCE);
	copy(j->association, f, FIELD_SCTP_ASSOCIATION);
	copy(j->state, f, FIELD_SCTP_STATE);
	j->bytes = facts_num(f, FIELD_NETWORK_BYTES);
	j->paths = facts_num(f, FIELD_SCTP_PATHS);
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

/* Between the base station FROM, who began it, and TO. */
static struct event event_of(enum event_kind kind, const char *from, const char *to)
{
	struct event ev = {.kind = kind, .ts_ns = T0, .details = &details_none};

	ev.flow.addr[0] = addr(from);
	ev.flow.addr[1] = addr(to);
	ev.flow.ip_version = 4;
	ev.flow.proto = IPPROTO_NUM_SCTP;
	ev.flow.port[0] = ev.flow.port[1] = PORT;
	ev.flow.state = FLOW_ESTABLISHED;
	ev.flow.bytes[0] = 1000;
	ev.flow.first_ns = ev.flow.last_ns = T0;
	ev.flow.classified = kind != EVENT_MESSAGE;
	ev.flow.label = (struct flow_label){"SCTP", "", "Network", "", LABEL_BY_DPI};
	return ev;
}

static void tell(struct world *w, const struct event *ev)
{
	ck_assert_int_eq(analyst_event(w->rig.analyst, ev), 0);
}

static void flow(
	struct world *w, enum event_kind kind, const char *from, const char *to, const char *label)
{
	struct event ev = event_of(kind, from, to);

	if (label)
		ev.flow.label = (struct flow_label){label, "", "Network", "", LABEL_BY_SIGNALLING};
	tell(w, &ev);
}

struct said {
	const char *chunk;
	uint8_t sender;
	uint32_t tag, new_tag;
	const char *named;
	bool classified;
};

static void message(struct world *w, const char *from, const char *to, const struct said *said)
{
	struct event ev = event_of(EVENT_MESSAGE, from, to);
	struct signalling_message m = {.name = said->chunk};
	struct ip_addr named;

	message_text(&m, FIELD_SCTP_CHUNK, str_from(said->chunk));
	message_num(&m, FIELD_SCTP_TAG, said->tag);
	if (said->new_tag)
		message_num(&m, FIELD_SCTP_INITIATE_TAG, said->new_tag);
	if (said->named) {
		named = addr(said->named);
		message_ip(&m, FIELD_SCTP_ADDRESSES, &named);
	}
	ev.flow.classified = said->classified;
	if (said->classified)
		ev.flow.label = (struct flow_label){"NGAP", "", "Network", "", LABEL_BY_SIGNALLING};
	ev.message = &m;
	ev.message_protocol = "SCTP";
	ev.message_count = 1;
	ev.message_sender = said->sender;
	tell(w, &ev);
}

/* Of which the AMF names ADDRESS as its own, unless NULL. */
static void associate(struct world *w, const char *address)
{
	message(w, "192.0.2.17", "192.0.2.65", &(struct said){"init", 0, 0, TAG_A, NULL, false});
	message(w, "192.0.2.17", "192.0.2.65",
		&(struct said){"init-ack", 1, TAG_A, TAG_B, address, false});
	message(w, "192.0.2.17", "192.0.2.65",
		&(struct said){"cookie-echo", 0, TAG_B, 0, NULL, false});
	message(w, "192.0.2.17", "192.0.2.65",
		&(struct said){"cookie-ack", 1, TAG_A, 0, NULL, false});
}

/* The NTH that rules were given of a named address. */
static const struct judged *address_judged(const struct world *w, uint32_t nth)
{
	for (uint32_t i = 0; i < w->n; i++) {
		if (strcmp(w->judged[i].message, "secondary-address") == 0 && nth-- == 0)
			return &w->judged[i];
	}
	return NULL;
}

START_TEST(addresses_are_judged_once_the_protocol_is_known)
{
	const struct judged *j;
	struct world w;

	begin(&w);
	associate(&w, "203.0.113.9");
	ck_assert_ptr_null(address_judged(&w, 0));
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.65", "NGAP");
	j = address_judged(&w, 0);
	ck_assert_ptr_nonnull(j);
	ck_assert_int_eq(j->category, RULE_SIGNALLING);
	ck_assert_str_eq(j->equipment, "gnb");
	ck_assert_str_eq(j->peer, "203.0.113.9");
	ck_assert_str_eq(j->named_by, "peer");
	ck_assert_str_eq(j->named_from, "192.0.2.65");
	ck_assert_str_eq(j->verdict, "violation");
	ck_assert_str_eq(j->protocol, "ngap");
	ck_assert_str_eq(j->state, "established");
	ck_assert_uint_eq(j->bytes, 0); /* none went there */
	j = address_judged(&w, 1);
	ck_assert_ptr_nonnull(j);
	ck_assert_str_eq(j->equipment, "amf");
	ck_assert_str_eq(j->peer, "203.0.113.9");
	ck_assert_str_eq(j->named_by, "equipment");
	ck_assert_ptr_null(address_judged(&w, 2));
	flow(&w, EVENT_FLOW_UPDATE, "192.0.2.17", "192.0.2.65", "NGAP");
	flow(&w, EVENT_FLOW_END, "192.0.2.17", "192.0.2.65", "NGAP");
	ck_assert_ptr_null(address_judged(&w, 2));
	end(&w);
}
END_TEST

START_TEST(the_policy_knows_the_second_address)
{
	const struct judged *j;
	struct world w;

	begin(&w);
	associate(&w, "192.0.2.165");
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.65", "NGAP");
	j = address_judged(&w, 0);
	ck_assert_ptr_nonnull(j);
	ck_assert_str_eq(j->equipment, "gnb");
	ck_assert_str_eq(j->verdict, "allowed");
	end(&w);
}
END_TEST

START_TEST(the_address_that_it_is_known_by_is_no_news)
{
	struct world w;

	begin(&w);
	associate(&w, "192.0.2.65");
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.65", "NGAP");
	ck_assert_ptr_null(address_judged(&w, 0));
	end(&w);
}
END_TEST

/* Nothing certain will come any more: it is judged with what is known. */
START_TEST(nobody_finds_out_what_it_carries)
{
	struct world w;

	begin(&w);
	associate(&w, "203.0.113.9");
	flow(&w, EVENT_FLOW_END, "192.0.2.17", "192.0.2.65", NULL);
	ck_assert_ptr_nonnull(address_judged(&w, 0));
	end(&w);
}
END_TEST

START_TEST(an_address_that_is_added_later)
{
	struct world w;

	begin(&w);
	associate(&w, NULL);
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.65", "NGAP");
	ck_assert_ptr_null(address_judged(&w, 0));
	message(&w, "192.0.2.17", "192.0.2.65",
		&(struct said){"asconf", 1, TAG_A, 0, "203.0.113.9", true});
	ck_assert_ptr_nonnull(address_judged(&w, 0));
	ck_assert_str_eq(address_judged(&w, 0)->peer, "203.0.113.9");
	end(&w);
}
END_TEST

/* A path that carries heartbeats is what the association is, and the contract covers it. */
START_TEST(paths_share_label_and_identity)
{
	const struct judged *j;
	struct world w;
	char id[TEXT_BYTES];

	begin(&w);
	associate(&w, "192.0.2.165");
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.65", "NGAP");
	snprintf(id, sizeof(id), "%s", w.judged[w.n - 1].association);
	ck_assert_str_eq(id, "38412-38412-aaaa0001");
	message(&w, "192.0.2.17", "192.0.2.165",
		&(struct said){"heartbeat", 0, TAG_B, 0, NULL, false});
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.165", NULL);
	j = &w.judged[w.n - 2]; /* from the base station's side */
	ck_assert_int_eq(j->category, RULE_FLOW);
	ck_assert_str_eq(j->peer, "192.0.2.165");
	ck_assert_str_eq(j->protocol, "ngap");
	ck_assert_str_eq(j->confidence, "cache");
	ck_assert_str_eq(j->verdict, "allowed");
	ck_assert_str_eq(j->association, id);
	ck_assert_uint_eq(j->paths, 2);
	end(&w);
}
END_TEST

START_TEST(another_association_shares_nothing)
{
	const struct judged *j;
	struct world w;

	begin(&w);
	associate(&w, NULL);
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.65", "NGAP");
	message(&w, "192.0.2.17", "192.0.2.165",
		&(struct said){"heartbeat", 0, TAG_B + 1, 0, NULL, false});
	flow(&w, EVENT_FLOW_CLASSIFIED, "192.0.2.17", "192.0.2.165", NULL);
	j = &w.judged[w.n - 1];
	ck_assert_str_eq(j->protocol, "sctp");
	ck_assert_str_eq(j->association, "38412-38412-bbbb0003");
	end(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, addresses_are_judged_once_the_protocol_is_known);
	tcase_add_test(tc, the_policy_knows_the_second_address);
	tcase_add_test(tc, the_address_that_it_is_known_by_is_no_news);
	tcase_add_test(tc, nobody_finds_out_what_it_carries);
	tcase_add_test(tc, an_address_that_is_added_later);
	tcase_add_test(tc, paths_share_label_and_identity);
	tcase_add_test(tc, another_association_shares_nothing);
}

int main(void)
{
	return suite_main("analyst_association", add_tests);
}
