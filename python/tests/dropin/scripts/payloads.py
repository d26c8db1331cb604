"""What plugins read from packets: payloads, headers, histograms.

capture: web.pcap
capture: http-ipv6.pcap
capture: fragments.pcap
capture: gtpu.pcap
capture: corpus/google_ssl.pcap
"""

import math
import struct
import sys
from collections import Counter

import numpy as np
from nfstream import NFPlugin, NFStreamer


class Payloads(NFPlugin):
    """Hexadecimal payloads of the first packets; the payload is what the IP packet ends with."""

    def on_init(self, packet, flow):
        flow.udps.payloads = [self.payload(packet)]
        flow.udps.deltas = [packet.delta_time]
        flow.udps.directions = [packet.direction]
        flow.udps.sizes = [(packet.ip_size, packet.transport_size, packet.payload_size)]

    def on_update(self, packet, flow):
        if len(flow.udps.payloads) < self.limit:
            flow.udps.payloads.append(self.payload(packet))
            flow.udps.deltas.append(packet.delta_time)
            flow.udps.directions.append(packet.direction)
            flow.udps.sizes.append((packet.ip_size, packet.transport_size, packet.payload_size))

    @staticmethod
    def payload(packet):
        return packet.ip_packet[-packet.payload_size :].hex()[:40] if packet.payload_size > 0 else "00"


class Headers(NFPlugin):
    """Window of the first packet of each direction, lowest time to live, header bytes without addresses."""

    def on_init(self, packet, flow):
        flow.udps.window_fwd = flow.udps.window_bwd = -1
        flow.udps.lowest_ttl = 255
        flow.udps.header = self.without_addresses(packet)[:28].hex()
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        ip = packet.ip_packet
        if packet.ip_version == 4:
            start, ttl, protocol = (ip[0] & 15) * 4, ip[8], ip[9]
        else:
            start, ttl, protocol = 40, ip[7], ip[6]
        flow.udps.lowest_ttl = min(flow.udps.lowest_ttl, ttl)
        if protocol == 6 and len(ip) >= start + 20:
            (window,) = struct.unpack_from("!H", ip, start + 14)
            name = "window_bwd" if packet.direction else "window_fwd"
            if getattr(flow.udps, name) == -1:
                setattr(flow.udps, name, window)

    @staticmethod
    def without_addresses(packet):
        ip = packet.ip_packet
        return ip[:12] + ip[20:] if packet.ip_version == 4 else ip[:8] + ip[40:]


class Entropy(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps._bytes = Counter()
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        if packet.payload_size > 0:
            flow.udps._bytes.update(packet.ip_packet[-packet.payload_size :])

    def on_expire(self, flow):
        total = sum(flow.udps._bytes.values())
        shares = [count / total for count in flow.udps._bytes.values()]
        flow.udps.entropy = round(-math.fsum(share * math.log2(share) for share in shares), 6) if total else 0.0
        del flow.udps._bytes


class Picture(NFPlugin):
    """The first bytes of a flow as numbers, filled up with zeros."""

    def on_init(self, packet, flow):
        flow.udps.picture = b""
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        missing = self.side**2 - len(flow.udps.picture)
        if missing > 0:
            flow.udps.picture += packet.ip_packet[:missing]

    def on_expire(self, flow):
        padded = flow.udps.picture.ljust(self.side**2, b"\x00")
        pixels = np.frombuffer(padded, dtype=np.uint8).reshape(self.side, self.side)
        flow.udps.picture = pixels.sum(axis=1).tolist()


if __name__ == "__main__":
    plugins = [Payloads(limit=6), Headers(), Entropy(), Picture(side=12)]
    for flow in NFStreamer(source=sys.argv[1], udps=plugins, n_dissections=0):
        print(flow.id, flow.src_port, vars(flow.udps))
    frame = NFStreamer(source=sys.argv[1], udps=plugins, n_dissections=0).to_pandas()
    print(frame.filter(like="udps.").columns.tolist(), frame["udps.entropy"].tolist(), frame["udps.deltas"].tolist()[0])
