//! JSON Lines: one JSON object (RFC 8259) on each line.

use super::lines::Layout;
use crate::column::Value;
use crate::record::{Record, Schema};
use crate::text;

pub(super) struct JsonLines {
    /// For each column what comes before its value: `{"id":`, `,"src_ip":`.
    names: Vec<Box<[u8]>>,
}

impl JsonLines {
    pub(super) fn new(schema: &Schema) -> Self {
        let name = |(index, column): (usize, &crate::Column)| {
            let mut name = vec![if index == 0 { b'{' } else { b',' }];
            text::json_string(&column.name, &mut name);
            name.push(b':');
            name.into()
        };
        Self { names: schema.columns().iter().enumerate().map(name).collect() }
    }
}

impl Layout for JsonLines {
    fn header(&self, _: &mut Vec<u8>) {}

    fn line(&self, record: &Record, out: &mut Vec<u8>) {
        let mut names = self.names.iter();
        record.for_each_value(|value| {
            out.extend_from_slice(names.next().map_or(&[], |name| name));
            member(&value, out);
        });
        out.extend_from_slice(b"}\n");
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
        Value::TextStruct(members) => text::json_object(members, out),
    }
}
