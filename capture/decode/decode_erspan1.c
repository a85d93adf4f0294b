#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_ETHERNET = 1 };

/* A header of no bytes: the frame stands directly behind GRE (draft-foschiano-erspan). */
enum decode_result decode_erspan1(struct cursor *c, struct packet *p, struct next *ret_next)
{
	(void)c;
	(void)p;
	*ret_next = (struct next){
		.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET, .mirror = MIRROR_BY_NATURE};
	return DECODE_MORE;
}
