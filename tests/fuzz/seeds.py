#!/usr/bin/env python3
"""Writes the seeds and dictionaries of the fuzz targets: seeds.py OUT_DIR makes OUT_DIR/seeds/TARGET/* and OUT_DIR/TARGET.dict

All come from this repository: its own captures, rules, lists, documentation and fixtures, and the tables that the code is made
from. The same sources give the same seeds."""
import gzip
import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRAMES_OF_A_CAPTURE = 24
MAX_FRAME = 1600
LLC = 0x10000


class Seeds:
    def __init__(self, out):
        self.out = pathlib.Path(out)

    def add(self, target, data):
        folder = self.out / "seeds" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    def dictionary(self, target, words):
        def quoted(word):
            return "".join(chr(b) if 32 < b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word)

        words = sorted({w.encode() if isinstance(w, str) else w for w in words})
        (self.out / f"{target}.dict").write_text("".join(f'"{quoted(w)}"\n' for w in words if 0 < len(w) <= 64))


def captures():
    return sorted(ROOT.glob("pcaps/**/*.pcap"))


def frames(path):
    """Of a classic little-endian capture of Ethernet, as ours are: (time in ns, bytes)."""
    data = path.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHIIII", data)
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[magic]
    assert link == 1, path
    at = 24
    while at < len(data):
        s, fraction, caplen, _ = struct.unpack_from("<IIII", data, at)
        yield s * 10**9 + fraction * unit, data[at + 16 : at + 16 + caplen]
        at += 16 + caplen


def edges():
    """(namespace, number) of each line of edges.def, in order; the numbers of our own are None, but for LLC."""
    text = (ROOT / "capture/decode/edges.def").read_text()
    found = re.findall(r"^(?:EDGE|STOP)\((\w+), (\w+), \w+\)", text, re.M)
    return [(ns, int(number, 0) if number[0].isdigit() else LLC if number == "ETHERTYPE_LLC" else None) for ns, number in found]


# ---- frames around a header, whatever it is ----

MACS = bytes.fromhex("020000000002020000000001")


def ipv4(proto, payload, dst="0a000002"):
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0) + bytes.fromhex("c0000201" + dst) + payload


