#include "rules/policy/app_port.h"

#include <stddef.h>

enum { TCP = 6, UDP = 17, SCTP = 132 };

struct registered {
	const char *app; /* as nDPI or our signalling parsers spell it */
	uint8_t proto;
	uint16_t port;
};

static const struct registered table[] = {
	{"BFD", UDP, 3784},
	{"BFD", UDP, 4784},
	{"BFD", UDP, 6784},
	{"BFD", UDP, 7784},
	{"BGP", TCP, 179},
	{"CAPWAP", UDP, 5246},
	{"CAPWAP", UDP, 5247},
	{"DHCP", UDP, 67},
	{"DHCP", UDP, 68},
	{"DHCPV6", UDP, 546},
	{"DHCPV6", UDP, 547},
	{"Diameter", SCTP, 3868},
	{"Diameter", TCP, 3868},
	{"Diameter", SCTP, 5658},
	{"Diameter", TCP, 5658},
	{"DNS", UDP, 53},
	{"DNS", TCP, 53},
	{"DoH_DoT", TCP, 443},
	{"DoH_DoT", TCP, 853},
	{"DoH_DoT", UDP, 853},
	{"E1AP", SCTP, 38462},
	{"ERSPAN", 47, 0},
	{"F1AP", SCTP, 38472},
	{"FTP_CONTROL", TCP, 21},
	{"FTP_DATA", TCP, 20},
	{"gNMI", TCP, 9339},
	{"GRE", 47, 0},
	{"GTP_C", UDP, 2123},
	{"GTP_PRIME", UDP, 3386},
	{"GTP_PRIME", TCP, 3386},
	{"GTP_U", UDP, 2152},
	{"H323", TCP, 1720},
	{"HTTP", TCP, 80},
	{"HTTP", TCP, 8080},
	{"HTTP_Connect", TCP, 3128},
	{"HTTP_Connect", TCP, 8080},
	{"HTTP_Proxy", TCP, 3128},
	{"HTTP_Proxy", TCP, 8080},
	{"ICMP", 1, 0},
	{"ICMPV6", 58, 0},
	{"IGMP", 2, 0},
	{"IMAP", TCP, 143},
	{"IMAPS", TCP, 993},
	{"IPMI", UDP, 623},
	{"IPMI", UDP, 664},
	{"IPsec", UDP, 500},
	{"IPsec", UDP, 4500},
	{"IPsec", 50, 0},
	{"IPsec", 51, 0},
	{"IP_in_IP", 4, 0},
	{"Kerberos", TCP, 88},
	{"Kerberos", UDP, 88},
	{"LDAP", TCP, 389},
	{"LDAP", UDP, 389},
	{"LDAP", TCP, 636},
	{"LDP", TCP, 646},
	{"LDP", UDP, 646},
	{"M2PA", SCTP, 3565},
	{"M3UA", SCTP, 2905},
	{"Megaco", SCTP, 2944},
	{"Megaco", UDP, 2944},
	{"MGCP", UDP, 2427},
	{"MongoDB", TCP, 27017},
	{"MQTT", TCP, 1883},
	{"MQTT", TCP, 8883},
	{"MySQL", TCP, 3306},
	{"NETCONF", TCP, 830},
	{"NETCONF", TCP, 4334},
	{"NETCONF", TCP, 4335},
	{"NETCONF", TCP, 6513},
	{"NetFlow", UDP, 2055},
	{"NetFlow", UDP, 4739},
	{"NetFlow", UDP, 9996},
	{"NFS", TCP, 2049},
	{"NGAP", SCTP, 38412},
	{"NTP", UDP, 123},
	{"OCSP", TCP, 80},
	{"Oracle", TCP, 1521},
	{"OSPF", 89, 0},
	{"PostgreSQL", TCP, 5432},
	{"QUIC", UDP, 443},
	{"Radius", UDP, 1812},
	{"Radius", UDP, 1813},
	{"Radius", UDP, 3799},
	{"RDP", TCP, 3389},
	{"RDP", UDP, 3389},
	{"Redis", TCP, 6379},
	{"RTSP", TCP, 554},
	{"S1AP", SCTP, 36412},
	{"sFlow", UDP, 6343},
	{"SIP", UDP, 5060},
	{"SIP", TCP, 5060},
	{"SIP", SCTP, 5060},
	{"SIP", TCP, 5061},
	{"Smart_Install", TCP, 4786},
	{"SMPP", TCP, 2775},
	{"SMTP", TCP, 25},
	{"SMTP", TCP, 587},
	{"SMTPS", TCP, 465},
	{"SNMP", UDP, 161},
	{"SNMP", UDP, 162},
	{"SSH", TCP, 22},
	{"SSH", TCP, 830},
	{"SSH", TCP, 4334},
	{"SUA", SCTP, 14001},
	{"Syslog", UDP, 514},
	{"Syslog", TCP, 601},
	{"Syslog", TCP, 6514},
	{"TACACS", TCP, 49},
	{"Telnet", TCP, 23},
	{"TFTP", UDP, 69},
	{"TLS", TCP, 443},
	{"TLS", TCP, 636},
	{"TLS", TCP, 853},
	{"TLS", TCP, 4335},
	{"TLS", TCP, 5061},
	{"TLS", TCP, 5658},
	{"TLS", TCP, 6513},
	{"TLS", TCP, 6514},
	{"TZSP", UDP, 37008},
	{"VNC", TCP, 5900},
	{"VRRP", 112, 0},
	{"X2AP", SCTP, 36422},
	{"XNAP", SCTP, 38422},
};

enum app_port app_port(struct str app, uint8_t proto, uint16_t port)
{
	bool known = false;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!str_eq_nocase(app, str_from(table[i].app)))
			continue;
		if (table[i].proto == proto && table[i].port == port)
			return APP_PORT_OWN;
		known = true;
	}
	return known ? APP_PORT_OTHER : APP_PORT_UNKNOWN;
}

bool app_port_is_known(struct str app)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_eq_nocase(app, str_from(table[i].app)))
			return true;
	return false;
}

bool app_port_has_proto(struct str app, uint8_t proto)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].proto == proto && str_eq_nocase(app, str_from(table[i].app)))
			return true;
	return false;
}

const char *app_port_usual(uint8_t proto, uint16_t port)
{
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].proto != proto || table[i].port != port)
			continue;
		/* Of several, that which is meant by default. */
		if (strcmp(table[i].app, "TLS") == 0 || strcmp(table[i].app, "SSH") == 0)
			return table[i].app;
		if (!first)
			first = table[i].app;
	}
	return first;
}
