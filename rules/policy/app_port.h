/* Which port an application is registered for (IANA), as far as contracts of telecom equipment need
 * to know. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

enum app_port {
	APP_PORT_OTHER,   /* the application is registered, but not there */
	APP_PORT_OWN,     /* it is registered there */
	APP_PORT_UNKNOWN, /* it has no registered port, or none that is known here */
};

/* APP as a contract writes it, in any case; PROTO the IP protocol; PORT 0 where that has no ports.
 */
enum app_port app_port(struct str app, uint8_t proto, uint16_t port);

/* APP has a registered port here; and one over the IP protocol PROTO. */
bool app_port_is_known(struct str app);
bool app_port_has_proto(struct str app, uint8_t proto);

/* The app that usually speaks on PORT over PROTO; NULL: none that is known here. */
const char *app_port_usual(uint8_t proto, uint16_t port);