def ipv6(proto, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + bytes.fromhex("20010db8" + "00" * 11 + "01") * 2 + payload


def udp(sport, dport, payload):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def tcp(sport, dport, flags, payload=b""):
    return struct.pack(">HHIIBBHHH", sport, dport, 1, 2, 0x50, flags, 8192, 0, 0) + payload


def ethernet(kind, payload):
    return MACS + struct.pack(">H", kind) + payload


DNS = bytes.fromhex("123481800001000100000000") + b"\x03gnb\x07example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\7"
ERSPAN = struct.pack(">HHIII", 0x1000, 0x88BE, 1, 0x10000007, 0) + ethernet(0x0800, ipv4(17, udp(53, 40000, DNS)))


def insides():
    """What may stand behind a header of unknown length and kind."""
    packet = ipv4(17, udp(53, 40000, DNS))
    six = ipv6(6, tcp(40000, 443, 2))
    for head in (b"", bytes(4), bytes(8), bytes(16), b"\x08" + bytes(7), b"\x30\xff\0\x40\0\0\0\1", b"\0\0\x08\0", b"\0\0\x65\x58",
                 b"\x20\0\x08\0\0\0\0\7", b"\x30\x01\x88\x0b\0\x40\0\1\0\0\0\1", b"\0\1\x01\x40\0\7", b"\x11\0\0\7\0\x40",
                 b"\xff\x03\0\x21", b"\0\x21", b"\0\1\x01\x40", b"\0\0\x65\x58\0\0\7\0", b"\x10\0\x88\xbe\0\0\0\1\x10\7\0\1\0\0\0\0"):
        yield head + packet
        yield head + six
        yield head + ethernet(0x0800, packet)
        yield head + ethernet(0x8100, b"\0\7\x86\xdd" + six)


def wrapped(ns, number, inside):
    """A frame (link type, bytes) in which INSIDE follows NUMBER of the namespace, or None."""
    if ns == "NS_LINKTYPE":
        return number, inside
    if ns == "NS_FAMILY":
        return 0, struct.pack("<I", number) + inside
    if number == LLC:
        return 1, ethernet(len(inside) + 3, b"\xaa\xaa\x03\0\0\0\x08\0" + inside)
    if ns == "NS_ETHERTYPE" and number is not None:
        return 1, ethernet(number, inside)
    if ns == "NS_LLC_SAP":
        return 1, ethernet(len(inside) + 3, bytes([number, number, 3]) + inside)
    if ns == "NS_CISCO_SNAP":
        return 1, ethernet(len(inside) + 8, b"\xaa\xaa\x03\0\0\x0c" + struct.pack(">H", number) + inside)
    if ns == "NS_PPP":
        return 9, b"\xff\x03" + struct.pack(">H", number) + inside
    if ns == "NS_NLPID":
        return 1, ethernet(len(inside) + 4, bytes([0xFE, 0xFE, 3, number]) + inside)
    if ns == "NS_NSH":
        return 1, ethernet(0x894F, bytes([0, 6, 1, number]) + bytes(20) + inside)
    if ns == "NS_IP_PROTO":
        return 1, ethernet(0x0800, ipv4(number, inside))
    if ns == "NS_UDP_PORT":
        return 1, ethernet(0x86DD, ipv6(17, udp(40000, number, inside)))
    return None


def decode_seeds(seeds):
    linktypes = [number for ns, number in edges() if ns == "NS_LINKTYPE"]

    def add(linktype, data, options=0, cut=200):
        if linktype in linktypes:
            seeds.add("fuzz_decode", bytes([linktypes.index(linktype), options, 0, cut]) + data)
            if linktype == 1 and cut % 3 == 0:
                seeds.add("fuzz_dissect", b"\0\x64" + data)

    for i, (ns, number) in enumerate(edges()):
        for j, inside in enumerate(insides()):
            frame = wrapped(ns, number, inside)
            if frame and (i + j) % 5 == 0:
                add(*frame, options=j % 4, cut=40 * (i + j) % 256)
    for path in captures():
        for _, frame in list(frames(path))[:FRAMES_OF_A_CAPTURE:3]:
            add(1, frame)


def conversation_seeds(seeds):
    for path in captures():
        before, data = None, b""
        for ts, frame in list(frames(path))[: 2 * FRAMES_OF_A_CAPTURE]:
            frame = frame[:MAX_FRAME]
            step = 0 if before is None or ts - before < 10**7 else 3 if ts - before < 5 * 10**8 else 4
            data += struct.pack(">HB", len(frame), step) + frame
            before = ts
        if data:
            seeds.add("fuzz_shard", data)
            seeds.add("fuzz_reader", b"\0" + data)
            if len(data) < 500:
                seeds.add("fuzz_reader", b"\xe1" + data)


def fragment_seeds(seeds):
    """Lists of (family, id, offset, length, more, pattern, step)."""
    lists = [[(0, 0, 0, 2, 1, 0, 0), (0, 0, 2, 2, 0, 0, 0)],
             [(1, 1, 2, 2, 0, 0, 0), (1, 1, 0, 2, 1, 0, 0)],
             [(0, 2, 0, 4, 1, 0, 0), (0, 2, 2, 4, 1, 1, 0), (0, 2, 6, 1, 0, 1, 0)],
             [(1, 3, 0, 4, 1, 0, 0), (1, 3, 2, 4, 0, 0, 0), (1, 3, 0, 4, 1, 0, 7), (1, 3, 4, 1, 0, 0, 0)],
             [(0, 0, i, 1, 1, 0, 0) for i in range(140)] + [(0, 0, 140, 1, 0, 0, 0)],
             [(0, i % 4, 0, 2, 1, 0, 5) for i in range(4)] + [(0, i % 4, 2, 130, 0, 0, 6) for i in range(4)]]
    for fragments in lists:
        for cut in (0, 16):
            seeds.add("fuzz_fragments", b"".join(
                bytes([family | ident << 1 | more << 3 | cut | step << 5, offset, length, pattern << 1])
                for family, ident, offset, length, more, pattern, step in fragments))
    data = b""
    for ident in (1, 2):  # a mirror's packet in two fragments, twice
        for offset, more, part in ((0, 1, ERSPAN[:64]), (64, 0, ERSPAN[64:])):
            header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(part), ident, more << 13 | offset // 8, 64, 47, 0)
            frame = ethernet(0x0800, header + bytes.fromhex("c000020a0a000002") + part)
            data += struct.pack(">HB", len(frame), 0) + frame
    seeds.add("fuzz_reader", b"\0" + data)
    for path in captures():
        for i, (_, frame) in enumerate(list(frames(path))[:FRAMES_OF_A_CAPTURE:5]):
            seeds.add("fuzz_duplicates", bytes([0, i]) + frame)


# ---- files ----

def pcapng(records, big=False, resolution=None):
    order = ">" if big else "<"

    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)

    options = struct.pack(order + "HH4s", 2, 4, b"eth7")
    if resolution is not None:
        options += struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    data = block(1, struct.pack(order + "HHI", 1, 0, 0) + options)
    for ts, frame in records:
        data += block(6, struct.pack(order + "IIIII", 0, ts >> 32, ts & 0xFFFFFFFF, len(frame), len(frame)) + frame)
    for kind, body in ((3, struct.pack(order + "I", 60) + bytes(60)), (4, bytes(4)), (5, bytes(12)),
                       (2, struct.pack(order + "HHIIII", 0, 0, 0, 1, 60, 60) + bytes(60))):
        data += block(kind, body)
    return data


