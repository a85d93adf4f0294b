/* What correlations mean, as the text of the specification has it: every type at, below and above
 * its condition, at the edges of its time span, in other groups, with aliases and in chains. */
#include "tests/unit/correlation_fixture.h"

#define HEAD(title, n)                                                                             \
	"title: " title "\nid: 00000000-0000-4000-8000-00000000010" n "\nlevel: high\n"
#define BASE(name, test)                                                                           \
	"---\ntitle: " name "\nname: " name "\nlogsource: {product: vedette, category: flow}\n"    \
	"detection: {s: {" test "}, condition: s}\n"

#define LOGIN BASE("login", "network.protocol: ssh")
#define OTHER BASE("other", "network.protocol: telnet")
#define THIRD BASE("third", "network.protocol: ftp")

struct row {
	const char *what, *rules, *events, *expected;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct script *s = script_new(rows[i].rules);

		script_run(s, rows[i].events);
		ck_assert_msg(strcmp(s->log, rows[i].expected) == 0, "%s: \"%s\" instead of \"%s\"",
			rows[i].what, s->log, rows[i].expected);
		script_free(s);
	}
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

#define SSH(ip)    "network.protocol=ssh;source.ip=" ip "\n"
#define TELNET(ip) "network.protocol=telnet;source.ip=" ip "\n"
#define FTP(ip)    "network.protocol=ftp;source.ip=" ip "\n"

#define COUNT(condition)                                                                           \
	HEAD("C", "1")                                                                             \
	"correlation: {type: event_count, rules: [login], group-by: [source.ip], timespan: 10s, "  \
	"condition: {" condition "}}\n" LOGIN

