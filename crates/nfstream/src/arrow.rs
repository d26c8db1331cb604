//! Records as Apache Arrow record batches.
//!
//! ```no_run
//! use nfstream::Streamer;
//! use nfstream::arrow::BATCH_ROWS;
//!
//! let records = Streamer::builder().source("capture.pcap").build()?.records()?;
//! for batch in records.batches(BATCH_ROWS) {
//!     println!("{} rows", batch?.num_rows());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::str;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Float64Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
    UInt8Builder, UInt16Builder,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Fields, Metadata, SchemaRef};

use crate::column::{Column, Kind, Unit, Value};
use crate::record::{Record, Schema};
use crate::run::Records;
use crate::text;

/// Rows of a batch where nothing speaks for another number.
pub const BATCH_ROWS: usize = 65_536;

/// Bytes of text and lists at which a batch is full, whatever its rows: they bound memory, and Arrow's offsets have 31
/// bits.
const BATCH_VARIABLE_BYTES: usize = 64 << 20;

/// No field is nullable. A field's metadata says its column's `unit` ([`Unit::symbol`], absent for [`Unit::None`]) and its
/// `doc`.
impl From<&Schema> for arrow_schema::Schema {
    fn from(schema: &Schema) -> Self {
        arrow_schema::Schema::new(schema.columns().iter().map(field).collect::<Vec<_>>())
    }
}

fn field(column: &Column) -> Field {
    let mut metadata = vec![("doc".to_owned(), column.doc.to_string())];
    if column.unit != Unit::None {
        metadata.push(("unit".to_owned(), column.unit.symbol().to_owned()));
    }
    Field::new(column.name.as_ref(), data_type(column.kind), false)
        .with_metadata(metadata.into_iter().collect::<Metadata>())
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::UInt8 => DataType::UInt8,
        Kind::UInt16 => DataType::UInt16,
        Kind::Int32 => DataType::Int32,
        Kind::Int64 => DataType::Int64,
        Kind::Float64 => DataType::Float64,
        Kind::Text => DataType::Utf8,
        Kind::Int64List => DataType::List(list_item()),
        Kind::TextStruct(names) => DataType::Struct(struct_fields(names)),
    }
}

/// A text that a record has not is null.
fn struct_fields(names: &[&str]) -> Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

fn list_item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Int64, false))
}

impl Records {
    /// The records as Arrow record batches of so many rows (at least one), the last with what is left.
    pub fn batches(self, rows: usize) -> Batches {
        let builder = RecordBatchBuilder::new(self.schema(), rows);
        Batches { records: self, builder, failure: None, ended: false }
    }
}

/// The records of one run as Arrow record batches.
///
/// A batch has as many rows as were asked for, the last fewer; it ends early where its text and lists come to 64 MiB.
/// An error, when there is one, comes last: [`ArrowError::ExternalError`] with the run's [`Error`](crate::Error), or
/// what [`RecordBatchBuilder::append`] says. Every record before it comes in a batch.
pub struct Batches {
    records: Records,
    builder: RecordBatchBuilder,
    failure: Option<ArrowError>,
    ended: bool,
}

impl Batches {
    /// The run that the batches come from: its progress, its report, its stop handle.
    pub fn records(&self) -> &Records {
        &self.records
    }

    fn fill(&mut self) {
        while !self.ended && !self.builder.is_full() {
            let appended = match self.records.next() {
                Some(Ok(record)) => self.builder.append(&record),
                Some(Err(error)) => Err(ArrowError::ExternalError(Box::new(error))),
                None => {
                    self.ended = true;
                    return;
                }
            };
            if let Err(error) = appended {
                self.failure = Some(error);
                self.ended = true;
            }
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.fill();
        if !self.builder.is_empty() {
            return Some(self.builder.finish());
        }
        self.failure.take().map(Err)
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.builder.schema())
    }
}

/// Turns records of one schema into record batches.
pub struct RecordBatchBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    full_at: usize,
    variable_bytes: usize,
    address: Vec<u8>,
}

