//! Any values and columns in IPFIX messages: no panic, and messages that a strict reader of RFC 7011 takes apart into the same values.
//!
//! The input chooses columns, the length of messages, and values; or names of columns, and how many.
#![no_main]

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nfstream::sinks::ipfix::{Collector, messages};
use nfstream::{Feature, Flow, Kind, Packet, Plugin, Record, Streamer, StreamerBuilder, Unit, Value};

const CAPTURES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/web.pcap"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/http-ipv6.pcap"),
];

const KINDS: [Kind; 7] =
    [Kind::UInt8, Kind::UInt16, Kind::Int32, Kind::Int64, Kind::Float64, Kind::Text, Kind::Int64List];

/// The longest message, and the header of one with the header of a set (RFC 7011, section 3).
const LONGEST: usize = 65_535;
const HEADERS: usize = 20;
/// The length of a field whose values say theirs (section 3.2).
const VARIABLE: u16 = 65_535;
const REVERSE: u32 = 29_305;
const FLOW_DURATION_MILLISECONDS: u16 = 161;
const BASIC_LIST: u8 = 20;

/// Columns that the values are given to.
#[derive(Clone)]
struct Further(Vec<(String, Kind)>);

impl Plugin for Further {
    type State = ();

    fn features(&self) -> Vec<Feature<()>> {
        let value = |kind| match kind {
            Kind::Float64 => Value::Float(0.0),
            Kind::Text => Value::Text("".into()),
            Kind::Int64List => Value::IntList((&[]).into()),
            Kind::TextList => Value::TextList(Vec::new()),
            _ => Value::Int(0),
        };
        let feature = |(name, kind): &(String, Kind)| {
            let kind = *kind;
            Feature::new(name.clone(), kind, Unit::None, "Any value.", move |_, ()| value(kind))
        };
        self.0.iter().map(feature).collect()
    }

