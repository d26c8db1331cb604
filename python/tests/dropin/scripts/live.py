"""An interface: flows come as they end, the file can be read meanwhile, Ctrl-C is the end.

by hand: nfstream 6.6.0 gives the same, but now and then it hangs when it is interrupted
needs: libpcap root
capture: web.pcap
"""

import csv
import glob
import os
import signal
import socket
import threading
import time

from nfstream import NFPlugin, NFStreamer

PARAMETERS = {"source": "lo", "idle_timeout": 1, "n_dissections": 0, "bpf_filter": "udp dst port 39999"}


class Ports(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.port = packet.src_port


def talk_until(is_over):
    """A datagram now and then, each a flow, until a condition holds; then Ctrl-C."""
    while not is_over():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"hello", ("127.0.0.1", 39999))
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def talking(is_over):
    thread = threading.Thread(target=talk_until, args=(is_over,))
    thread.start()
    return thread


def has_rows():
    # It grows as flows.csv.part here, as flows.csv in nfstream.
    return any(os.path.getsize(file) > 4000 for file in glob.glob("flows.csv*"))


if __name__ == "__main__":
    thread = talking(has_rows)
    total = NFStreamer(**PARAMETERS).to_csv("flows.csv")
    thread.join()
    with open("flows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    print(total == len(rows) > 5, {row["dst_port"] for row in rows}, {row["protocol"] for row in rows})

    flows = []
    thread = talking(lambda: len(flows) > 3)
    for flow in NFStreamer(udps=Ports(), **PARAMETERS):
        flows.append(flow)
    thread.join()
    print({(flow.src_ip, flow.dst_port) for flow in flows}, all(flow.udps.port == flow.src_port for flow in flows))
    # A port may be taken twice within a second.
    print({flow.bidirectional_bytes / flow.bidirectional_packets for flow in flows}, {flow.src_mac for flow in flows})
