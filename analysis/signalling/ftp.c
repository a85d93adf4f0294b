#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_FTP = 21,
	MAX_NAME_BYTES = 200,
	COMMAND_BYTES = 5, /* with the space behind it */
};

/* RFC 959 §4.1.3: the commands that move a file. Of others, which hold names of users and
 * passwords, nothing is told. */
static const struct command {
	struct str word;
	const char *name;
} commands[] = {
	{{"RETR ", COMMAND_BYTES}, "retrieve"},
	{{"STOR ", COMMAND_BYTES}, "store"},
	{{"STOU ", COMMAND_BYTES}, "store"},
	{{"APPE ", COMMAND_BYTES}, "store"},
};

/* The rest of the line, which must be whole: RFC 959 §5.3.1. */
static bool read_line(struct cursor *c, struct str *ret)
{
	*ret = (struct str){(const char *)c->data + c->at, 0};
	for (;;) {
		const uint8_t byte = cursor_u8(c);

		if (!cursor_ok(c) || ret->len > MAX_NAME_BYTES)
			return false;
		if (byte == '\r' || byte == '\n')
			return ret->len > 0;
		if (byte < ' ')
			return false;
		ret->len++;
	}
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t *word = cursor_take(&c, COMMAND_BYTES);
	struct str file;

	if (layer->proto != IPPROTO_NUM_TCP || !word)
		return false;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!str_eq_nocase(
			    (struct str){(const char *)word, COMMAND_BYTES}, commands[i].word))
			continue;
		if (!read_line(&c, &file))
			return false;
		ret->name = commands[i].name;
		message_name(ret, FIELD_FILE_NAME, file);
		return true;
	}
	return false;
}

/* Files with a password in clear text (RFC 959): which one, and which way. The data goes in a
 * conversation of its own. */
const struct signalling signalling_ftp = {
	.name = "FTP_CONTROL", .label = "FTP_CONTROL", .ports = {PORT_FTP}, .message = message};
