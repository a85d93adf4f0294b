/* The socket's file and the lock beside it. */
#pragma once

#include "sensor/control/control.h"

struct control_listener {
	int fd;      /* listens, does not block */
	int lock_fd; /* PATH.lock, locked */
	char path[CONTROL_PATH_BYTES];
};

int listener_open(struct control_listener *l, const char *path, struct error *err);
void listener_close(struct control_listener *l); /* and removes the socket */
