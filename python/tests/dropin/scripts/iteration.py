"""Iterating: every column of every flow with its type, and the flow as text.

capture: web.pcap
capture: dns.pcap
capture: http.pcap
capture: tls13.pcap
capture: ping.pcap
capture: refused.pcap
"""

import sys

from nfstream import NFStreamer

#: Vocabulary of another engine; compared in its own tests.
ENGINE = {
    "application_confidence",
    "application_is_guessed",
    "client_fingerprint",
    "server_fingerprint",
    "user_agent",
    "content_type",
}

if __name__ == "__main__":
    streamer = NFStreamer(source=sys.argv[1])
    for flow in streamer:
        print(flow.id, [value for name, value in zip(flow.keys(), flow.values()) if name not in ENGINE])
    print([type(value).__name__ for value in flow.values()])
    print(flow.keys())
    print([line for line in str(flow).split("\n") if not any(name in line for name in ENGINE)])
    print(len(list(streamer)), sum(1 for _ in streamer))
    print(
        hasattr(flow, "bidirectional_mean_ps"), hasattr(flow, "splt_ps"), hasattr(flow, "udps"), hasattr(flow, "system_process_pid")
    )
    try:
        flow.nothing
    except AttributeError:
        print("no such column")
