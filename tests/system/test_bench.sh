#!/usr/bin/env bash
# The programs of bench/: they agree on what they count, whatever the capture, and what they print is JSON. Nothing is timed here.
source "$(dirname "$0")/lib.sh"
bench=$VEDETTE_SOURCE_DIR/bench
build=$(dirname "$VEDETTE")
[ -f "$build/CMakeCache.txt" ] || { echo "skipped: the program does not stand in its build folder"; exit 77; }
cmake --build "$build" --target bare_loop --target count_loop --target ndpi_calls >build.log 2>&1 || { tail -20 build.log >&2; fail "the build"; }
loop=$build/bench/bare_loop count=$build/bench/count_loop

# ---- generate.py: the same bytes each time, all checksums right, many conversations ----

python3 -B "$bench/generate.py" --packets 6000 --seconds 3 small.pcap >/dev/null
python3 -B "$bench/generate.py" --packets 6000 --seconds 3 again.pcap >/dev/null
cmp small.pcap again.pcap || fail "generate.py gives other bytes the second time"
python3 -B "$bench/generate.py" --packets 6000 --seconds 3 --seed 2 other.pcap >/dev/null
cmp -s small.pcap other.pcap && fail "--seed changes nothing"

cat >look.py <<'PY'
"""Packets, conversations as the bare loop means them, wrong checksums, steps back in time: of a file, in another way."""
import struct, sys

