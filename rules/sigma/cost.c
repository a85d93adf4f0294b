#include "rules/sigma/cost.h"

#include "rules/sigma/program.h"

enum field_cost field_cost(enum field_id id)
{
	switch ((enum fact_group)fact_groups[id]) {
	case FACT_NOW:
	case FACT_MOMENT:
	case FACT_PATH:
	case FACT_ENDS:
	case FACT_TRANSPORT:
	case FACT_LABEL:
	case FACT_SITE:
	case FACT_SELF:
	case FACT_PEER:
		return COST_RECORD;
	case FACT_MACS:
	case FACT_TAGS:
	case FACT_TLS:
	case FACT_CONTENT:
	case FACT_SELF_NAME:
		return COST_TEXT;
	default:
		return COST_LOOK_UP;
	}
}

static uint32_t test_cost(const struct item *item)
{
	switch (item->test) {
	case TEST_ABSENT:
	case TEST_EXISTS:
		return 0;
	case TEST_NUMBER:
		return 1;
	case TEST_NETWORK:
		return 2;
	case TEST_TEXT:
		return item->n_exact == item->n ? 2 : 8;
	case TEST_REFERENCE:
		return 10;
	case TEST_LIST:
		return 40;
	case TEST_REGEX:
		break;
	}
	return 200;
}

uint32_t item_cost(const struct item *item)
{
	static const uint32_t of_field[] = {
		[COST_RECORD] = 1, [COST_TEXT] = 10, [COST_LOOK_UP] = 50};
	uint32_t several = item->n > 8 ? 8 : item->n;

	if (item->field == FIELD_ANY_TEXT)
		return 1000 + test_cost(item) * several;
	return of_field[field_cost((enum field_id)item->field)] + test_cost(item) * several;
}
