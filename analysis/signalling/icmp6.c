#include "analysis/signalling/icmp.h"

const struct signalling signalling_icmp6 = {
	.name = "ICMPV6",
	.label = "ICMPV6",
	.message = icmp_message,
};
