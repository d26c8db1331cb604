//! Templates, and records in the layout that they describe.

use std::io;
use std::net::IpAddr;

use super::elements::{
    self, As, DataType, END_FURTHER, FIRST_FURTHER, FLOW_END_REASON, Known, LIST_ITEM, REVERSE, Registered,
    TCP_CONTROL_BITS,
};
use super::message::Collecting;
use crate::column::{Column, Value, text};
use crate::flow::ExpirationReason;
use crate::record::{Record, Schema};

/// Ids of data sets: the first id that templates may have (RFC 7011, section 3.3.2), and the ids after it.
const FLOWS_IPV4: u16 = 256;
const FLOWS_IPV6: u16 = 257;
const TYPE_INFORMATION: u16 = 258;

/// Ids of sets of templates and of options templates (RFC 7011, section 3.3.2).
pub(super) const TEMPLATE_SET: u16 = 2;
pub(super) const OPTIONS_TEMPLATE_SET: u16 = 3;

/// The bit of an element that has an enterprise number (RFC 7011, section 3.2).
const ENTERPRISE_BIT: u16 = 0x8000;
/// The first byte of a length of 255 or more, which takes two further bytes (RFC 7011, section 7).
const LONG: u8 = 255;
/// The semantic of a structured data type whose order counts (RFC 6313, section 4.4.5).
const ORDERED: u8 = 4;

/// Reasons of the IANA registry `flowEndReason`: idle timeout, active timeout, end of flow detected, forced end, lack of
/// resources.
const IDLE_TIMEOUT: u8 = 1;
const ACTIVE_TIMEOUT: u8 = 2;
const END_OF_FLOW: u8 = 3;
const FORCED_END: u8 = 4;
const LACK_OF_RESOURCES: u8 = 5;

/// The flags in the order of their bits, from the lowest (RFC 9293, section 3.1; RFC 3168).
const FLAGS: [&str; 8] = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

/// The layout of records of a schema.
pub(super) struct Layout {
    enterprise: u32,
    ipv4: Vec<Field>,
    ipv6: Vec<Field>,
    /// The elements under the enterprise number, with their type information.
    own: Vec<OwnElement>,
}

/// One field of a template.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// 0 for elements that IANA has registered.
    enterprise: u32,
    id: u16,
    data_type: DataType,
    source: Source,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Column(usize),
    /// The end reason that `expiration_id` in this column stands for.
    EndReason(usize),
    /// The columns that count packets by flag, the lowest bit first.
    ControlBits([usize; 8]),
}

struct OwnElement {
    id: u16,
    data_type: DataType,
    semantics: u8,
    units: u16,
    name: String,
}

impl Layout {
    /// # Errors
    /// More columns than a template holds, or a name that is too long for type information.
    pub(super) fn new(schema: &Schema, enterprise: u32) -> io::Result<Self> {
        let mut layout =
            Self { enterprise, ipv4: Vec::new(), ipv6: Vec::new(), own: vec![OwnElement::list_item()] };
        let mut further = FIRST_FURTHER..END_FURTHER;
        for (index, column) in schema.columns().iter().enumerate() {
            let known = Known::of(column);
            let registered = known.map_or(As::Own, |known| known.registered);
            match registered {
                // A digest is neither an address nor a number.
                _ if schema.is_hidden(index) => layout.push_hidden(index, column, &mut further),
                As::One(element) => {
                    let field = Field::registered(element, Source::Column(index));
                    layout.push(field, field);
                }
                As::Address(v4, v6) => {
                    let field = |element| Field::registered(element, Source::Column(index));
                    layout.push(field(v4), field(v6));
                }
                As::Own => layout.push_own(index, column, known.map(|known| known.id), &mut further),
            }
        }
        layout.push_derived(schema);
        layout.check(schema.columns().len())?;
        Ok(layout)
    }

