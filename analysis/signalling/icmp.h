/* What both versions of ICMP have in common. For icmp.c and icmp6.c. */
#pragma once

#include "analysis/signalling/signalling.h"

signalling_message_fn icmp_message;
