"""Columns of a flow can be set: in plugins, seen by later plugins and in every output, and afterwards.

capture: web.pcap
"""

import csv
import sys

from nfstream import NFPlugin, NFStreamer


class Industrial(NFPlugin):
    """Renames an application; what on_init returns is nobody's business."""

    def on_init(self, packet, flow):
        return packet.protocol == 17

    def on_expire(self, flow):
        if flow.dst_port == 80:
            flow.application_name = "EthernetIP"
            flow.application_category_name = "Network"


class Later(NFPlugin):
    def on_expire(self, flow):
        flow.udps.saw = flow.application_name


class Masks(NFPlugin):
    def on_init(self, packet, flow):
        flow.src_ip = "client"

    def on_update(self, packet, flow):
        flow.dst_mac = packet.dst_oui + ":xx:xx:xx"

    def on_expire(self, flow):
        flow.expiration_id = 7
        flow.dst_port = 65535 - flow.dst_port
        flow.vlan_id += 1


if __name__ == "__main__":
    streamer = NFStreamer(source=sys.argv[1], udps=[Industrial(volatile=True), Later()])
    for flow in streamer:
        print(flow.application_name, flow.application_category_name, flow.udps.saw)
    frame = streamer.to_pandas()
    print(frame["application_name"].tolist(), frame["udps.saw"].tolist())
    streamer.to_csv("flows.csv")
    with open("flows.csv", newline="") as file:
        print([(row["application_name"], row["application_category_name"], row["udps.saw"]) for row in csv.DictReader(file)])

    streamer = NFStreamer(source=sys.argv[1], udps=Masks(), n_dissections=0)
    for flow in streamer:
        print(flow.id, flow.src_ip, flow.dst_mac, flow.expiration_id, flow.dst_port, flow.vlan_id, flow.bidirectional_packets)
    frame = streamer.to_pandas()
    print(frame[["src_ip", "dst_mac", "expiration_id", "dst_port", "vlan_id"]].values.tolist())
    streamer.to_csv("masked.csv")
    with open("masked.csv", newline="") as file:
        print([(row["src_ip"], row["dst_mac"], row["expiration_id"], row["dst_port"]) for row in csv.DictReader(file)])

    flow.src_ip = "203.0.113.7"
    flow.bidirectional_bytes *= 2
    print(flow.src_ip, flow.values()[2], flow.bidirectional_bytes, "203.0.113.7" in str(flow))
    for name in "unknown", "application_names":
        try:
            setattr(flow, name, 1)
        except AttributeError:
            print("AttributeError")
    try:
        flow.dst_port = "https"
        print(flow.dst_port)
    except TypeError:
        print("TypeError")
