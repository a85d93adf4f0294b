"""Captures out of recordings: packets of pieces/ at other times, between other hosts, larger than they were. Standard library only.

A recording is a list of (seconds, frame, length on the wire); a frame shorter than its length was cut, as a capture of headers does.
"""
import os
import random
import struct

from packets import address, checksum, ethernet, ipv4, read_cut, tcp, vlan

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
MONDAY = 1791158400  # 2026-10-05 00:00 UTC, a Monday
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800
SEGMENT = 61440  # bytes of a TCP segment as a host with segmentation offload shows it


def piece(name, folder='pieces'):
    """The recording pieces/NAME.pcap, from second 0; IPv4 only."""
    packets = [p for p in read_cut(os.path.join(HERE, folder, name + '.pcap')) if p[1][12:14] == b'\x08\0']
    return [(at - packets[0][0], frame, length) for at, frame, length in packets]


def ends(frame):
    """(source, destination, source port, destination port) of a frame with IPv4; ports 0 but for TCP and UDP."""
    at = 14 + 4 * (frame[14] & 15)
    ports = struct.unpack('>HH', frame[at:at + 4]) if frame[23] in (6, 17) else (0, 0)
    return (frame[26:30], frame[30:34]) + ports


def mend(frame):
    """The same frame with right checksums; a frame that is cut keeps that of its transport."""
    head = 4 * (frame[14] & 15)
    ip = bytearray(frame[14:14 + head])
    ip[10:12] = b'\0\0'
    ip[10:12] = struct.pack('>H', checksum(bytes(ip)))
    length = struct.unpack('>H', ip[2:4])[0]
    body = bytearray(frame[14 + head:14 + length])
    where = {6: 16, 17: 6, 1: 2}.get(ip[9])
    if where and len(body) == length - head and len(body) >= where + 2:
        body[where:where + 2] = b'\0\0'
        front = b'' if ip[9] == 1 else bytes(ip[12:20]) + struct.pack('>BBH', 0, ip[9], len(body))
        total = checksum(front + bytes(body))
        body[where:where + 2] = struct.pack('>H', total or (0xffff if ip[9] == 17 else 0))
    return frame[:14] + bytes(ip) + bytes(body)


def move(recording, start, hosts=None, ports=None, stretch=1):
    """RECORDING from START on, STRETCH times slower, with HOSTS and PORTS {old: new} in place of others. Addresses inside payloads stay."""
    hosts = {address(a): address(b) for a, b in (hosts or {}).items()}
    for at, frame, length in recording:
        out = bytearray(frame)
        for mac, ip in ((6, 26), (0, 30)):
            new = hosts.get(bytes(frame[ip:ip + 4]))
            if new:
                out[ip:ip + 4] = new
                out[mac:mac + 6] = bytes([2, 0, 0, 0, 0, new[3]])
        first = 14 + 4 * (frame[14] & 15)
        if frame[23] in (6, 17):
            for where in (first, first + 2):
                port = struct.unpack('>H', frame[where:where + 2])[0]
                if ports and port in ports:
                    out[where:where + 2] = struct.pack('>H', ports[port])
        yield start + at * stretch, mend(bytes(out)), length


def conversations(recording):
    """RECORDING's TCP and UDP conversations, each a recording, in the order in which they begin."""
    found = {}
    for packet in recording:
        a, b, p, q = ends(packet[1])
        found.setdefault(frozenset(((a, p), (b, q))), []).append(packet)
    return list(found.values())


def caller_port(recording):
    """The port from which the first packet was sent."""
    return ends(recording[0][1])[2]


def cut(recording, whole=8):
    """RECORDING with its first WHOLE packets as they are, of the others the headers alone."""
    for i, (at, frame, length) in enumerate(recording):
        head = 14 + 4 * (frame[14] & 15)
        if frame[23] == 6:
            head += 4 * (frame[head + 12] >> 4)
        elif frame[23] in (1, 17):
            head += 8
        yield (at, frame, length) if i < whole else (at, frame[:head], length)


def shift_numbers(frame, seq, ack):
    """A TCP frame whose sequence and acknowledgement numbers are so much higher."""
    at = 14 + 4 * (frame[14] & 15)
    s, a = struct.unpack('>II', frame[at + 4:at + 12])
    return mend(frame[:at + 4] + struct.pack('>II', s + seq & 0xffffffff, a + ack & 0xffffffff) + frame[at + 12:])


def headers(src, dst, sport, dport, flags, seq, ack, size):
    """(frame, length on the wire): a TCP segment of SIZE bytes, of which the headers alone were kept; its own checksum is none."""
    tcp_head = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, 5 << 4, flags, 64240, 0, 0)
    frame = bytearray(ethernet(src, dst, 0x0800, ipv4(src, dst, 6, tcp_head)))
    frame[16:18] = struct.pack('>H', 40 + size)
    frame[24:26] = b'\0\0'
    frame[24:26] = struct.pack('>H', checksum(bytes(frame[14:34])))
    return bytes(frame), 54 + size


def fatten(recording, caller, amount, seconds=60):
    """A recording of one TCP conversation in which the caller (CALLER true), or who was called, sends AMOUNT bytes more in SECONDS, just before
    it closes. What is put in are headers alone."""
    recording = list(recording)
    first = ends(recording[0][1])
    who = first[:2] if caller else first[1::-1]
    closes = next(i for i, (_, f, _) in enumerate(recording) if ends(f)[:2] == who and f[14 + 4 * (f[14] & 15) + 13] & 5)
    at, closing, _ = recording[closes]
    src, dst, sport, dport = ends(closing)
    text = ['.'.join(str(b) for b in x) for x in (src, dst)]
    seq, ack = struct.unpack('>II', closing[14 + 4 * (closing[14] & 15) + 4:][:8])
    yield from recording[:closes]
    sent, segments = 0, -(-amount // SEGMENT)
    for i in range(segments):
        size = min(SEGMENT, amount - sent)
        now = at + seconds * i / segments
        yield (now,) + headers(*text, sport, dport, 0x18, seq + sent, ack, size)
        sent += size
        if i % 32 == 31 or i == segments - 1:
            yield now + 0.001, ethernet(*text[::-1], 0x0800, tcp(*text[::-1], dport, sport, 0x10, ack, seq + sent)), 54
    for now, frame, length in recording[closes:]:
        mine = ends(frame)[:2] == who
        yield now + seconds, shift_numbers(frame, amount if mine else 0, 0 if mine else amount), length


def tagged(recording, vid):
    return ((at, vlan(frame, vid), length + 4) for at, frame, length in recording)


def spread(rng, start, period, number, jitter=0.0, loss=0.0):
    """NUMBER points in time, PERIOD apart, each moved by up to JITTER of it either way, of which LOSS are left out."""
    for i in range(number):
        at = start + i * period + rng.uniform(-jitter, jitter) * period
        if rng.random() >= loss:
            yield at


def random_of(name):
    """Random numbers that depend on NAME alone."""
    return random.Random(name)
