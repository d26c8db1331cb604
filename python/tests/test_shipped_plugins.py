"""The plugins of ``nfstream.plugins``: what they set of flows of real captures, and of messages that are damaged."""

import math
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

import nfstream.plugins
from nfstream import NFPlugin, NFStreamer
from nfstream.plugins import DHCP, JA4, MDNS, SPLT, FlowSlicer, WFPlugin
from nfstream.plugins.dhcp import MsgType, read_options
from nfstream.plugins.ja4 import NoHello, Stream, read_hello
from nfstream.plugins.mdns import pointers


def test_all_are_plugins() -> None:
    for name in nfstream.plugins.__all__:
        assert issubclass(getattr(nfstream.plugins, name), NFPlugin)


@pytest.mark.parametrize("mode", range(4))
@pytest.mark.parametrize("name", ["web.pcap", "gtpu.pcap", "ping.pcap"])
def test_splt_is_what_splt_analysis_is(name: str, mode: int, testdata: Path) -> None:
    plugin = SPLT(sequence_length=7, accounting_mode=mode)
    for flow in NFStreamer(testdata / name, udps=plugin, splt_analysis=7, accounting_mode=mode):
        assert vars(flow.udps) == {
            "splt_direction": flow.splt_direction,
            "splt_ps": flow.splt_ps,
            "splt_piat_ms": flow.splt_piat_ms,
        }


@pytest.mark.parametrize("limit", [1, 4])
def test_flow_slicer(limit: int, web: str) -> None:
    flows = list(NFStreamer(web, udps=FlowSlicer(limit=limit)))
    assert sum(flow.bidirectional_packets for flow in flows) == 126
    assert max(flow.bidirectional_packets for flow in flows) == limit
    for flow in flows:
        assert flow.expiration_id == (-1 if flow.bidirectional_packets == limit else 0) and vars(flow.udps) == {}


NOTHING = {
    **dict.fromkeys(["dhcp_12", "dhcp_50", "dhcp_55", "dhcp_57", "dhcp_60", "dhcp_77"]),
    **{"dhcp_options": [], "dhcp_addr": None, "dhcp_msg_type": None, "dhcp_oui": None},
}
LAPTOP = {**NOTHING, "dhcp_12": "laptop", "dhcp_57": 576, "dhcp_60": "udhcp 1.35.0"}


def test_dhcp(testdata: Path) -> None:
    flows = list(NFStreamer(testdata / "services.pcap", udps=DHCP()))
    told = [flow for flow in flows if flow.udps.dhcp_msg_type is not None]
    assert [vars(flow.udps) for flow in told] == [
        {**LAPTOP, "dhcp_msg_type": MsgType.DISCOVER},
        {**LAPTOP, "dhcp_msg_type": MsgType.DISCOVER},
        {
            **{**LAPTOP, "dhcp_msg_type": MsgType.REQUEST, "dhcp_50": "10.0.0.105", "dhcp_55": "1,3,6,12,15,28,42"},
            **{"dhcp_options": [53, 50, 54, 57, 55, 12, 60, 61], "dhcp_oui": "02:00:00"},
        },
    ]
    assert all((flow.bidirectional_packets, flow.expiration_id) == (1, -1) for flow in told)
    assert all(vars(flow.udps) == NOTHING for flow in flows if flow not in told)


def dhcp(kind: int, options: bytes = b"", client: bytes = bytes(4)) -> bytes:
    header = bytes([1, 1, 6, 0]) + bytes(8) + client + bytes(220) + b"\x63\x82\x53\x63"
    return header + bytes([53, 1, kind]) + options