def capture_seeds(seeds):
    for path in captures():
        data = path.read_bytes()
        if len(data) < 2000:
            for variant in range(6):
                body = data[4:]
                if variant % 2:  # the odd ones have the other byte order
                    body = struct.pack(">HHIIII", *struct.unpack_from("<HHIIII", body)) + body[20:]
                seeds.add("fuzz_pcap", bytes([variant]) + body)
    records = list(frames(ROOT / "pcaps/dns-outside.pcap"))
    for big in (False, True):
        for resolution in (None, 9, 3, 0x94, 0x80):
            seeds.add("fuzz_pcapng", bytes([int(big)]) + pcapng(records, big, resolution))
        order = ">" if big else "<"
        interface = struct.pack(order + "HHI", 1, 0, 0)
        packet = struct.pack(order + "IIIII", 0, 0, 1, 60, 60) + bytes(60)
        blocks = bytes([7, 4]) + bytes(16) + bytes([0, 2]) + interface + bytes([3, len(packet) // 4]) + packet
        seeds.add("fuzz_pcapng", bytes([2 | int(big)]) + blocks)
    plain = (ROOT / "pcaps/dns-outside.pcap").read_bytes()
    for kind in (0, 1, 4, 5, 12, 13):
        for times, at, change, step in ((0, 0, 0, 15), (30, 0, 0, 63), (4, 128, 1, 15), (4, 90, 7, 0), (0, 250, 255, 1)):
            seeds.add("fuzz_packed", bytes([kind, times, at, change, step, 6]) + plain)
    seeds.add("fuzz_packed", bytes([2, 0, 0, 0, 15, 0]) + gzip.compress(plain, mtime=0)[3:])


RULE_HEAD = b"title: T\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {product: vedette, category: flow}\nlevel: low\n"


def tuning_seed(text):
    """With names that tests/fuzz/fuzz_tuning.h and fuzz_policy.h know."""
    text = re.sub(rb"rule: \[.*\]", b"rule: [One, Two]", text)
    text = re.sub(rb"rule: (?!any|\[)[^,}\n#]*", b"rule: One ", text)
    text = re.sub(rb"equipment: [^,}\n]*", b"equipment: gnb", text)
    return re.sub(rb"group:ems", b"domain:update.example", text)


def correlation_seeds(seeds):
    """Rules alone, and with changes of what they save."""
    texts = [text for text in re.findall(rb"^```yaml\n(.*?)^```", (ROOT / "docs/correlations.md").read_bytes(), re.M | re.S)]
    base = b"title: B\nname: base\nlogsource: {product: vedette, category: flow}\ndetection: {s: {network.bytes|gte: 0}, condition: s}\n---\n"
    base += base.replace(b"base", b"more").replace(b"network.bytes|gte: 0", b"network.protocol: tls")
    for kind, rest in (("event_count", "condition: {gte: 3}"), ("event_count", "condition: {lte: 3}"), ("event_count", "condition: {gt: 1, lt: 9}"),
                       ("value_count", "condition: {field: destination.port, gte: 2}"), ("value_count", "condition: {field: [peer.groups, source.ip], gte: 2}"),
                       ("temporal", "aliases: {x: {base: source.ip, more: destination.ip}}"), ("temporal_ordered", "generate: false"),
                       ("value_sum", "condition: {field: network.bytes, gt: 1000}"), ("value_avg", "condition: {field: network.bytes, gt: 1000.5}"),
                       ("value_percentile", "condition: {field: network.bytes, percentile: 50, gte: 100}"),
                       ("value_percentile", "condition: {field: network.bytes, gte: 50}"), ("value_percentile", "condition: {field: destination.port, lte: 50}")):
        for by in ("source.ip", "peer.groups", ""):
            texts.append(base + f"title: C\nname: inner\nlevel: low\ncorrelation: {{type: {kind}, rules: [base, more], group-by: [{by}], timespan: 2m, {rest}}}\n".encode())
    texts.append(texts[-1] + b"---\ntitle: O\ncorrelation: {type: event_count, rules: [inner], group-by: [], timespan: 1h, condition: {gte: 2}}\n")
    for i, text in enumerate(texts):
        seeds.add("fuzz_correlation", text)
        seeds.add("fuzz_correlation", text + b"\0" + struct.pack("<IB", 977 * i, i % 3))
        seeds.add("fuzz_sigma", text)


def yaml_seeds(seeds):
    texts = {"fuzz_sigma": [], "fuzz_lists": [], "fuzz_site": [], "fuzz_learned": [], "fuzz_trial": [], "fuzz_tuning": []}
    for path in sorted((ROOT / "rules/packs/rules").glob("*.yml")):
        texts["fuzz_trial" if path.name.endswith(".test.yml") else "fuzz_sigma"].append(re.sub(rb"^rule: .*\n", b"", path.read_bytes()))
    for text in re.findall(rb"^```yaml\n(.*?)^```", (ROOT / "docs/testing-rules.md").read_bytes(), re.M | re.S):
        texts["fuzz_sigma" if b"detection:" in text else "fuzz_trial"].append(text.replace(b"rule: shell.yml\n", b""))
    for path in sorted((ROOT / "rules/packs/lists").glob("*.yaml")) + sorted((ROOT / "tests/golden/lists").glob("*.yaml")):
        head, entries = path.read_bytes().split(b"entries:", 1)
        lines = entries.splitlines(keepends=True)
        texts["fuzz_lists"].append(head + b"entries:" + b"".join(lines[:12]))
    for name in ("policy", "rules", "lists", "detections", "tuning", "baseline"):
        for text in re.findall(rb"^```yaml\n(.*?)^```", (ROOT / f"docs/{name}.md").read_bytes(), re.M | re.S):
            text = RULE_HEAD + text if text.startswith(b"detection:") else text
            target = {"policy": "fuzz_site", "lists": "fuzz_lists", "baseline": "fuzz_learned"}.get(name, "fuzz_sigma")
            if b"suppressions:" in text:
                target, text = "fuzz_tuning", tuning_seed(text)
            texts[target].append(text)
    texts["fuzz_tuning"] += [tuning_seed(path.read_bytes()) for path in sorted((ROOT / "tests/golden/tuning").glob("*.yaml"))]
    tests = re.findall(rb'^TRUTH\("((?:[^"\\]|\\.)*)"', (ROOT / "tests/unit/sigma_truth.def").read_bytes(), re.M)
    for test in dict.fromkeys(t.decode("unicode_escape").encode("latin-1") for t in tests):
        texts["fuzz_sigma"].append(RULE_HEAD + b"detection:\n  s:\n    " + test + b"\n  condition: s\n")
    texts["fuzz_site"].append((ROOT / "pcaps/demo/site.yaml").read_bytes())
    texts["fuzz_policy_lint"] = [*texts["fuzz_site"], (ROOT / "pcaps/demo/site.test.yaml").read_bytes()]
    # The tables of the unit test, where lines stand between quotes.
    for samples in re.findall(r"^\t\{((?:HEAD|DESCRIPTION|RAEX).*?)\},$", (ROOT / "tests/unit/test_policy_lint.c").read_text(), re.M | re.S):
        head = "schema: 1\\nsite: t\\nnetworks: {own: [10.0.0.0/8]}\\n"
        body = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', samples))
        texts["fuzz_policy_lint"].append((head + body).encode().decode("unicode_escape").encode())
    roles = (ROOT / "rules/packs/roles.yaml").read_bytes().splitlines(keepends=True)
    texts["fuzz_site"] += [b"".join(roles[:n]) for n in (40, 120)]
    for target, list_ in texts.items():
        for i, text in enumerate(list_):
            seeds.add(target, text)
            if len(text) < 6000:
                seeds.add("fuzz_yaml", bytes([i % 4]) + text)
    for text in (b"a: [1, 0x1f, 0o17, -3, ~, true, 'x', \"\\u263a\\n\"]\n", b"? a\n: |\n  x\n  y\n---\nb: >-\n  z\n...\n", b"{a: {b: {}}, c: []}",
                 b"%YAML 1.2\n---\n- - - 1\n", b"a: &x 1\nb: *x\n", b"\xef\xbb\xbfa: 1\n", "ä: \"ü\"\n".encode(), b"a: !!str 1\n"):
        for docs in range(4):
            seeds.add("fuzz_yaml", bytes([docs]) + text)


def import_seeds(seeds):
    page = (ROOT / "docs/policy.md").read_bytes()
    for i, kind in enumerate((b"csv", b"json", b"xml")):
        for text in re.findall(rb"^```" + kind + rb" \S+\n(.*?)^```", page, re.M | re.S):
            seeds.add("fuzz_policy_import", bytes([i]) + text)
    for text in (b"a;b\n1;2\n", b"name,mac\n\"a \"\"b\",0000.5e00.5301\n", b"name\taddress\nx\t::1 10.0.0.1\nx\t10.0.0.2\n"):
        seeds.add("fuzz_policy_import", bytes([0]) + text)
    seeds.add("fuzz_policy_import", bytes([2]) + b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>")


def geo_seeds(seeds):
    for path in sorted((ROOT / "tests/fixtures/geo").glob("*/*.mmdb")):
        seeds.add("fuzz_geo", path.read_bytes())


# ---- messages ----

def message_seeds(seeds):
    seeds.add("fuzz_dns_answer", DNS)
    for target, text in (("fuzz_gtpu", "32010004000000000001000000"), ("fuzz_gtpu", "341a0010000000090001008501000100100000000985000400000001"),
                         ("fuzz_gtpc", "3202000600000000000100000e07"), ("fuzz_gtpc", "4001000900000100030001000798000100010d"),
                         ("fuzz_gtpc", "4820001d0000000000000200010004000001010047000400036e65744900010005"),
                         ("fuzz_gtp_prime", "4ef0000b00077e01fc00060201000001ff"),
                         ("fuzz_pfcp", "2005001500000200003c000500c000020700600004e4000001"),
                         ("fuzz_pfcp", "2005001200000200003c000a0203736d660474657374")):
        seeds.add(target, bytes(2) + bytes.fromhex(text))
    six = b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + bytes.fromhex("20010db8") + bytes(12)
    alias = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1x\xc0\x10"
    seeds.add("fuzz_dns_answer", DNS[:7] + b"\3" + DNS[8:] + six + alias)
    for path in captures():
        for _, frame in list(frames(path))[:FRAMES_OF_A_CAPTURE]:
            if len(frame) > 42 and frame[12:14] == b"\x08\0" and frame[23] == 1:
                seeds.add("fuzz_icmp", bytes([frame[34], 0]) + frame[42:])
            if len(frame) < 50 or frame[12:14] != b"\x08\0" or frame[23] not in (6, 17, 132):
                continue
            at = 34 + {6: frame[46] >> 4 << 2, 17: 8, 132: 12}[frame[23]]
            port = int.from_bytes(frame[36:38], "big")
            if len(frame) > at:
                head = bytes([{6: 0, 17: 1, 132: 2}[frame[23]], {2152: 0, 3868: 1, 38412: 2}.get(port, 3)])
                seeds.add("fuzz_signalling", head + frame[at:])
            target = {2152: "fuzz_gtpu", 2123: "fuzz_gtpc", 3386: "fuzz_gtp_prime", 8805: "fuzz_pfcp"}.get(port)
            if target and len(frame) > at:
                seeds.add(target, bytes(2) + frame[at:])
            if frame[23] == 132 and len(frame) > at:
                seeds.add("fuzz_sctp", bytes([0, 0]) + frame[at:])
            if 3868 in (port, int.from_bytes(frame[34:36], "big")) and frame[23] == 6 and len(frame) > at:
                seeds.add("fuzz_diameter", bytes([0, 0]) + frame[at:])
            if port == 2152 and len(frame) > at:
                seeds.add("fuzz_gtpu", bytes([0, 0]) + frame[at:])
            if 53 in (port, int.from_bytes(frame[34:36], "big")):
                seeds.add("fuzz_dns_answer", frame[at:])


def association_seeds(seeds):
    """A handshake (INIT, INIT ACK, COOKIE ECHO, COOKIE ACK), a second path, an end; and the empty table as it is saved."""
    talk = [(0x00, 1, 1 << 3 | 1 << 6), (0x80, 2, 1 | 2 << 3), (0x00, 10, 2), (0x80, 11, 1), (0x05, 4, 2), (0x00, 193, 2 | 1 << 6), (0x80, 14, 1)]
    seeds.add("fuzz_associations", b"\1" + b"".join(bytes([*t, 3]) for t in talk))
    seeds.add("fuzz_associations", b"\0" + b"\1\0" + bytes(16) + bytes(4))


def sample_bytes(text):
    """As tests/unit/test_signalling_management.c writes them."""
    out = bytearray()
    for part in re.findall(r"'[^']*'|\*\d+|[0-9a-f]{2}", text):
        if part[0] == "'":
            out += part[1:-1].encode()
        elif part[0] == "*":
            out += out[-1:] * (int(part[1:]) - 1)
        else:
            out.append(int(part, 16))
    return bytes(out)


def management_seeds(seeds):
    text = (ROOT / "tests/unit/test_signalling_management.c").read_text()
    for name, literals in re.findall(r'\{&signalling_(\w+), \w+, \d+,\s*((?:"(?:[^"\\]|\\.)*"\s*)+),', text):
        sample = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"')
        seeds.add(f"fuzz_{name}", bytes([0, 0]) + sample_bytes(sample))


def alert_seeds(seeds):
    """Alerts with every fact of fields.def, and replies of Redis that hold them."""
    fields = re.findall(r'^FIELD\(\w+, "([^"]+)", (\w+), (\w+)', (ROOT / "analysis/fields.def").read_text(), re.M)
    values = {"KEYWORD": "violation", "WILDCARD": "https://host.example/a?b=c", "KEYWORDS": ["one", "zwei\u00fc"], "LONG": 64500,
              "IP": "192.0.2.7", "IPS": ["2001:db8::7", "192.0.2.7"], "DATE": "2026-11-22T12:34:56.123456789Z", "BOOLEAN": True}
    alert = {name: values[kind] for name, kind, _ in fields}
    alert |= {"event.id": "3f2a9c0011223344556677889900aabb", "event.action": "closed", "alert.level": "high",
              "network.transport": "tcp", "contract.line": "site.yaml:31", "flow.state": "established"}
    some = [alert] + [{k: v for i, (k, v) in enumerate(alert.items()) if i % n != m} for n in (2, 3, 5) for m in range(n)]
    verdicts = ("allowed", "exception", "window", "undetermined", "undeclared", "violation")
    some += [alert | {"contract.verdict": v, "event.action": "opened", "equipment.initiator": v < "l", "equipment.name": "\x1b[31m\u202e"}
             for v in verdicts]
    for i, one in enumerate(some):
        text = json.dumps(one).encode()
        seeds.add("fuzz_alert", bytes([i * 37 % 256]) + text)
        for ask, reply in replies(text):
            seeds.add("fuzz_redis", bytes([ask]) + reply)


def bulk(*items):
    """ITEMS as Redis writes them."""
    out = b""
    for item in items:
        if isinstance(item, int):
            out += b":%d\r\n" % item
        elif item is None:
            out += b"$-1\r\n"
        elif isinstance(item, list):
            out += b"*%d\r\n" % len(item) + bulk(*item)
        else:
            out += b"$%d\r\n%s\r\n" % (len(item), item)
    return out


def replies(text):
    entry = [b"1790000000123-0", [b"json", text, b"id", b"3f2a9c", b"rule", b"r", b"level", b"high", b"equipment", b"e", b"seq", b"1"]]
    status = bulk([b"mode", b"replay", b"run", b"r1", b"finished", b"2026-11-22T12:34:56Z", b"alerts", b"3"])
    queued = b"+OK\r\n+QUEUED\r\n+QUEUED\r\n"
    yield 0, bulk([b"a", b"b", b"no {name}"]) + (status + bulk(3)) * 2
    yield 1, status + bulk(3) + queued + bulk([b"r1", [entry, entry]]) + queued + bulk([b"r1", []])
    yield 1, status + bulk(0) + queued + bulk([None, []])
    for n in (47, 48):
        yield 1, status + bulk(1) + queued + bulk([b"r1", [[b"1" * n, [b"json", b"{}"]]]])
    opening = b"+none\r\n" * 3 + bulk(None, 0)
    times = bulk([b"1790000000", b"1"])
    added = bulk(b"1-0", b"2-0", 1, b"3-0", b"4-0", 1, b"5-0", 1)
    yield 3, opening + bulk(3) + times + bulk(0) + added + times + b"+OK\r\n:5\r\n+OK\r\n" + b"+QUEUED\r\n" * 4 + bulk([1, 1, 0, 8], 1)
    yield 1, b"-WRONGTYPE no hash\r\n"
    node, other = [b"192.0.2.1", 7000, b"id", []], [b"node", 7001, b"id", [b"ip", b"2001:db8::1"]]
    yield 4, bulk([[0, 5460, node, other], [5461, 5461, other], [16383, 16383, [None, 1, b"id"]]])
    yield 4, bulk([b"192.0.2.1", b"6379"])
    for text in (b"MOVED 3999 127.0.0.1:6381", b"ASK 0 ::1:1", b"MOVED 16383 :6381", b"TRYAGAIN x", b"CLUSTERDOWN x", b"MOVED 1 host:7000"):
        yield 4, b"-" + text + b"\r\n"
    yield 2, bulk([entry]) + bulk([[b"key", [entry]]]) + b"*-1\r\n" + bulk([[b"key", [entry, entry]]])


def small_seeds(seeds):
    for text in (b"ping\n", b"status\r\n", b"canary", b"reload\nstop\n", b"\0\n", b"\xff\x1b[31m\n", b"x" * 4095 + b"\n", b"x" * 4096, b"\n"):
        for step in (0, 1, 255):
            seeds.add("fuzz_control", bytes([step]) + text)
    for part in range(11):
        seeds.add("fuzz_state", bytes([part]))
        for place in (2, 40, 90, 200, 1000, 60000):
            for flip in (0, 1, 0xff):
                seeds.add("fuzz_state", bytes([part]) + struct.pack("<IB", place, flip))
    for kind in (0, 1):
        for place in (0, 16, 18, 24, 32, 60, 68, 100, 105, 4096, 8192, 8200, 20000, 40000, 81920):
            for which, cut, value in ((0, 0, 0), (0, 0, 0xff), (0, 0xff, 0), (1, 0, 0xff), (1, 0xff, 0), (2, 0, 1)):
                seeds.add("fuzz_spool", bytes([kind, which]) + struct.pack(">I", place)[1:] + bytes([cut, value]))
    for text in ("redis://localhost", "redis://u:p%40@[::1]:6379/3", "redis://:pw@10.0.0.1:1", "unix:///run/redis.sock?db=2", "/run/a b",
                 "unix://u:p@/x", "rediss://a", "redis://a/%2f", "redis+sentinel://u:p@a,b:1,[::1]/m/2?sentinel_password=x&sentinel_user=y",
                 "redis+sentinel://a/m",
                 "redis+cluster://:p@10.0.0.1,10.0.0.2:7000", "rediss+cluster://a?cacert=/x&cert=/y&key=/z&server_name=n", "/run/redis-%?@#.sock"):
        seeds.add("fuzz_url", text.encode())
    for text in ("Europe/Warsaw", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Pacific/Apia", "Africa/Casablanca", "EST5EDT",
                 "Asia/Pyongyang", "Antarctica/Troll", "localtime", "../etc/passwd", "CET-1CEST,M3.5.0,M10.5.0/3"):
        seeds.add("fuzz_zone", text.encode())
    for text in ("imsi-001010000000001/sm-data", "7.8.9.1.1.1.2.2.2.8.4.e164.arpa", "user:pass@host.example", "msisdn-48222111987",
                 "001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org", "a%40b%2Fimei-359999999999999", "CN=2102350000001234, O=Example",
                 "1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "suci-0-001-01-0-0-0-000000001", "https://x/nudm-sdm/v2/extid-a@b/am-data"):
        seeds.add("fuzz_redact", text.encode())
    for text in ("192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::ffff:1.2.3.4", "::ffff:1.2.3.4/120", "1:2:3:4:5:6:7:8", "::", "0.0.0.0/0",
                 "2026-11-22", "2024-02-29", "1970-01-01", "\u202eabc\u0301\u4e00", "a\x00b\x1b[2J", "\ud7ff\U0010ffff", "fe80::1%eth0"):
        seeds.add("fuzz_text", text.encode())


# ---- dictionaries ----

def strings_of(*paths):
    """The words in the string literals of sources: keys, modifiers, keywords."""
    for path in paths:
        for literal in re.findall(r'"([^"\\]+)"', path.read_text()):
            if re.fullmatch(r"[A-Za-z_0-9.%|*-]+", literal):
                yield literal


def feed_seeds(seeds):
    formats = re.findall(r"^FORMAT\((\w+)", (ROOT / "rules/lists/formats/formats.def").read_text(), re.M)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-B", str(ROOT / "tests/system/make_feeds.py"), folder], check=True)
        for path in sorted(pathlib.Path(folder).iterdir()):
            for first in (0x0F, 0x1F, 0xEF):  # the format that it looks like
                seeds.add("fuzz_feed", bytes([first]) + path.read_bytes())
    for i in range(len(formats)):
        seeds.add("fuzz_feed", bytes([0x10 | i]) + b"192.0.2.1\n")


def dictionaries(seeds):
    words = strings_of(*sorted((ROOT / "rules/lists/formats").glob("*.c")))
    seeds.dictionary("fuzz_feed", [*words, " AND ", " OR ", "[ipv4-addr:value = '", "']", '":"', '":[', '":{', "\t", ",", "#", ";", "0.0.0.0/0", "::/0", "AS64500"])
    names = re.findall(r'^FIELD\(\w+, "([^"]+)"', (ROOT / "analysis/fields.def").read_text(), re.M)
    yaml = [": ", "- ", "\n", "\n  ", "|-\n", ">-\n", "---\n", "[", "]", "{", "}", "&a", "*a", "<<: ", "!!str", "? ", "0x", "0o", "'", '"', "#", "\ufeff"]
    seeds.dictionary("fuzz_yaml", yaml)
    for target, folder in (("fuzz_sigma", "rules/sigma"), ("fuzz_correlation", "rules/sigma"), ("fuzz_site", "rules/policy"), ("fuzz_learned", "rules/policy"),
                            ("fuzz_lists", "rules/lists"), ("fuzz_trial", "rules/trial"),
                           ("fuzz_policy_lint", "rules/policy"), ("fuzz_policy_import", "rules/policy/import"), ("fuzz_tuning", "rules/tuning")):
        words = [*yaml, *strings_of(*sorted((ROOT / folder).glob("*.c")))]
        seeds.dictionary(target, words + names if target in ("fuzz_sigma", "fuzz_correlation", "fuzz_trial") else words)
    shown = strings_of(*(ROOT / f"cli/{name}.c" for name in ("explanation", "remedy", "alert_table")))
    seeds.dictionary("fuzz_alert", [*names, *shown, '":"', '":[', '":{', '",', "true", "null", "\\u0000", "\\u001b[", "\\u202e", "\u4e00", "\u0301"])
    fields = ("json", "id", "rule", "level", "equipment", "seq", "mode", "run", "finished", "alerts")
    seeds.dictionary("fuzz_redis", ["+OK\r\n", "+QUEUED\r\n", "*0\r\n", "*-1\r\n", "$-1\r\n", ":1\r\n", "-ERR x\r\n", "*2\r\n", "%1\r\n", "~1\r\n",
                                    "$1\r\n", "*2147483647\r\n", "$2147483647\r\n", *(bulk(f.encode()) for f in fields)])
    blocks = [struct.pack(order + "I", n) for order in "<>" for n in (1, 2, 3, 4, 5, 6, 10, 0x0A0D0D0A, 0x1A2B3C4D, 0xFFFFFFFF)]
    seeds.dictionary("fuzz_pcapng", [*blocks, b"\2\0\4\0eth0", b"\0\2\0\4eth0", b"\x09\0\1\0", b"\x0e\0\x08\0", b"\0\x09\0\1", b"\0\x0e\0\x08"])
    numbers = [struct.pack(">H", n) for _, n in edges() if n is not None and n < LLC]
    for target in ("fuzz_decode", "fuzz_shard"):
        seeds.dictionary(target, [*numbers, MACS, b"\x45\0", b"\x60\0\0\0", b"\xaa\xaa\x03\0\0\0"])
    seeds.dictionary("fuzz_geo", ["\xab\xcd\xefMaxMind.com".encode("latin-1"), *strings_of(ROOT / "analysis/enrich/geo_schema.c"), "node_count", "record_size",
                                  "ip_version", "database_type", "build_epoch", "binary_format_major_version", "description", "languages"])
    seeds.dictionary("fuzz_redact", ["imsi-", "msisdn-", "suci-", "nai-", "extid-", "imei-", "imeisv-", "gci-", "gli-", "@", "%40", "%2F", "ip6.arpa",
                                     ".e164.arpa", "1.2.3.4.5.6.7", "0010100000"])
    seeds.dictionary("fuzz_url", ["redis://", "unix://", "rediss://", "redis+sentinel://", "redis+cluster://",
                                  "?sentinel_password=", "&sentinel_user=", "?cacert=", ",", "%40", "%2f", "%00", "?db=", "[::1]", ":6379", "@", "/"])


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: seeds.py OUT_DIR")
    seeds = Seeds(sys.argv[1])
    for make in (decode_seeds, conversation_seeds, fragment_seeds, capture_seeds, correlation_seeds, yaml_seeds, feed_seeds, import_seeds, geo_seeds, message_seeds, association_seeds, management_seeds, alert_seeds, small_seeds, dictionaries):
        make(seeds)


if __name__ == "__main__":
    main()
