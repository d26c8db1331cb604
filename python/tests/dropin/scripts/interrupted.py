"""Ctrl-C ends a run, and what there was is kept: "Use Ctrl+C to interrupt and save."

by hand: nfstream reads no FIFO, loses the flows that have not ended, and when it is interrupted is a matter of time
capture: web.pcap
"""

import os
import signal
import sys
import threading
import time

import pandas as pd
from nfstream import NFPlugin, NFStreamer


seen = []


class Sizes(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.first = packet.raw_size
        seen.append(packet.time)

    def on_update(self, packet, flow):
        seen.append(packet.time)


def is_read(streamer):
    """Whether all packets have been read, and seen by the plugin if there is one."""
    if streamer.udps:
        return len(seen) == 126
    return streamer.report is not None and streamer.report.packets == 126


def feed(capture, streamer, over):
    """Writes the capture to the FIFO, which stays open, and interrupts when all of it has been read."""
    with open("fifo", "wb") as fifo:
        fifo.write(open(capture, "rb").read())
        fifo.flush()
        while not is_read(streamer):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        over.wait()


def interrupted(export, **parameters):
    streamer, over = NFStreamer(source="fifo", **parameters), threading.Event()
    feeder = threading.Thread(target=feed, args=(sys.argv[1], streamer, over))
    seen.clear()
    feeder.start()
    try:
        return export(streamer)
    finally:
        over.set()
        feeder.join()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.mkfifo("fifo")
    for parameters in {}, {"udps": Sizes()}:
        total = interrupted(lambda streamer: streamer.to_csv(path="flows.csv"), **parameters)
        print("processed {} flows and saved them".format(total), len(pd.read_csv("flows.csv")), sorted(os.listdir(".")))
        os.remove("flows.csv")
        print(len(interrupted(lambda streamer: streamer.to_pandas(), **parameters)))
        print([flow.bidirectional_packets for flow in interrupted(list, **parameters)])
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    except KeyboardInterrupt:
        print("and then Ctrl-C is as ever")
