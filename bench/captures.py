"""Captures made for measuring: as large, or with as many live flows, as a measurement asks for."""

import struct
from pathlib import Path

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
CONVERSATIONS = ("web", "http", "tls12", "tls13", "dns", "ssh", "ping")
START = 1_700_000_000


def repeated(testdata: Path, out: Path, size: int):
    """Writes about `size` bytes: the conversations of testdata over and over, one round after the other.

    Each round has addresses of its own (checksums are left alone), so that every round makes new flows.
    """
    template, times, addresses, span = one_round(testdata)
    with out.open("wb") as file:
        file.write(HEADER)
        for number in range(max(1, size // len(template))):
            begin = number * span
            for at, microseconds in times:
                seconds, fraction = divmod(begin + microseconds, 1_000_000)
                struct.pack_into("<II", template, at, START + seconds, fraction)
            for at in addresses:
                struct.pack_into(">H", template, at, number & 0xFFFF)
            file.write(template)


def one_round(testdata: Path):
    """The records of one round, where each has its time and its addresses, and how many microseconds a round takes."""
    template, times, addresses, end = bytearray(), [], [], 0
    for name in CONVERSATIONS:
        data = (testdata / f"{name}.pcap").read_bytes()
        at, first = 24, None
        begin = end
        while at < len(data):
            seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, at)
            time = seconds * 1_000_000 + fraction
            first = time if first is None else first
            end = max(end, begin + time - first)
            times.append((len(template), begin + time - first))
            frame = len(template) + 16
            ethertype = data[at + 28 : at + 30]
            if ethertype == b"\x08\x00":  # the middle bytes of 10.0.0.x
                addresses += [frame + 27, frame + 31]
            elif ethertype == b"\x86\xdd":  # the second group of fd00::x
                addresses += [frame + 24, frame + 40]
            template += data[at : at + 16 + captured]
            at += 16 + captured
    return template, times, addresses, end + 1


def live(out: Path, flows: int):
    """Writes `flows` UDP conversations of one question and one answer that are all alive at the end of the capture.

    All questions come first, then all answers, within 60 seconds: no flow idles out before the last packet.
    """
    payload = bytes(32)
    ethernet = bytes.fromhex("020000000002 020000000001 0800")
    step = 30_000_000 // flows
    with out.open("wb") as file:
        file.write(HEADER)
        for answer in (False, True):
            for number in range(flows):
                client, server = 0x0A000000 + number // 32, 0xC6120001
                source, destination = (server, client) if answer else (client, server)
                port = 20000 + number % 32
                ports = (53, port) if answer else (port, 53)
                time = number * step + 30_000_000 * answer
                ip = struct.pack(">BBHHHBBHII", 0x45, 0, 60, 0, 0, 64, 17, 0, source, destination)
                udp = struct.pack(">HHHH", *ports, 40, 0)
                record = struct.pack("<IIII", START + time // 1_000_000, time % 1_000_000, 74, 74)
                file.write(record + ethernet + ip + udp + payload)


def small(out: Path, packets: int, flows: int):
    """Writes `packets` UDP packets of 64 bytes on the wire (60 without the check sequence), of so many flows in turn."""
    ethernet = bytes.fromhex("020000000002 020000000001 0800")
    with out.open("wb") as file:
        file.write(HEADER)
        for number in range(packets):
            flow = number % flows
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 46, number & 0xFFFF, 0, 64, 17, 0, struct.pack(">I", 0x0A000000 + flow), b"\x0a\xff\x00\x01")
            udp = struct.pack(">HHHH", 1024 + flow % 60000, 9999, 26, 0)
            seconds, fraction = divmod(number, 1_000_000)
            file.write(struct.pack("<IIII", START + seconds, fraction, 60, 60))
            file.write(ethernet + ip + udp + bytes(18))