    fn on_init(&mut self, _: &Packet<'_>, _: &mut Flow) {}

    fn on_update(&mut self, (): &mut (), _: &Packet<'_>, _: &mut Flow) {}
}

fn further(names: impl IntoIterator<Item = String>) -> Further {
    Further(names.into_iter().zip(KINDS.into_iter().cycle()).collect())
}

/// A record of IPv4 and one of IPv6, for each set of columns.
static RECORDS: LazyLock<[[Record; 2]; 4]> = LazyLock::new(|| {
    let begin = || {
        let names = (0..14).map(|number| format!("further_{number}"));
        Streamer::builder().sources(CAPTURES).n_meters(1).plugin(further(names))
    };
    let build = |builder: StreamerBuilder| builder.build().expect("columns have names of their own");
    let plain = build(begin().n_dissections(0));
    let all = build(begin().statistical_analysis(true).splt_analysis(3).l7_metadata(true));
    let hidden = all.anonymized(["src_ip", "dst_port", "further_4", "further_6"], b"key");
    let some = all.selected(["further_5", "dst_ip", "further_6", "expiration_id", "id"]);
    [plain, all, hidden.expect("the columns exist"), some.expect("the columns exist")].map(|streamer| {
        let records = streamer.records().expect("the captures are there");
        let records: Vec<Record> = records.map(|record| record.expect("the captures are whole")).collect();
        let mut of_versions =
            [4, 6].map(|version| records.iter().position(|record| version_of(record) == version));
        let mut records: Vec<_> = records.into_iter().map(Some).collect();
        of_versions.each_mut().map(|index| {
            let index = index.expect("the captures have both versions");
            records[index].take().expect("they are of different flows")
        })
    })
});

fn version_of(record: &Record) -> i64 {
    let columns = record.schema().every_column();
    let index = columns.iter().position(|column| column.name == "ip_version").expect("a core column");
    match record.plain_value(index) {
        Some(Value::Int(version)) => version,
        other => panic!("{other:?}"),
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    // An input that is too short for what it began is as good as one without that.
    let _ = if input.arbitrary().unwrap_or(false) { columns(&mut input) } else { values(&mut input) };
});

fn collector(input: &mut Unstructured) -> Result<Collector> {
    let collector: Collector = "localhost".parse().expect("it is one");
    Ok(Collector {
        domain: input.arbitrary()?,
        enterprise: *input.choose(&[32_473, 1, u32::MAX])?,
        ..collector
    })
}

/// Columns with any names, and of any number.
fn columns(input: &mut Unstructured) -> Result<()> {
    let collector = collector(input)?;
    let many = *input.choose(&[0, 1, 100, 8_000, 8_100, 8_180, 8_200, 17_000])?;
    let mut names: Vec<String> = (0..many).map(|number| format!("further_{number}")).collect();
    while !input.is_empty() {
        names.push(text(input)?);
    }
    let longest = names.iter().map(String::len).max().unwrap_or(0);
    let built = Streamer::builder().source(CAPTURES[0]).n_dissections(0).plugin(further(names)).build();
    // Two have one name.
    let Ok(streamer) = built else { return Ok(()) };
    let schema = streamer.schema();
    let most = 1_420;
    let enterprise = collector.enterprise;
    match messages(collector, schema, &[], most) {
        Ok((messages, _)) => {
            let mut collected = Collected::default();
            messages.iter().for_each(|message| collected.take(message, most));
            collected.assert_known(schema.columns(), enterprise);
        }
        Err(_) => assert!(
            longest > 65_400 || schema.columns().len() > 8_100,
            "{longest}, {}",
            schema.columns().len()
        ),
    }
    Ok(())
}

/// Records with any values.
fn values(input: &mut Unstructured) -> Result<()> {
    let collector = collector(input)?;
    let bases = input.choose(&*RECORDS)?;
    let most = *input.choose(&[1_420, 32 << 10, 100, LONGEST])?;
    let mut records: Vec<Record> = Vec::new();
    while !input.is_empty() && records.len() < 40 {
        let base = input.choose(bases)?;
        let columns = base.schema().every_column();
        let mut values = Vec::new();
        for _ in 0..input.int_in_range(0..=4)? {
            let place = input.choose_index(columns.len())?;
            // Now and then of another kind than the column's.
            let kind = if input.ratio(1, 16)? { *input.choose(&KINDS)? } else { columns[place].kind };
            values.push((place, value(kind, input)?));
        }
        records.extend(base.with_values(values).ok());
    }

    let schema = bases[0].schema();
    let enterprise = collector.enterprise;
    let (messages, lost) = messages(collector, schema, &records, most).expect("the columns have a place");
    let mut collected = Collected::default();
    messages.iter().for_each(|message| collected.take(message, most));
    collected.assert_known(schema.columns(), enterprise);
    let expected: Vec<_> = records.iter().filter_map(|record| collected.expected(record)).collect();
    assert_eq!(lost as usize, records.len() - expected.len());
    assert_eq!(collected.flows.len(), expected.len());
    for ((set, values), (expected_set, expected)) in collected.flows.iter().zip(&expected) {
        assert_eq!(set, expected_set);
        assert_eq!(&values[..expected.len()], expected);
    }
    Ok(())
}

fn value(kind: Kind, input: &mut Unstructured) -> Result<Value<'static>> {
    Ok(match kind {
        Kind::UInt8 => Value::Int(input.arbitrary::<u8>()?.into()),
        Kind::UInt16 => Value::Int(input.arbitrary::<u16>()?.into()),
        Kind::Int32 => Value::Int(input.arbitrary::<i32>()?.into()),
        Kind::Int64 => Value::Int(input.arbitrary()?),
        Kind::Float64 => Value::Float(input.arbitrary()?),
        Kind::TextList => Value::TextList(vec!["a"; input.int_in_range(0..=3)?]),
        Kind::Int64List => {
            Value::IntList(repeated(input.arbitrary::<Vec<i64>>()?, input, 70_000 / 8)?.into())
        }
        Kind::Text => match input.int_in_range(0..=7)? {
            0 => Value::Ip(IpAddr::from(input.arbitrary::<[u8; 4]>()?)),
            1 => Value::Ip(IpAddr::from(input.arbitrary::<[u8; 16]>()?)),
            2 => Value::Mac(&[2, 0, 0, 0, 0, 1][..*input.choose(&[3, 6])?]),
            _ => Value::Text(text(input)?.into()),
        },
        // A struct cannot be given values: the record refuses.
        _ => Value::Int(0),
    })
}

/// A text, long ones of one piece again and again.
fn text(input: &mut Unstructured) -> Result<String> {
    let piece = input.arbitrary::<&str>()?.as_bytes().to_vec();
    Ok(String::from_utf8(repeated(piece, input, 70_000)?).expect("whole characters follow each other"))
}

fn repeated<T: Copy>(piece: Vec<T>, input: &mut Unstructured, most: usize) -> Result<Vec<T>> {
    if piece.is_empty() || input.ratio(3, 4)? {
        return Ok(piece);
    }
    Ok(piece.repeat(input.int_in_range(1..=most)? / piece.len() + 1))
}

/// What is still to be read of a message, or of a part of one.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        assert!(length <= self.0.len(), "{length} bytes of {}", self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn u8(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take(2).try_into().expect("two bytes"))
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    /// A value that says its length, in the shortest way (section 7).
    fn variable(&mut self) -> &'a [u8] {
        let length = match self.u8() {
            255 => {
                let length = self.u16();
                assert!(length >= 255, "{length} fits in a byte");
                length
            }
            length => length.into(),
        };
        self.take(length.into())
    }
}

