#include "redis/registration.h"

#include "redis/connection.h"
#include "redis/stream.h"

int registration_add(struct redis_endpoint *e, int cancel_fd, const char *name, struct error *err)
{
	struct redis_connection *c = redis_connect(e, cancel_fd, NULL, err);
	struct redis_reply r;
	int rc;

	if (!c)
		return ERR_REDIS;
	rc = redis_command(c, 3,
		(struct str[]){STR("SADD"), STR(STREAM_SENSORS_KEY), str_from(name)}, &r, err);
	redis_close(c);
	return rc;
}
