"""iterate.py CAPTURE OPTIONS: reads every flow of a capture with whichever nfstream this Python has; OPTIONS is JSON."""

import json
import sys

from nfstream import NFStreamer

if __name__ == "__main__":
    flows = packets = 0
    for flow in NFStreamer(source=sys.argv[1], **json.loads(sys.argv[2])):
        flows += 1
        packets += flow.bidirectional_packets
    print(flows, packets)
