//! Values of records, with their kinds and units.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::column::text;

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Unsigned 8-bit integer.
    UInt8,
    /// Unsigned 16-bit integer.
    UInt16,
    /// Signed 32-bit integer.
    Int32,
    /// Signed 64-bit integer.
    Int64,
    /// IEEE 754 double.
    Float64,
    /// UTF-8 text.
    Text,
    /// List of signed 64-bit integers.
    Int64List,
    /// List of UTF-8 texts.
    TextList,
    /// For each of these names, a text or none.
    TextStruct(&'static [&'static str]),
}

impl Kind {
    /// The name used in documentation and in listings.
    pub fn name(self) -> &'static str {
        match self {
            Kind::UInt8 => "uint8",
            Kind::UInt16 => "uint16",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Float64 => "float64",
            Kind::Text => "text",
            Kind::Int64List => "list of int64",
            Kind::TextList => "list of text",
            Kind::TextStruct(_) => "struct of text",
        }
    }

    /// Whether a column of this kind can be [set](crate::Record::with_values) to a value; a struct never can.
    pub fn takes(self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Kind::UInt8, Value::Int(number)) => u8::try_from(*number).is_ok(),
            (Kind::UInt16, Value::Int(number)) => u16::try_from(*number).is_ok(),
            (Kind::Int32, Value::Int(number)) => i32::try_from(*number).is_ok(),
            (Kind::Int64, Value::Int(_))
            | (Kind::Float64, Value::Float(_))
            | (Kind::Text, Value::Text(_) | Value::Ip(_) | Value::Mac(_))
            | (Kind::Int64List, Value::IntList(_))
            | (Kind::TextList, Value::TextList(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The unit of a column's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// A name, an address, an identifier: no unit.
    None,
    /// Milliseconds since the Unix epoch.
    EpochMilliseconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// Packets.
    Packets,
}

impl Unit {
    /// The symbol used in documentation and metadata; empty for [`Unit::None`].
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::EpochMilliseconds => "ms since epoch",
            Unit::Milliseconds => "ms",
            Unit::Bytes => "bytes",
            Unit::Packets => "packets",
        }
    }
}

/// One value of a record, of the [`Kind`] of its column; addresses stay binary until they are written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// For every integer kind.
    Int(i64),
    /// For [`Kind::Float64`].
    Float(f64),
    /// For [`Kind::Text`].
    Text(Cow<'a, str>),
    /// For [`Kind::Text`]: an IP address.
    Ip(IpAddr),
    /// For [`Kind::Text`]: a MAC address (six bytes) or its first three bytes, the organisation's identifier.
    Mac(&'a [u8]),
    /// For [`Kind::Int64List`].
    IntList(Cow<'a, [i64]>),
    /// For [`Kind::TextList`].
    TextList(Vec<&'static str>),
    /// For [`Kind::TextStruct`]: the names that have a text, each with its text.
    TextStruct(Vec<(&'static str, &'a str)>),
}

impl From<u64> for Value<'_> {
    /// Counters stay far below 2^63; a larger number becomes the largest possible one.
    fn from(number: u64) -> Self {
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Writes the value as CSV and text show it: numbers in their shortest exact form (as Python's `repr` has them), a list as
/// `[1, 2]` or `["a", "b"]`, a struct as JSON.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Vec::new();
        match self {
            Value::Text(text) => return f.write_str(text),
            Value::Int(number) => text::int(*number, &mut shown),
            Value::Float(number) => text::float(*number, &mut shown),
            Value::Ip(address) => text::ip(*address, &mut shown),
            Value::Mac(bytes) => text::mac(bytes, &mut shown),
            Value::IntList(numbers) => text::int_list(numbers, b", ", &mut shown),
            Value::TextList(texts) => text::text_list(texts, b", ", &mut shown),
            Value::TextStruct(members) => text::json_object(members, &mut shown),
        }
        f.write_str(std::str::from_utf8(&shown).map_err(|_| fmt::Error)?)
    }
}
