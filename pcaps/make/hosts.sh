# Sourced by make.sh: who is who. pcaps/demo/site.yaml and tests/golden say the same.

hosts_up() {
    net_up
    add_host router 1 192.0.2.1/24 2001:db8:1::1/64        # router of the site
    add_host gnb 17 192.0.2.17/24 2001:db8:1::17/64        # base station of the untrusted supplier
    add_host dns 53 192.0.2.53/24 2001:db8:1::53/64        # the site's resolver
    add_host amf 65 192.0.2.65/24                          # access and mobility management
    add_host ems 100 192.0.2.100/24                        # element management
    add_host ntp 123 192.0.2.123/24                        # the site's time
    add_host guest 200 192.0.2.200/24                      # in the site's space, in no inventory
    add_host listed 7 198.51.100.7/24 2001:db8:bad::7/64   # in a listed network
    add_host sink 8 198.51.100.8/24                        # hears and cannot answer: it has no route back
    add_host tac 9 203.0.113.9/24                          # the supplier's support centre
    add_host cloud 220 203.0.113.220/24                    # somebody on the Internet
}

names_start() {
    serve dns udp/53 dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --user=root --pid-file= --local-ttl=300 \
        --address=/update.listed.example/198.51.100.7 --address=/licence.acme.example/203.0.113.9 \
        --address=/www.cloud.example/203.0.113.220 --address=/nms.listed.example/2001:db8:bad::7
}

# certificate NAME SUBJECT DAYS_FROM DAYS_UNTIL [ISSUER]: $tmp/NAME.pem with its key; signed by itself unless ISSUER is given.
certificate() {
    local name=$1 subject=$2 from until
    from=$(date -u -d "$3 days" +%Y%m%d%H%M%SZ)
    until=$(date -u -d "$4 days" +%Y%m%d%H%M%SZ)
    openssl req -newkey rsa:2048 -nodes -keyout "$tmp/$name.key" -out "$tmp/$name.csr" -subj "/CN=$subject" 2>/dev/null
    mkdir -p "$tmp/ca-$name"
    : >"$tmp/ca-$name/index"
    echo "$RANDOM$RANDOM" | sed 's/^/10/; s/\(.\{8\}\).*/\1/' >"$tmp/ca-$name/serial"
    cat >"$tmp/ca-$name/conf" <<EOF
[ca]
default_ca = it
[it]
new_certs_dir = $tmp/ca-$name
database = $tmp/ca-$name/index
serial = $tmp/ca-$name/serial
default_md = sha256
policy = any
x509_extensions = leaf
copy_extensions = none
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:$subject
[root]
basicConstraints = critical,CA:true
EOF
    local signer="-selfsign -keyfile $tmp/$name.key" extensions=leaf
    if [ -n "${5:-}" ]; then
        signer="-cert $tmp/$5.pem -keyfile $tmp/$5.key"
    elif [ "$name" = root ]; then
        extensions=root
    fi
    # shellcheck disable=SC2086 # signer is several words
    openssl ca -batch -config "$tmp/ca-$name/conf" -in "$tmp/$name.csr" -out "$tmp/$name.pem" -startdate "$from" \
        -enddate "$until" -extensions $extensions -notext $signer 2>>"$tmp/servers.log"
}

ssh_keys() {
    ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$tmp/client_key"
    mkdir -p /run/sshd
    cp "$tmp/client_key.pub" "$tmp/authorized"
    chmod 600 "$tmp/authorized"
}

ssh_serve() { # ssh_serve HOST PORT
    serve "$1" "tcp/$2" /usr/sbin/sshd -D -e -p "$2" -h "$tmp/host_key" -o AuthorizedKeysFile="$tmp/authorized" -o StrictModes=no \
        -o PidFile=none -o UsePAM=no -o PermitRootLogin=yes
}

ssh_call() { # ssh_call HOST ADDRESS PORT
    in_host "$1" timeout 10 ssh -F none -i "$tmp/client_key" -p "$3" -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$2" 'head -c 4000 /dev/zero | base64' >/dev/null
}
