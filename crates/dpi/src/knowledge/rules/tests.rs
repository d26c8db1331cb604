use std::collections::HashSet;

use super::*;
use crate::vocabulary::labels;

const APPLICATIONS: &str = include_str!("../../../data/applications.toml");
const CATEGORIES: &str = include_str!("../../../data/categories.toml");
/// For each application that has a name of ours, a host that it uses.
const HOSTS: &str = include_str!("hosts.csv");

fn rules(toml: &str) -> Rules {
    let mut rules = Rules::default();
    rules.add(toml, "rules.toml").expect("rules");
    rules
}

fn error(toml: &str) -> String {
    let mut rules = Rules::builtin();
    let error = rules.add(toml, "rules.toml").expect_err("no rules");
    assert_eq!(rules.host("new.example").application, Label::UNKNOWN, "nothing of the file is added");
    error.to_string()
}

#[test]
fn a_pattern_stands_for_a_domain_and_all_below_it() {
    let rules = rules("[Facebook]\nhosts = [\"facebook.com\", \"fb\"]");
    for name in ["facebook.com", "facebook.com.", "www.facebook.com", "a.b.c.facebook.com", "fb", "x.fb"] {
        assert_eq!(rules.host(name).application, labels::FACEBOOK, "{name}");
    }
    for name in
        ["", ".", "com", "notfacebook.com", "facebook.com.lan", "facebook.co", "www.facebook.com..", "FB"]
    {
        assert_eq!(rules.host(name), HostMatch::default(), "{name}");
    }
}

#[test]
fn the_longest_pattern_decides() {
    let rules = rules(
        "[Google]\nhosts = [\"google.com\"]\n[GMail]\nhosts = [\"mail.google.com\"]\n[GoogleMaps]\nhosts = [\"*.google.com\", \"m*s.google.com\"]\n[YouTube]\nhosts = [\"maps*.google.com\", \"a.maps.google.com\"]",
    );
    for (name, label) in [
        ("google.com", labels::GOOGLE),
        ("mail.google.com", labels::GMAIL),
        ("a.mail.google.com", labels::GMAIL),
        ("www.google.com", labels::GOOGLEMAPS),
        ("mts.google.com", labels::GOOGLEMAPS),
        ("maps1.google.com", labels::YOUTUBE),
        ("a.maps.google.com", labels::YOUTUBE),
    ] {
        assert_eq!(rules.host(name).application, label, "{name}");
    }
}

#[test]
fn a_wildcard_spans_dots_and_begins_where_a_label_does() {
    let rules = rules("[NetFlix]\nhosts = [\"video*-1.example.com\"]");
    for name in ["video-1.example.com", "video.a.b-1.example.com", "x.video2-1.example.com"] {
        assert_eq!(rules.host(name).application, labels::NETFLIX, "{name}");
    }
    for name in
        ["example.com", "avideo-1.example.com", "video-1x.example.com", "video.example.com", "-1.example.com"]
    {
        assert_eq!(rules.host(name).application, Label::UNKNOWN, "{name}");
    }
}

#[test]
fn the_purpose_of_a_host_is_found_beside_its_owner() {
    let rules = Rules::builtin();
    let named = |name| Category::named(name).expect("a category");
    for (host, application, category) in [
        ("ssl.google-analytics.com", labels::GOOGLE, Some(Category::ADVERTISEMENT)),
        ("connectivitycheck.gstatic.com", labels::GOOGLE, Some(Category::CONNECTIVITY_CHECK)),
        ("detectportal.firefox.com", Label::UNKNOWN, Some(Category::CONNECTIVITY_CHECK)),
        ("conn-service-eu-04.allawnos.com", Label::UNKNOWN, Some(Category::CONNECTIVITY_CHECK)),
        ("de.pornhub.com", Label::UNKNOWN, Some(named("AdultContent"))),
        ("www.pokerstars.it", Label::UNKNOWN, Some(named("Gambling"))),
        ("archive.ubuntu.com", labels::CANONICAL, Some(named("SoftwareUpdate"))),
        ("www.google.com", labels::GOOGLE, None),
    ] {
        assert_eq!(rules.host(host), HostMatch { application, category }, "{host}");
    }
    assert_eq!(rules.category(labels::SLACK).name(), "Collaborative");
    assert_eq!(rules.category(labels::FACEBOOK).name(), "SocialNetwork");
    assert_eq!(rules.category(Label::UNKNOWN), Category::UNSPECIFIED);
}

