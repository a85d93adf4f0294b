"""Sends what raises alerts, and reads the alerts: bench/latency.sh.

    latency.py INTERFACE REDIS_SOCKET STREAM COUNT PAUSE_MS

COUNT times gnb-017 of the demo's site asks a resolver outside that nobody allowed, another one each time, and is answered. The answer
completes two findings. An alert's time is the stamp that the kernel gave that packet; how much later the reply to XREAD BLOCK that
holds the alert has arrived here is its latency. Prints the latencies in microseconds, one a line, sorted, and fails when an alert
is missing after five seconds. Between two questions there are PAUSE_MS milliseconds, half of them more or less."""
import calendar
import json
import random
import socket
import struct
import sys
import threading
import time

EQUIPMENT = bytes([192, 0, 2, 17])
EQUIPMENT_MAC, ROUTER_MAC = b"\x02\0\0\0\0\x11", b"\x02\0\0\0\0\x01"
NAME = b"\x03www\x07example\x00" + struct.pack("!HH", 1, 1)
ALERTS_EACH = 2


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(macs, source, destination, ports, payload):
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0, source, destination)
    return macs + b"\x08\x00" + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp


def exchange(i):
    resolver = bytes([198, 18 + (i >> 16), i >> 8 & 255, i & 255])
    port = 20000 + i % 40000
    question = struct.pack("!HHHHHH", i & 0xFFFF, 0x0100, 1, 0, 0, 0) + NAME
    answer = struct.pack("!HHHHHH", i & 0xFFFF, 0x8180, 1, 1, 0, 0) + NAME + b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 60, 4, EQUIPMENT)
    return (
        frame(ROUTER_MAC + EQUIPMENT_MAC, EQUIPMENT, resolver, (port, 53), question),
        frame(EQUIPMENT_MAC + ROUTER_MAC, resolver, EQUIPMENT, (53, port), answer),
    )


def send(interface, count, pause_ms):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((interface, 0))
    for i in range(1, count + 1):
        for packet in exchange(i):
            out.send(packet)
            time.sleep(0.0005)
        time.sleep(pause_ms * random.uniform(0.5, 1.5) / 1000)


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(5)
        self.file = self.socket.makefile("rb", 1 << 20)

    def reply(self):
        line = self.file.readline()
        if line[:1] == b"*":
            return [self.reply() for _ in range(int(line[1:]))]
        if line[:1] == b"$":
            n = int(line[1:])
            return None if n < 0 else self.file.read(n + 2)[:-2]
        return line

    def command(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.reply()


def stamp_us(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) * 1000000 + int(text[20:26])


def main():
    interface, path, stream, count, pause_ms = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
    redis = Redis(path)
    last = b"0-0"
    arrived = []
    seen = 0
    sender = threading.Thread(target=send, args=(interface, count, pause_ms), daemon=True)
    sender.start()
    while seen < count * ALERTS_EACH:
        try:
            entries = redis.command("XREAD", "BLOCK", 0, "STREAMS", stream, last)[0][1]
        except socket.timeout:
            sys.exit("latency.py: %d of %d alerts" % (seen, count * ALERTS_EACH))
        now = time.time_ns() // 1000
        last = entries[-1][0]
        for _, fields in entries:
            if b'"event.action":"opened"' in fields[1] and b'"peer.ip":"198.1' in fields[1]:
                arrived.append((now, fields[1]))
                seen += 1
    for us in sorted(now - stamp_us(json.loads(text)["@timestamp"]) for now, text in arrived):
        print(us)


if __name__ == "__main__":
    main()
