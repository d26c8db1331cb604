//! CSV: comma-separated values (RFC 4180), with a line feed at the end of each line.

use super::declaration::Declaration;
use super::lines::{Layout, Lines};
use crate::column::{Value, text};
use crate::record::{Record, Schema};

pub(super) const CSV: Declaration = Declaration {
    name: "csv",
    extensions: &["csv"],
    is_text: true,
    is_stream: true,
    doc: "Comma-separated values, RFC 4180",
    begin: |schema, output, form| Lines::begin(Csv::new(schema, false), output, form.compression),
};

pub(super) const CSV_SAFE: Declaration = Declaration {
    begin: |schema, output, form| Lines::begin(Csv::new(schema, true), output, form.compression),
    ..CSV
};

pub(in crate::sinks) struct Csv {
    header: Vec<u8>,
    /// Whether text is kept from beginning a formula.
    is_safe: bool,
}

impl Csv {
    pub(in crate::sinks) fn new(schema: &Schema, is_safe: bool) -> Self {
        let field = if is_safe { safe_field } else { field };
        let mut header = Vec::new();
        for (index, column) in schema.columns().iter().enumerate() {
            if index > 0 {
                header.push(b',');
            }
            field(&column.name, &mut header);
        }
        header.push(b'\n');
        Self { header, is_safe }
    }
}

impl Layout for Csv {
    fn header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header);
    }

    fn line(&self, record: &Record, out: &mut Vec<u8>) {
        match self.is_safe {
            true => cells::<true>(record, out),
            false => cells::<false>(record, out),
        }
        // The last comma ends the line.
        out.pop();
        out.push(b'\n');
    }

    fn whole(&self, text: &[u8]) -> u64 {
        let mut is_quoted = false;
        let ends = text.iter().filter(|byte| {
            is_quoted ^= **byte == b'"';
            **byte == b'\n' && !is_quoted
        });
        ends.count() as u64
    }
}

/// Writes values, each with a comma after it. With `SAFE`, no text begins a formula.
fn cells<const SAFE: bool>(record: &Record, out: &mut Vec<u8>) {
    let field = if SAFE { safe_field } else { field };
    record.for_each_value(|value| {
        match &value {
            Value::Int(number) => return text::int_and(*number, b',', out),
            Value::Float(number) => return text::float_and(*number, b',', out),
            Value::Text(text) => field(text, out),
            Value::Ip(address) => text::ip(*address, out),
            Value::Mac(bytes) => text::mac(bytes, out),
            Value::IntList(numbers) => {
                out.push(b'"');
                text::int_list(numbers, b", ", out);
                out.push(b'"');
            }
            Value::TextList(_) | Value::TextStruct(_) => field(&value.to_string(), out),
        }
        out.push(b',');
    });
}

/// Writes text that no spreadsheet takes for a formula: an apostrophe comes before text that would begin one (OWASP, "CSV
/// Injection").
fn safe_field(text: &str, out: &mut Vec<u8>) {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        field(&format!("'{text}"), out);
    } else {
        field(text, out);
    }
}

/// Writes text, in double quotes if its characters need them (RFC 4180, section 2, rules 5 to 7).
pub(in crate::sinks) fn field(text: &str, out: &mut Vec<u8>) {
    if !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for (index, piece) in text.split('"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(piece.as_bytes());
    }
    out.push(b'"');
}
