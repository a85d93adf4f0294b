/* The public rules that VEDETTE_SIGMA_RULES names: all are read to their end, those of the network
 * judge or say what they lack. */
#include "tests/unit/sigma_fixture.h"

static struct sigma *corpus; /* NULL: not there */

static bool is_there(void)
{
	const char *dir = getenv("VEDETTE_SIGMA_RULES");
	struct error err = {0};

	if (!dir) {
		puts("VEDETTE_SIGMA_RULES is not set: public rules are not read");
		return false;
	}
	if (corpus)
		return true;
	corpus = sigma_open(dir, NULL, NULL, &err);
	ck_assert_msg(corpus != NULL, "%s", err.msg);
	return true;
}

START_TEST(every_file_is_read)
{
	size_t n[LEFT_FAULTY + 1] = {0};

	if (!is_there())
		return;
	for (size_t i = 0; i < sigma_left_count(corpus); i++) {
		const struct left_rule *l = sigma_left(corpus, i);

		n[l->why]++;
		ck_assert_msg(l->why != LEFT_FAULTY, "%s", l->messages[0].data);
		ck_assert_int_eq(l->why == LEFT_LACKS, l->n_lacks > 0);
		ck_assert(l->rule.title.len > 0 && l->rule.id.len == 36);
	}
	printf("%zu judge, %zu are for other log sources, %zu lack facts, %zu are faulty\n",
		sigma_count(corpus), n[LEFT_OTHER_SOURCE], n[LEFT_LACKS], n[LEFT_FAULTY]);
	/* the copy of August 2026 has 3,780 */
	ck_assert_uint_gt(sigma_count(corpus) + sigma_left_count(corpus), 3000);
	ck_assert_uint_gt(sigma_count(corpus), 100);
}
END_TEST

#define PAGE "network.protocol=http; http.request.method=GET; "

/* The rules of zeek, dns and firewall below rules/network: facts that meet it and facts that nearly
 * do, or what it lacks. */
