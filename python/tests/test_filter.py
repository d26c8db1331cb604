"""Packet filters: which packets count, and what a mistake is told."""

import pickle
from pathlib import Path

import pytest

from nfstream import NFPlugin, NFStreamer


@pytest.fixture(autouse=True)
def _libpcap(web: str) -> None:
    try:
        list(NFStreamer(web, bpf_filter="tcp", max_nflows=1))
    except OSError as error:
        pytest.skip(str(error))


# Flows, and the packets in them, as nfstream 6.6.0 gives them.
EXPECTED = {
    "tcp port 443": (2, 44),
    "tcp": (5, 102),
    "udp port 53": (6, 18),
    "icmp": (1, 6),
    "tcp and dst port 80": (3, 27),
    "less 100": (12, 81),
    "ip6": (1, 12),
    "host 10.0.0.53 or ip protochain 1": (7, 24),
}


@pytest.mark.parametrize("expression", EXPECTED)
def test_only_packets_that_fit_count(expression: str, web: str) -> None:
    streamer = NFStreamer(web, bpf_filter=expression)
    flows = list(streamer)
    packets = sum(flow.bidirectional_packets for flow in flows)
    assert (len(flows), packets) == EXPECTED[expression]
    report = streamer.report
    assert (report.packets, report.filtered) == (126, 126 - packets)
    assert list(pickle.loads(pickle.dumps(streamer))) == flows


def test_every_way_out_is_filtered(web: str, tmp_path: Path) -> None:
    class Count(NFPlugin):
        def on_init(self, packet, flow):
            flow.udps.seen = 1

        def on_update(self, packet, flow):
            flow.udps.seen += 1

    streamer = NFStreamer(web, bpf_filter="tcp port 443")
    assert streamer.to_arrow()["bidirectional_packets"].to_pylist() == [22, 22]
    assert streamer.to_csv(tmp_path / "flows.csv") == 2
    plugged = NFStreamer(web, bpf_filter="tcp port 443", udps=Count())
    assert [flow.udps.seen for flow in plugged] == [22, 22]
    assert plugged.report.filtered == 126 - 44
    assert "82 packets left out by the filter" in str(plugged.report)


@pytest.mark.parametrize("plugins", [None, NFPlugin()])
def test_a_mistake_is_told_by_iterating(plugins: NFPlugin | None, web: str, testdata: Path, tmp_path: Path) -> None:
    streamer = NFStreamer(web, bpf_filter="tcp prt 443", udps=plugins)
    with pytest.raises(ValueError, match="filter \"tcp prt 443\", for link type 1: .*syntax error"):
        list(streamer)
    with pytest.raises(ValueError, match="syntax error"):
        streamer.to_csv(tmp_path / "flows.csv")
    assert not list(tmp_path.iterdir())
    streamer.bpf_filter = "tcp\0"
    with pytest.raises(ValueError, match="null byte"):
        list(streamer)
    streamer = NFStreamer([web, testdata / "raw-ip.pcap"], bpf_filter="ether broadcast or tcp")
    assert [flow.protocol for flow in streamer] == [6] * 5
    of_raw = NFStreamer(testdata / "raw-ip.pcap")
    list(of_raw)
    assert streamer.report.ignored == {"link type that the filter cannot be applied to": of_raw.report.packets}