/// A field of a template, by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    enterprise: u32,
    id: u16,
    length: u16,
}

impl Field {
    fn read(rest: &mut Rest) -> Self {
        let (id, length) = (rest.u16(), rest.u16());
        let enterprise = if id & 0x8000 == 0 { 0 } else { rest.u32() };
        assert!(id & 0x7fff != 0 && length != 0, "{enterprise}/{id}: {length}");
        Self { enterprise, id: id & 0x7fff, length }
    }

    fn value<'a>(&self, rest: &mut Rest<'a>) -> &'a [u8] {
        if self.length == VARIABLE { rest.variable() } else { rest.take(self.length.into()) }
    }

    /// What is read of a column's value; none where it is of another type.
    fn expected(&self, value: &Value<'_>) -> Option<Vec<u8>> {
        match (value, self.length) {
            (Value::Int(number), 4) if (self.enterprise, self.id) == (0, FLOW_DURATION_MILLISECONDS) => {
                Some(((*number).clamp(0, u32::MAX.into()) as u32).to_be_bytes().to_vec())
            }
            (Value::Int(number), length @ (1 | 2 | 4 | 8)) => {
                Some(number.to_be_bytes()[8 - usize::from(length)..].to_vec())
            }
            (Value::Float(number), 8) => Some(number.to_be_bytes().to_vec()),
            (Value::Ip(IpAddr::V4(address)), 4) => Some(address.octets().to_vec()),
            (Value::Ip(IpAddr::V6(address)), 16) => Some(address.octets().to_vec()),
            (Value::Mac(address), 6) => (address.len() == 6).then(|| address.to_vec()),
            (Value::IntList(numbers), VARIABLE) => {
                Some(numbers.iter().flat_map(|number| number.to_be_bytes()).collect())
            }
            (
                Value::Text(_) | Value::Ip(_) | Value::Mac(_) | Value::TextList(_) | Value::TextStruct(_),
                VARIABLE,
            ) => {
                Some(value.to_string().into_bytes())
            }
            _ => None,
        }
    }
}

/// What a collector knows of messages.
#[derive(Default)]
struct Collected {
    domain: Option<u32>,
    sequence: u32,
    templates: HashMap<u16, Vec<Field>>,
    /// Of type information.
    options: Option<u16>,
    /// By element: the number of the abstract data type, and the name.
    types: HashMap<(u32, u16), (u8, String)>,
    /// The set and the values of each record.
    flows: Vec<(u16, Vec<Vec<u8>>)>,
}

impl Collected {
    /// Takes a message apart, which has at most so many bytes unless it has one record.
    fn take(&mut self, message: &[u8], most: usize) {
        let mut rest = Rest(message);
        assert_eq!((rest.u16(), usize::from(rest.u16())), (10, message.len()));
        let _export_time = rest.u32();
        assert_eq!(rest.u32(), self.sequence);
        let domain = rest.u32();
        assert_eq!(*self.domain.get_or_insert(domain), domain);
        let mut records = 0;
        while !rest.0.is_empty() {
            let (id, length) = (rest.u16(), usize::from(rest.u16()));
            let mut set = Rest(rest.take(length.checked_sub(4).expect("a set has a header")));
            assert!(!set.0.is_empty(), "a set has records");
            while !set.0.is_empty() {
                self.take_record(id, &mut set);
                records += 1;
            }
        }
        assert!(records > 0 && (message.len() <= most || records == 1), "{} bytes, {records}", message.len());
    }