#[test]
fn agents_certificates_and_protocols_name_applications() {
    let rules = rules(
        "[Spotify]\nuser_agents = [\"Spo\", \"Spotify/\"]\ncertificates = [\"Spotify AB\"]\nalpn = [\"sp/1\"]\n[Deezer]\nuser_agents = [\"Spotify\"]",
    );
    assert_eq!(rules.user_agent(b"Mozilla (Spotify/8)"), labels::SPOTIFY);
    assert_eq!(rules.user_agent(b"Spotify 8"), labels::DEEZER);
    assert_eq!(rules.user_agent(b"spotify"), Label::UNKNOWN);
    assert_eq!(rules.certificate("Spotify AB"), labels::SPOTIFY);
    assert_eq!(rules.certificate("Spotify"), Label::UNKNOWN);
    assert_eq!(rules.alpn(b"sp/1"), labels::SPOTIFY);
    assert_eq!(rules.alpn(b"\xff"), Label::UNKNOWN);
}

#[test]
fn a_file_of_the_users_decides_over_what_is_built_in() {
    let mut rules = Rules::builtin();
    rules
        .add(
            "[Intranet]\nhosts = [\"wiki.example\", \"facebook.com\"]\nuser_agents = [\"Transmission/\"]\n\n[VK]\ncategory = \"Web\"\n[Shop]\ncategory = \"Shopping\"",
            "mine.toml",
        )
        .expect("rules");
    let [intranet, shop] = [Label(Label::FIRST_CUSTOM), Label(Label::FIRST_CUSTOM + 1)];
    assert_eq!(rules.host("www.facebook.com").application, intranet);
    assert_eq!(rules.host("mqtt-mini.facebook.com").application, labels::FACEBOOKMESSENGER);
    assert_eq!(rules.host("a.wiki.example").application, intranet);
    assert_eq!(rules.user_agent(b"Transmission/2.94"), intranet);
    assert_eq!((rules.name(intranet), rules.label("Intranet")), ("Intranet", intranet));
    assert_eq!(rules.category(intranet).name(), "Web");
    assert_eq!(rules.category(shop).name(), "Shopping");
    assert_eq!(rules.category(labels::VK).name(), "Web");
    assert_eq!(rules.name(Label(Label::FIRST_CUSTOM + 2)), "Unknown");

    rules.add("[Shop]\nhosts = [\"wiki.example\"]", "more.toml").expect("rules");
    assert_eq!(rules.host("wiki.example").application, shop);
}

#[test]
fn an_error_says_where_and_why() {
    for (toml, message) in [
        (
            "[A]\nhosts = [\n  \"new.example\",\n  \"Upper.example\",\n]",
            "rules.toml:4: hosts: \"Upper.example\" must be in lower case",
        ),
        (
            "[A]\nhosts = [\"new.example\", \"new.example\"]",
            "rules.toml:2: hosts: \"new.example\" is in this file twice",
        ),
        (
            "[A]\nhosts = [\"a..example\"]",
            "rules.toml:2: hosts: \"a..example\" is not a host name: a part before, after or between its dots is empty",
        ),
        (
            "[A]\nhosts = [\"a.*.example\"]",
            "rules.toml:2: hosts: \"a.*.example\" may have only one *, before its first dot",
        ),
        ("[A]\nhosts = [\"*\"]", "rules.toml:2: hosts: \"*\" may have only one *, before its first dot"),
        ("[A]\nhosts = [\"192.0.2.1\"]", "rules.toml:2: hosts: \"192.0.2.1\" is an address, not a host name"),
        (
            "[A]\nhosts = [\"b\u{fc}cher.example\"]",
            "rules.toml:2: hosts: \"b\u{fc}cher.example\" is not a host name: use letters, digits, hyphens and dots (other scripts as xn--...)",
        ),
        (
            "[A]\nhosts = \"new.example\"",
            "rules.toml:2: hosts must be a list of strings, as in hosts = [\"...\"]",
        ),
        ("[A]\nuser_agents = [\"\"]", "rules.toml:2: user_agents: \"\" matches everything"),
        (
            "[A]\nhost = [\"new.example\"]",
            "rules.toml:2: unknown key \"host\": the keys are hosts, user_agents, certificates, alpn and category",
        ),
        (
            "[A.B]\nhosts = [\"new.example\"]",
            "rules.toml:1: [A.B] is a table inside [A]: write the name of an application without a dot, as in [A_B]",
        ),
        (
            "[A]\n\ncategory = \"Webb\"",
            "rules.toml:3: unknown category \"Webb\": the categories are those of nDPI, such as \"Web\" or \"VoIP\"",
        ),
        ("[A]\ncategory = 1", "rules.toml:2: category must be a string, as in category = \"Web\""),
        (
            "hosts = [\"new.example\"]",
            "rules.toml:1: \"hosts\" must be below the name of an application, as in [Example]",
        ),
        (
            "[\"A.B\"]\nhosts = [\"new.example\"]",
            "rules.toml:1: \"A.B\" cannot name an application: a name must not be empty or \"Unknown\", and must not contain a dot or a control character",
        ),
    ] {
        assert_eq!(error(toml), message);
    }
    assert!(error("[A]\nhosts = [\"new.example\"\n[B]").starts_with("rules.toml:"));
}