static const struct {
	const char *file; /* below rules/network/ */
	const char *meets, *misses;
	const char *lacks;
} network[] = {
	{"dns/net_dns_external_service_interaction_domains.yml", "dns.question.name=a.interact.sh",
		"dns.question.name=interact.sh", NULL},
	{"dns/net_dns_external_service_interaction_domains.yml", "dns.question.name=x.oastify.com",
		"dns.question.name=polling.oastify.com", NULL},
	{"dns/net_dns_mal_cobaltstrike.yml", "dns.question.name=aaa.stage.123.example",
		"dns.question.name=a.stage.123.example", NULL},
	{"dns/net_dns_pua_cryptocoin_mining_xmr.yml", "dns.question.name=pool.minexmr.com",
		"dns.question.name=www.minexmr.com", NULL},
	{"dns/net_dns_susp_b64_queries.yml", "dns.question.name=dGVzdA==.example",
		"dns.question.name=dGVzdA=.example", NULL},
	{"dns/net_dns_susp_telegram_api.yml", "dns.question.name=api.telegram.org",
		"dns.question.name=web.telegram.org", NULL},
	{"dns/net_dns_susp_txt_exec_strings.yml",
		"dns.question.type=TXT; dns.answer.data=v=spf1,IEX (x)",
		"dns.question.type=CNAME; dns.answer.data=IEX (x)", NULL},
	{"dns/net_dns_wannacry_killswitch_domain.yml",
		"dns.question.name=ifferfsodp9ifjaposdfjhgosurijfaewrwergwea.com",
		"dns.question.name=www.ifferfsodp9ifjaposdfjhgosurijfaewrwergwea.com", NULL},
	{"firewall/net_firewall_cleartext_protocols.yml",
		"destination.port=23; flow.state=established; flow.phase=end",
		"destination.port=23; flow.state=rejected; flow.phase=end", NULL},
	{"zeek/zeek_dce_rpc_mitre_bzar_execution.yml", NULL, NULL, "endpoint,operation"},
	{"zeek/zeek_dce_rpc_mitre_bzar_persistence.yml", NULL, NULL, "endpoint,operation"},
	{"zeek/zeek_dce_rpc_potential_petit_potam_efs_rpc_call.yml", NULL, NULL, "operation"},
	{"zeek/zeek_dce_rpc_smb_spoolss_named_pipe.yml", NULL, NULL, "path,name"},
	{"zeek/zeek_default_cobalt_strike_certificate.yml", NULL, NULL, "certificate.serial"},
	{"zeek/zeek_dns_kerberos_coercion_via_dns_object_spn_spoofing.yml",
		"dns.question.name=dc1uwhrcaaaaabaaaa.example",
		"dns.question.name=dc1uwhrcaaaaab.example", NULL},
	{"zeek/zeek_dns_mining_pools.yml",
		"dns.question.name=x.minergate.com; dns.answer.data=203.0.113.1; "
		"dns.response_code=NOERROR",
		"dns.question.name=x.minergate.com; dns.answer.data=0.0.0.0; "
		"dns.response_code=NOERROR",
		NULL},
	{"zeek/zeek_dns_mining_pools.yml",
		"dns.question.name=nanopool.org; dns.response_code=NXDOMAIN",
		"dns.question.name=nanopool.org; dns.response_code=REFUSED", NULL},
	{"zeek/zeek_dns_nkn.yml", "dns.question.name=seed01.nkn.org",
		"dns.question.name=seed01.nkn.com", NULL},
	{"zeek/zeek_dns_susp_zbit_flag.yml",
		"dns.z=4; dns.question.name=a.example; destination.port=53; dns.question.type=A",
		"dns.z=0; dns.question.name=a.example; destination.port=53; dns.question.type=A",
		NULL},
	{"zeek/zeek_dns_susp_zbit_flag.yml",
		"dns.z=1; dns.question.name=a.example; destination.port=53; dns.question.type=A",
		"dns.z=1; dns.question.name=a.example; destination.port=137; dns.question.type=A",
		NULL},
	{"zeek/zeek_dns_torproxy.yml", "dns.question.name=abc.onion.ws",
		"dns.question.name=onion.ws", NULL},
	{"zeek/zeek_http_executable_download_from_webdav.yml",
		PAGE "user_agent.original=Microsoft-WebDAV-MiniRedir/10; url.original=/a.exe",
		PAGE "user_agent.original=curl/8; url.original=/a.exe", NULL},
	{"zeek/zeek_http_executable_download_from_webdav.yml",
		PAGE "url.original=/webdav/a; http.response.mime_type=application/x-dosexec",
		PAGE "url.original=/webdav/a; http.response.mime_type=text/html", NULL},
	{"zeek/zeek_http_susp_file_ext_from_susp_tld.yml",
		PAGE "url.domain=a.top; url.original=/x/y.ps1",
		PAGE "url.domain=a.example; url.original=/x/y.ps1", NULL},
	{"zeek/zeek_http_webdav_put_request.yml",
		PAGE "user_agent.original=davfs WebDAV; http.request.method=PUT; "
		     "destination.ip=203.0.113.1",
		PAGE "user_agent.original=davfs WebDAV; http.request.method=PUT; "
		     "destination.ip=10.0.0.1",
		NULL},
	{"zeek/zeek_rdp_public_listener.yml", "network.protocol=rdp; source.ip=203.0.113.9",
		"network.protocol=rdp; source.ip=192.168.3.4", NULL},
	{"zeek/zeek_smb_converted_win_atsvc_task.yml", NULL, NULL, "path,name"},
	{"zeek/zeek_smb_converted_win_impacket_secretdump.yml", NULL, NULL, "path,name"},
	{"zeek/zeek_smb_converted_win_lm_namedpipe.yml", NULL, NULL, "path"},
	{"zeek/zeek_smb_converted_win_susp_psexec.yml", NULL, NULL, "path,name"},
	{"zeek/zeek_smb_converted_win_susp_raccess_sensitive_fext.yml", NULL, NULL, "name"},
	{"zeek/zeek_smb_converted_win_transferring_files_with_credential_data.yml", NULL, NULL,
		"name"},
	{"zeek/zeek_susp_kerberos_rc4.yml", NULL, NULL, "request_type,cipher,service"},
};

