#!/usr/bin/env bash
# What mirrors do to packets: fragments are whole again with any number of workers, and a second tap changes nothing but a counter.
source "$(dirname "$0")/lib.sh"
capture=$VEDETTE_SOURCE_DIR/pcaps/fragments.pcap

# Each frame once more 2 ms later: in a VLAN, one hop further on, between other hardware addresses. And the same 60 ms later.
PYTHONPATH=$VEDETTE_SOURCE_DIR/pcaps/make python3 -B - "$capture" <<'PY'
import struct, sys
from packets import checksum, read, vlan, write
def tap(frame):
    ip = bytearray(frame[14:])
    ip[8] -= 1
    ip[10:12] = b'\0\0'
    ip[10:12] = struct.pack('>H', checksum(bytes(ip[:20])))
    return vlan(b'\2\1\1\1\1\1\2\1\1\1\1\2' + frame[12:14] + bytes(ip), 7)
frames = list(read(sys.argv[1]))
write('two-taps.pcap', frames + [(at + 0.002, tap(frame)) for at, frame in frames])
write('late-tap.pcap', frames + [(at + 0.060, tap(frame)) for at, frame in frames])
PY

flows() { "$VEDETTE" flows --json "$@" 2>summary | jq -c '[.["source.ip"], .["source.packets"], .["source.bytes"], .["destination.packets"],
    .["destination.bytes"], .["network.protocol"], .["classification.confidence"], .["flow.fragment_overlap"]]'; }
want='["192.0.2.17",1,59,4,2675,"dns","dpi",false]
["203.0.113.220",3,125,0,0,"snmp","dpi",true]'
for workers in 1 2 8; do
    same "whole datagrams, $workers workers" "$(flows --workers $workers "$capture")" "$want"
done
grep -q ' 2  packets put together of them$' summary || { cat summary >&2; fail "the datagrams are not counted"; }
same "two taps" "$(flows two-taps.pcap)" "$want"
grep -Eq '^ +8  packets seen a moment before, dropped' summary || { cat summary >&2; fail "the copies are not counted"; }
same "two taps, each counted: packets" "$(flows --keep-duplicates two-taps.pcap | jq -s 'map(.[1] + .[3]) | add')" 16
same "a tap that is 60 ms late: packets" "$(flows late-tap.pcap | jq -s 'map(.[1] + .[3]) | add')" 16
passed
