#include "sensor/canary.h"

#include <string.h>

#include "capture/decode/decode.h"
#include "tests/unit/suite.h"

START_TEST(a_question_and_its_answer)
{
	struct canary c;
	struct packet p[CANARY_FRAMES];
	char text[IP_ADDR_TEXT_BYTES];

	canary_make(&c, 0x12345, 7);
	for (int i = 0; i < CANARY_FRAMES; i++) {
		decode_frame(&c.frames[i], NULL, &p[i]);
		ck_assert_int_eq(p[i].reason, REASON_none);
		ck_assert_int_eq(p[i].n_layers, 1);
		ck_assert_uint_eq(p[i].layers[0].payload_captured, p[i].layers[0].payload_bytes);
		ck_assert_uint_eq(c.frames[i].ts_ns, 7);
		ck_assert_uint_eq(c.frames[i].interface, CANARY_INTERFACE);
		ck_assert_uint_le(c.frames[i].caplen, CANARY_FRAME_BYTES);
	}
	ck_assert_int_eq(ip_addr_cmp(&p[0].layers[0].src, &p[1].layers[0].dst), 0);
	ck_assert_int_eq(ip_addr_cmp(&p[0].layers[0].dst, &p[1].layers[0].src), 0);
	ck_assert_str_eq(ip_addr_format(&p[0].layers[0].dst, text), "2001:db8:ca:1::1:2345");
	ck_assert_int_eq(p[0].layers[0].dport, 53);
}
END_TEST

START_TEST(each_asks_somebody_else)
{
	struct canary a, b;
	struct packet p, q;

	canary_make(&a, 1, 0);
	canary_make(&b, UINT32_MAX, 0);
	decode_frame(&a.frames[0], NULL, &p);
	decode_frame(&b.frames[0], NULL, &q);
	ck_assert_int_eq(ip_addr_cmp(&p.layers[0].src, &q.layers[0].src), 0);
	ck_assert_int_ne(ip_addr_cmp(&p.layers[0].dst, &q.layers[0].dst), 0);
	ck_assert_uint_le(b.frames[1].caplen, CANARY_FRAME_BYTES);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_question_and_its_answer);
	tcase_add_test(tc, each_asks_somebody_else);
}

int main(void)
{
	return suite_main("canary", add_tests);
}
