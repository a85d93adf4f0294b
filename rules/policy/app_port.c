#include "rules/policy/app_port.h"

#include <stddef.h>

enum { TCP = 6, UDP = 17, SCTP = 132 };

struct registered {
	struct str app; /* as nDPI or our signalling parsers spell it */
	uint8_t proto;
	uint16_t port;
};

#define APP(app, proto, port)                                                                      \
	{                                                                                          \
		{app, sizeof(app) - 1}, proto, port                                                \
	}

static const struct registered table[] = {
	APP("BFD", UDP, 3784),
	APP("BFD", UDP, 4784),
	APP("BFD", UDP, 6784),
	APP("BFD", UDP, 7784),
	APP("BGP", TCP, 179),
	APP("CAPWAP", UDP, 5246),
	APP("CAPWAP", UDP, 5247),
	APP("DHCP", UDP, 67),
	APP("DHCP", UDP, 68),
	APP("DHCPV6", UDP, 546),
	APP("DHCPV6", UDP, 547),
	APP("Diameter", SCTP, 3868),
	APP("Diameter", TCP, 3868),
	APP("Diameter", SCTP, 5658),
	APP("Diameter", TCP, 5658),
	APP("DNS", UDP, 53),
	APP("DNS", TCP, 53),
	APP("DoH_DoT", TCP, 443),
	APP("DoH_DoT", TCP, 853),
	APP("DoH_DoT", UDP, 853),
	APP("E1AP", SCTP, 38462),
	APP("ERSPAN", 47, 0),
	APP("F1AP", SCTP, 38472),
	APP("FTP_CONTROL", TCP, 21),
	APP("FTP_DATA", TCP, 20),
	APP("gNMI", TCP, 9339),
	APP("GRE", 47, 0),
	APP("GTP_C", UDP, 2123),
	APP("GTP_PRIME", UDP, 3386),
	APP("GTP_PRIME", TCP, 3386),
	APP("GTP_U", UDP, 2152),
	APP("H323", TCP, 1720),
	APP("HTTP", TCP, 80),
	APP("HTTP", TCP, 8080),
	APP("HTTP_Connect", TCP, 3128),
	APP("HTTP_Connect", TCP, 8080),
	APP("HTTP_Proxy", TCP, 3128),
	APP("HTTP_Proxy", TCP, 8080),
	APP("ICMP", 1, 0),
	APP("ICMPV6", 58, 0),
	APP("IGMP", 2, 0),
	APP("IMAP", TCP, 143),
	APP("IMAPS", TCP, 993),
	APP("IPMI", UDP, 623),
	APP("IPMI", UDP, 664),
	APP("IPsec", UDP, 500),
	APP("IPsec", UDP, 4500),
	APP("IPsec", 50, 0),
	APP("IPsec", 51, 0),
	APP("IP_in_IP", 4, 0),
	APP("Kerberos", TCP, 88),
	APP("Kerberos", UDP, 88),
	APP("LDAP", TCP, 389),
	APP("LDAP", UDP, 389),
	APP("LDAP", TCP, 636),
	APP("LDP", TCP, 646),
	APP("LDP", UDP, 646),
	APP("M2PA", SCTP, 3565),
	APP("M3UA", SCTP, 2905),
	APP("Megaco", SCTP, 2944),
	APP("Megaco", UDP, 2944),
	APP("MGCP", UDP, 2427),
	APP("MongoDB", TCP, 27017),
	APP("MQTT", TCP, 1883),
	APP("MQTT", TCP, 8883),
	APP("MySQL", TCP, 3306),
	APP("NETCONF", TCP, 830),
	APP("NETCONF", TCP, 4334),
	APP("NETCONF", TCP, 4335),
	APP("NETCONF", TCP, 6513),
	APP("NetFlow", UDP, 2055),
	APP("NetFlow", UDP, 4739),
	APP("NetFlow", UDP, 9996),
	APP("NFS", TCP, 2049),
	APP("NGAP", SCTP, 38412),
	APP("NTP", UDP, 123),
	APP("OCSP", TCP, 80),
	APP("Oracle", TCP, 1521),
	APP("OSPF", 89, 0),
	APP("PostgreSQL", TCP, 5432),
	APP("QUIC", UDP, 443),
	APP("Radius", UDP, 1812),
	APP("Radius", UDP, 1813),
	APP("Radius", UDP, 3799),
	APP("RDP", TCP, 3389),
	APP("RDP", UDP, 3389),
	APP("Redis", TCP, 6379),
	APP("RTSP", TCP, 554),
	APP("S1AP", SCTP, 36412),
	APP("sFlow", UDP, 6343),
	APP("SIP", UDP, 5060),
	APP("SIP", TCP, 5060),
	APP("SIP", SCTP, 5060),
	APP("SIP", TCP, 5061),
	APP("Smart_Install", TCP, 4786),
	APP("SMPP", TCP, 2775),
	APP("SMTP", TCP, 25),
	APP("SMTP", TCP, 587),
	APP("SMTPS", TCP, 465),
	APP("SNMP", UDP, 161),
	APP("SNMP", UDP, 162),
	APP("SSH", TCP, 22),
	APP("SSH", TCP, 830),
	APP("SSH", TCP, 4334),
	APP("SUA", SCTP, 14001),
	APP("Syslog", UDP, 514),
	APP("Syslog", TCP, 601),
	APP("Syslog", TCP, 6514),
	APP("TACACS", TCP, 49),
	APP("Telnet", TCP, 23),
	APP("TFTP", UDP, 69),
	APP("TLS", TCP, 443),
	APP("TLS", TCP, 636),
	APP("TLS", TCP, 853),
	APP("TLS", TCP, 4335),
	APP("TLS", TCP, 5061),
	APP("TLS", TCP, 5658),
	APP("TLS", TCP, 6513),
	APP("TLS", TCP, 6514),
	APP("TZSP", UDP, 37008),
	APP("VNC", TCP, 5900),
	APP("VRRP", 112, 0),
	APP("X2AP", SCTP, 36422),
	APP("XNAP", SCTP, 38422),
};

enum app_port app_port(struct str app, uint8_t proto, uint16_t port)
{
	bool known = false;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!str_eq_nocase(app, table[i].app))
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
		if (str_eq_nocase(app, table[i].app))
			return true;
	return false;
}

bool app_port_has_proto(struct str app, uint8_t proto)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].proto == proto && str_eq_nocase(app, table[i].app))
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
		if (str_eq(table[i].app, STR("TLS")) || str_eq(table[i].app, STR("SSH")))
			return table[i].app.data;
		if (!first)
			first = table[i].app.data;
	}
	return first;
}