#[test]
fn what_is_built_in_is_what_the_files_say() {
    let files = [(APPLICATIONS, "applications.toml"), (CATEGORIES, "categories.toml")];
    let [applications, categories] = files.map(|(toml, name)| File { toml, name }.sections().expect(name));

    assert_eq!(applications.len(), builtin::APPLICATIONS.len());
    for (written, built_in) in applications.iter().zip(builtin::APPLICATIONS) {
        let built_in = Section { name: written.name.clone(), ..built_in.section() };
        assert_eq!(format!("{written:?}"), format!("{built_in:?}"));
    }
    assert_eq!(categories.len(), builtin::CATEGORIES.len());
    for (written, (name, hosts)) in categories.iter().zip(builtin::CATEGORIES) {
        assert_eq!(
            (&*written.name, &*written.hosts),
            (*name, &*hosts.iter().map(|host| Text::Borrowed(*host)).collect::<Vec<_>>())
        );
        assert!(Category::named(name).is_some(), "{name}");
    }
}

#[test]
fn the_files_are_sorted_and_say_nothing_twice() {
    for (toml, name) in [(APPLICATIONS, "applications.toml"), (CATEGORIES, "categories.toml")] {
        let sections = File { toml, name }.sections().expect(name);
        assert!(sections.is_sorted_by(|a, b| a.name < b.name), "{name}: sections by name");
        for section in &sections {
            for list in [&section.hosts, &section.user_agents, &section.certificates, &section.alpn] {
                assert!(list.is_sorted_by(|a, b| a < b), "{name}: [{}]: {list:?}", section.name);
            }
        }
    }
    for built_in in builtin::APPLICATIONS {
        let name = built_in.label.entry().map(|entry| entry.name);
        assert!(
            built_in.category != built_in.label.entry().map(|entry| entry.category),
            "{name:?} has that category"
        );
    }
}

#[test]
fn no_pattern_is_without_effect() {
    let all = Rules::builtin();
    for built_in in builtin::APPLICATIONS {
        for host in built_in.hosts.iter().filter(|host| !host.contains('*')) {
            assert_eq!(all.host(host).application, built_in.label, "{host}");
            let Some((_, parent)) = host.split_once('.') else { continue };
            let mut siblings = built_in.hosts.iter().filter(|other| parent == **other);
            assert_eq!(siblings.next(), None, "{host} is below it");
        }
    }
}