    fn check(&self, columns: usize) -> io::Result<()> {
        let fits = |bytes: Vec<u8>| Collecting::can_hold(bytes.len());
        let reason = if !self.templates().into_iter().all(fits) {
            format!("{columns} columns do not fit in an IPFIX template: choose fewer")
        } else if !self.type_information().1.into_iter().all(fits) {
            "the name of a column does not fit in an IPFIX message: choose a shorter one".to_owned()
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
    }

    fn push(&mut self, ipv4: Field, ipv6: Field) {
        self.ipv4.push(ipv4);
        self.ipv6.push(ipv6);
    }

    fn push_hidden(&mut self, index: usize, column: &Column, further: &mut impl Iterator<Item = u16>) {
        self.push_own(index, column, Known::named(&column.name).map(|known| known.id), further);
    }

    fn push_own(
        &mut self,
        index: usize,
        column: &Column,
        id: Option<u16>,
        further: &mut impl Iterator<Item = u16>,
    ) {
        // If there are more columns than ids, there are also more than a template holds.
        let Some(id) = id.or_else(|| further.next()) else { return };
        let data_type = DataType::of(column.kind);
        let field = Field { enterprise: self.enterprise, id, data_type, source: Source::Column(index) };
        self.push(field, field);
        self.own.push(OwnElement {
            id,
            data_type,
            semantics: elements::semantics(column),
            units: elements::units(column.unit),
            name: column.name.to_string(),
        });
    }

    /// Adds registered elements that are computed from columns which other elements export.
    fn push_derived(&mut self, schema: &Schema) {
        let shown = |name: &str| {
            let index = schema.index_of(name)?;
            (!schema.is_hidden(index) && Known::of(&schema.columns()[index]).is_some()).then_some(index)
        };
        if let Some(index) = shown("expiration_id") {
            let field = Field::registered(FLOW_END_REASON, Source::EndReason(index));
            self.push(field, field);
        }
        // The reverse element comes first: nfcapd, for example, takes it for the other one, and then uses the last that it sees.
        for (direction, element) in ["src2dst", "dst2src"].into_iter().zip(TCP_CONTROL_BITS).rev() {
            let columns = FLAGS.map(|flag| shown(&format!("{direction}_{flag}_packets")));
            if let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] = columns {
                let source = Source::ControlBits([a, b, c, d, e, f, g, h]);
                let field = Field::registered(element, source);
                self.push(field, field);
            }
        }
    }

    /// The template records of flows (RFC 7011, section 3.4.1), IPv4 and IPv6.
    pub(super) fn templates(&self) -> [Vec<u8>; 2] {
        [(FLOWS_IPV4, &self.ipv4), (FLOWS_IPV6, &self.ipv6)].map(|(id, fields)| {
            let mut template = Vec::new();
            u16(id, &mut template);
            u16(fields.len() as u16, &mut template);
            fields.iter().for_each(|field| field.specify(&mut template));
            template
        })
    }

    /// The options template record of type information (RFC 5610, section 3.9; RFC 7011, section 3.4.2.2).
    pub(super) fn type_information_template() -> Vec<u8> {
        let fields = [
            elements::PRIVATE_ENTERPRISE_NUMBER,
            elements::INFORMATION_ELEMENT_ID,
            elements::INFORMATION_ELEMENT_DATA_TYPE,
            elements::INFORMATION_ELEMENT_SEMANTICS,
            elements::INFORMATION_ELEMENT_UNITS,
            elements::INFORMATION_ELEMENT_NAME,
        ];
        let scope_fields = 2;
        let mut template = Vec::new();
        u16(TYPE_INFORMATION, &mut template);
        u16(fields.len() as u16, &mut template);
        u16(scope_fields, &mut template);
        fields
            .iter()
            .for_each(|element| Field::registered(*element, Source::Column(0)).specify(&mut template));
        template
    }

    /// The set that type information belongs to, and a record for each element under the enterprise number.
    pub(super) fn type_information(&self) -> (u16, Vec<Vec<u8>>) {
        let record = |element: &OwnElement| {
            let mut record = self.enterprise.to_be_bytes().to_vec();
            u16(element.id, &mut record);
            record.push(element.data_type as u8);
            record.push(element.semantics);
            u16(element.units, &mut record);
            variable(element.name.as_bytes(), &mut record);
            record
        };
        (TYPE_INFORMATION, self.own.iter().map(record).collect())
    }

    /// Appends a record as its template describes it, and returns the set that it belongs to.
    ///
    /// # Errors
    /// A value is not of its column's kind.
    pub(super) fn lay_out(&self, record: &Record, out: &mut Vec<u8>) -> io::Result<u16> {
        let (set, fields) = match record.flow().ip_version() {
            6 => (FLOWS_IPV6, &self.ipv6),
            _ => (FLOWS_IPV4, &self.ipv4),
        };
        for field in fields {
            field.lay_out(record, self.enterprise, out)?;
        }
        Ok(set)
    }
}

impl OwnElement {
    fn list_item() -> Self {
        let name = "listItem".to_owned();
        Self { id: LIST_ITEM, data_type: DataType::Signed64, semantics: 0, units: 0, name }
    }
}

impl Field {
    fn registered(element: Registered, source: Source) -> Self {
        let enterprise = if element.is_reverse { REVERSE } else { 0 };
        Self { enterprise, id: element.id, data_type: element.data_type, source }
    }

    /// The field specifier (RFC 7011, section 3.2).
    fn specify(self, out: &mut Vec<u8>) {
        u16(if self.enterprise == 0 { self.id } else { self.id | ENTERPRISE_BIT }, out);
        u16(self.data_type.length(), out);
        if self.enterprise != 0 {
            out.extend_from_slice(&self.enterprise.to_be_bytes());
        }
    }

