#!/usr/bin/env bash
# vedette dissect: a line a packet, and no more than its subscriber border allows. Then against tshark: the project's own captures and those of
# VEDETTE_CORPORA (VEDETTE_AGREEMENT=all: every one, else every sixtieth). docs/agreement.md says what is compared, and explains each difference.
source "$(dirname "$0")/lib.sh"
source "$VEDETTE_SOURCE_DIR/tests/system/compare_captures.sh"
pcaps=$VEDETTE_SOURCE_DIR/pcaps
dissect() { "$VEDETTE" dissect "$@"; }

# ---- lines and objects ----

find "$pcaps" -name '*.pcap' | LC_ALL=C sort >own
while read -r capture; do
    dissect "$capture" >lines
    dissect --json "$capture" >objects
    same "lines and objects of $capture" "$(($(wc -l <lines) - 1))" "$(wc -l <objects)"
    same "numbers in $capture" "$(jq -r '."frame.number"' objects | awk '$1 != NR' | wc -l)" 0
    same "lines of $capture wider than 100 columns" "$(awk 'length($0) > 100' lines | wc -l)" 0
done <own

# numbers are those of the file, with a filter and with other files; a name from outside is escaped
cp "$pcaps/tagged.pcap" $'bad\e[31mname.pcap'
same "numbers with a filter" "$(dissect --json --filter 'vlan' "$pcaps/tagged.pcap" | jq -c '."frame.number"' | tr '\n' ' ')" "1 "
same "files and numbers" "$(dissect --json "$pcaps/user-plane.pcap" $'bad\e[31mname.pcap' | jq -r '."frame.file"' | LC_ALL=C sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" \
    "$(dissect --json "$pcaps/user-plane.pcap" | wc -l) $(dissect --json "$pcaps/tagged.pcap" | wc -l) "
dissect "$pcaps/user-plane.pcap" $'bad\e[31mname.pcap' >lines
grep -qF 'bad\x1b[31mname.pcap:' lines || fail "the second file is not named"
same "escapes that reach the terminal" "$(tr -d '\n -~' <lines | wc -c)" 0

# ---- mistakes ----

refused 2 "no capture given" dissect
refused 3 missing.pcap dissect missing.pcap
refused 2 "pcap-filter" dissect --filter 'no such (filter' "$pcaps/tagged.pcap"
refused 4 missing.yaml dissect --site missing.yaml "$pcaps/tagged.pcap"
head -c $(($(stat -c %s "$pcaps/tagged.pcap") - 5)) "$pcaps/tagged.pcap" >cut.pcap
got=0
dissect --json cut.pcap >objects 2>err || got=$?
same "exit status of a cut capture" "$got" 3
same "reports of the cut" "$(grep -c '^vedette dissect: .*cut.pcap' err)" 1
same "packets before the cut" "$(wc -l <objects)" "$(($(dissect --json "$pcaps/tagged.pcap" | wc -l) - 1))"

# ---- the subscriber border ----

# What a subscriber says, in every wrapper there is for it, and what is around it.
python3 -B - "$pcaps/make" <<'EOF'
import struct, sys
sys.path.insert(0, sys.argv[1])
from craft import GNB, SITE, T0, UE, UPF, gtpu
from packets import ethernet, ipv4, udp, vlan, write

inner = udp(UE, SITE, 40001, 80, b'subscriber')
ppp = b'\x00\x21' + inner
line = struct.pack('>BBHH', 0x11, 0, 7, len(ppp)) + ppp
l2tp = struct.pack('>HHH', 0x0002, 9, 9) + b'\xff\x03' + ppp
pptp = struct.pack('>HHHHI', 0x3001, 0x880b, len(ppp), 7, 1) + ppp
frames = [
    ethernet(UE, UPF, 0x0800, inner),
    ethernet(GNB, UPF, 0x0800, udp(GNB, UPF, 2152, 2152, gtpu(255, 0x1001, inner))),
    vlan(ethernet(UE, UPF, 0x8864, line), 20),
    ethernet(GNB, UPF, 0x0800, udp(GNB, UPF, 1701, 1701, l2tp)),
    ethernet(GNB, UPF, 0x0800, ipv4(GNB, UPF, 47, pptp)),
    ethernet(GNB, UPF, 0x0800, ipv4(GNB, UPF, 4, inner)),
]
write('border.pcap', [(T0 + i, f) for i, f in enumerate(frames)])
EOF
for form in '' --json; do
    dissect $form --subscribers 100.64.0.0/10 border.pcap >border
    for secret in 100.64.3.7 203.0.113.230 40001 02-00-00-00-00-07 subscriber.example; do
        ! grep -qF -- "$secret" border || fail "dissect $form shows $secret of a subscriber"
        checks=$((checks + 1))
    done
done
same "reasons at the border" "$(jq -r '."frame.reason"' border | tr '\n' ' ')" \
    "subscriber subscriber_tunnel subscriber subscriber subscriber subscriber "
same "what is around subscribers" "$(jq -r '"\(."source.ip")>\(."destination.ip")"' border | sort | uniq -c | tr -s ' \n' ' ')" \
    " 4 192.0.2.17>192.0.2.66 2 null>null "
same "headers up to the border" "$(jq -r '."frame.headers"' border | tr '\n' ';')" \
    "ethernet;ethernet ipv4 udp gtpu;ethernet vlan pppoe ppp;ethernet ipv4 udp l2tp ppp;ethernet ipv4 gre ppp;ethernet ipv4;"

# an end behind the line that is declared equipment: shown
printf 'schema: 1\nsite: t\nnetworks: {own: [192.0.2.0/24]}\nequipment: [{name: cell, address: 100.64.3.7}]\n' >site.yaml
same "a declared cell behind a line" "$(dissect --json --site site.yaml border.pcap | jq -r 'select(."source.ip" == "100.64.3.7") | ."frame.number"' | tr '\n' ' ')" \
    "1 3 4 5 6 "

# ---- tshark ----

need tshark
compare() {
    python3 -B "$VEDETTE_SOURCE_DIR/tests/system/compare_dissect.py" "$VEDETTE" "$VEDETTE_SOURCE_DIR/docs/agreement.md" || fail "$1 differ from tshark"
    checks=$((checks + 1))
}
compare "the project's own captures" <own
if [ -z "${VEDETTE_CORPORA:-}" ]; then
    echo "skipped: VEDETTE_CORPORA is not set"
    exit 77
fi
find "$VEDETTE_CORPORA" -type f ! -name MANIFEST.tsv | LC_ALL=C sort |
    { if [ "${VEDETTE_AGREEMENT:-}" = all ]; then cat; else awk 'NR % 60 == 1'; fi; } >sample
compare "captures of VEDETTE_CORPORA" <sample
passed