def total(data):
    return sum(struct.unpack('>%dH' % ((len(data) + 1) // 2), data + b'\0' * (len(data) % 2))) % 65535

data, at, flows, wrong, packets, back, last = open(sys.argv[1], 'rb').read(), 24, set(), 0, 0, 0, 0
while at + 16 <= len(data):
    s, us, n, _ = struct.unpack_from('<IIII', data, at)
    frame, at, packets = data[at + 16:at + 16 + n], at + 16 + n, packets + 1
    back, last = back + (s * 1000000 + us < last), s * 1000000 + us
    kind, frame = frame[12:14], frame[14:]
    while kind in (b'\x81\0', b'\x88\xa8'):
        kind, frame = frame[2:4], frame[4:]
    if kind == b'\x08\0':
        ends, proto, head, length = (frame[12:16], frame[16:20]), frame[9], (frame[0] & 15) * 4, struct.unpack_from('>H', frame, 2)[0]
        fragment, tail = struct.unpack_from('>H', frame, 6)[0] & 0x3fff, struct.unpack_from('>H', frame, 6)[0] & 0x1fff
        wrong += total(frame[:head]) != 0
    elif kind == b'\x86\xdd':
        ends, proto, head, length = (frame[8:24], frame[24:40]), frame[6], 40, 40 + struct.unpack_from('>H', frame, 4)[0]
        fragment = tail = 0
    else:
        continue
    body, ports = frame[head:length], (b'', b'')
    if proto in (6, 17, 132) and not tail:
        ports = body[:2], body[2:4]
    if proto in (6, 17) and not fragment and (proto == 6 or body[6:8] != b'\0\0'):
        wrong += total(ends[0] + ends[1] + struct.pack('>HH', proto, len(body)) + body) != 0
    flows.add((kind, proto, *sorted(zip(ends, ports))))
print(packets, len(flows), wrong, back)
PY
read -r packets flows wrong back < <(python3 -B look.py small.pcap)
same "packets" "$packets" 6000
same "wrong checksums" "$wrong" 0
same "steps back in time" "$back" 0
[ "$flows" -ge 200 ] || fail "generate.py makes $flows conversations only"

# ---- the loops agree with it, and with each other ----

"$loop" small.pcap >bare.json || fail "bare_loop"
"$count" small.pcap >count.json || fail "count_loop"
same "packets of bare_loop" "$(jq .packets bare.json)" "$packets"
same "conversations of bare_loop" "$(jq .flows bare.json)" "$flows"
same "packets of count_loop" "$(jq .packets count.json)" "$packets"
same "bytes of count_loop" "$(jq .bytes count.json)" $(($(stat -c %s small.pcap) - 24 - 16 * packets))
same "fed to nDPI" "$(jq '.fed > 0 and .fed < .packets' bare.json)" true

# The record of nDPI's calls is that of Vedette: the flows in it are its conversations, but for those that nDPI is not shown.
"$build/bench/ndpi_calls" small.pcap --geo '' --state state >calls.json || fail "ndpi_calls"
conversations=$("$VEDETTE" replay --redis none small.pcap | sed -n 's/^ *\([0-9]*\)  conversations$/\1/p')
same "flows of ndpi_calls" "$(jq --argjson c "$conversations" '.flows > 100 and .flows <= $c and .fed >= .found and .found > 0' calls.json)" true
same "what refuses a capture" "$("$build/bench/ndpi_calls" nowhere.pcap 2>/dev/null; echo $?)" 1

# Captures that nobody meant: cut in a record, other byte order, no capture.
head -c 100001 small.pcap >cut.pcap
same "packets of one that is cut" "$("$loop" cut.pcap | jq .packets)" "$({ "$count" cut.pcap 2>/dev/null || true; } | jq .packets)"
python3 -B - <<'PY'
import struct
data, at = open('small.pcap', 'rb').read(), 24
out = struct.pack('>IHHiIII', *struct.unpack_from('<IHHiIII', data))
while at < len(data):
    head = struct.unpack_from('<IIII', data, at)
    out += struct.pack('>IIII', *head) + data[at + 16:at + 16 + head[2]]
    at += 16 + head[2]
open('swapped.pcap', 'wb').write(out)
PY
same "the other byte order" "$("$loop" swapped.pcap | jq '[.packets, .flows, .fed]')" "$(jq '[.packets, .flows, .fed]' bare.json)"
head -c 5000 /dev/zero >zeros.pcap
refused 1 "not a readable pcap file" "$loop" zeros.pcap
refused 1 "not a readable pcap file" "$loop" nowhere.pcap

# ---- one conversation each, and rounds ----

python3 -B "$bench/idle.py" 300 idle.pcap
same "idle.py" "$(python3 -B look.py idle.pcap)" "600 300 0 0"
same "conversations of idle.pcap" "$("$loop" idle.pcap | jq .flows)" 300
"$VEDETTE" flows --json --geo '' idle.pcap 2>err | jq -r '."network.protocol"' | sort | uniq -c >labels
same "labels of idle.pcap" "$(awk '{print $1}' labels)" 300
python3 -B "$bench/loop.py" small.pcap --rounds 3 >three.pcap
same "three rounds" "$(python3 -B look.py three.pcap | cut -d' ' -f1-2,4)" "$((packets * 3)) $flows 0"
python3 -B "$bench/loop.py" small.pcap --rounds 3 --move >moved.pcap
read -r packets_moved flows_moved wrong back < <(python3 -B look.py moved.pcap)
same "three rounds, elsewhere" "$packets_moved $wrong $back $((flows_moved > flows))" "$((packets * 3)) 0 0 1"
"$VEDETTE_SOURCE_DIR/bench/soak" --hours 0.2 --every 60 --warm-up 0.02 --json soak.json --svg soak.svg small.pcap >soak.txt 2>err || [ $? = 1 ] || { cat err >&2; fail "soak"; }
! grep -q Traceback err || { cat err >&2; fail "soak"; }
same "soak" "$(jq '.found | has("flat") and .median_mib > 0' soak.json)" true
grep -q '<polyline' soak.svg || fail "soak draws nothing"

# ---- side by side, and what is written of it ----

python3 -B "$bench/run.py" --runs 1 --only vedette-1,bare,ndpi,count --json run.json small.pcap >run.txt 2>err || { cat err >&2; fail "run.py"; }
same "contestants" "$(jq -r '[.captures[0].contestants[].key] | join(" ")' run.json)" "vedette-1 bare ndpi count"
same "measured" "$(jq '[.captures[0].contestants[] | .wall > 0 and .cpu >= 0] | all' run.json)" true
same "packets of all" "$(jq -c '[.captures[0].contestants[].runs[0].packets | select(.)] | unique' run.json)" "[$packets]"
same "input" "$(jq -r '.captures[0].sha256' run.json)" "$(sha256sum small.pcap | cut -d' ' -f1)"
same "lines wider than 100 columns" "$(awk 'length($0) > 100' run.txt | wc -l)" 0
printf 'before\n<!-- measured: run -->\nold\n<!-- end -->\nafter\n' >page.md
python3 -B "$bench/report.py" --into page.md run.json
python3 -B "$bench/report.py" --into page.md run.json
same "a page" "$(sed -n '1p;$p' page.md | paste -sd' ')$(grep -c '^old' page.md)$(grep -c 'median of 1' page.md)" "before after01"
passed