impl RecordBatchBuilder {
    /// A builder of batches that are full with so many rows, at least one.
    pub fn new(schema: &Schema, rows: usize) -> Self {
        let columns = schema.columns().iter().map(|column| ColumnBuilder::new(column.kind)).collect();
        let schema = Arc::new(schema.into());
        Self { schema, columns, rows: 0, full_at: rows.max(1), variable_bytes: 0, address: Vec::new() }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Bytes of the rows so far, without what they are padded with.
    pub(crate) fn size(&self) -> usize {
        let widths =
            self.schema.fields().iter().map(|field| field.data_type().primitive_width().unwrap_or(4));
        self.rows * widths.sum::<usize>() + self.variable_bytes
    }

    /// Whether it is time to [`finish`](Self::finish) a batch: it has the rows asked for, or 64 MiB of text and lists.
    pub fn is_full(&self) -> bool {
        self.rows >= self.full_at || self.variable_bytes >= BATCH_VARIABLE_BYTES
    }

    /// Adds a record, which must be of the builder's schema.
    ///
    /// # Errors
    /// [`ArrowError::InvalidArgumentError`] when a plugin gave a value that is not of its column's kind, or none. The
    /// rows before can still be finished; more cannot be added until then.
    pub fn append(&mut self, record: &Record) -> Result<(), ArrowError> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let value = record.value(index);
            let added = value.as_ref().and_then(|value| column.append(value, &mut self.address));
            match added {
                Some(bytes) => self.variable_bytes += bytes,
                None => return Err(misfit(&record.schema().columns()[index], value)),
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// The rows so far as a batch; the builder is empty then.
    ///
    /// # Errors
    /// None for records of the builder's schema.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        // A record that was refused may have left values in the first columns.
        let arrays = self.columns.iter_mut().map(|column| column.finish().slice(0, self.rows)).collect();
        self.rows = 0;
        self.variable_bytes = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

fn misfit(column: &Column, value: Option<Value<'_>>) -> ArrowError {
    let Column { name, kind, .. } = column;
    ArrowError::InvalidArgumentError(match value {
        Some(value) => format!("column {name}: {value} is not of its kind, {kind}"),
        None => format!("column {name}: a record has no value"),
    })
}

enum ColumnBuilder {
    UInt8(UInt8Builder),
    UInt16(UInt16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float64(Float64Builder),
    Text(StringBuilder),
    Int64List(ListBuilder<Int64Builder>),
    TextStruct(&'static [&'static str], StructBuilder),
}

impl ColumnBuilder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::UInt8 => Self::UInt8(UInt8Builder::new()),
            Kind::UInt16 => Self::UInt16(UInt16Builder::new()),
            Kind::Int32 => Self::Int32(Int32Builder::new()),
            Kind::Int64 => Self::Int64(Int64Builder::new()),
            Kind::Float64 => Self::Float64(Float64Builder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Int64List => Self::Int64List(ListBuilder::new(Int64Builder::new()).with_field(list_item())),
            Kind::TextStruct(names) => {
                Self::TextStruct(names, StructBuilder::from_fields(struct_fields(names), 0))
            }
        }
    }

    /// Adds a value and says how many bytes of variable size it took; `None` when it is not of this kind.
    fn append(&mut self, value: &Value<'_>, address: &mut Vec<u8>) -> Option<usize> {
        match (self, value) {
            (Self::UInt8(builder), Value::Int(number)) => builder.append_value((*number).try_into().ok()?),
            (Self::UInt16(builder), Value::Int(number)) => builder.append_value((*number).try_into().ok()?),
            (Self::Int32(builder), Value::Int(number)) => builder.append_value((*number).try_into().ok()?),
            (Self::Int64(builder), Value::Int(number)) => builder.append_value(*number),
            (Self::Float64(builder), Value::Float(number)) => builder.append_value(*number),
            (Self::Int64List(builder), Value::IntList(numbers)) => {
                builder.values().append_slice(numbers);
                builder.append(true);
                return Some(size_of_val(&**numbers));
            }
            (Self::TextStruct(names, builder), Value::TextStruct(members)) => {
                let mut bytes = 0;
                for (index, name) in names.iter().enumerate() {
                    let text = members.iter().find(|(member, _)| member == name).map(|(_, text)| *text);
                    builder.field_builder::<StringBuilder>(index)?.append_option(text);
                    bytes += text.map_or(0, str::len);
                }
                builder.append(true);
                return Some(bytes);
            }
            (Self::Text(builder), value) => {
                address.clear();
                let text = match value {
                    Value::Text(text) => text,
                    Value::Ip(ip) => {
                        text::ip(*ip, address);
                        str::from_utf8(address).ok()?
                    }
                    Value::Mac(bytes) => {
                        text::mac(bytes, address);
                        str::from_utf8(address).ok()?
                    }
                    _ => return None,
                };
                builder.append_value(text);
                return Some(text.len());
            }
            _ => return None,
        }
        Some(0)
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::UInt8(builder) => ArrayBuilder::finish(builder),
            Self::UInt16(builder) => ArrayBuilder::finish(builder),
            Self::Int32(builder) => ArrayBuilder::finish(builder),
            Self::Int64(builder) => ArrayBuilder::finish(builder),
            Self::Float64(builder) => ArrayBuilder::finish(builder),
            Self::Text(builder) => ArrayBuilder::finish(builder),
            Self::Int64List(builder) => ArrayBuilder::finish(builder),
            Self::TextStruct(_, builder) => ArrayBuilder::finish(builder),
        }
    }
}
