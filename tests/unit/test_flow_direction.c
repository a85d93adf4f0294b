#include "analysis/flow/direction.h"

#include <string.h>

#include "tests/unit/suite.h"

enum { TCP = 6, UDP = 17, SCTP = 132, ICMP = 1, ICMP6 = 58 };

static struct packet_layer layer(uint8_t proto, uint16_t sport, uint16_t dport)
{
	return (struct packet_layer){.proto = proto, .sport = sport, .dport = dport};
}

static struct direction of_ports(uint8_t proto, uint16_t sport, uint16_t dport)
{
	const struct packet_layer l = layer(proto, sport, dport);

	return direction_of_first(&l, NULL, 0);
}

static struct direction of_payload(
	uint8_t proto, uint16_t sport, uint16_t dport, uint32_t at, uint8_t byte, uint32_t n)
{
	const struct packet_layer l = layer(proto, sport, dport);
	uint8_t payload[64] = {0};

	payload[at] = byte;
	return direction_of_first(&l, payload, n);
}

#define ASSERT_DIRECTION(expr, responder, sure)                                                    \
	do {                                                                                       \
		const struct direction d_ = (expr);                                                \
                                                                                                   \
		ck_assert_int_eq(d_.from_responder, responder);                                    \
		ck_assert_int_eq(d_.certain, sure);                                                \
	} while (0)

START_TEST(test_tcp_flags_settle_it)
{
	struct packet_layer l = layer(TCP, 443, 40000);

	l.tcp_flags = TCP_SYN;
	ASSERT_DIRECTION(direction_of_first(&l, NULL, 0), false, true); /* whatever the ports say */
	l.tcp_flags = TCP_SYN | TCP_ACK;
	ASSERT_DIRECTION(direction_of_first(&l, NULL, 0), true, true);
	l.tcp_flags = TCP_ACK;
	ASSERT_DIRECTION(direction_of_first(&l, NULL, 0), true, false);
}
END_TEST

START_TEST(test_a_service_port_is_called)
{
	ASSERT_DIRECTION(of_ports(TCP, 40000, 443), false, false);
	ASSERT_DIRECTION(of_ports(TCP, 443, 40000), true, false);
	ASSERT_DIRECTION(of_ports(TCP, 1023, 1024), true, false);
	ASSERT_DIRECTION(of_ports(TCP, 1024, 1023), false, false);
	ASSERT_DIRECTION(of_ports(UDP, 2123, 50000), true, false);  /* GTP-C is registered */
	ASSERT_DIRECTION(of_ports(UDP, 2122, 50000), false, false); /* its neighbour is not */
	ASSERT_DIRECTION(of_ports(SCTP, 38412, 40001), true, false);
	ASSERT_DIRECTION(of_ports(UDP, 1194, 50000), true, false); /* first and last of the table */
	ASSERT_DIRECTION(of_ports(UDP, 57722, 50000), true, false);
}
END_TEST

START_TEST(test_ports_alike_leave_the_order)
{
	ASSERT_DIRECTION(of_ports(TCP, 40000, 40001), false, false);
	ASSERT_DIRECTION(of_ports(UDP, 500, 500), false, false);
	ASSERT_DIRECTION(of_ports(UDP, 2152, 2152), false, false);
	ASSERT_DIRECTION(of_ports(TCP, 0, 40000), false, false);
	ASSERT_DIRECTION(of_ports(47, 0, 0), false, false);
}
END_TEST

/* Who sends from port 53 to look like an answer began the conversation, unless it is one. */
START_TEST(test_dns_says_who_asks)
{
	ASSERT_DIRECTION(of_payload(UDP, 40000, 53, 2, 0x01, 12), false, true);
	ASSERT_DIRECTION(of_payload(UDP, 53, 40000, 2, 0x81, 12), true, true);
	ASSERT_DIRECTION(of_payload(UDP, 53, 40000, 2, 0x01, 12), false, true);
	ASSERT_DIRECTION(of_payload(UDP, 53, 40000, 2, 0x81, 11), false, false);
	ASSERT_DIRECTION(of_payload(UDP, 40000, 53, 2, 0x81, 12), false, true);
}
END_TEST

START_TEST(test_ntp_says_who_asks)
{
	ASSERT_DIRECTION(of_payload(UDP, 123, 123, 0, 0x23, 48), false, true);
	ASSERT_DIRECTION(of_payload(UDP, 123, 123, 0, 0x24, 48), true, true);
	ASSERT_DIRECTION(of_payload(UDP, 123, 40000, 0, 0x24, 48), true, true);
	ASSERT_DIRECTION(of_payload(UDP, 123, 40000, 0, 0x24, 47), false, false);
	ASSERT_DIRECTION(of_payload(UDP, 123, 40000, 0, 0x23, 48), false, true);
}
END_TEST

START_TEST(test_sctp_chunks_settle_it)
{
	ASSERT_DIRECTION(of_payload(SCTP, 38412, 40000, 0, SCTP_INIT, 20), false, true);
	ASSERT_DIRECTION(of_payload(SCTP, 40000, 38412, 0, SCTP_INIT_ACK, 20), true, true);
	ASSERT_DIRECTION(of_payload(SCTP, 38412, 40000, 0, SCTP_COOKIE_ECHO, 20), false, true);
	ASSERT_DIRECTION(of_payload(SCTP, 40000, 38412, 0, SCTP_COOKIE_ACK, 4), true, true);
	ASSERT_DIRECTION(
		of_payload(SCTP, 38412, 40000, 0, SCTP_INIT, 0), true, false); /* not captured */
	ck_assert_int_eq(sctp_first_chunk(NULL, 0), -1);
}
END_TEST

static struct direction of_icmp(uint8_t proto, uint8_t type)
{
	struct packet_layer l = layer(proto, 0, 0);

	l.icmp_type = type;
	return direction_of_first(&l, NULL, 0);
}

START_TEST(test_icmp_replies)
{
	ASSERT_DIRECTION(of_icmp(ICMP, 8), false, true);
	ASSERT_DIRECTION(of_icmp(ICMP, 0), true, true);
	ASSERT_DIRECTION(of_icmp(ICMP, 3), false, true);
	ASSERT_DIRECTION(of_icmp(ICMP6, 128), false, true);
	ASSERT_DIRECTION(of_icmp(ICMP6, 129), true, true);
	ASSERT_DIRECTION(of_icmp(ICMP6, 0), false, true); /* a reply in version 4 only */
	ASSERT_DIRECTION(of_icmp(ICMP6, 134), false, true);
	ck_assert_int_eq(icmp_counterpart(ICMP, 8), 0);
	ck_assert_int_eq(icmp_counterpart(ICMP, 0), 8);
	ck_assert_int_eq(icmp_counterpart(ICMP6, 129), 128);
	ck_assert_int_eq(icmp_counterpart(ICMP, 3), -1);
	ck_assert_int_eq(icmp_counterpart(ICMP6, 8), -1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_tcp_flags_settle_it);
	tcase_add_test(tc, test_a_service_port_is_called);
	tcase_add_test(tc, test_ports_alike_leave_the_order);
	tcase_add_test(tc, test_dns_says_who_asks);
	tcase_add_test(tc, test_ntp_says_who_asks);
	tcase_add_test(tc, test_sctp_chunks_settle_it);
	tcase_add_test(tc, test_icmp_replies);
}

int main(void)
{
	return suite_main("flow/direction", add_tests);
}
