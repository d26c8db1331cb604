"""Plugins for common tasks, to be given to an ``NFStreamer`` as ``udps``.

>>> from nfstream import NFStreamer
>>> from nfstream.plugins import FlowSlicer
>>> [flow.bidirectional_packets for flow in NFStreamer("web.pcap", udps=FlowSlicer(limit=3), max_nflows=4)]
[3, 3, 3, 3]
"""

from nfstream.plugins.dhcp import DHCP
from nfstream.plugins.ja4 import JA4
from nfstream.plugins.mdns import MDNS
from nfstream.plugins.slicer import FlowSlicer
from nfstream.plugins.splt import SPLT
from nfstream.plugins.wfeatures import WFPlugin

__all__ = ["DHCP", "JA4", "MDNS", "SPLT", "FlowSlicer", "WFPlugin"]
