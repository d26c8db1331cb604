"""Iterations that end early, several at a time, and in other threads and processes.

capture: web.pcap
"""

import asyncio
import itertools
import multiprocessing
import queue
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from nfstream import NFPlugin, NFStreamer


class Ports(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.port = packet.dst_port


def ports(path):
    return [flow.dst_port for flow in NFStreamer(source=path, n_dissections=0)]


def total(path):
    return int(NFStreamer(source=path, n_dissections=0, udps=Ports()).to_pandas()["udps.port"].sum())


def produce(path, flows):
    for flow in NFStreamer(source=path):
        flows.put((flow.application_name, flow.bidirectional_packets))
    flows.put(None)


if __name__ == "__main__":
    path = sys.argv[1]
    streamer = NFStreamer(source=path, udps=Ports())
    print(next(iter(streamer)).udps.port, [flow.id for flow in itertools.islice(streamer, 3)])
    for flow in streamer:
        if flow.udps.port == 443:
            break
    print(flow.id, len(list(streamer)))
    iterator = iter(streamer)
    next(iterator)
    iterator.close()
    print(list(iterator))
    print([(one.id, other.id) for one, other in zip(streamer, NFStreamer(source=path, max_nflows=3))])
    try:
        for flow in streamer:
            raise KeyError(flow.id)
    except KeyError as error:
        print("stopped", error.args[0])

    flows = queue.Queue()
    thread = threading.Thread(target=produce, args=(path, flows), daemon=True)
    thread.start()
    print(list(iter(flows.get, None)))
    thread.join()
    with ThreadPoolExecutor(2) as pool:
        print([len(found) for found in pool.map(ports, [path] * 3)])
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        print(list(pool.map(total, [path] * 2)))

    async def main():
        return await asyncio.get_running_loop().run_in_executor(None, ports, path)

    print(sum(asyncio.run(main())))