    fn lay_out(self, record: &Record, enterprise: u32, out: &mut Vec<u8>) -> io::Result<()> {
        match self.source {
            Source::Column(index) => {
                let value = record.value(index);
                let laid_out =
                    value.as_ref().and_then(|value| self.data_type.lay_out(value, enterprise, out));
                laid_out.ok_or_else(|| misfit(record, index))
            }
            Source::EndReason(index) => {
                out.push(match int(record, index) {
                    0 => match record.expiration_reason() {
                        Some(
                            ExpirationReason::Close | ExpirationReason::Reset | ExpirationReason::PortReuse,
                        ) => END_OF_FLOW,
                        Some(ExpirationReason::EndOfInput) => FORCED_END,
                        _ => IDLE_TIMEOUT,
                    },
                    1 => ACTIVE_TIMEOUT,
                    2 => LACK_OF_RESOURCES,
                    _ => END_OF_FLOW,
                });
                Ok(())
            }
            Source::ControlBits(columns) => {
                let bits = columns.iter().enumerate().filter(|(_, index)| int(record, **index) > 0);
                u16(bits.fold(0, |bits, (bit, _)| bits | 1 << bit), out);
                Ok(())
            }
        }
    }
}

impl DataType {
    /// Appends a value; `None` when it is not of this type.
    fn lay_out(self, value: &Value<'_>, enterprise: u32, out: &mut Vec<u8>) -> Option<()> {
        match (self, value) {
            (Self::Unsigned8, Value::Int(number)) => out.push(u8::try_from(*number).ok()?),
            (Self::Unsigned16, Value::Int(number)) => u16(u16::try_from(*number).ok()?, out),
            // A duration of more than 49 days becomes the longest that fits.
            (Self::Unsigned32, Value::Int(number)) => {
                let number = u32::try_from((*number).max(0)).unwrap_or(u32::MAX);
                out.extend_from_slice(&number.to_be_bytes());
            }
            (Self::Signed32, Value::Int(number)) => {
                out.extend_from_slice(&i32::try_from(*number).ok()?.to_be_bytes());
            }
            (Self::Unsigned64 | Self::DateTimeMilliseconds | Self::Signed64, Value::Int(number)) => {
                out.extend_from_slice(&number.to_be_bytes());
            }
            (Self::Float64, Value::Float(number)) => out.extend_from_slice(&number.to_be_bytes()),
            (Self::MacAddress, Value::Mac(bytes)) if bytes.len() == 6 => out.extend_from_slice(bytes),
            (Self::Ipv4Address, Value::Ip(IpAddr::V4(address))) => out.extend_from_slice(&address.octets()),
            (Self::Ipv6Address, Value::Ip(IpAddr::V6(address))) => out.extend_from_slice(&address.octets()),
            (Self::BasicList, Value::IntList(numbers)) => basic_list(numbers, enterprise, out),
            (Self::String, Value::Text(text)) => variable(text.as_bytes(), out),
            (Self::String, Value::Ip(_) | Value::Mac(_) | Value::TextList(_) | Value::TextStruct(_)) => {
                let mut shown = Vec::new();
                match value {
                    Value::Ip(address) => text::ip(*address, &mut shown),
                    Value::Mac(bytes) => text::mac(bytes, &mut shown),
                    Value::TextList(texts) => text::text_list(texts, b", ", &mut shown),
                    Value::TextStruct(members) => text::json_object(members, &mut shown),
                    _ => return None,
                }
                variable(&shown, out);
            }
            _ => return None,
        }
        Some(())
    }
}

/// A `basicList` (RFC 6313, section 4.5.1) of signed64.
fn basic_list(numbers: &[i64], enterprise: u32, out: &mut Vec<u8>) {
    let mut list = vec![ORDERED];
    u16(LIST_ITEM | ENTERPRISE_BIT, &mut list);
    u16(DataType::Signed64.length(), &mut list);
    list.extend_from_slice(&enterprise.to_be_bytes());
    list.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    variable(&list, out);
}

/// Appends a value that gives its own length (RFC 7011, section 7). A value that does not fit in 65,535 bytes does not fit in a
/// message either: its record is refused for its length.
fn variable(bytes: &[u8], out: &mut Vec<u8>) {
    match u8::try_from(bytes.len()) {
        Ok(length) if length < LONG => out.push(length),
        _ => {
            out.push(LONG);
            u16(bytes.len() as u16, out);
        }
    }
    out.extend_from_slice(bytes);
}

fn u16(number: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn int(record: &Record, index: usize) -> i64 {
    match record.value(index) {
        Some(Value::Int(number)) => number,
        _ => 0,
    }
}

fn misfit(record: &Record, index: usize) -> io::Error {
    let Column { name, kind, .. } = &record.schema().columns()[index];
    let reason = match record.value(index) {
        Some(value) => format!("column {name}: {value} is not of its kind, {kind}"),
        None => format!("column {name}: a record has no value"),
    };
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
