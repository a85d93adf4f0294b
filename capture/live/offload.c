#include "capture/live/offload.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t get(int fd, const char *interface, uint32_t command)
{
	struct ethtool_value value = {.cmd = command};
	struct ifreq request = {.ifr_data = (char *)&value};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	return ioctl(fd, SIOCETHTOOL, &request) == 0 ? value.data : 0;
}

void offload_query(const char *interface, bool *ret_gro, bool *ret_lro)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*ret_gro = false;
	*ret_lro = false;
	if (fd < 0)
		return;
	*ret_gro = get(fd, interface, ETHTOOL_GGRO) != 0;
	*ret_lro = (get(fd, interface, ETHTOOL_GFLAGS) & ETH_FLAG_LRO) != 0;
	close(fd);
}
