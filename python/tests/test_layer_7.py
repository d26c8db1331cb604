"""Applications: names, rules of one's own, and what else was read."""

from pathlib import Path

import pyarrow
import pytest

from nfstream import NFStreamer

RULES = """\
[Shop]
hosts = ["shop.example.com"]

["Example Pages"]
hosts = ["www.example.org"]
category = "Cloud"
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(RULES)
    return path


def test_names(web: str) -> None:
    flows = list(NFStreamer(web))
    assert {flow.application_name for flow in flows} == {"DNS", "HTTP", "TLS", "ICMP"}
    (tls,) = [flow for flow in flows if flow.requested_server_name == "shop.example.com" and flow.protocol == 6]
    assert (tls.application_name, tls.application_category_name) == ("TLS", "Web")
    assert (tls.application_is_guessed, tls.application_confidence) == (0, 6)
    assert tls.client_fingerprint.startswith("t13") and len(tls.server_fingerprint) == 32
    assert all(flow.user_agent.startswith("curl/") for flow in flows if flow.application_name == "HTTP")


def test_no_dissection(web: str) -> None:
    assert not any("application_name" in flow.keys() for flow in NFStreamer(web, n_dissections=0))


def test_own_rules(web: str, rules: Path, tmp_path: Path) -> None:
    names = {flow.application_name: flow.application_category_name for flow in NFStreamer(web, rules=rules)}
    assert names["TLS.Shop"] == "Web" and names["DNS.Shop"] == "Network"
    assert names["HTTP.Example Pages"] == "Cloud"
    further = tmp_path / "further.toml"
    further.write_text('["Online Shop"]\nhosts = ["shop.example.com"]\n')
    assert "TLS.Online Shop" in {flow.application_name for flow in NFStreamer(web, rules=[rules, str(further)])}


def test_mistakes_in_rules(web: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as told:
        iter(NFStreamer(web, rules=tmp_path / "none.toml"))
    assert told.value.filename == str(tmp_path / "none.toml")
    assert told.value.strerror == "rules: No such file or directory"
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[Shop]\nhosts = ["Shop.example.com"]\n')
    with pytest.raises(ValueError) as told:
        iter(NFStreamer(web, rules=wrong))
    assert str(told.value) == f"rules {wrong}:2: hosts: \"Shop.example.com\" must be in lower case"


def test_further_metadata(web: str) -> None:
    streamer = NFStreamer(web, l7_metadata=True)
    flows = list(streamer)
    (tls,) = [flow for flow in flows if flow.requested_server_name == "shop.example.com" and flow.protocol == 6]
    assert len(tls.l7["ja3"]) == 32 and tls.l7["tls_version"] == "TLSv1.3"
    (page,) = [flow for flow in flows if flow.l7.get("http_url") == "www.example.org/form"]
    assert page.l7["http_method"] == "POST" and page.l7["http_status"] == "501"
    column = pyarrow.table(streamer)["l7"].to_pylist()
    assert [{name: text for name, text in row.items() if text is not None} for row in column] == [
        flow.l7 for flow in flows
    ]
    assert repr(tls).endswith(f"l7={tls.l7!r})")
