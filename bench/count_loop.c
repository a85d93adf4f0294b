/* count_loop FILE: libpcap reads a capture, and each packet is counted. Prints one JSON object. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <time.h>

struct count {
	uint64_t packets, bytes;
};

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct count *c = (struct count *)(void *)user;

	(void)bytes;
	c->packets++;
	c->bytes += header->caplen;
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct count c = {0, 0};
	double began;
	pcap_t *p;
	int rc;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: count_loop FILE\n");
		return 2;
	}
	began = seconds();
	p = pcap_open_offline(argv[1], why);
	if (!p) {
		(void)fprintf(stderr, "count_loop: %s\n", why);
		return 1;
	}
	rc = pcap_loop(p, -1, on_packet, (u_char *)(void *)&c);
	if (rc != 0)
		(void)fprintf(stderr, "count_loop: %s\n", pcap_geterr(p));
	pcap_close(p);
	(void)printf("{\"packets\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"seconds\": %.4f}\n",
		c.packets, c.bytes, seconds() - began);
	return rc == 0 ? 0 : 1;
}
