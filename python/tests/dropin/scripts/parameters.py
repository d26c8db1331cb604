"""Parameters: what they are by default, how they read back, and which values are a ValueError, at once and when set later.

capture: web.pcap
"""

import sys

from nfstream import NFPlugin, NFStreamer

GOOD = {
    "decode_tunnels": [True, False],
    "bpf_filter": [None, "tcp", ""],
    "promiscuous_mode": [True, False],
    "snapshot_length": [1, 96, 65535],
    "socket_buffer_size": [0, 2**31 - 1],
    "idle_timeout": [0, 1, 86400],
    "active_timeout": [0, 1, 86400],
    "accounting_mode": [0, 1, 2, 3],
    "n_dissections": [0, 1, 255],
    "statistical_analysis": [True, False],
    "splt_analysis": [0, 1, 255],
    "n_meters": [0, 1],
    "max_nflows": [0, 1, 1000],
    "performance_report": [0, 1],
    "system_visibility_mode": [0],
    "system_visibility_poll_ms": [0, 100],
}
BAD = {
    "source": ["missing.pcap", "", 22, b"x", [], ["missing.pcap"], "eth-none", {}],
    "decode_tunnels": [33, "True", None],
    "bpf_filter": [1, b"tcp", ["tcp"]],
    "promiscuous_mode": ["yes", 89, None],
    "snapshot_length": ["largest", -1, 0, None, 1536.5],
    "socket_buffer_size": ["large", -1, 2**31, None],
    "idle_timeout": ["idle", -1, None, 0.5, 10**20],
    "active_timeout": ["active", -1, None, 1.5, 10**20],
    "accounting_mode": ["IP", -1, 5, None, 1.0],
    "udps": ["plugin", 5, [5], object()],
    "n_dissections": ["yes", -1, 256, None],
    "statistical_analysis": ["yes", 89, None],
    "splt_analysis": ["yes", -1, 65536, None],
    "n_meters": ["yes", -1, None],
    "max_nflows": ["yes", -1, None],
    "performance_report": ["yes", -1, None],
    "system_visibility_mode": ["yes", -1, 3, None],
    "system_visibility_poll_ms": ["yes", -1, None],
}


def outcome(call):
    try:
        call()
    except (ValueError, TypeError) as error:
        return "ValueError" if isinstance(error, ValueError) else "TypeError"
    return "taken"


if __name__ == "__main__":
    capture = sys.argv[1]
    streamer = NFStreamer(source=capture)
    for name in GOOD:
        if name not in ("n_meters", "max_nflows"):
            print(name, getattr(streamer, name))
    for name, values in GOOD.items():
        for value in values:
            made = NFStreamer(**{"source": capture, name: value})
            setattr(streamer, name, value)
            if name not in ("n_meters", "max_nflows"):
                print(name, getattr(made, name) == value, getattr(streamer, name) == value)
    for name, values in BAD.items():
        at_once = [outcome(lambda: NFStreamer(**{"source": capture, name: v})) for v in values]
        later = [outcome(lambda: setattr(NFStreamer(source=capture), name, v)) for v in values]
        print(name, at_once, later == at_once)
    print("unknown", outcome(lambda: NFStreamer(source=capture, n_proc=4)))
    print("source", streamer.source == capture, "udps", NFStreamer(source=capture, udps=NFPlugin()).udps != ())
    print("by position", [f.bidirectional_bytes for f in NFStreamer(capture, True, None, True, 1536, 0, 120, 1800, 1)])