def shown(plugin: NFPlugin, *payloads: bytes, source: str = "10.0.0.9", port: int = 67) -> SimpleNamespace:
    """A flow of UDP that a plugin has been shown payloads of."""
    flow = SimpleNamespace(
        **{"udps": SimpleNamespace(), "dst_port": port, "protocol": 17, "src_ip": source},
        **{"src_oui": "02:00:00", "expiration_id": 0},
    )
    for number, payload in enumerate(payloads):
        packet = SimpleNamespace(
            ip_packet=bytes(20) + bytes(8) + payload + b"filled up",
            ip_size=28 + len(payload),
            transport_size=8 + len(payload),
        )
        (plugin.on_update if number else plugin.on_init)(packet, flow)
    return flow


def test_a_dhcp_transaction_ends_its_flow() -> None:
    for kind, ends in zip(MsgType, (False, False, False, True, True, True, False, True)):
        flow = shown(DHCP(), dhcp(3), dhcp(kind.value))
        assert (flow.expiration_id == -1) is ends, kind
        assert flow.udps.dhcp_msg_type is MsgType.REQUEST
    assert shown(DHCP(), dhcp(3), source="0.0.0.0").expiration_id == -1


def test_dhcp_renewal() -> None:
    flow = shown(DHCP(), dhcp(3, b"\x0c\x03abc\x4d\x01u", bytes([10, 0, 0, 9])), dhcp(3, b"\x0c\x01d\x37\x00"))
    expected = {"dhcp_12": "d", "dhcp_77": "u", "dhcp_55": "", "dhcp_options": [53, 12, 55], "dhcp_addr": "10.0.0.9"}
    assert vars(flow.udps) == {
        **NOTHING, **expected, "dhcp_msg_type": MsgType.REQUEST, "dhcp_oui": "02:00:00"
    }


def test_dhcp_that_is_damaged() -> None:
    whole = dhcp(3, b"\x0c\x03\xff\xfex\x00\x00\x32\x02\x05\x06\x39\x00\xff\x0c\x01z")
    udps = shown(DHCP(), whole).udps
    assert (udps.dhcp_12, udps.dhcp_50, udps.dhcp_57) == ("\ufffd\ufffdx", "0.0.5.6", 0)
    for length in range(len(whole)):
        shown(DHCP(), whole[:length])
    assert shown(DHCP(), dhcp(106)).udps.dhcp_msg_type == 106
    assert shown(DHCP(), dhcp(3)[:240]).udps.dhcp_msg_type == 0
    assert vars(shown(DHCP(), whole, port=68).udps) == NOTHING
    assert list(read_options(bytes(240) + b"\x0c\xc8ab")) == [(12, b"ab")]


def test_mdns(testdata: Path) -> None:
    flows = list(NFStreamer(testdata / "services.pcap", udps=MDNS()))
    told = {(flow.src_ip, *flow.udps.mdns_ptr) for flow in flows if flow.udps.mdns_ptr}
    assert told == {("10.0.0.53", "printer.local"), ("fd00::2", "printer.local")}
    assert {flow.dst_port for flow in flows if flow.udps.mdns_ptr} == {5353}


def mdns(*answers: tuple[int, bytes]) -> bytes:
    header = bytes(2) + b"\x84\x00" + bytes(2) + len(answers).to_bytes(2, "big") + bytes(4)
    records = (
        b"\x01a\x05local\x00" + kind.to_bytes(2, "big") + bytes(6) + len(name).to_bytes(2, "big") + name
        for kind, name in answers
    )
    return header + b"".join(records)


def test_mdns_names_once_and_in_order() -> None:
    first, second = b"\x01z\xc0\x0c", b"\x02\xc3\xa9\x03a.b\x00"
    answers = mdns((12, first), (16, b"\x01x"), (12, second), (12, first))
    flow = shown(MDNS(), answers, mdns((12, second), (12, b"\x01n\x00")), port=5353)
    assert flow.udps.mdns_ptr == ["z.a.local", "é.a.b", "n"]
    assert shown(MDNS(), answers, port=53).udps.mdns_ptr == []


