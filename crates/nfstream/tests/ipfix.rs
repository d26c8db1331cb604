//! IPFIX: what is sent over real sockets, read back by another implementation, and collectors that die.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use netflow_parser::variable_versions::field_value::{DataNumber, DurationValue, FieldValue};
use netflow_parser::variable_versions::ipfix::lookup::IPFixField;
use netflow_parser::variable_versions::ipfix::{FlowSetBody, IPFix, Template};
use netflow_parser::{NetflowPacket, NetflowParser};
use nfstream::sinks::ipfix::{Collector, DOCUMENTATION_ENTERPRISE, Exporter, Transport};
use nfstream::{Feature, Flow, Kind, Packet, Plugin, Record, Streamer, StreamerBuilder, Unit, Value};

const LONG: Duration = Duration::from_secs(60);

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn everything() -> Streamer {
    with(Streamer::builder().statistical_analysis(true).splt_analysis(40).l7_metadata(true))
}

/// IPv4 and IPv6, several VLANs, names in every column of layer 7.
fn with(builder: StreamerBuilder) -> Streamer {
    let captures = ["web.pcap", "http-ipv6.pcap", "vlan.pcap", "quic.pcap", "ssh.pcap"];
    builder
        .feature("double", "2 * src2dst_packets")
        .feature("share", "src2dst_bytes / bidirectional_bytes")
        .sources(captures.map(testdata))
        .build()
        .unwrap()
}

fn records(streamer: &Streamer) -> Vec<Record> {
    streamer.records().unwrap().map(Result::unwrap).collect()
}

fn collector(transport: Transport, port: u16) -> Collector {
    let collector: Collector = format!("127.0.0.1:{port}").parse().unwrap();
    Collector { transport, domain: 7, ..collector }
}

/// What a collector has understood.
#[derive(Default)]
struct Received {
    parser: NetflowParser,
    sequence: u32,
    /// By element id: the name, and the number of the abstract data type.
    types: HashMap<u16, (String, u8)>,
    flows: Vec<HashMap<String, FieldValue>>,
    /// The lengths of the fields, by template.
    templates: HashMap<u16, Vec<u16>>,
}

impl Received {
    fn take(&mut self, bytes: &[u8]) {
        let parsed = self.parser.parse_bytes(&self.without_empty_values(bytes));
        assert!(parsed.error.is_none(), "{:?}", parsed.error);
        for packet in &parsed.packets {
            let NetflowPacket::IPFix(message) = packet else { panic!("{packet:?}") };
            self.understand(message);
        }
    }