/// Labels without a known host.
const WITHOUT_HOSTS: &[&str] = &[
    // Calls: media between any two addresses; what they are called by is the host of the service.
    "FacebookVoip",
    "GoogleCall",
    "KakaoTalk_Voice",
    "LineCall",
    "SignalVoip",
    "TeamsCall",
    "TelegramVoip",
    "ViberVoip",
    "WhatsAppCall",
    // Engines and relays of games: used by many games, on servers without a name.
    "Armagetron",
    "CryNetwork",
    "RakNet",
    "Source_Engine",
    "SteamDatagramRelay",
    "Yojimbo",
    // Spoken by devices in a local network, or by a product with its own server addresses.
    "AVASTSecureDNS",
    "BJNP",
    "CPHA",
    "EAQ",
    "ENPC",
    "EasyWeather",
    "HP_VIRTGRP",
    "NestLogSink",
    "NetMotion",
    "SamsungSDP",
    "Sentinel_HASP",
    "Splunk",
    "TPLINK_SHP",
    "Tapo",
    "TargusDataspeed",
    "TuyaLP",
    "UBNTAC2",
    // Networks of many servers, which belong to nobody.
    "BITCOIN",
    "ETHEREUM",
    "Gnutella",
    "IRC",
    "Jabber",
    "KaZaA",
    "Meshtastic",
    "Monero",
    "Nano",
    "Nebula",
    "OICQ",
    "Usenet",
    "Yggdrasil",
    "ZUG",
    "eDonkey",
    "gRPC",
    "libp2p",
    // Protocols: anybody can offer them.
    "ADB",
    "AFP",
    "AH",
    "AJP",
    "AMQP",
    "ANSI_C1222",
    "ATG",
    "Art-Net",
    "BACnet",
    "BFCP",
    "BFD",
    "BGP",
    "BSAP",
    "BeckhoffADS",
    "CAPWAP",
    "CHECKMK",
    "CIP",
    "CNP-IP",
    "COAP",
    "COTP",
    "Cassandra",
    "Ceph",
    "CiscoSkinny",
    "ClickHouse",
    "Controller_Area_Network",
    "Corba",
    "DCERPC",
    "DHCP",
    "DHCPV6",
    "DICOM",
    "DLEP",
    "DLMS_COSEM",
    "DNP3",
    "DNS",
    "DNScrypt",
    "DRDA",
    "DTLS",
    "Debug_Adapter_Protocol",
    "Diameter",
    "DoIP",
    "E1AP",
    "EGP",
    "EIGRP",
    "EPMD",
    "ESP",
    "Elasticsearch",
    "Ether-S-Bus",
    "EtherSIO",
    "EthernetGlobalData",
    "EthernetIP",
    "F1AP",
    "FINS",
    "FIX",
    "FLUTE",
    "FTPS",
    "FTP_CONTROL",
    "FTP_DATA",
    "FastCGI",
    "GLBP",
    "GRE",
    "GTP",
    "GTP_C",
    "GTP_PRIME",
    "GTP_U",
    "Gearman",
    "Geneve",
    "Git",
    "H323",
    "HAProxy",
    "HART-IP",
    "HL7",
    "HLS",
    "HSRP",
    "HTTP",
    "HTTP2",
    "HTTP_Connect",
    "HTTP_Proxy",
    "HiSLIP",
    "IAX",
    "ICMP",
    "ICMPV6",
    "IEC60870",
    "IEC62056",
    "IEEE-C37118",
    "IGMP",
    "IMAP",
    "IMAPS",
    "IPP",
    "IPSec",
    "IP_OSPF",
    "IP_PIM",
    "IP_in_IP",
    "ISO9506-1-MMS",
    "IUA",
    "IceCast",
    "Iris",
    "JRMI",
    "JSON-RPC",
    "KCP",
    "KNXnet_IP",
    "Kafka",
    "Kerberos",
    "Kismet",
    "L2TP",
    "LDAP",
    "LDP",
    "LISP",
    "LLMNR",
    "LWAPP",
    "Lustre",
    "M2PA",
    "M2UA",
    "M3UA",
    "MDNS",
    "MELSEC",
    "MGCP",
    "MPEG_TS",
    "MQTT",
    "MS-RPCH",
    "MSDP",
    "Matter",
    "Megaco",
    "Memcached",
    "Modbus",
    "MongoDB",
    "MpegDash",
    "MsSQL-TDS",
    "MsgPack",
    "Munin",
    "MySQL",
    "NAT-PMP",
    "NFS",
    "NGAP",
    "NOE",
    "NTP",
    "Nats",
    "NetBIOS",
    "NetFlow",
    "NoMachine",
    "OCSP",
    "OPC-UA",
    "OSPF",
    "OpenFlow",
    "OpenVPN",
    "OpenWire",
    "Oracle",
    "PFCP",
    "PGM",
    "POP3",
    "POPS",
    "PPTP",
    "PROFINET_IO",
    "PTPv2",
    "PostgreSQL",
    "Protobuf",
    "QUIC",
    "RDP",
    "RESP",
    "RIP",
    "RMCP",
    "RSH",
    "RSVP",
    "RSYNC",
    "RTCP",
    "RTMP",
    "RTP",
    "RTPS",
    "RTSP",
    "RX",
    "Radius",
    "Raft",
    "Roughtime",
    "S1AP",
    "S7Comm",
    "S7CommPlus",
    "SAP",
    "SBE",
    "SCTP",
    "SIP",
    "SMBv1",
    "SMBv23",
    "SMPP",
    "SMTP",
    "SMTPS",
    "SNMP",
    "SOAP",
    "SOCKS",
    "SOMEIP",
    "SRTP",
    "SSDP",
    "SSH",
    "STOMP",
    "STUN",
    "SUA",
    "Service_Location_Protocol",
    "Softether",
    "Syslog",
    "TACACS+",
    "TFTP",
    "TINC",
    "TLS",
    "TRDP",
    "Telnet",
    "Teredo",
    "Thrift",
    "Traceroute",
    "TriStation",
    "UFTP",
    "UMAS",
    "VNC",
    "VRRP",
    "VXLAN",
    "VXLAN-GPE",
    "WSD",
    "Wake-on-LAN",
    "WebDAV",
    "WebSocket",
    "Whois-DAS",
    "WireGuard",
    "X2AP",
    "XDMCP",
    "XnAP",
    "Z3950",
    "Zabbix",
    "ZeroMQ",
    "collectd",
    "iSCSI",
    "rlogin",
    "sFlow",
];

