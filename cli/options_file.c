/* A file of options: what would stand on a long command line. */
#include <string.h>

#include "cli/options.h"

static int is_list(int value)
{
	return value == OPTION_INTERFACE || value == OPTION_OWN_SPACE ||
	       value == OPTION_SUBSCRIBERS;
}

static int take_value(struct options *o, const struct option *row, const struct yaml_node *value,
	struct error *err)
{
	struct error why;
	bool flag;

	if (value->kind != YAML_SCALAR)
		return yaml_error(value, err, "\"%s\" is a single value here", row->name);
	if (row->has_arg == no_argument) {
		if (!yaml_bool(value, &flag))
			return yaml_error(value, err, "\"%s\" is true or false", row->name);
		return flag ? options_take(o, row->val, NULL, err) : 0;
	}
	if (options_take(o, row->val, value->text.data, &why) < 0)
		return yaml_error(value, err, "%s", why.msg);
	return 0;
}

static int take_pair(
	struct options *o, const struct yaml_pair *pair, const int *accepted, struct error *err)
{
	const struct option *row = options_find(pair->key->text, accepted);
	int rc = 0;

	if (!row || row->val == OPTION_CONFIG)
		return yaml_error(pair->key, err,
			"there is no option \"%.*s\"; keys are the long options of 'vedette run "
			"--help'",
			(int)pair->key->text.len, pair->key->text.data);
	if (pair->value->kind != YAML_LIST)
		return take_value(o, row, pair->value, err);
	if (!is_list(row->val))
		return yaml_error(
			pair->value, err, "\"%s\" takes one value, not a list", row->name);
	for (size_t i = 0; i < pair->value->n && rc == 0; i++)
		rc = take_value(o, row, pair->value->items[i], err);
	return rc;
}

int options_read_file(struct options *o, const char *path, const int *accepted, struct error *err)
{
	const struct yaml_node *root;
	int rc = 0;

	o->file = yaml_read(path, 1, err);
	if (!o->file)
		return err->code;
	root = yaml_root(o->file, 0);
	if (root->kind != YAML_MAP)
		return yaml_error(root, err, "a file of options is a map: interface: [eth1]");
	for (size_t i = 0; i < root->n && rc == 0; i++)
		rc = take_pair(o, &root->pairs[i], accepted, err);
	return rc;
}
