#include "rules/sigma/cost.h"

#include "rules/sigma/program.h"

static bool is_look_up(enum field_id id)
{
	switch (id) {
	case FIELD_SOURCE_GEO_COUNTRY:
	case FIELD_SOURCE_AS_NUMBER:
	case FIELD_SOURCE_AS_NAME:
	case FIELD_DESTINATION_GEO_COUNTRY:
	case FIELD_DESTINATION_AS_NUMBER:
	case FIELD_DESTINATION_AS_NAME:
	case FIELD_DESTINATION_DOMAIN:
	case FIELD_NETWORK_COMMUNITY_ID:
		return true;
	default:
		return id >= FIELD_PEER_ENTITY && id <= FIELD_CONTRACT_WINDOW &&
		       id != FIELD_PEER_SCOPE && id != FIELD_PEER_BYTES;
	}
}

/* Words of a fixed set, which are pointed at. */
static bool is_word(enum field_id id)
{
	switch (id) {
	case FIELD_EVENT_DATASET:
	case FIELD_FLOW_PHASE:
	case FIELD_FLOW_STATE:
	case FIELD_FLOW_END_REASON:
	case FIELD_NETWORK_TYPE:
	case FIELD_NETWORK_TRANSPORT:
	case FIELD_NETWORK_PROTOCOL:
	case FIELD_NETWORK_APPLICATION:
	case FIELD_NETWORK_DIRECTION:
	case FIELD_CLASSIFICATION_CONFIDENCE:
	case FIELD_CLASSIFICATION_CATEGORY:
	case FIELD_EQUIPMENT_ROLE:
	case FIELD_PEER_SCOPE:
	case FIELD_SITE_MODE:
	case FIELD_SENSOR_EVENT:
	case FIELD_SENSOR_CAUSE:
		return true;
	default:
		return false;
	}
}

enum field_cost field_cost(enum field_id id)
{
	enum field_type type = field_info(id)->type;

	if (is_look_up(id))
		return COST_LOOK_UP;
	if (is_word(id) || type == FIELD_TYPE_LONG || type == FIELD_TYPE_BOOLEAN ||
		type == FIELD_TYPE_DATE || type == FIELD_TYPE_IP)
		return COST_RECORD;
	return COST_TEXT;
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