#[test]
fn every_application_known_by_hosts_has_some() {
    let with_hosts = builtin::APPLICATIONS.iter().filter(|application| !application.hosts.is_empty());
    let covered: HashSet<&str> =
        with_hosts.filter_map(|application| application.label.entry()).map(|entry| entry.name).collect();
    for label in Label::all().filter(|label| label.is_known()) {
        let name = label.entry().expect("a label of the vocabulary").name;
        assert!(covered.contains(name) != WITHOUT_HOSTS.contains(&name), "{name}");
    }
    for (host, label) in [
        ("www.netflix.com", labels::NETFLIX),
        ("ipv4-c001-fra001-ix.1.oca.nflxvideo.net", labels::NETFLIX),
        ("rr3---sn-4g5ednsl.googlevideo.com", labels::YOUTUBE),
        ("scontent-fra3-1.xx.fbcdn.net", labels::FACEBOOK),
        ("video.fmct2-3.fna.fbcdn.net", labels::FBOOKREELSTORY),
        ("instagram.fmct2-3.fna.fbcdn.net", labels::INSTAGRAM),
        ("mmg-fna.whatsapp.net", labels::WHATSAPPFILES),
        ("bucket.s3.eu-west-1.amazonaws.com", labels::AWS_S3),
        ("dynamodb.us-east-1.amazonaws.com", labels::AWS_DYNAMODB),
        ("x1.execute-api.us-east-1.amazonaws.com", labels::AWS_API_GATEWAY),
        ("ec2-1-2-3-4.eu-west-1.compute.amazonaws.com", labels::AWS_EC2),
        ("cognito-identity.us-east-1.amazonaws.com", labels::AMAZONAWS),
        ("d111111abcdef8.cloudfront.net", labels::AWS_CLOUDFRONT),
        ("p53-buy.itunes.apple.com", labels::APPLESTORE),
        ("24-courier.push.apple.com", labels::APPLEPUSH),
        ("mail.yandex.kz", labels::YANDEXMAIL),
        ("yandex.kz", labels::YANDEX),
        ("alt2-mtalk.google.com", labels::GOOGLESERVICES),
        ("login.microsoftonline.com", labels::MICROSOFT365),
        ("tenant.sharepoint.com", labels::MS_ONEDRIVE),
        ("au.download.windowsupdate.com", labels::WINDOWSUPDATE),
        ("dns.google", labels::DOH_DOT),
    ] {
        assert_eq!(Rules::builtin().host(host).application, label, "{host}");
    }
}

#[test]
fn every_application_of_ours_is_known_by_a_host_that_it_uses() {
    let rules = Rules::builtin();
    let mut named = HashSet::new();
    for line in HOSTS.lines().skip(1) {
        let (host, application) = line.split_once(',').expect("a host and an application");
        assert_eq!(rules.name(rules.host(host).application), application, "{host}");
        named.insert(application);
    }
    for built_in in builtin::APPLICATIONS.iter().filter(|built_in| built_in.label.0 >= 1000) {
        let name = rules.name(built_in.label);
        assert!(named.contains(name), "{name} has no line in hosts.csv");
    }
}

