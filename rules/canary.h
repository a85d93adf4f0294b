/* The sensor's own conversation, by which it proves on request that it works from frame to alert.
 * Its packets are marked where they enter and by nothing on the wire, so nobody can send one. */
#pragma once

/* The equipment that speaks it, and the segment that it alone lives in. */
#define CANARY_NAME "vedette-canary"
#define CANARY_ROLE "canary"

enum { CANARY_SEGMENT = 65535 };
