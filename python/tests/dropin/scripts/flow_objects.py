"""Flows as objects: identity, hashes, copies, sets and dictionaries, `keys`, `values`, `__slots__`.

capture: web.pcap
"""

import copy
import json
import pickle
import sys
from collections import Counter, defaultdict

import nfstream
import pandas as pd
from nfstream import NFPlugin, NFStreamer
from nfstream.flow import NFlow


class Extra(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.first = packet.raw_size
        flow.udps._hidden = "x"


def by_slots(flow):
    found = {}
    for name in flow.__slots__:
        if name == "udps":
            continue
        try:
            found[name] = getattr(flow, name)
        except AttributeError:
            pass
    return found


def by_keys(flow):
    return {
        name: getattr(flow.udps, name.split(".")[-1]) if name.startswith("udps.") else getattr(flow, name) for name in flow.keys()
    }


def by_pairs(flow):
    return dict(zip(flow.keys(), flow.values()))


def by_attempts(flow):
    """As many scripts do, who do not know which of these there is."""
    for convert in (lambda: flow.to_dict(), lambda: vars(flow), lambda: by_pairs(flow)):
        try:
            return dict(convert())
        except (AttributeError, TypeError):
            pass


def by_hasattr(flow):
    return {name: getattr(flow, name) for name in flow.__slots__ if hasattr(flow, name) and name not in ("udps", "_C")}


if __name__ == "__main__":
    flows = list(NFStreamer(source=sys.argv[1], udps=Extra(), statistical_analysis=True, splt_analysis=2))
    again = list(NFStreamer(source=sys.argv[1], udps=Extra(), statistical_analysis=True, splt_analysis=2))
    flow = flows[1]
    columns = {name: value for name, value in by_pairs(flow).items() if not name.startswith("udps.")}
    print(by_slots(flow) == by_hasattr(flow) == columns, by_keys(flow) == by_pairs(flow), by_attempts(flow) == by_pairs(flow))
    slots = [name for name in NFlow.__slots__ if not name.startswith("_")]
    print([name for name in slots if not name.startswith(("src2dst", "dst2src", "bidirectional"))])
    print(
        len(slots),
        set(columns) < set(NFlow.__slots__),
        isinstance(flow, NFlow),
        isinstance(flow, nfstream.flow.NFlow),
        type(flow) is NFlow,
    )
    print(json.loads(json.dumps(by_pairs(flow), default=str)) == by_pairs(flow))
    print(pd.DataFrame([by_pairs(flow) for flow in flows]).shape, pd.DataFrame(flow.values(), index=flow.keys()).transpose().shape)

    headers, values = flow.keys(), flow.values()
    headers.remove("udps.first")
    del values[0]
    values.append("more")
    print(len(flow.keys()) - len(headers), flow.values()[0], "more" in flow.values(), type(headers).__name__, type(values).__name__)

    print(flow == flow, flow != flow, flow in flows, flows.index(flow), hash(flow) == hash(flow))
    print(flow == again[1], flow in again)
    print(len(set(flows)), len(dict.fromkeys(flows)), len({hash(flow) for flow in flows}))
    counts = defaultdict(int)
    for one in flows:
        counts[one] += one.bidirectional_packets
    print(sum(counts.values()), Counter(one.application_name for one in flows).most_common(2))
    print(
        sorted(flows, key=lambda one: (-one.bidirectional_bytes, one.id))[0].id,
        max(flows, key=lambda one: one.bidirectional_packets).id,
    )
    for copied in copy.copy(flow), copy.deepcopy(flow), pickle.loads(pickle.dumps(flow)):
        print(copied.values()[:-2] == flow.values()[:-2], copied is flow, copied.src_ip, copied.udps.first)
    try:
        sorted(flows)
    except TypeError:
        print("no order")
    print(
        flow.udps.first,
        flow.udps._hidden,
        flow.keys()[-2:],
        vars(flow.udps),
        hasattr(flow.udps, "nothing"),
        getattr(flow, "nothing", 0),
    )
    print(
        str(flow).startswith("NFlow(id=1,\n      expiration_id=0,\n      src_ip=10.0.0.1,\n"),
        "udps.first=74" in str(flow),
        f"{flow}" == str(flow),
    )
    print([line.strip() for line in str(flow).splitlines()[:12]])