#[test]
fn a_service_decides_over_its_vendor_and_over_the_network_that_delivers_it() {
    for (host, label) in [
        ("img-s-msn-com.akamaized.net", labels::MICROSOFT),
        ("img-prod-cms-rt-microsoft-com.akamaized.net", labels::MICROSOFT),
        ("statics-marketingsites-eus-ms-com.akamaized.net", labels::MICROSOFT),
        ("msn-com.akamaized.net", labels::AKAMAI),
        ("img-s-msn-com.akamaized.net.example.org", Label::UNKNOWN),
        ("fbstatic-a.akamaihd.net", labels::FACEBOOK),
        ("fbcdn-sphotos-c-a.akamaihd.net", labels::FACEBOOK),
        ("igcdn-photos-b-a.akamaihd.net", labels::INSTAGRAM),
        ("twimg0-a.akamaihd.net", labels::TWITTER),
        ("a248.e.akamaihd.net", labels::AKAMAI),
        ("vs-hls-push-ww-live.akamaized.net", labels::BBC),
        ("outlook.office365.com", labels::OUTLOOK),
        ("tenant.mail.protection.outlook.com", labels::OUTLOOK),
        ("www.outlook.com", labels::MICROSOFT365),
        ("www.office.com", labels::MICROSOFT365),
        ("login.live.com", labels::MICROSOFT365),
        ("aadcdn.msauth.net", labels::MICROSOFT365),
        ("self.events.data.microsoft.com", labels::MICROSOFT365),
        ("teams.events.data.microsoft.com", labels::TEAMS),
        ("www.microsoft.com", labels::MICROSOFT),
        ("www.msn.com", labels::MICROSOFT),
        ("m365.cloud.microsoft", labels::MICROSOFT365),
        ("copilot.cloud.microsoft", labels::MICROSOFTCOPILOT),
        ("www.bing.com", labels::MICROSOFT),
        ("tenant.openai.azure.com", labels::AZURE_OPENAI),
        ("management.azure.com", labels::AZURE),
        ("bedrock-runtime.us-east-1.amazonaws.com", labels::AWS_BEDROCK),
        ("bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", labels::AWS_S3),
        ("gemini.google.com", labels::GOOGLEGEMINI),
        ("www.meta.ai", labels::METAAI),
        ("www.meta.com", labels::FACEBOOK),
        ("api.githubcopilot.com", labels::GITHUBCOPILOT),
        ("mail.proton.me", labels::PROTONMAIL),
        ("fra-storage.proton.me", labels::PROTONDRIVE),
        ("vpn-api.proton.me", labels::PROTONVPN),
        ("account.proton.me", labels::PROTON),
        ("ff.garena.com", labels::FREEFIRE),
        ("codm.garena.com", labels::COD_MOBILE),
        ("sso.garena.com", labels::GARENA),
        ("unifi", labels::UBIQUITY),
        ("unifi.example.org", Label::UNKNOWN),
    ] {
        assert_eq!(Rules::builtin().host(host).application, label, "{host}");
    }
}

#[test]
fn patterns_by_the_hundred_thousand_are_told_apart() {
    const MANY: usize = 100_000;
    let list = |pattern: &dyn Fn(usize) -> String| {
        (0..MANY).map(|number| format!("{:?}", pattern(number))).collect::<Vec<_>>().join(",")
    };
    let hosts = list(&|number| format!("h{number}*x.example.com"));
    let agents = list(&|number| format!("Agent{number}/"));
    let names: String = (0..MANY / 2).map(|number| format!("[A{number}]\ncategory = \"Web\"\n")).collect();
    let rules = rules(&format!("[Example]\nhosts = [{hosts}]\nuser_agents = [{agents}]\n{names}"));
    for number in [0, 1, 77_777, MANY - 1] {
        assert!(rules.host(&format!("a.h{number}.b.x.example.com")).application.is_known(), "{number}");
        assert!(rules.user_agent(format!("Mozilla (Agent{number}/1.0)").as_bytes()).is_known(), "{number}");
    }
    assert_eq!(rules.host("h.x.example.com").application, Label::UNKNOWN);
    assert_eq!(rules.user_agent(b"Agent100000/"), Label::UNKNOWN);
    assert_eq!(rules.name(rules.label("A49999")), "A49999");
}
