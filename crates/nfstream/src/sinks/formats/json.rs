//! JSON (RFC 8259): an object for each record, on a line of its own, or in an array.

use super::declaration::Declaration;
use super::lines::{Layout, Lines};
use crate::column::{Value, text};
use crate::record::{Record, Schema};
use crate::visible::{self, Escape};

pub(super) const JSON_LINES: Declaration = Declaration {
    name: "jsonl",
    extensions: &["jsonl", "ndjson"],
    is_text: true,
    is_stream: true,
    doc: "JSON Lines: an object on each line, RFC 8259",
    begin: |schema, output, form| Lines::begin(JsonLines(Objects::new(schema)), output, form.compression),
};

pub(super) const JSON: Declaration = Declaration {
    name: "json",
    extensions: &["json"],
    doc: "JSON: an array of the same objects",
    begin: |schema, output, form| Lines::begin(JsonArray(Objects::new(schema)), output, form.compression),
    ..JSON_LINES
};

/// The parts that objects are made of.
pub(in crate::sinks) struct Objects {
    /// For each column, the text before its value: `{"id":`, `,"src_ip":`.
    names: Vec<Box<[u8]>>,
}

impl Objects {
    pub(in crate::sinks) fn new(schema: &Schema) -> Self {
        let name = |(index, column): (usize, &crate::Column)| {
            let mut name = vec![if index == 0 { b'{' } else { b',' }];
            text::json_string(&column.name, &mut name);
            name.push(b':');
            name.into()
        };
        Self { names: schema.columns().iter().enumerate().map(name).collect() }
    }

    /// Writes a record as an object without its closing brace, so that further members may follow.
    pub(in crate::sinks) fn open(&self, record: &Record, out: &mut Vec<u8>) {
        let mut names = self.names.iter();
        record.for_each_value(|value| {
            out.extend_from_slice(names.next().map_or(&[], |name| name));
            member(&value, out);
        });
    }
}

/// JSON Lines: one object on each line.
pub(in crate::sinks) struct JsonLines(pub(in crate::sinks) Objects);

impl Layout for JsonLines {
    const ESCAPE: Escape = visible::in_json;

    fn header(&self, _: &mut Vec<u8>) {}

    fn line(&self, record: &Record, out: &mut Vec<u8>) {
        self.0.open(record, out);
        out.extend_from_slice(b"}\n");
    }

    fn whole(&self, text: &[u8]) -> u64 {
        text.iter().filter(|byte| **byte == b'\n').count() as u64
    }
}

/// JSON: an array of objects, each on its own line.
pub(in crate::sinks) struct JsonArray(pub(in crate::sinks) Objects);

impl JsonArray {
    pub(in crate::sinks) const BEGIN: &'static [u8] = b"[";
    pub(in crate::sinks) const END: &'static [u8] = b"\n]\n";
    pub(in crate::sinks) const BETWEEN: &'static [u8] = b",";
}

impl Layout for JsonArray {
    const ESCAPE: Escape = visible::in_json;

    fn header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(Self::BEGIN);
    }

    fn line(&self, record: &Record, out: &mut Vec<u8>) {
        out.extend_from_slice(Self::BETWEEN);
        out.push(b'\n');
        self.0.open(record, out);
        out.push(b'}');
    }

    fn separator(&self) -> &'static [u8] {
        Self::BETWEEN
    }

    fn whole(&self, text: &[u8]) -> u64 {
        // Each object begins with a line feed. The last one may be cut short.
        let begun = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        begun.saturating_sub(1)
    }

    fn footer(&self) -> &'static [u8] {
        Self::END
    }
}

fn member(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Int(number) => text::int(*number, out),
        Value::Float(number) if number.is_finite() => text::float(*number, out),
        Value::Float(_) => out.extend_from_slice(b"null"),
        Value::Text(text) => text::json_string(text, out),
        Value::Ip(address) => {
            out.push(b'"');
            text::ip(*address, out);
            out.push(b'"');
        }
        Value::Mac(bytes) => {
            out.push(b'"');
            text::mac(bytes, out);
            out.push(b'"');
        }
        Value::IntList(numbers) => text::int_list(numbers, b",", out),
        Value::TextList(texts) => text::text_list(texts, b",", out),
        Value::TextStruct(members) => text::json_object(members, out),
    }
}
