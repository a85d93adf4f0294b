# Sourced by make.sh: one function per capture, scenario_a_b makes a-b.pcap. Comments say what the sensor is to find.

web() { # web HOST PORT CERTIFICATE: an HTTPS server
    serve "$1" "tcp/$2" openssl s_server -accept "$2" -cert "$tmp/$3.pem" -key "$tmp/$3.key" -www
}

# A base station looks a name up and calls a host in a listed network by TLS; also by IPv6.
scenario_listed_established() {
    certificate update update.listed.example -30 300 root
    web listed 443 update
    in_host gnb curl -sk -o /dev/null https://update.listed.example/
    in_host gnb curl -sk -o /dev/null -6 https://nms.listed.example/
}

# Calls that a listed network does not answer, and one that it refuses.
scenario_listed_attempt() {
    in_host gnb curl -s --connect-timeout 4 http://198.51.100.8/ || true
    in_host gnb curl -s --connect-timeout 2 http://198.51.100.7:8443/ || true
}

# The supplier's support centre logs in to its base station, and the base station calls home. The day decides whether it may.
scenario_supplier_support() {
    certificate licence licence.acme.example -30 300 root
    ssh_serve gnb 22
    ssh_call tac 192.0.2.17 22
    web tac 443 licence
    in_host gnb curl -sk -o /dev/null https://licence.acme.example/
}

# Somebody on the Internet logs in to the router by SSH, on port 22 and on a port of the actor's choice.
scenario_ssh_from_outside() {
    ssh_serve router 22
    ssh_serve router 22122
    ssh_call cloud 192.0.2.1 22
    ssh_call cloud 192.0.2.1 22122
}

# Element management logs in to the router: ordered.
scenario_ssh_from_management() {
    ssh_serve router 22
    ssh_call ems 192.0.2.1 22
}

# SSH where TLS belongs: out to a host on the Internet, port 443.
scenario_ssh_on_443() {
    ssh_serve cloud 443
    ssh_call gnb 203.0.113.220 443
}

snmp_serve() {
    cat >"$tmp/snmpd.conf" <<EOF
agentaddress udp:192.0.2.1:161
rocommunity example 192.0.2.0/24
createUser reader SHA example-pass AES example-pass
rouser reader priv
EOF
    serve router udp/161 snmpd -f -Lo -C -c "$tmp/snmpd.conf" -p "$tmp/snmpd.pid" -I -smux
}

# SNMP with a community in clear text.
scenario_snmp_v2c() {
    snmp_serve
    in_host ems snmpwalk -v2c -c example 192.0.2.1 1.3.6.1.2.1.1 >/dev/null
}

# SNMP that is encrypted: nothing to say.
scenario_snmp_v3() {
    snmp_serve
    in_host ems snmpwalk -v3 -l authPriv -u reader -a SHA -A example-pass -x AES -X example-pass 192.0.2.1 \
        1.3.6.1.2.1.1 >/dev/null
}

# The router's configuration leaves by TFTP, to element management.
scenario_tftp() {
    mkdir -p "$tmp/tftp"
    chmod 777 "$tmp/tftp"
    seq 2000 >"$tmp/running-config"
    serve ems udp/69 atftpd --daemon --no-fork --user root --group root --bind-address 192.0.2.100 "$tmp/tftp"
    in_host router atftp --put --local-file "$tmp/running-config" --remote-file running-config 192.0.2.100
}

# A session by Telnet, from element management to the router.
scenario_telnet() {
    serve router tcp/23 python3 make/telnetd.py 192.0.2.1
    in_host ems python3 make/telnet.py 192.0.2.1
}

# The site's own resolver is asked; then one on the Internet.
scenario_dns_outside() {
    serve cloud udp/53 dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --user=root --pid-file= \
        --address=/www.cloud.example/203.0.113.220
    in_host gnb dig +short www.cloud.example >/dev/null
    in_host gnb dig +short www.cloud.example @203.0.113.220 >/dev/null
}

# DNS over TLS, and DNS over HTTPS by its server's name, on the Internet.
scenario_encrypted_dns() {
    certificate resolver dns.google -30 300 root
    web cloud 853 resolver
    web cloud 443 resolver
    in_host gnb timeout 3 openssl s_client -connect 203.0.113.220:853 -servername dns.google </dev/null >/dev/null 2>&1 || true
    in_host gnb curl -sk -o /dev/null --resolve dns.google:443:203.0.113.220 https://dns.google/dns-query
}

ntp_serve() { # ntp_serve HOST
    printf 'refclock local stratum 2\nrestrict default\ntos orphan 3 orphanwait 1\n' >"$tmp/ntp-$1.conf"
    serve "$1" udp/123 ntpd -n -x -c "$tmp/ntp-$1.conf"
}

# Time from the site's server, then from one on the Internet.
scenario_ntp_outside() {
    ntp_serve ntp
    ntp_serve cloud
    in_host gnb ntpdate -q 192.0.2.123 >/dev/null 2>&1 || true
    in_host gnb ntpdate -q 203.0.113.220 >/dev/null 2>&1 || true
}

# Certificates: signed by itself, expired, for another name; and one that is good.
scenario_certificates() {
    certificate self www.self.example -30 300
    certificate expired www.expired.example -400 -30 root
    certificate other www.other.example -30 300 root
    certificate good www.cloud.example -30 300 root
    web cloud 4431 self
    web cloud 4432 expired
    web cloud 4433 other
    web cloud 4434 good
    in_host router curl -sk -o /dev/null --tls-max 1.2 --resolve www.self.example:4431:203.0.113.220 https://www.self.example:4431/
    in_host router curl -sk -o /dev/null --tls-max 1.2 --resolve www.expired.example:4432:203.0.113.220 https://www.expired.example:4432/
    in_host router curl -sk -o /dev/null --tls-max 1.2 --resolve www.wanted.example:4433:203.0.113.220 https://www.wanted.example:4433/
    in_host router curl -sk -o /dev/null --tls-max 1.2 https://www.cloud.example:4434/
}

# A host in the site's space that nobody declared fetches a page.
scenario_undeclared() {
    serve cloud tcp/80 python3 -m http.server --directory "$tmp/ca-root" 80
    in_host guest curl -s -o /dev/null http://www.cloud.example/
}