def test_mdns_that_is_damaged() -> None:
    whole = mdns((12, b"\x01z\xc0\x0c"))
    for length in range(len(whole)):
        assert shown(MDNS(), whole[:length], port=5353).udps.mdns_ptr == []
    itself = mdns((12, b"\xc0\x1f"))
    assert itself[0x1F:] == b"\xc0\x1f"
    with pytest.raises(ValueError, match="the name does not end"):
        pointers(itself)
    assert shown(MDNS(), itself, port=5353).udps.mdns_ptr == []
    assert shown(MDNS(), mdns((12, b"\x01\xff\x00")), port=5353).udps.mdns_ptr == ["\ufffd"]


def test_ja4(testdata: Path) -> None:
    expected = {
        ("tls12.pcap", 40204): "t12d280700_d943125447b4_e7e480e5a997",
        ("tls13.pcap", 40206): "t13d0411h1_16476d049b0b_78f1d400d464",
        ("tls-variants.pcap", 58872): "t12i280600_d943125447b4_e7e480e5a997",
        ("tls-variants.pcap", 54918): "t13d0411p0_16476d049b0b_78f1d400d464",
        ("web.pcap", 49980): "t13d0412h2_16476d049b0b_85302d7e289e",
        ("web.pcap", 48134): "t12d2807h2_d943125447b4_a44c6288192a",
    }
    for (name, port), fingerprint in expected.items():
        flows = [flow for flow in NFStreamer(testdata / name, udps=JA4()) if flow.src_port == port]
        assert [vars(flow.udps) for flow in flows] == [{"ja4": fingerprint, "ja4s": None}]


def test_ja4_is_the_fingerprint_of_clients(testdata: Path) -> None:
    captures = sorted(testdata.glob("*.pcap"))
    flows = list(NFStreamer(captures, udps=JA4(throw_warns=False)))
    both = [(flow.udps.ja4, flow.client_fingerprint) for flow in flows if flow.client_fingerprint and flow.udps.ja4]
    # Whether there is a server's name: the engine, as nDPI, counts no address for one.
    assert len(both) > 10 and all(plugin[4:] == engine[4:] for plugin, engine in both)
    assert sum(plugin == engine for plugin, engine in both) >= len(both) - 2


def record(handshake: bytes) -> bytes:
    return b"\x16\x03\x01" + len(handshake).to_bytes(2, "big") + handshake


BODY = b"\x03\x03" + bytes(33) + b"\x00\x06\x13\x01\x0a\x0a\x00\x2f\x01\x00"
HELLO = b"\x01" + len(BODY).to_bytes(3, "big") + BODY


def segment(sequence: int, payload: bytes) -> bytes:
    return bytes(4) + sequence.to_bytes(4, "big") + bytes(4) + b"\x50" + bytes(7) + payload


def test_a_hello_in_pieces() -> None:
    whole = record(HELLO[:9]) + record(HELLO[9:])
    assert read_hello(whole).ciphers == [0x1301, 0x0A0A, 0x002F]
    for length in range(len(whole)):
        assert read_hello(whole[:length]) is None
    stream = Stream()
    pieces = [whole[:5], whole[:5], whole[3:20], whole[20:]]
    places = [0, 0, 3, 20]
    start = 2**32 - 10
    taken = [stream.take(segment((start + at) % 2**32, piece)) for at, piece in zip(places, pieces)]
    assert taken == [True, False, True, True] and stream.bytes == whole
    stream.take(segment(start + 1000 - 2**32, b"after a gap"))
    assert stream.bytes == b"after a gap"


