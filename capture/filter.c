#include "capture/filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames of more link types than this in one run are refused. */
enum { MAX_PROGRAMS = 32 };

enum {
	LINKTYPE_NUM_NULL = 0,
	LINKTYPE_NUM_RAW_OPENBSD = 14,
	LINKTYPE_NUM_RAW = 101,
	LINKTYPE_NUM_LOOP = 108
};

struct program {
	uint32_t linktype;
	bool compiled;
	struct bpf_program bpf;
};

struct filter {
	char *expression;
	int n_programs;
	struct program programs[MAX_PROGRAMS];
};

/* Files and the library number some link types differently. */
static int dlt_of(uint32_t linktype)
{
	if (linktype == LINKTYPE_NUM_RAW || linktype == LINKTYPE_NUM_RAW_OPENBSD)
		return DLT_RAW;
	return (int)linktype;
}

/* Frames of the BSD loopback hold their address family in the order of the host that captured;
 * libpcap's code for DLT_NULL expects this host's order and that for DLT_LOOP network order. */
static uint32_t linktype_of(const struct frame *frame)
{
	if (frame->linktype == LINKTYPE_NUM_NULL && frame->caplen >= 4 && frame->data[0] == 0 &&
		frame->data[1] == 0)
		return LINKTYPE_NUM_LOOP;
	return frame->linktype;
}

/* Adds the program for LINKTYPE; p->compiled tells whether there is one, and TEXT why not. NULL
 * when there is no room. */
static struct program *compile(struct filter *f, uint32_t linktype, char *text, size_t size)
{
	struct program *p;
	pcap_t *dead;

	if (f->n_programs == MAX_PROGRAMS)
		return NULL;
	p = &f->programs[f->n_programs++];
	p->linktype = linktype;
	dead = pcap_open_dead(dlt_of(linktype), FRAME_MAX_BYTES);
	if (!dead) {
		snprintf(text, size, "no memory left");
		return p;
	}
	p->compiled = pcap_compile(dead, &p->bpf, f->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!p->compiled)
		snprintf(text, size, "%s", pcap_geterr(dead));
	pcap_close(dead);
	return p;
}

struct filter *filter_new(const char *expression, uint32_t linktype, struct error *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct filter *f = calloc(1, sizeof(*f));

	if (f)
		f->expression = strdup(expression);
	if (!f || !f->expression) {
		error_set(err, ERR_SYSTEM, "no memory left for the filter");
		filter_free(f);
		return NULL;
	}
	if (!compile(f, linktype, text, sizeof(text))->compiled) {
		error_set(err, ERR_USAGE,
			"filter \"%s\" cannot be used on the first input (link type %u): %s; its "
			"language is "
			"described in pcap-filter(7)",
			expression, linktype, text);
		filter_free(f);
		return NULL;
	}
	return f;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (int i = 0; i < f->n_programs; i++) {
		if (f->programs[i].compiled)
			pcap_freecode(&f->programs[i].bpf);
	}
	free(f->expression);
	free(f);
}

bool filter_passes(struct filter *f, const struct frame *frame)
{
	const uint32_t linktype = linktype_of(frame);
	const struct pcap_pkthdr head = {.caplen = frame->caplen, .len = frame->len};
	char ignored[PCAP_ERRBUF_SIZE];
	struct program *p = NULL;

	for (int i = 0; i < f->n_programs && !p; i++) {
		if (f->programs[i].linktype == linktype)
			p = &f->programs[i];
	}
	if (!p)
		p = compile(f, linktype, ignored, sizeof(ignored));
	return p && p->compiled && pcap_offline_filter(&p->bpf, &head, frame->data) != 0;
}