enum { NETWORK = sizeof(network) / sizeof(network[0]) };

static bool is_file(const struct rule *r, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "rules/network/%s", file);
	return str_eq(r->file, str_from(path));
}

static const struct rule *find(const char *file)
{
	for (size_t i = 0; i < sigma_count(corpus); i++) {
		if (is_file(sigma_rule(corpus, i), file))
			return sigma_rule(corpus, i);
	}
	return NULL;
}

static bool met(const struct rule *r, const char *facts)
{
	struct sigma_scratch *w = sigma_scratch_new(corpus);
	struct event *e = event_new();
	struct matches m = {.facts = &e->facts};
	bool found = false;

	event_read(e, facts);
	sigma_eval(corpus, w, r->category, &e->facts, keep_match, &m);
	for (size_t i = 0; i < m.n; i++)
		found = found || m.items[i].rule == r;
	sigma_scratch_free(w);
	event_free(e);
	return found;
}

START_TEST(network_rules_judge)
{
	for (size_t i = 0; is_there() && i < NETWORK; i++) {
		const struct rule *r = find(network[i].file);

		if (network[i].lacks)
			continue;
		ck_assert_msg(r != NULL, "%s is not loaded", network[i].file);
		ck_assert_msg(met(r, network[i].meets), "%s is silent on %s", network[i].file,
			network[i].meets);
		ck_assert_msg(!met(r, network[i].misses), "%s fires on %s", network[i].file,
			network[i].misses);
	}
}
END_TEST

START_TEST(network_rules_say_what_they_lack)
{
	for (size_t i = 0; is_there() && i < NETWORK; i++) {
		char lacks[256] = "";

		if (!network[i].lacks)
			continue;
		for (size_t j = 0; j < sigma_left_count(corpus); j++) {
			const struct left_rule *l = sigma_left(corpus, j);

			for (uint32_t k = 0; k < l->n_lacks && is_file(&l->rule, network[i].file);
				k++) {
				strcat(lacks, *lacks ? "," : "");
				strcat(lacks, l->lacks[k].data);
			}
		}
		ck_assert_msg(strcmp(lacks, network[i].lacks) == 0, "%s lacks \"%s\"",
			network[i].file, lacks);
	}
}
END_TEST

static bool is_in_table(const struct rule *r)
{
	for (size_t i = 0; i < NETWORK; i++) {
		if (is_file(r, network[i].file))
			return true;
	}
	return false;
}

static bool begins(struct str text, const char *with)
{
	return text.len >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

/* 29 of the copy of August 2026: a new one wants its line. */
START_TEST(the_table_is_complete)
{
	size_t n = 0;

	for (size_t i = 0; is_there() && i < sigma_count(corpus) + sigma_left_count(corpus); i++) {
		const struct rule *r = i < sigma_count(corpus)
					       ? sigma_rule(corpus, i)
					       : &sigma_left(corpus, i - sigma_count(corpus))->rule;

		if (!begins(r->file, "rules/network/dns/") &&
			!begins(r->file, "rules/network/firewall/") &&
			!begins(r->file, "rules/network/zeek/"))
			continue;
		n++;
		ck_assert_msg(is_in_table(r), "%s has no line in this test", r->file.data);
	}
	ck_assert(!corpus || n >= 29);
}
END_TEST

static void free_corpus(void)
{
	sigma_close(corpus);
	corpus = NULL;
}

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, free_corpus);
	tcase_add_test(tc, every_file_is_read);
	tcase_add_test(tc, network_rules_judge);
	tcase_add_test(tc, network_rules_say_what_they_lack);
	tcase_add_test(tc, the_table_is_complete);
}

int main(void)
{
	return suite_main("sigma corpus", add_tests);
}