def test_a_hello_that_is_damaged() -> None:
    for other in b"GET / HTTP/1.1\r\n", b"\x17\x03\x03\x00\x05hello", b"S", record(b"\x0b\x00\x00\x01x"):
        with pytest.raises(NoHello):
            read_hello(other)
    cut = BODY[:-5]
    damaged = record(b"\x01" + len(cut).to_bytes(3, "big") + cut)
    packet = SimpleNamespace(**{"direction": 0, "src_ip": "10.0.0.1", "ip_packet": bytes(20) + segment(1, damaged)})
    packet.payload_size = len(damaged)
    packet.transport_size, packet.ip_size = 20 + len(damaged), 40 + len(damaged)
    for throws in True, False:
        flow = SimpleNamespace(udps=SimpleNamespace(), protocol=6)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            JA4(throw_warns=throws).on_init(packet, flow)
        assert [str(warning.message) for warning in told] == (
            ["a TLS hello of 10.0.0.1 is damaged: it ends early"] if throws else []
        )
        assert flow.udps.ja4 is None


def test_wavelets(testdata: Path) -> None:
    levels = 3
    for flow in NFStreamer(testdata / "http.pcap", udps=WFPlugin(levels=levels, active_timeout=1800)):
        values = vars(flow.udps)
        names = [f"{side}_{name}_k_{level}" for side in "fb" for name in ("p", "u", "sigma", "S") for level in range(4)]
        assert list(values) == names and all(type(value) is float for value in values.values())
        # All bytes are in the first stretch: every level has the same energy, spread over ever fewer coefficients.
        for side, counted in ("f", flow.src2dst_bytes), ("b", flow.dst2src_bytes):
            for level in range(levels + 1):
                assert math.isclose(values[f"{side}_p_k_{level}"], 1 / (levels + 1), rel_tol=1e-9)
                coefficients = 2 ** (levels if level == 0 else levels - level + 1)
                assert math.isclose(values[f"{side}_S_k_{level}"], math.log(coefficients), abs_tol=1e-6)
            assert 0 < values[f"{side}_u_k_0"] * math.sqrt(2**levels) < counted


def test_wavelets_of_what_never_was(web: str) -> None:
    flows = list(NFStreamer(web, udps=[WFPlugin(levels=1, active_timeout=1), FlowSlicer(limit=1)]))
    assert len(flows) == 126 and all(set(vars(flow.udps).values()) == {0.0} for flow in flows)


@pytest.mark.parametrize("arguments", [{"levels": 0, "active_timeout": 1}, {"levels": 2, "active_timeout": 0}])
def test_wavelets_that_cannot_be(arguments: dict[str, int], web: str) -> None:
    with pytest.raises(ValueError, match="WFPlugin needs levels of at least 1"):
        list(NFStreamer(web, udps=WFPlugin(**arguments)))


def test_all_together_on_every_capture(testdata: Path) -> None:
    plugins = [SPLT(sequence_length=3, accounting_mode=0), MDNS(), JA4(throw_warns=False), DHCP()]
    plugins += [WFPlugin(levels=2, active_timeout=1800), FlowSlicer(limit=50)]
    flows = list(NFStreamer(sorted(testdata.glob("*.pcap")), udps=plugins))
    assert len(flows) > 200 and len({tuple(vars(flow.udps)) for flow in flows}) == 1


def test_what_nfstream_says_of_the_facebook_capture(corpus: Path) -> None:
    plugins = [SPLT(sequence_length=5, accounting_mode=1), JA4(), WFPlugin(levels=4, active_timeout=2)]
    first, second = NFStreamer(corpus / "pcap" / "facebook.pcap", udps=plugins)
    assert (first.udps.splt_ps, first.udps.splt_piat_ms) == ([60, 60, 52, 248, 52], [0, 303, 0, 0, 313])
    assert first.udps.ja4 == "t12d1310h2_27a29bd8d6e6_85173d161f9a"
    assert second.udps.ja4s is None
    waves = first.udps.f_p_k_0, first.udps.f_u_k_4, first.udps.b_sigma_k_3, first.udps.b_S_k_2
    given = 0.38819150570178573, 88.6535126912634, 858.1597316350845, 2.166799107412734
    assert all(math.isclose(wave, number, rel_tol=1e-9) for wave, number in zip(waves, given))
