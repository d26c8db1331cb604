"""The interface of versions 2 to 5: entries, and plugins that are attributes of entries."""

import copy
import csv
import json
import pickle
from pathlib import Path

import pytest

from nfstream import NFEntry, NFlow, NFPlugin, NFStreamer

FIELDS = (
    "flow_id first_seen last_seen nfhash version src_port dst_port protocol vlan_id src_ip dst_ip total_packets total_bytes "
    "duration src2dst_packets src2dst_bytes dst2src_packets dst2src_bytes expiration_id master_protocol app_protocol "
    "application_name category_name client_info server_info j3a_client j3a_server"
).split()

FACEBOOK = (
    "NFEntry(flow_id=0, first_seen=1472393122365, last_seen=1472393123665, nfhash=1456034341, version=4, src_port=52066, "
    "dst_port=443, protocol=6, vlan_id=0, src_ip='192.168.43.18', dst_ip='66.220.156.68', total_packets=19, "
    "total_bytes=5745, duration=1300, src2dst_packets=9, src2dst_bytes=1345, dst2src_packets=10, dst2src_bytes=4400, "
    "expiration_id=0, master_protocol=91, app_protocol=119, application_name='TLS.Facebook', "
    "category_name='SocialNetwork', client_info='facebook.com', server_info='*.facebook.com', "
    "j3a_client='bfcc1a3891601edb4f137ab7ab25b840', j3a_server='2d1eb5817ece335c24904f516ad5da12')"
)


def test_the_record_of_the_documentation(corpus: Path) -> None:
    entry = next(iter(NFStreamer(source=str(corpus / "pcap" / "facebook.pcap"), schema="nfentry")))
    assert str(entry) == repr(entry) == FACEBOOK


def test_entries(testdata: Path) -> None:
    captures = sorted(testdata.glob("*.pcap"))
    entries = list(NFStreamer(captures, schema="nfentry"))
    flows = list(NFStreamer(captures))
    assert len(entries) == len(flows) > 200
    for entry, flow in zip(entries, flows):
        assert type(entry) is NFEntry and entry.keys() == FIELDS
        assert entry.items() == [(name, getattr(flow, name)) for name in FIELDS]
        assert entry.bidirectional_packets == entry.total_packets == flow.bidirectional_packets
        for name in FIELDS[:20]:
            assert type(getattr(entry, name)) is (str if name.endswith("_ip") else int), name


def test_what_entries_say_of_layer_7(testdata: Path) -> None:
    said = {}
    for name in "http.pcap", "dns.pcap", "ssh.pcap", "tls12.pcap", "web.pcap", "ping.pcap":
        entry = next(iter(NFStreamer(testdata / name, schema="nfentry")))
        said[name] = (entry.master_protocol, entry.app_protocol, entry.client_info, entry.server_info)
    assert said["http.pcap"][:3] == (0, 7, "") and said["http.pcap"][3]
    assert said["dns.pcap"][:3] == (0, 5, "") and said["dns.pcap"][3]
    assert said["ssh.pcap"][:2] == (0, 92) and all(text.startswith("SSH-2.0-") for text in said["ssh.pcap"][2:])
    assert said["tls12.pcap"] == (0, 91, "shop.example.com", "shop.example.com")
    assert said["ping.pcap"] == (0, 81, "", "")


def test_without_dissection(web: str) -> None:
    entry = next(iter(NFStreamer(web, schema="nfentry", dissect=False)))
    assert entry.values()[19:] == [0, 0, "", "", "", "", "", ""]


