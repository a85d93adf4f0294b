#include "common/error_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct error_list *l)
{
	size_t capacity = l->capacity ? 2 * l->capacity : 16;
	struct error_entry *grown;

	if (l->n < l->capacity)
		return true;
	grown = realloc(l->items, capacity * sizeof(*grown));
	if (!grown)
		return false;
	l->items = grown;
	l->capacity = capacity;
	return true;
}

void error_list_add(struct error_list *l, const struct error *e)
{
	char *msg = l->n < ERROR_LIST_MAX && make_room(l) ? strdup(e->msg) : NULL;

	if (msg)
		l->items[l->n++] = (struct error_entry){e->code, msg};
	else
		l->left_out++;
}

void error_list_done(struct error_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].msg);
	free(l->items);
	*l = (struct error_list){0};
}

size_t error_list_total(const struct error_list *l)
{
	return l->n + l->left_out;
}

void error_list_move(struct error_list *to, struct error_list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		if (to->n < ERROR_LIST_MAX && make_room(to)) {
			to->items[to->n++] = from->items[i];
		} else {
			free(from->items[i].msg);
			to->left_out++;
		}
	}
	to->left_out += from->left_out;
	free(from->items);
	*from = (struct error_list){0};
}

int error_list_first(const struct error_list *l, struct error *ret)
{
	size_t more = error_list_total(l) - 1;

	if (l->n == 0)
		return error_set(ret, ERR_SYSTEM, "not enough memory to say what is wrong");
	if (more == 0)
		return error_set(ret, l->items[0].code, "%s", l->items[0].msg);
	return error_set(ret, l->items[0].code, "%.900s (and %zu more error%s)", l->items[0].msg,
		more, more == 1 ? "" : "s");
}
