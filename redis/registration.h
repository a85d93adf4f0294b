/* The set of all names, vedette:sensors, by which readers find a sensor. It is on a connection of
 * its own: the user who writes a sensor's stream needs no right to it, and in a Cluster it lies in
 * another slot. */
#pragma once

#include "redis/endpoint.h"

/* Connects to E, adds NAME to the set, and closes. 0, or a negative code with *err. CANCEL_FD as in
 * redis_connect. */
int registration_add(struct redis_endpoint *e, int cancel_fd, const char *name, struct error *err);