    fn understand(&mut self, message: &IPFix) {
        let header = &message.header;
        assert_eq!((header.observation_domain_id, header.sequence_number), (7, self.sequence));
        for set in &message.flowsets {
            match &set.body {
                FlowSetBody::Template(template) => self.keep(template),
                FlowSetBody::Templates(templates) => {
                    templates.iter().for_each(|template| self.keep(template));
                }
                FlowSetBody::OptionsTemplate(_) => {}
                FlowSetBody::OptionsData(options) => {
                    self.sequence += options.fields.len() as u32;
                    options.fields.iter().for_each(|fields| self.learn(fields));
                }
                FlowSetBody::Data(data) => {
                    self.sequence += data.fields.len() as u32;
                    let name = |(field, value): &(IPFixField, FieldValue)| (self.name(field), value.clone());
                    let flows = data.fields.iter().map(|fields| fields.iter().map(name).collect());
                    self.flows.extend(flows.collect::<Vec<_>>());
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn keep(&mut self, template: &Template) {
        let lengths = template.fields.iter().map(|field| field.field_length).collect();
        self.templates.insert(template.template_id, lengths);
    }

    /// The message with a zero byte in the place of each empty value: the parser refuses those, though RFC 7011 does not.
    fn without_empty_values(&self, message: &[u8]) -> Vec<u8> {
        let mut changed = message[..16].to_vec();
        let mut rest = &message[16..];
        while !rest.is_empty() {
            let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let (set, later) = rest.split_at(length);
            let begin = changed.len();
            changed.extend_from_slice(&set[..4]);
            match self.templates.get(&u16::from_be_bytes([set[0], set[1]])) {
                Some(lengths) => fill_empty_values(&set[4..], lengths, &mut changed),
                None => changed.extend_from_slice(&set[4..]),
            }
            let length = (changed.len() - begin) as u16;
            changed[begin + 2..begin + 4].copy_from_slice(&length.to_be_bytes());
            rest = later;
        }
        let length = (changed.len() as u16).to_be_bytes();
        changed[2..4].copy_from_slice(&length);
        changed
    }

    fn learn(&mut self, fields: &[(IPFixField, FieldValue)]) {
        let values: Vec<&FieldValue> = fields.iter().map(|(_, value)| value).collect();
        let [enterprise, id, data_type, _, _, name] = values[..] else { panic!("{fields:?}") };
        assert_eq!(number(enterprise), u64::from(DOCUMENTATION_ENTERPRISE));
        let (id, data_type) = (number(id) as u16, number(data_type) as u8);
        self.types.insert(id, (String::try_from(name).unwrap(), data_type));
    }

    /// The name under which a field is looked for: what the exporter told of it, or what the parser calls it.
    fn name(&self, field: &IPFixField) -> String {
        match field {
            IPFixField::Enterprise { enterprise_number: DOCUMENTATION_ENTERPRISE, field_number } => {
                self.types[field_number].0.clone()
            }
            IPFixField::IANA(field) => format!("{field:?}"),
            IPFixField::ReverseInformationElement(field) => format!("{field:?}"),
            other => panic!("{other:?}"),
        }
    }

    /// The abstract data type of a column under the enterprise number.
    fn data_type(&self, column: &str) -> Option<u8> {
        self.types.values().find(|(name, _)| name == column).map(|(_, data_type)| *data_type)
    }
}

fn fill_empty_values(mut records: &[u8], lengths: &[u16], out: &mut Vec<u8>) {
    while !records.is_empty() {
        for length in lengths {
            let (prefix, length) = match (*length, records[0]) {
                (u16::MAX, 255) => (3, usize::from(u16::from_be_bytes([records[1], records[2]]))),
                (u16::MAX, length) => (1, usize::from(length)),
                (length, _) => (0, usize::from(length)),
            };
            let (field, later) = records.split_at(prefix + length);
            out.extend_from_slice(if field == [0] && prefix == 1 { &[1, 0] } else { field });
            records = later;
        }
    }
}

/// What the parser calls the elements of columns that IANA has registered.
const REGISTERED: &[(&str, &str)] = &[
    ("id", "FlowId"),
    ("src_mac", "SourceMacaddress"),
    ("dst_mac", "DestinationMacaddress"),
    ("src_port", "SourceTransportPort"),
    ("dst_port", "DestinationTransportPort"),
    ("protocol", "ProtocolIdentifier"),
    ("ip_version", "IpVersion"),
    ("vlan_id", "VlanId"),
    ("bidirectional_first_seen_ms", "FlowStartMilliseconds"),
    ("bidirectional_last_seen_ms", "FlowEndMilliseconds"),
    ("bidirectional_duration_ms", "FlowDurationMilliseconds"),
    ("src2dst_packets", "PacketDeltaCount"),
    ("src2dst_bytes", "OctetDeltaCount"),
    ("application_name", "ApplicationName"),
    ("application_category_name", "ApplicationCategoryName"),
    ("user_agent", "HttpUserAgent"),
    ("content_type", "HttpContentType"),
    ("dst2src_packets", "ReversePacketDeltaCount"),
    ("dst2src_bytes", "ReverseOctetDeltaCount"),
];

/// What the parser calls the element of a column, or what the exporter calls it.
fn element(column: &str, ip_version: u8) -> String {
    let registered = REGISTERED.iter().find(|(name, _)| *name == column).map(|(_, element)| *element);
    let counted = column.strip_suffix("_packets").and_then(|name| name.split_once('_'));
    match (column, counted) {
        ("src_ip", _) => format!("SourceIpv{ip_version}address"),
        ("dst_ip", _) => format!("DestinationIpv{ip_version}address"),
        (
            _,
            Some((
                direction @ ("src2dst" | "dst2src"),
                flag @ ("syn" | "fin" | "rst" | "psh" | "ack" | "urg"),
            )),
        ) => {
            let prefix = if direction == "src2dst" { "" } else { "Reverse" };
            let (first, rest) = flag.split_at(1);
            format!("{prefix}Tcp{}{rest}TotalCount", first.to_uppercase())
        }
        _ => registered.unwrap_or(column).to_owned(),
    }
}

fn number(value: &FieldValue) -> u64 {
    match value {
        FieldValue::DataNumber(DataNumber::U8(number)) => (*number).into(),
        FieldValue::DataNumber(DataNumber::U16(number)) => (*number).into(),
        FieldValue::DataNumber(DataNumber::U32(number)) => (*number).into(),
        FieldValue::DataNumber(DataNumber::U64(number)) => *number,
        FieldValue::ProtocolType(protocol) => u8::from(*protocol).into(),
        FieldValue::Duration(DurationValue::Millis { value, .. }) => *value,
        other => panic!("{other:?}"),
    }
}

/// A value as text, as the record shows it.
fn shown(value: &FieldValue, data_type: Option<u8>) -> String {
    let bytes = match value {
        FieldValue::Vec(bytes) => bytes.as_slice(),
        FieldValue::Ip4Addr(address) => return address.to_string(),
        FieldValue::Ip6Addr(address) => return address.to_string(),
        FieldValue::String(text) if text.raw == [0] => return String::new(),
        FieldValue::String(text) => return String::from_utf8(text.raw.clone()).unwrap(),
        FieldValue::MacAddr(_) => return String::try_from(value).unwrap(),
        value => return number(value).to_string(),
    };
    match data_type.unwrap() {
        1 => bytes[0].to_string(),
        2 => u16::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        7 => i32::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        8 => i64::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        10 => Value::Float(f64::from_be_bytes(bytes.try_into().unwrap())).to_string(),
        13 if bytes == [0] => String::new(),
        13 => String::from_utf8(bytes.to_vec()).unwrap(),
        20 => {
            // RFC 6313, section 4.5.1: ordered, element 1 of 8 bytes, enterprise number.
            let (head, numbers) = bytes.split_at(9);
            assert_eq!(head[..5], [4, 0x80, 1, 0, 8]);
            assert_eq!(head[5..], DOCUMENTATION_ENTERPRISE.to_be_bytes());
            let numbers: Vec<i64> =
                numbers.chunks(8).map(|bytes| i64::from_be_bytes(bytes.try_into().unwrap())).collect();
            Value::IntList((&numbers).into()).to_string()
        }
        other => panic!("{other}"),
    }
}

fn assert_same(received: &Received, records: &[Record], derived: usize) {
    assert_eq!(received.flows.len(), records.len());
    for (flow, record) in received.flows.iter().zip(records) {
        for (index, column) in record.schema().columns().iter().enumerate() {
            let name = &*column.name;
            let element = element(name, record.flow().ip_version());
            let value = flow.get(&element).unwrap_or_else(|| {
                let is_column = |name: &&String| record.schema().index_of(name).is_some();
                let others: Vec<_> = flow.keys().filter(|name| !is_column(name)).collect();
                panic!(
                    "{name} was not received as {element}. If it has an element that IANA has registered, REGISTERED of \
                     tests/ipfix.rs has to say what netflow_parser calls that, one of {others:?}"
                )
            });
            let expected = record.value(index).unwrap().to_string();
            assert_eq!(shown(value, received.data_type(name)), expected, "{name}");
        }
        assert_eq!(flow.len(), record.schema().columns().len() + derived);
    }
}

#[test]
fn udp_messages_are_read_back() {
    // Why a flow ended, and the flags of each direction, come beside the columns.
    assert_read_back_over_udp(&everything(), 3);
}

#[test]
fn selected_columns_are_the_elements_of_the_templates() {
    let selected = |names: &[&str]| everything().selected(names).unwrap();
    assert_read_back_over_udp(&selected(&["dst_port", "share", "src_ip", "user_agent", "splt_ps"]), 0);
    assert_read_back_over_udp(&selected(&["bidirectional_packets", "expiration_id"]), 1);
    let hidden = selected(&["dst_port", "src_ip"]).anonymized(["src_ip"], b"key").unwrap();
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    assert!(Exporter::start(collector(Transport::Udp, port), hidden.schema()).is_ok());
}

fn assert_read_back_over_udp(streamer: &Streamer, derived: usize) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let records = records(streamer);
    let port = socket.local_addr().unwrap().port();
    let mut exporter = Exporter::start(collector(Transport::Udp, port), streamer.schema()).unwrap();
    exporter.write(&records).unwrap();
    exporter.finish().unwrap();
    let delivery = exporter.delivery();
    assert_eq!((delivery.sent, delivery.lost), (records.len() as u64, 0));

    socket.set_read_timeout(Some(LONG)).unwrap();
    let mut received = Received::default();
    let mut datagram = [0; 65_536];
    while received.flows.len() < records.len() {
        let length = socket.recv(&mut datagram).unwrap();
        received.take(&datagram[..length]);
    }
    assert_eq!(received.templates.len(), 2);
    assert_same(&received, &records, derived);
}

/// Reads messages from a connection until so many flows have come, or it ends.
fn read(connection: &mut TcpStream, received: &mut Received, flows: usize) {
    while received.flows.len() < flows {
        let mut head = [0; 4];
        if connection.read_exact(&mut head).is_err() {
            return;
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let mut message = head.to_vec();
        message.resize(length, 0);
        connection.read_exact(&mut message[4..]).unwrap();
        received.take(&message);
    }
}

#[test]
fn a_collector_that_dies_and_comes_back_gets_the_rest() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let streamer = everything();
    let records = records(&streamer);
    let (first, second) = records.split_at(records.len() / 2);
    let mut exporter = Exporter::start(collector(Transport::Tcp, port), streamer.schema()).unwrap();

    exporter.offer(first).unwrap();
    let mut received = Received::default();
    let (mut connection, _) = listener.accept().unwrap();
    connection.set_read_timeout(Some(LONG)).unwrap();
    read(&mut connection, &mut received, first.len());
    assert_same(&received, first, 3);

    // Nobody listens for a while. What is offered waits.
    drop((connection, listener));
    let started = Instant::now();
    let _ = exporter.offer(second);
    while exporter.delivery().trouble.is_none() {
        assert!(started.elapsed() < LONG, "no trouble is told");
        thread::sleep(Duration::from_millis(10));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let (mut connection, _) = listener.accept().unwrap();
    connection.set_read_timeout(Some(LONG)).unwrap();
    // A connection begins with templates, and counts from nothing.
    let mut received = Received::default();
    read(&mut connection, &mut received, second.len());
    assert_same(&received, second, 3);
    // To close when all was read says that it was.
    drop(connection);
    exporter.finish_soon().unwrap();
    assert_eq!(exporter.delivery().lost, 0);
    assert_eq!(exporter.delivery().sent, records.len() as u64);
}

#[test]
fn a_dead_collector_never_holds_up_a_run_and_takes_bounded_memory() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let streamer = everything();
    let records = records(&streamer);
    let mut exporter = Exporter::start(collector(Transport::Tcp, port), streamer.schema()).unwrap();
    let mut offered = 0;
    let started = Instant::now();
    while exporter.delivery().lost == 0 {
        let _ = exporter.offer(&records);
        offered += records.len() as u64;
        assert!(started.elapsed() < LONG, "the queue has no end");
    }
    let error = exporter.finish_soon().unwrap_err().to_string();
    assert_eq!(error, format!("tcp://127.0.0.1:{port}: cannot connect: connection refused"));
    assert_eq!((exporter.delivery().sent, exporter.delivery().lost), (0, offered));
}

#[test]
fn a_refusal_over_udp_is_told() {
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let streamer = everything();
    let mut exporter = Exporter::start(collector(Transport::Udp, port), streamer.schema()).unwrap();
    let _ = exporter.write(&records(&streamer));
    let error = exporter.finish().unwrap_err().to_string();
    assert_eq!(error, format!("udp://127.0.0.1:{port}: cannot send: connection refused"));
    assert!(exporter.delivery().lost > 0);
}

/// Columns of these names.
#[derive(Clone)]
struct Named(Vec<String>);

impl Plugin for Named {
    type State = ();

    fn features(&self) -> Vec<Feature<()>> {
        let feature = |name: &String| {
            Feature::new(name.clone(), Kind::Int64, Unit::None, "Nothing.", |_, ()| Value::Int(0))
        };
        self.0.iter().map(feature).collect()
    }

    fn on_init(&mut self, _: &Packet<'_>, _: &mut Flow) {}

    fn on_update(&mut self, (): &mut (), _: &Packet<'_>, _: &mut Flow) {}
}

#[test]
fn columns_that_have_no_place_are_told_before_anything_is_sent() {
    let start = |names: Vec<String>| {
        let streamer = Streamer::builder().source("none.pcap").n_dissections(0).plugin(Named(names)).build();
        let streamer = streamer.unwrap();
        let started = Exporter::start(collector(Transport::Udp, 4739), streamer.schema());
        (streamer.schema().columns().len(), started.err().map(|error| error.to_string()))
    };
    let many = |count: usize| (0..count).map(|number| format!("column_{number}")).collect();
    assert_eq!(start(many(8_000)).1, None);
    for count in [8_190, 20_000] {
        let (columns, told) = start(many(count));
        let expected =
            format!("udp://127.0.0.1:4739: {columns} columns do not fit in an IPFIX template: choose fewer");
        assert_eq!(told, Some(expected));
    }
    let (_, told) = start(vec!["a".repeat(65_510)]);
    let expected =
        "udp://127.0.0.1:4739: the name of a column does not fit in an IPFIX message: choose a shorter one";
    assert_eq!(told.as_deref(), Some(expected));
}

#[test]
fn hidden_columns_are_sent_as_digests() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let streamer = everything().anonymized(["src_ip", "src_mac", "dst_port"], b"key").unwrap();
    let records = records(&streamer);
    let port = socket.local_addr().unwrap().port();
    let mut exporter = Exporter::start(collector(Transport::Udp, port), streamer.schema()).unwrap();
    exporter.write(&records[..1]).unwrap();
    exporter.finish().unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let mut received = Received::default();
    let mut datagram = [0; 65_536];
    while received.flows.is_empty() {
        let length = socket.recv(&mut datagram).unwrap();
        received.take(&datagram[..length]);
    }
    let flow = &received.flows[0];
    for column in ["src_ip", "src_mac", "dst_port"] {
        assert_eq!(
            shown(&flow[column], received.data_type(column)),
            records[0].get(column).unwrap().to_string()
        );
    }
    assert!(!flow.contains_key("SourceIpv4address") && !flow.contains_key("SourceMacaddress"));
    assert!(flow.contains_key("DestinationIpv4address"));
}
