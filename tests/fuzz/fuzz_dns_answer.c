/* A DNS message to what it answers. */
#include <stdlib.h>
#include <string.h>

#include "analysis/dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_answer a;

	if (size > UINT16_MAX || !dns_answer_parse(data, (uint32_t)size, &a))
		return 0;
	if (a.n_addr > DNS_MAX_ADDRESSES || a.n_data > DNS_MAX_DATA ||
		a.n_data_bytes > DNS_DATA_BYTES || a.name_len == 0 || a.name_len >= DNS_NAME_BYTES)
		abort();
	if (strlen(a.name) != a.name_len)
		abort();
	return 0;
}
