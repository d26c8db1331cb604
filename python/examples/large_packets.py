"""Counts the large packets of each flow with a plugin: python3 large_packets.py CAPTURE [CAPTURE ...]"""

from __future__ import annotations

import sys

from nfstream import NFlow, NFPacket, NFPlugin, NFStreamer


class LargePackets(NFPlugin):
    """How many packets have so many bytes or more, and how far into the flow the first of them came."""

    least: int

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.large = 0
        flow.udps.first_large_ms = None
        self.on_update(packet, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        if packet.raw_size < self.least:
            return
        if flow.udps.large == 0:
            flow.udps.first_large_ms = packet.time - flow.bidirectional_first_seen_ms
        flow.udps.large += 1


def main(captures: list[str]) -> None:
    streamer = NFStreamer(source=captures, udps=LargePackets(least=1000))
    for flow in streamer:
        if flow.udps.large:
            share = flow.udps.large / flow.bidirectional_packets
            print(f"{flow.src_ip}:{flow.src_port} {flow.application_name} {share:.0%} after {flow.udps.first_large_ms} ms")
    print(streamer.report)


if __name__ == "__main__":
    main(sys.argv[1:])
