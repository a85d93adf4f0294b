#include "bench/pcap_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_HEADER_BYTES = 24, LINKTYPE_ETHERNET = 1, SLACK_BYTES = 4096 };

/* The file over the front of zeros, so that a library which reads a little beyond the last packet
 * finds some. */
static bool map_file(struct pcap_map *m, int fd)
{
	struct stat st;
	uint8_t *zeros;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < FILE_HEADER_BYTES)
		return false;
	m->bytes = (size_t)st.st_size;
	m->mapped_bytes = m->bytes + SLACK_BYTES;
	zeros = mmap(NULL, m->mapped_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (zeros == MAP_FAILED)
		return false;
	m->data = zeros;
	if (mmap(zeros, m->bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0) ==
		MAP_FAILED) {
		(void)munmap(zeros, m->mapped_bytes);
		return false;
	}
	return true;
}

static bool read_header(struct pcap_map *m)
{
	uint32_t magic;

	memcpy(&magic, m->data, sizeof(magic));
	m->swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	magic = pcap_map_word(m, m->data);
	m->fraction_ns = magic == 0xa1b23c4d ? 1 : 1000;
	m->at = FILE_HEADER_BYTES;
	return (magic == 0xa1b2c3d4 || magic == 0xa1b23c4d) &&
	       (pcap_map_word(m, m->data + 20) & 0xffff) == LINKTYPE_ETHERNET;
}

bool pcap_map_open(struct pcap_map *m, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool mapped;

	*m = (struct pcap_map){0};
	mapped = fd >= 0 && map_file(m, fd);
	if (fd >= 0)
		(void)close(fd);
	if (mapped && read_header(m))
		return true;
	(void)fprintf(stderr, "%s: not a readable pcap file of Ethernet frames\n", path);
	if (mapped)
		pcap_map_close(m);
	return false;
}

void pcap_map_close(struct pcap_map *m)
{
	(void)munmap((void *)(uintptr_t)m->data, m->mapped_bytes);
	m->data = NULL;
}