START_TEST(event_count)
{
	static const struct row rows[] = {
		{"below", COUNT("gte: 3"), "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1"), ""},
		{"at", COUNT("gte: 3"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1"), "2:C=3"},
		{"gt at", COUNT("gt: 2"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1"), "2:C=3"},
		{"gt below", COUNT("gt: 3"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1"), ""},
		{"above, each time", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1"),
			"1:C=2 2:C=3"},
		{"the whole span apart", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "10 " SSH("10.0.0.1"), "10:C=2"},
		{"a moment more", COUNT("gte: 2"), "0 " SSH("10.0.0.1") "10.001 " SSH("10.0.0.1"),
			""},
		{"the span slides", COUNT("gte: 3"),
			"0 " SSH("10.0.0.1") "8 " SSH("10.0.0.1") "11 " SSH("10.0.0.1") "17 " SSH(
				"10.0.0.1"),
			"17:C=3"},
		{"other groups", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.2") "2 " SSH("10.0.0.3"), ""},
		{"each group", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.2") "2 " SSH("10.0.0.2") "3 " SSH(
				"10.0.0.1"),
			"2:C=2 3:C=2"},
		{"other rules", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "2 " FTP("10.0.0.1"), ""},
		{"without what groups", COUNT("gte: 2"),
			"0 network.protocol=ssh\n1 network.protocol=ssh\n", ""},
		{"ticks between", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "5 tick\n9 tick\n10 " SSH("10.0.0.1"), "10:C=2"},
		{"ticks behind", COUNT("gte: 2"),
			"0 " SSH("10.0.0.1") "10 tick\n11 tick\n12 " SSH("10.0.0.1"), ""},
		{"a count of 0 is all", COUNT("gt: 0"), "0 " SSH("10.0.0.1"), "0:C=1"},
	};

	CHECK(rows);
}
END_TEST

/* What has an upper bound is known when the time is over. */
START_TEST(upper_bounds)
{
	static const struct row rows[] = {
		{"lt, below", COUNT("lt: 3"), "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "10 tick\n",
			""},
		{"lt, over", COUNT("lt: 3"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "10.1 tick\n", "10.100:C=2"},
		{"lt, at", COUNT("lt: 2"), "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "11 tick\n",
			""},
		{"lte, at", COUNT("lte: 2"), "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "11 tick\n",
			"11:C=2"},
		{"lte, above", COUNT("lte: 1"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "11 tick\n", ""},
		{"eq", COUNT("eq: 2"), "0 " SSH("10.0.0.1") "10 " SSH("10.0.0.1") "11 tick\n",
			"11:C=2"},
		{"eq, one more", COUNT("eq: 2"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1") "11 tick\n",
			""},
		{"neq", COUNT("neq: 2"), "0 " SSH("10.0.0.1") "11 tick\n", "11:C=1"},
		{"neq, at", COUNT("neq: 2"), "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "11 tick\n",
			""},
		{"a range, below", COUNT("gt: 1, lte: 3"), "0 " SSH("10.0.0.1") "11 tick\n", ""},
		{"a range, within", COUNT("gt: 1, lte: 3"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1") "11 tick\n",
			"11:C=3"},
		{"a range, above", COUNT("gt: 1, lte: 3"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1") "3 " SSH(
				"10.0.0.1") "11 tick\n",
			""},
		{"the next event ends it, too", COUNT("lt: 3"),
			"0 " SSH("10.0.0.1") "11 " SSH("10.0.0.1") "22 tick\n", "11:C=1 22:C=1"},
		{"the end of the input", COUNT("lt: 3"), "0 " SSH("10.0.0.1") "1 finish\n",
			"1:C=1"},
		{"nothing at the end", COUNT("gte: 2"), "0 " SSH("10.0.0.1") "1 finish\n", ""},
		{"in the order of their beginning", COUNT("lt: 3"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.2") "2 " SSH("10.0.0.1") "20 tick\n",
			"20:C=2 20:C=1"},
	};

	CHECK(rows);
}
END_TEST

/* Three phases, two ends: one conversation. */
START_TEST(conversations_count)
{
	static const struct row rows[] = {
		{"its phases", COUNT("gte: 2"),
			"0 #1 " SSH("10.0.0.1") "1 #1 " SSH("10.0.0.1") "2 #1 " SSH("10.0.0.1"),
			""},
		{"another one", COUNT("gte: 2"),
			"0 #1 " SSH("10.0.0.1") "1 #1 " SSH("10.0.0.1") "2 #2 " SSH("10.0.0.1"),
			"2:C=2"},
		{"at its first match", COUNT("gte: 2"),
			"0 #1 " SSH("10.0.0.1") "9 #1 " SSH("10.0.0.1") "11 #2 " SSH("10.0.0.1"),
			""},
		{"when it goes on behind the span", COUNT("gte: 2"),
			"0 #1 " SSH("10.0.0.1") "60 tick\n60 #1 " SSH("10.0.0.1") "61 #2 " SSH(
				"10.0.0.1"),
			""},
		{"the next of the same name", COUNT("gte: 2"),
			"0 #1 " SSH("10.0.0.1") "1 end #1\n60 tick\n60 #1 " SSH(
				"10.0.0.1") "61 #2 " SSH("10.0.0.1"),
			"61:C=2"},
		{"ended within the span", COUNT("gte: 2"),
			"0 #1 " SSH("10.0.0.1") "1 end #1\n9 #2 " SSH("10.0.0.1"), "9:C=2"},
	};

	CHECK(rows);
}
END_TEST

#define VALUES(fields, condition)                                                                  \
	HEAD("V", "2")                                                                             \
	"correlation: {type: value_count, rules: [login], group-by: [source.ip], timespan: 10s, "  \
	"condition: {field: " fields ", " condition "}}\n" LOGIN

#define TO(port) "network.protocol=ssh;source.ip=10.0.0.1;destination.port=" port "\n"

START_TEST(value_count)
{
	static const struct row rows[] = {
		{"below", VALUES("destination.port", "gte: 3"), "0 " TO("1") "1 " TO("2"), ""},
		{"the same again", VALUES("destination.port", "gte: 2"),
			"0 " TO("1") "1 " TO("1") "2 " TO("1"), ""},
		{"at", VALUES("destination.port", "gte: 2"), "0 " TO("1") "1 " TO("1") "2 " TO("2"),
			"2:V=2"},
		{"one is behind the span", VALUES("destination.port", "gte: 3"),
			"0 " TO("1") "8 " TO("2") "11 " TO("3"), ""},
		{"one comes again in time", VALUES("destination.port", "gte: 3"),
			"0 " TO("1") "5 " TO("1") "8 " TO("2") "11 " TO("3"), "11:V=3"},
		{"without the fact", VALUES("destination.port", "gte: 1"), "0 " SSH("10.0.0.1"),
			""},
		{"fields are linked by and", VALUES("[destination.port, peer.port]", "gte: 2"),
			"0 network.protocol=ssh;source.ip=10.0.0.1;destination.port=1;peer.port=1\n"
			"1 network.protocol=ssh;source.ip=10.0.0.1;destination.port=1;peer.port=1\n"
			"2 network.protocol=ssh;source.ip=10.0.0.1;destination.port=1;peer.port=2\n"
			"3 network.protocol=ssh;source.ip=10.0.0.1;destination.port=1\n",
			"2:V=2"},
		{"each of several values", VALUES("peer.groups", "gte: 3"),
			"0 network.protocol=ssh;source.ip=10.0.0.1;peer.groups=a,b\n"
			"1 network.protocol=ssh;source.ip=10.0.0.1;peer.groups=b,c\n",
			"1:V=3"},
		{"a conversation that says more", VALUES("peer.domain", "gte: 2"),
			"0 #1 network.protocol=ssh;source.ip=10.0.0.1;peer.domain=a\n"
			"1 #1 network.protocol=ssh;source.ip=10.0.0.1;peer.domain=a\n"
			"2 #1 network.protocol=ssh;source.ip=10.0.0.1;peer.domain=b\n",
			"2:V=2"},
	};

	CHECK(rows);
}
END_TEST

#define TEMPORAL(type, rules, rest)                                                                \
	HEAD("T", "3")                                                                             \
	"correlation: {type: " type ", rules: [" rules                                             \
	"], group-by: [source.ip], timespan: 10s" rest "}\n" LOGIN OTHER THIRD

START_TEST(temporal)
{
#define ALL TEMPORAL("temporal", "login, other, third", "")
	static const struct row rows[] = {
		{"two of three", ALL, "0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1"), ""},
		{"all", ALL, "0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "2 " FTP("10.0.0.1"),
			"2:T=3"},
		{"in any order", ALL,
			"0 " FTP("10.0.0.1") "1 " TELNET("10.0.0.1") "2 " SSH("10.0.0.1"), "2:T=3"},
		{"the whole span apart", ALL,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "10 " FTP("10.0.0.1"),
			"10:T=3"},
		{"a moment more", ALL,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "10.001 " FTP("10.0.0.1"), ""},
		{"the first comes again", ALL,
			"0 " SSH("10.0.0.1") "5 " TELNET("10.0.0.1") "11 " FTP(
				"10.0.0.1") "12 " SSH("10.0.0.1"),
			"12:T=3"},
		{"one rule often", ALL,
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1"), ""},
		{"other groups", ALL,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.2") "2 " FTP("10.0.0.1"), ""},
		{"a condition",
			TEMPORAL("temporal", "login, other, third", ", condition: {gte: 2}"),
			"0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " FTP("10.0.0.1"), "2:T=2"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(temporal_ordered)
{
#define ORDERED TEMPORAL("temporal_ordered", "login, other, third", "")
	static const struct row rows[] = {
		{"in order", ORDERED,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "2 " FTP("10.0.0.1"), "2:T=3"},
		{"out of order", ORDERED,
			"0 " FTP("10.0.0.1") "1 " TELNET("10.0.0.1") "2 " SSH("10.0.0.1"), ""},
		{"the middle too early", ORDERED,
			"0 " TELNET("10.0.0.1") "1 " SSH("10.0.0.1") "2 " FTP("10.0.0.1"), ""},
		{"the middle again", ORDERED,
			"0 " TELNET("10.0.0.1") "1 " SSH("10.0.0.1") "2 " TELNET(
				"10.0.0.1") "3 " FTP("10.0.0.1"),
			"3:T=3"},
		{"the whole span apart", ORDERED,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "10 " FTP("10.0.0.1"),
			"10:T=3"},
		{"a moment more", ORDERED,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.1") "10.001 " FTP("10.0.0.1"), ""},
		{"the latest beginning counts", ORDERED,
			"0 " SSH("10.0.0.1") "5 " SSH("10.0.0.1") "6 " TELNET("10.0.0.1") "12 " FTP(
				"10.0.0.1"),
			"12:T=3"},
		{"a beginning behind the middle does not", ORDERED,
			"0 " SSH("10.0.0.1") "5 " TELNET("10.0.0.1") "9 " SSH("10.0.0.1") "12 " FTP(
				"10.0.0.1"),
			""},
		{"other groups", ORDERED,
			"0 " SSH("10.0.0.1") "1 " TELNET("10.0.0.2") "2 " FTP("10.0.0.1"), ""},
		{"some of them in order",
			TEMPORAL(
				"temporal_ordered", "login, other, third", ", condition: {gte: 2}"),
			"0 " TELNET("10.0.0.1") "1 " SSH("10.0.0.1") "2 " FTP("10.0.0.1"), "2:T=2"},
		/* One event is no two steps, from whichever end it is seen. */
		{"one event",
			HEAD("T", "3") "correlation: {type: temporal_ordered, rules: [aa, bb], "
				       "group-by: "
				       "[], timespan: 10s}\n" BASE("aa", "network.protocol: ssh")
					       BASE("bb", "peer.port: 22"),
			"0 network.protocol=ssh;peer.port=22\n", ""},
		{"two events at a time",
			HEAD("T", "3") "correlation: {type: temporal_ordered, rules: [aa, bb], "
				       "group-by: "
				       "[], timespan: 10s}\n" BASE("aa", "network.protocol: ssh")
					       BASE("bb", "peer.port: 22"),
			"0 network.protocol=ssh\n0 peer.port=22\n", "0:T=2"},
		{"both at once, then the second",
			HEAD("T", "3") "correlation: {type: temporal_ordered, rules: [aa, bb], "
				       "group-by: "
				       "[], timespan: 10s}\n" BASE("aa", "network.protocol: ssh")
					       BASE("bb", "peer.port: 22"),
			"0 network.protocol=ssh;peer.port=22\n1 peer.port=22\n", "1:T=2"},
	};

	CHECK(rows);
}
END_TEST

#define AMOUNT(type, condition)                                                                    \
	HEAD("A", "4")                                                                             \
	"correlation: {type: " type ", rules: [login], group-by: [source.ip], timespan: 10s, "     \
	"condition: {field: network.bytes, " condition "}}\n" LOGIN
#define BYTES(n) "network.protocol=ssh;source.ip=10.0.0.1;network.bytes=" n "\n"

START_TEST(value_sum)
{
	static const struct row rows[] = {
		{"below", AMOUNT("value_sum", "gt: 100"), "0 " BYTES("60") "1 " BYTES("40"), ""},
		{"above", AMOUNT("value_sum", "gt: 100"), "0 " BYTES("60") "1 " BYTES("41"),
			"1:A=101"},
		{"behind the span", AMOUNT("value_sum", "gt: 100"),
			"0 " BYTES("60") "10.001 " BYTES("41"), ""},
		{"what a conversation grew by", AMOUNT("value_sum", "gte: 100"),
			"0 #1 " BYTES("60") "1 #1 " BYTES("60") "2 #1 " BYTES("99") "3 #1 " BYTES(
				"100"),
			"3:A=100"},
		{"and not what it had before", AMOUNT("value_sum", "gte: 100"),
			"0 #1 " BYTES("90") "60 #1 " BYTES("100") "120 #1 " BYTES("150"), ""},
		{"in time", AMOUNT("value_sum", "gte: 100"),
			"0 #1 " BYTES("90") "60 #1 " BYTES("100") "65 #1 " BYTES("190"),
			"65:A=100"},
		{"less than before", AMOUNT("value_sum", "gte: 100"),
			"0 #1 " BYTES("60") "1 #1 " BYTES("50") "2 #1 " BYTES("99"), ""},
		{"lte, when the time is over", AMOUNT("value_sum", "lte: 100"),
			"0 " BYTES("60") "1 " BYTES("40") "11 tick\n", "11:A=100"},
		{"without the fact", AMOUNT("value_sum", "gte: 0"), "0 " SSH("10.0.0.1"), ""},
	};

	CHECK(rows);
}
END_TEST

START_TEST(value_avg)
{
	static const struct row rows[] = {
		{"above", AMOUNT("value_avg", "gt: 500"), "0 " BYTES("400") "1 " BYTES("602"),
			"1:A=501"},
		{"at", AMOUNT("value_avg", "gt: 500"), "0 " BYTES("400") "1 " BYTES("600"), ""},
		{"a fraction", AMOUNT("value_avg", "gte: 500.5"),
			"0 " BYTES("400") "1 " BYTES("601"), "1:A=500"},
		{"a fraction below", AMOUNT("value_avg", "gte: 500.6"),
			"0 " BYTES("400") "1 " BYTES("601"), ""},
		{"a conversation has one value", AMOUNT("value_avg", "gte: 500"),
			"0 #1 " BYTES("400") "1 #1 " BYTES("450") "2 #1 " BYTES("500"), "2:A=500"},
		{"behind the span", AMOUNT("value_avg", "gt: 500"),
			"0 " BYTES("400") "11 " BYTES("501"), "11:A=501"},
		{"lt, when the time is over", AMOUNT("value_avg", "lt: 500"),
			"0 " BYTES("400") "1 " BYTES("500") "11 tick\n", "11:A=450"},
	};

	CHECK(rows);
}
END_TEST

START_TEST(value_percentile_at)
{
	static const struct row rows[] = {
		{"the median", AMOUNT("value_percentile", "percentile: 50, gte: 20"),
			"0 " BYTES("10") "1 " BYTES("20") "2 " BYTES("30"), "2:A=20"},
		{"the median of two is the lower",
			AMOUNT("value_percentile", "percentile: 50, gte: 20"),
			"0 " BYTES("10") "1 " BYTES("20"), ""},
		{"nearly the highest", AMOUNT("value_percentile", "percentile: 95, gte: 30"),
			"0 " BYTES("10") "1 " BYTES("20") "2 " BYTES("30"), "2:A=30"},
		{"the lowest", AMOUNT("value_percentile", "percentile: 0, gt: 10"),
			"0 " BYTES("10") "1 " BYTES("20"), ""},
		{"the highest", AMOUNT("value_percentile", "percentile: 100, gte: 20"),
			"0 " BYTES("10") "1 " BYTES("20"), "1:A=20"},
		{"behind the span", AMOUNT("value_percentile", "percentile: 0, gt: 10"),
			"0 " BYTES("10") "11 " BYTES("20"), "11:A=20"},
	};

	CHECK(rows);
}
END_TEST

static void repeat(struct script *s, uint32_t from, uint32_t n, const char *facts)
{
	char line[256];

	for (uint32_t i = from; i < from + n; i++) {
		snprintf(line, sizeof(line), "%g %s", (double)i / 1000, facts);
		script_run(s, line);
	}
}

/* The specification's example: what at most 1% of all are. */
START_TEST(value_percentile_of_rare_values)
{
	static const char rules[] =
		HEAD("P", "5") "correlation: {type: value_percentile, rules: [login], group-by: "
			       "[source.ip], timespan: "
			       "24h, condition: {field: destination.domain, lte: 1}}\n" LOGIN;
	struct script *s = script_new(rules);

	repeat(s, 0, 98, "network.protocol=ssh;source.ip=10.0.0.1;destination.domain=usual");
	script_do(s, "1 network.protocol=ssh;source.ip=10.0.0.1;destination.domain=rare");
	ck_assert_str_eq(s->log, ""); /* one of 99 */
	script_do(s, "2 network.protocol=ssh;source.ip=10.0.0.1;destination.domain=usual");
	ck_assert_str_eq(s->log, "");
	script_do(s, "3 network.protocol=ssh;source.ip=10.0.0.1;destination.domain=seldom");
	ck_assert_str_eq(s->log, "3:P=0"); /* one of 101 */
	script_do(s, "4 network.protocol=ssh;source.ip=10.0.0.1;destination.domain=seldom");
	ck_assert_str_eq(s->log, "3:P=0"); /* two of 102 */
	script_do(s, "5 network.protocol=ssh;source.ip=10.0.0.2;destination.domain=other");
	ck_assert_str_eq(s->log, "3:P=0");
	script_free(s);
}
END_TEST

START_TEST(value_percentile_of_amounts)
{
	static const char rules[] =
		HEAD("P", "5") "correlation: {type: value_percentile, rules: [login], group-by: "
			       "[source.ip], timespan: "
			       "24h, condition: {field: network.bytes, gte: 95}}\n" LOGIN;
	struct script *s = script_new(rules);
	char line[128];

	for (uint32_t i = 1; i <= 19; i++) {
		snprintf(line, sizeof(line), "0 " BYTES("%u"), 100 + i);
		script_run(s, line);
	}
	ck_assert_str_eq(s->log, ""); /* fewer than 20 tell nothing about 5% */
	script_run(s, "1 " BYTES("50"));
	ck_assert_str_eq(s->log, "");
	script_run(s, "2 " BYTES("200"));
	ck_assert_str_eq(s->log, "2:P=100");
	script_run(s, "3 " BYTES("110"));
	ck_assert_str_eq(s->log, "2:P=100");
	script_free(s);
}
END_TEST

/* The specification's example of aliases, in our words. */
START_TEST(aliases)
{
	static const char rules[] = HEAD("L",
		"6") "correlation:\n"
		     "    type: temporal\n"
		     "    rules: [internal_error, new_connection]\n"
		     "    group-by: [internal_ip, remote_ip]\n"
		     "    timespan: 10s\n"
		     "    aliases:\n"
		     "        internal_ip: {internal_error: destination.ip, new_connection: "
		     "source.ip}\n"
		     "        remote_ip: {internal_error: source.ip, new_connection: "
		     "destination.ip}\n" BASE("internal_error", "http.response.status_code: 500")
			     BASE("new_connection", "network.direction: outbound");
	struct script *s = script_new(rules);

	script_do(s, "0 http.response.status_code=500;source.ip=192.0.2.1;destination.ip=10.0.0.1");
	script_do(s, "1 network.direction=outbound;source.ip=192.0.2.1;destination.ip=10.0.0.1");
	ck_assert_str_eq(s->log, "");
	script_do(s, "2 network.direction=outbound;source.ip=10.0.0.1;destination.ip=192.0.2.2");
	ck_assert_str_eq(s->log, "");
	script_do(s, "3 network.direction=outbound;source.ip=10.0.0.1;destination.ip=192.0.2.1");
	ck_assert_str_eq(s->log, "3:L=2");
	ck_assert_str_eq(s->group, "internal_ip 10.0.0.1, remote_ip 192.0.2.1");
	script_free(s);
}
END_TEST

/* The specification's example of a chain: many failed logins, then one that succeeds. */
START_TEST(chains)
{
	static const char rules[] =
		"title: Broke in\n"
		"correlation:\n"
		"    type: temporal_ordered\n"
		"    rules: [multiple_failed_login, successful_login]\n"
		"    group-by: [equipment.name]\n"
		"    timespan: 10m\n"
		"level: high\n"
		"---\n"
		"title: Many failed\n"
		"name: multiple_failed_login\n"
		"correlation:\n"
		"    type: event_count\n"
		"    rules: [failed_login]\n"
		"    group-by: [equipment.name, peer.ip]\n"
		"    timespan: 10m\n"
		"    condition: {gte: 3}\n" BASE("failed_login", "flow.state: rejected")
			BASE("successful_login", "flow.state: established");
#define FAILED "flow.state=rejected;equipment.name=gnb;peer.ip=192.0.2.1"
#define DONE   "flow.state=established;equipment.name=gnb;peer.ip=192.0.2.9"
	struct script *s = script_new(rules);

	script_do(s, "0 " FAILED);
	script_do(s, "1 " FAILED);
	script_do(s, "2 " DONE);
	script_do(s, "3 " FAILED);
	ck_assert_str_eq(s->log, "");
	script_do(s, "4 " DONE);
	ck_assert_str_eq(s->log, "4:Broke in=2");
	ck_assert_str_eq(s->group, "equipment.name gnb");
	/* The inner one is an event when it begins to hold, not as long as it does. */
	script_do(s, "700 " DONE);
	ck_assert_str_eq(s->log, "4:Broke in=2");
	script_free(s);
}
END_TEST

START_TEST(inner_correlations_count_once)
{
	static const char rules[] = "title: Twice\n"
				    "correlation: {type: event_count, rules: [burst], group-by: "
				    "[source.ip], timespan: 1h, "
				    "condition: {gte: 2}}\n"
				    "---\n"
				    "title: Burst\nname: burst\n"
				    "correlation: {type: event_count, rules: [login], group-by: "
				    "[source.ip], timespan: 10s, "
				    "condition: {gte: 2}}\n" LOGIN;
	struct script *s = script_new(rules);

	script_run(s, "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1") "2 " SSH("10.0.0.1") "3 " SSH(
			      "10.0.0.1"));
	ck_assert_str_eq(s->log, "");
	script_run(s, "60 " SSH("10.0.0.1") "61 " SSH("10.0.0.1"));
	ck_assert_str_eq(s->log, "61:Twice=2");
	script_free(s);
}
END_TEST

START_TEST(rules_are_silent_unless_they_are_to_be_heard)
{
	struct script *s = script_new(COUNT("gte: 2"));
	const struct rule *base = sigma_rule(s->rules, 0);
	const struct rule *correlation = sigma_rule(s->rules, 1);

	ck_assert_uint_eq(sigma_count(s->rules), 2);
	ck_assert_uint_eq(sigma_correlations(s->rules), 1);
	ck_assert(base->is_silent);
	ck_assert_ptr_null(base->correlation);
	ck_assert_int_eq(base->level, LEVEL_INFORMATIONAL);
	ck_assert_uint_eq(base->id.len, 36); /* made */
	ck_assert(!correlation->is_silent);
	ck_assert_ptr_nonnull(correlation->correlation);
	script_run(s, "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1"));
	ck_assert_uint_eq(s->n_alerts, 0);
	script_free(s);

	s = script_new("title: C\ngenerate: true\n"
		       "correlation: {type: event_count, rules: [loud], group-by: [source.ip], "
		       "timespan: 10s, condition: {gte: 2}}\n"
		       "---\ntitle: Loud\nid: 00000000-0000-4000-8000-000000000109\nname: loud\n"
		       "level: low\nlogsource: {product: vedette, category: flow}\n"
		       "detection: {s: {network.protocol: ssh}, condition: s}\n");
	ck_assert(!sigma_rule(s->rules, 0)->is_silent);
	ck_assert_int_eq(sigma_rule(s->rules, 1)->level, LEVEL_LOW); /* its rule's */
	script_run(s, "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1"));
	ck_assert_uint_eq(s->n_alerts, 1);
	script_free(s);
}
END_TEST

static bool says(const struct script *s, const char *text)
{
	for (uint32_t i = 0; i < s->reasons.n; i++) {
		if (strstr(s->reasons.items[i].data, text))
			return true;
	}
	return false;
}

START_TEST(explanations)
{
	struct script *s = script_new(VALUES("destination.port", "gte: 2"));

	script_run(s, "0 " TO("21") "1 " TO("22"));
	ck_assert(says(s, "value_count: 2 different values of destination.port, gte 2 within 10s"));
	ck_assert(says(s, "group: source.ip 10.0.0.1"));
	ck_assert(says(s, "latest values: 21, 22"));
	ck_assert(says(s, "rule login ("));
	ck_assert(says(s, "last event: selection s: network.protocol is ssh"));
	ck_assert_uint_eq(s->first_ns, T0);
	ck_assert_uint_eq(s->last_ns, T0 + NS_PER_S);
	script_free(s);
}
END_TEST

/* A flood in one group, and one of groups: both give up their oldest, and say so. */
START_TEST(bounds)
{
	struct script *s = script_new(COUNT("gte: 2"));
	struct correlator_stats stats;
	char line[128];

	correlator_free(s->correlator);
	s->correlator = script_correlator(s, 4, 16);
	for (uint32_t i = 0; i < 10; i++) {
		snprintf(line, sizeof(line), "1 " SSH("10.0.0.%u"), i);
		script_run(s, line);
	}
	correlator_stats(s->correlator, &stats);
	ck_assert_uint_eq(stats.groups, 4);
	ck_assert_uint_eq(stats.groups_evicted, 6);
	for (uint32_t i = 0; i < 40; i++)
		script_run(s, "2 " SSH("10.0.0.1"));
	correlator_stats(s->correlator, &stats);
	ck_assert_uint_le(stats.events_now, 16);
	ck_assert_uint_gt(stats.events_dropped, 0);
	ck_assert_uint_eq(stats.events, 50);
	script_do(s, "60 tick");
	correlator_stats(s->correlator, &stats);
	ck_assert_uint_eq(stats.groups, 0);
	ck_assert_uint_eq(stats.events_now, 0);
	script_free(s);
}
END_TEST

/* One that is flooded gives up its own, and those first that came once. */
START_TEST(a_flood_gives_up_the_flood)
{
	static const char rules[] = "title: C\n"
				    "correlation: {type: event_count, rules: [login], group-by: "
				    "[source.ip], timespan: 1h, "
				    "condition: {gte: 3}}\n"
				    "---\ntitle: O\n"
				    "correlation: {type: event_count, rules: [other], group-by: "
				    "[source.ip], timespan: 1h, "
				    "condition: {gte: 2}}\n" LOGIN OTHER;
	struct script *s = script_new(rules);
	char line[128];

	correlator_free(s->correlator);
	s->correlator = script_correlator(s, 16, 64);
	script_run(s, "0 " TELNET("10.0.0.1"));
	script_run(s, "0 " SSH("10.0.0.1") "1 " SSH("10.0.0.1"));
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "2 " SSH("10.1.%u.%u"), i / 250, i % 250);
		script_run(s, line);
	}
	script_run(s, "3 " SSH("10.0.0.1") "4 " TELNET("10.0.0.1"));
	ck_assert_str_eq(s->log, "3:C=3 4:O=2");
	script_free(s);
}
END_TEST

/* Conversations that go on behind their span are remembered, but not all for ever. */
START_TEST(spent_conversations_are_bounded)
{
	struct script *s = script_new(COUNT("gte: 2"));
	struct correlator_stats stats;
	char line[128];

	correlator_free(s->correlator);
	s->correlator = script_correlator(s, 0, 16);
	for (uint32_t i = 1; i <= 14; i++) {
		snprintf(line, sizeof(line), "%u #%u " SSH("10.0.0.1"), i * 20, i);
		script_run(s, line);
	}
	script_do(s, "900 tick");
	correlator_stats(s->correlator, &stats);
	ck_assert_uint_eq(stats.events_now, 0);
	ck_assert_uint_eq(stats.forgotten, 6);
	script_run(s, "1000 #14 " SSH("10.0.0.1") "1001 #13 " SSH("10.0.0.1"));
	ck_assert_str_eq(s->log, "");
	script_run(s, "1000 #1 " SSH("10.0.0.1") "1001 #2 " SSH("10.0.0.1")); /* forgotten */
	ck_assert_str_eq(s->log, "1001:C=2");
	script_free(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, event_count);
	tcase_add_test(tc, upper_bounds);
	tcase_add_test(tc, conversations_count);
	tcase_add_test(tc, value_count);
	tcase_add_test(tc, temporal);
	tcase_add_test(tc, temporal_ordered);
	tcase_add_test(tc, value_sum);
	tcase_add_test(tc, value_avg);
	tcase_add_test(tc, value_percentile_at);
	tcase_add_test(tc, value_percentile_of_rare_values);
	tcase_add_test(tc, value_percentile_of_amounts);
	tcase_add_test(tc, aliases);
	tcase_add_test(tc, chains);
	tcase_add_test(tc, inner_correlations_count_once);
	tcase_add_test(tc, rules_are_silent_unless_they_are_to_be_heard);
	tcase_add_test(tc, explanations);
	tcase_add_test(tc, bounds);
	tcase_add_test(tc, a_flood_gives_up_the_flood);
	tcase_add_test(tc, spent_conversations_are_bounded);
}

int main(void)
{
	return suite_main("correlator", add_tests);
}
