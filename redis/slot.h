/* In which of a Redis Cluster's slots a key lies. */
#pragma once

#include <stdint.h>

#include "common/str.h"

enum { REDIS_SLOTS = 16384 };

/* CRC-16/XMODEM of the key, modulo REDIS_SLOTS; of what stands between the first { and the next },
 * where that is not empty. */
uint16_t redis_slot(struct str key);