class Hello(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.clients = []
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        flow.udps.clients.append(flow.j3a_client)


def test_fields_of_every_flow(web: str) -> None:
    flow = next(iter(NFStreamer(web)))
    assert (flow.flow_id, flow.total_packets, flow.version, flow.app_protocol) == (0, 2, 4, 5)
    assert not {"flow_id", "total_packets", "nfhash"} & set(flow.keys())
    assert pickle.loads(pickle.dumps(flow)).nfhash == flow.nfhash
    secured = next(flow for flow in NFStreamer(web) if flow.dst_port == 443)
    plugged = next(flow for flow in NFStreamer(web, udps=Hello()) if flow.dst_port == 443)
    given = (secured.client_info, secured.server_info, len(secured.j3a_client), len(secured.j3a_server))
    assert given == ("shop.example.com", "", 32, 32)
    assert plugged.udps.clients[0] == "" and plugged.udps.clients[-1] == plugged.j3a_client == secured.j3a_client
    with pytest.raises(AttributeError, match="'NFlow' object has no attribute 'bogus'"):
        flow.bogus


def test_hashes(testdata: Path) -> None:
    flow = next(flow for flow in NFStreamer(testdata / "ping.pcap") if flow.ip_version == 4)
    numbers = [int.from_bytes(map(int, address.split(".")), "little") for address in (flow.src_ip, flow.dst_ip)]
    assert flow.nfhash == sum(numbers) + flow.src_port + flow.dst_port + flow.protocol + flow.vlan_id
    six = next(iter(NFStreamer(testdata / "http-ipv6.pcap")))
    assert (six.src_ip, six.dst_ip) == ("fd00::1", "fd00::2")
    assert six.nfhash == (1 << 24) + (2 << 24) + six.src_port + six.dst_port + 6


class big_packets(NFPlugin):
    """As the documentation of version 3 has it."""

    def on_update(self, obs, entry):
        if obs.length >= 666:
            entry.big_packets += 1


def test_a_plugin(web: str) -> None:
    class today(NFPlugin):
        def on_init(self, packet, flow):
            flow.udps.big = 0

        def on_update(self, packet, flow):
            flow.udps.big += packet.raw_size >= 666

    early = list(NFStreamer(source=web, plugins=[big_packets()]))
    assert all(type(entry) is NFEntry for entry in early)
    assert [entry.big_packets for entry in early] == [flow.udps.big for flow in NFStreamer(web, udps=today())]
    assert sum(entry.big_packets for entry in early) > 10
    assert early[1].keys() == [*FIELDS, "big_packets"] and repr(early[1]).endswith(f", big_packets={early[1].big_packets})")
    flows = list(NFStreamer(source=web, plugins=[big_packets()], schema="nflow"))
    assert all(type(flow) is NFlow for flow in flows)
    assert [flow.big_packets for flow in flows] == [entry.big_packets for entry in early]


class n(NFPlugin):
    """Counts the first packet where it comes, in versions 3 to 5."""

    def on_init(self, obs):
        return 1

    def on_update(self, obs, entry):
        entry.n += 1


class of_version_2(NFPlugin):
    """Every packet comes to `process`."""

    def process(self, pkt, flow):
        flow.of_version_2 += 1
        assert flow.of_version_2 == flow.total_packets

    def giveup(self, flow):
        flow.given_up = flow.of_version_2


def test_the_first_packet(corpus: Path) -> None:
    facebook = str(corpus / "pcap" / "facebook.pcap")

    class big(NFPlugin):
        def process(self, pkt, flow):
            if pkt.length >= 666:
                flow.big += 1

    class first(NFPlugin):
        def process(self, pkt, flow):
            flow.first.append(pkt.length)

    plugins = [n(), of_version_2(), big(), first(init_function=lambda pkt: [pkt.length])]
    entries = list(NFStreamer(source=facebook, plugins=plugins))
    assert [(entry.n, entry.total_packets) for entry in entries] == [(19, 19), (41, 41)]
    assert [entry.big for entry in entries] == [2, 14]
    for entry in entries:
        assert entry.of_version_2 == entry.given_up == entry.total_packets
        assert entry.first[0] == entry.first[1] and len(entry.first) == entry.total_packets + 1


def test_helpers_of_a_plugin_may_have_any_name(web: str) -> None:
    class counts(NFPlugin):
        def on_init(self, obs):
            return self.process(obs)

        def on_update(self, obs, entry):
            entry.counts += self.process(obs)

        def process(self, obs):
            return 1

    assert all(entry.counts == entry.total_packets for entry in NFStreamer(web, plugins=[counts()]))


def test_methods_that_are_never_called(web: str) -> None:
    class counts(NFPlugin):
        def on_udpate(self, obs, entry):
            entry.counts += 1

    for parameter in "plugins", "udps":
        with pytest.raises(ValueError, match=r"^counts has none of the methods that are called \(on_init, on_update, .*did you mean on_update\?$"):
            NFStreamer(web, **{parameter: [counts()]})

    class of_then(NFPlugin):
        def process(self, pkt, flow):
            pass

    with pytest.raises(ValueError, match="on_init, on_update, on_expire and cleanup\\), only process$"):
        NFStreamer(web, udps=of_then())
    assigned = counts()
    assigned.on_update = lambda packet, flow: None
    assert NFStreamer(web, udps=assigned).udps == (assigned,)


def test_names_start_values_and_user_data(web: str) -> None:
    calls = []

    class sizes(NFPlugin):
        def on_init(self, obs):
            calls.append("init")
            return [self.user_data, obs.length]

        def on_update(self, obs, entry):
            calls.append("update")
            entry.first.append(obs.length)
            entry.helper += 1

        def on_expire(self, entry):
            calls.append("expire")
            entry.first = tuple(entry.first)
            entry.extra = entry.helper

        def cleanup(self):
            calls.append("cleanup")

    class helper(NFPlugin):
        pass

    plugins = [sizes(name="first", user_data="mine"), helper(volatile=True)]
    entries = list(NFStreamer(web, plugins=plugins))
    assert entries[0].first == ("mine", 75, 91) and entries[0].extra == 1
    assert not hasattr(entries[0], "helper") and not hasattr(entries[0], "sizes")
    assert calls.count("update") == 126 - 12 and calls.count("init") == calls.count("expire") == 12
    assert calls[-1] == "cleanup" and plugins[0].user_data == "mine"


OBSERVED = (
    "time capture_length length nfhash ip_src ip_dst src_port dst_port protocol vlan_id version tcpflags raw direction".split()
)


def test_observations(web: str) -> None:
    seen = []

    class observer(NFPlugin):
        def process(self, obs, entry):
            seen.append({name: getattr(obs, name) for name in OBSERVED})
            assert obs.nfhash == entry.nfhash and obs.raw_size == obs.length and not hasattr(obs, "bogus")
            assert obs.tcp_flags == obs.tcpflags
            if entry.total_packets == 1:
                assert (entry.src_ip, entry.src_port, entry.first_seen) == (obs.src_ip, obs.src_port, obs.time)
                assert (entry.ip_src, entry.ip_dst) == (obs.ip_src, obs.ip_dst)

    entries = list(NFStreamer(web, plugins=[observer()]))
    assert len(seen) == 126 and sum(one["length"] for one in seen) == sum(entry.total_bytes for entry in entries)
    assert all(one["capture_length"] == one["length"] == len(one["raw"]) + 14 for one in seen)
    assert {int(one["tcpflags"]) for one in seen if one["protocol"] == 6} >= {0x02, 0x12, 0x10, 0x18, 0x11}
    assert all(one["ip_src"] + one["ip_dst"] + one["src_port"] + one["dst_port"] + one["protocol"] == one["nfhash"] for one in seen)


def test_tcp_flags(corpus: Path) -> None:
    class ack(NFPlugin):
        def on_init(self, obs):
            return int(obs.tcpflags.ack == 1)

        def on_update(self, obs, entry):
            # Both ways of public scripts.
            assert int("".join(str(flag) for flag in obs.tcpflags), 2) >> 3 & 1 == obs.tcpflags.ack
            assert obs.tcpflags & 0x10 == obs.tcpflags.ack << 4
            entry.ack += obs.tcpflags.ack

    entries = list(NFStreamer(corpus / "pcap" / "facebook.pcap", plugins=[ack()], statistics=True))
    assert [entry.ack for entry in entries] == [entry.bidirectional_ack_packets for entry in entries]
    assert entries[0].ack == 18


def test_named_tuples_and_json(web: str) -> None:
    entry = next(iter(NFStreamer(web, plugins=[big_packets()])))
    row = entry.to_namedtuple()
    assert type(row).__name__ == "NFEntry" and list(row._fields) == entry.keys() and list(row) == entry.values()
    assert json.loads(entry.to_json()) == dict(entry.items())
    flow = next(iter(NFStreamer(web)))
    row = flow.to_namedtuple()
    assert (row.total_packets, row.bidirectional_packets, row.application_name) == (2, 2, "DNS")
    assert json.loads(flow.to_json())["total_bytes"] == flow.bidirectional_bytes


def test_names_of_versions_4_and_5(web: str) -> None:
    flow = next(iter(NFStreamer(web)))
    for name, now in {
        "bidirectional_raw_bytes": "bidirectional_bytes now",
        "src2dst_ip_bytes": "src2dst_bytes with accounting_mode=1",
        "dst2src_stdev_raw_ps": "dst2src_stddev_ps now",
        "dst2src_stdev_piat_ms": "dst2src_stddev_piat_ms now",
    }.items():
        with pytest.raises(AttributeError, match=f"no attribute {name!r}: it is {now}$"):
            getattr(flow, name)


def test_what_cannot_be_set(web: str) -> None:
    class ends(NFPlugin):
        def process(self, obs, entry):
            with pytest.raises(AttributeError):
                entry.total_packets = 5
            entry.note = 1
            del entry.note
            with pytest.raises(AttributeError):
                del entry.src_ip
            entry.expiration_id = -1

        def giveup(self, entry):
            entry.application_name = "Mine"

    entries = list(NFStreamer(web, plugins=[ends()]))
    assert len(entries) == 126 and {entry.expiration_id for entry in entries} == {-1}
    assert {entry.application_name for entry in entries} == {"Mine"}


@pytest.mark.parametrize(
    ("plugins", "message"),
    [
        ([1], "plugins must be a list of NFPlugin objects, not"),
        ([big_packets], "plugins must be a list of NFPlugin objects, not"),
        ([big_packets(), big_packets()], "'big_packets' is given twice"),
        ([NFPlugin(name="src_ip")], "'src_ip' is a field of every entry"),
    ],
)
def test_what_is_no_plugin(plugins: list[object], message: str, web: str) -> None:
    with pytest.raises(ValueError, match=message):
        NFStreamer(web, plugins=plugins)


def test_parameters_of_exports_of_then(web: str, tmp_path: Path) -> None:
    streamer, key = NFStreamer(web, plugins=[n()]), b"k"
    path, other = tmp_path / "flows.csv", tmp_path / "other.csv"
    assert streamer.to_csv(path, sep=",", ip_anonymization=False) == streamer.to_csv(other) == 12
    assert path.read_bytes() == other.read_bytes()
    hidden = ["vlan_id", "src_ip", "dst_ip"]
    streamer.to_csv(path, "vlan_id", ip_anonymization=True, anonymization_key=key)
    streamer.to_csv(other, hidden, anonymization_key=key)
    assert path.read_bytes() == other.read_bytes() and b"10.0.0.1," not in path.read_bytes()
    frame = streamer.to_pandas(["src_ip", "vlan_id"], ip_anonymization=True, anonymization_key=key)
    assert frame.equals(streamer.to_pandas(hidden, anonymization_key=key))
    with pytest.raises(ValueError, match=r"^sep: values are .* to_pandas\(\)\.to_csv\(path, sep=';', index=False\)$"):
        streamer.to_csv(tmp_path / "none.csv", sep=";")
    assert not (tmp_path / "none.csv").exists()


def test_parameters(web: str) -> None:
    streamer = NFStreamer(web, snaplen=65535, plugins=(), dissect=True, max_tcp_dissections=10, max_udp_dissections=16)
    assert (streamer.snapshot_length, streamer.n_dissections, streamer.schema) == (65535, 16, None)
    assert repr(NFStreamer(web, schema="nfentry")) == f"NFStreamer(source={web!r}, schema='nfentry')"
    early = NFStreamer(web, statistics=True, promisc=False, enable_guess=True, account_ip_padding_size=False)
    assert early.statistical_analysis and not early.promiscuous_mode
    for name in "account_ip_padding_size", "strict_timestamp":
        with pytest.warns(UserWarning, match=f"^{name} no longer has an effect") as warnings:
            NFStreamer(web, **{name: True})
        assert [warning.filename for warning in warnings] == [__file__]
    with pytest.warns(UserWarning, match="^enable_guess no longer has an effect"):
        NFStreamer(web, enable_guess=False)
    with pytest.raises(ValueError, match="schema must be 'nflow' or 'nfentry', not 'entry'"):
        NFStreamer(web, schema="entry")


def test_pickle_and_copy(web: str) -> None:
    entries = list(NFStreamer(web, plugins=[big_packets()]))
    restored = pickle.loads(pickle.dumps(entries))
    assert restored == entries == copy.deepcopy(entries) and set(restored) == set(entries)
    assert entries[0] != entries[1] and entries[0] != 5 and set(entries[0].keys()) < set(dir(entries[0]))


def test_files(web: str, tmp_path: Path) -> None:
    streamer = NFStreamer(web, plugins=[big_packets()])
    assert streamer.to_csv(tmp_path / "x.csv", ["big_packets"], anonymization_key=b"k") == 12
    with open(tmp_path / "x.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows[0]["big_packets"]) == 128
    assert streamer.to_pandas()["big_packets"].to_list() == [entry.big_packets for entry in streamer]


def test_an_exception_and_leaving(web: str) -> None:
    cleaned = []

    class fails(NFPlugin):
        def on_update(self, obs, entry):
            if entry.total_packets == self.user_data:
                raise ZeroDivisionError

        def cleanup(self):
            cleaned.append(self.user_data)

    with pytest.raises(ZeroDivisionError):
        list(NFStreamer(web, plugins=[fails(user_data=20)]))
    for _ in NFStreamer(web, plugins=[fails(user_data=1000)]):
        break
    entries = iter(NFStreamer(web, schema="nfentry"))
    next(entries)
    entries.close()
    assert cleaned == [20, 1000] and next(entries, None) is None


def test_plugins_of_one_time_where_those_of_another_belong(web: str) -> None:
    class Today(NFPlugin):
        def on_init(self, packet, flow):
            flow.udps.n = 1

    class Then(NFPlugin):
        def on_init(self, obs):
            return 1

    class Any(NFPlugin):
        def on_init(self, packet, flow=None, *more):
            if flow is not None:
                flow.udps.n = 1
            return 1

    with pytest.raises(TypeError, match=r"Today.on_init takes a packet and a flow, .*: give the plugin as udps=\[...\]"):
        NFStreamer(web, plugins=[Today()])
    with pytest.raises(TypeError, match=r"Then.on_init takes only a packet, .*: give the plugin as plugins=\[...\]"):
        NFStreamer(web, udps=Then())
    assert [flow.Any for flow in NFStreamer(web, plugins=[Any()])] == [1] * 12
    assert [flow.udps.n for flow in NFStreamer(web, udps=[Today(), Any()])] == [1] * 12
    plugin = Today()
    plugin.on_init = lambda packet, flow: None  # type: ignore[method-assign]
    assert len(list(NFStreamer(web, udps=plugin))) == 12