    fn take_record(&mut self, set: u16, rest: &mut Rest) {
        match set {
            2 => {
                let (id, fields) = (rest.u16(), rest.u16());
                let fields: Vec<_> = (0..fields).map(|_| Field::read(rest)).collect();
                assert!(id >= 256 && !fields.is_empty());
                assert_eq!(self.templates.insert(id, fields), None, "{id}");
            }
            3 => {
                let (id, fields, scope) = (rest.u16(), rest.u16(), rest.u16());
                let fields: Vec<_> = (0..fields).map(|_| Field::read(rest)).collect();
                assert!(id >= 256 && scope == 2 && self.options.replace(id).is_none());
                // RFC 5610, section 3.9.
                let fields: Vec<_> =
                    fields.iter().map(|field| (field.enterprise, field.id, field.length)).collect();
                assert_eq!(
                    fields,
                    [(0, 346, 4), (0, 303, 2), (0, 339, 1), (0, 344, 1), (0, 345, 2), (0, 341, VARIABLE)]
                );
            }
            set if self.options == Some(set) => {
                self.sequence += 1;
                let element = (rest.u32(), rest.u16());
                let data_type = rest.u8();
                let (_semantics, _units) = (rest.u8(), rest.u16());
                let name = str::from_utf8(rest.variable()).expect("names are text").to_owned();
                assert_eq!(self.types.insert(element, (data_type, name)), None, "{element:?}");
            }
            set => {
                self.sequence += 1;
                let fields = &self.templates[&set];
                let values = fields.iter().map(|field| self.plain(field, field.value(rest))).collect();
                self.flows.push((set, values));
            }
        }
    }

    /// The numbers of a basicList (RFC 6313, section 4.5.1); what is no list as it is.
    fn plain(&self, field: &Field, value: &[u8]) -> Vec<u8> {
        if !self
            .types
            .get(&(field.enterprise, field.id))
            .is_some_and(|(data_type, _)| *data_type == BASIC_LIST)
        {
            return value.to_vec();
        }
        let mut rest = Rest(value);
        assert_eq!(rest.u8(), 4, "the order counts");
        let item = Field::read(&mut rest);
        assert_eq!(item, Field { enterprise: field.enterprise, id: 1, length: 8 });
        assert!(rest.0.len().is_multiple_of(8));
        rest.0.to_vec()
    }

    /// Templates have the columns in their order, and the elements that are not registered have their names and types.
    fn assert_known(&self, columns: &[nfstream::Column], enterprise: u32) {
        assert_eq!(self.templates.len(), 2);
        for fields in self.templates.values() {
            assert!(fields.len() >= columns.len());
            let mut elements: Vec<_> = fields.iter().map(|field| (field.enterprise, field.id)).collect();
            elements.sort_unstable();
            elements.dedup();
            assert_eq!(elements.len(), fields.len(), "an element comes twice");
            for (field, column) in fields.iter().zip(columns) {
                if field.enterprise != enterprise {
                    assert!(matches!(field.enterprise, 0 | REVERSE), "{field:?}");
                    continue;
                }
                let (data_type, name) = &self.types[&(field.enterprise, field.id)];
                assert_eq!(*name, column.name);
                let expected = match column.kind {
                    Kind::UInt8 => (1, 1),
                    Kind::UInt16 => (2, 2),
                    Kind::Int32 => (7, 4),
                    Kind::Int64 => (8, 8),
                    Kind::Float64 => (10, 8),
                    Kind::Int64List => (BASIC_LIST, VARIABLE),
                    _ => (13, VARIABLE),
                };
                assert_eq!((*data_type, field.length), expected, "{name}");
            }
        }
    }

    /// The set and the values that a record is to be read as; none where it cannot be sent.
    fn expected(&self, record: &Record) -> Option<(u16, Vec<Vec<u8>>)> {
        let set = if record.flow().ip_version() == 6 { 257 } else { 256 };
        let fields = &self.templates[&set];
        let values = record.values().zip(fields).map(|(value, field)| field.expected(&value));
        let values: Vec<Vec<u8>> = values.collect::<Option<_>>()?;
        let mut length = 0;
        for (index, field) in fields.iter().enumerate() {
            length += match field.length {
                VARIABLE => {
                    let list_header = 9;
                    let (data_type, _) =
                        self.types.get(&(field.enterprise, field.id)).cloned().unwrap_or_default();
                    let value = values[index].len() + if data_type == BASIC_LIST { list_header } else { 0 };
                    value + if value < 255 { 1 } else { 3 }
                }
                fixed => fixed.into(),
            };
        }
        (length + HEADERS <= LONGEST).then_some((set, values))
    }
}
