//! Apache Arrow record batches of records.

use std::sync::Arc;
use std::{mem, str, vec};

use arrow_array::builder::{
    ArrayBuilder, Float64Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
    UInt8Builder, UInt16Builder,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Fields, Metadata, SchemaRef};

use crate::column::{Column, Kind, Unit, Value, text};
use crate::pool::Pool;
use crate::record::{Record, Schema};

/// Usual number of rows in a batch.
pub const BATCH_ROWS: usize = 65_536;

/// Bytes of text and lists at which a batch is full, however many rows it has. The limit bounds memory, and Arrow's offsets
/// have 31 bits.
const BATCH_VARIABLE_BYTES: usize = 64 << 20;

/// Number of records above which the help of other threads is worth while, and number of columns that a thread then fills at
/// a time.
const MANY: usize = 256;
const COLUMNS: usize = 8;

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
        Kind::TextList => DataType::new_list(DataType::Utf8, false),
        Kind::TextStruct(names) => DataType::Struct(struct_fields(names)),
    }
}

/// A text that a record does not have is null.
fn struct_fields(names: &[&str]) -> Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

fn list_item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Int64, false))
}

/// Turns records of one schema into record batches.
pub struct RecordBatchBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    /// Whether columns may have values of further rows, which are cut off when the batch is finished.
    is_closed: bool,
    full_at: usize,
    variable_bytes: usize,
    address: Vec<u8>,
}

impl RecordBatchBuilder {
    /// A builder of batches that are full with `rows` rows, at least one.
    pub fn new(schema: &Schema, rows: usize) -> Self {
        let columns = schema.columns().iter().map(|column| ColumnBuilder::new(column.kind)).collect();
        let schema = Arc::new(schema.into());
        Self {
            schema,
            columns,
            rows: 0,
            is_closed: false,
            full_at: rows.max(1),
            variable_bytes: 0,
            address: Vec::new(),
        }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Number of rows so far.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Bytes of the rows so far, without padding.
    pub(crate) fn size(&self) -> usize {
        let widths =
            self.schema.fields().iter().map(|field| field.data_type().primitive_width().unwrap_or(4));
        self.rows * widths.sum::<usize>() + self.variable_bytes
    }

    /// Whether it is time to [`finish`](Self::finish) a batch: it has the rows asked for, or 64 MiB of text and lists, or a
    /// record was refused.
    pub fn is_full(&self) -> bool {
        self.is_closed || self.rows >= self.full_at || self.variable_bytes >= BATCH_VARIABLE_BYTES
    }

    /// Adds a record, which must be of the builder's schema.
    ///
    /// # Errors
    /// [`ArrowError::InvalidArgumentError`] when a plugin gave a value that is not of its column's kind, or gave none. The
    /// earlier rows can still be finished; no more rows can be added until then.
    pub fn append(&mut self, record: &Record) -> Result<(), ArrowError> {
        if self.is_closed {
            return Err(ArrowError::InvalidArgumentError("a batch is to be finished first".to_owned()));
        }
        let appended = append(record, 0, &mut self.columns, &mut self.address);
        self.is_closed = appended.is_err();
        self.variable_bytes += appended?;
        self.rows += 1;
        Ok(())
    }

    /// Adds records until the batch [is full](Self::is_full), and returns how many were added. Idle workers of the pool
    /// help.
    ///
    /// # Errors
    /// The error of [`append`](Self::append) for the first record that has one; all records before it are added.
    pub fn append_all(&mut self, records: &[Record], pool: &Pool) -> Result<usize, ArrowError> {
        let before = self.rows;
        let records = &records[..records.len().min(self.full_at.saturating_sub(before))];
        if pool.helps_with(records.len(), MANY) && !self.is_full() {
            self.append_with(pool, records)?;
        } else {
            let mut left = records.iter();
            while !self.is_full()
                && let Some(record) = left.next()
            {
                self.append(record)?;
            }
        }
        Ok(self.rows - before)
    }

    /// The same with the help of other threads, each of which fills some of the columns.
    fn append_with(&mut self, pool: &Pool, records: &[Record]) -> Result<(), ArrowError> {
        let columns = neighbours(mem::take(&mut self.columns));
        let shared: Arc<[Record]> = Record::shared(records).into();
        let room = BATCH_VARIABLE_BYTES.saturating_sub(self.variable_bytes);
        let fills = columns.into_iter().map(|(first, columns)| {
            let records = Arc::clone(&shared);
            move || fill(first, columns, &records, room)
        });
        let filled = pool.have_done(fills);
        let mut rows = 0;
        // This goes row by row, so that a batch ends where it would without help.
        while !self.is_full()
            && let Some(bytes) = filled.iter().map(|filled| filled.bytes.get(rows)).sum::<Option<usize>>()
        {
            self.variable_bytes += bytes;
            rows += 1;
            self.rows += 1;
        }
        let (mut outcome, is_full) = (Ok(()), self.is_full());
        for filled in filled {
            self.columns.extend(filled.columns);
            if filled.bytes.len() == rows {
                outcome = outcome.and(filled.outcome);
            }
        }
        self.is_closed = rows < records.len();
        // If the refused record has no place in this batch any more, the next batch refuses it.
        if is_full { Ok(()) } else { outcome }
    }

    /// Returns the rows so far as a batch, and empties the builder.
    ///
    /// # Errors
    /// None for records of the builder's schema.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays = self.columns.iter_mut().map(|column| column.finish().slice(0, self.rows)).collect();
        (self.rows, self.is_closed, self.variable_bytes) = (0, false, 0);
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

/// Columns for one thread at a time, each with the position of the first. Lists side by side stay together: they take the most
/// bytes, and a thread knows only its own when it stops for want of room.
fn neighbours(columns: Vec<ColumnBuilder>) -> Vec<(usize, Vec<ColumnBuilder>)> {
    let is_list = |column: &ColumnBuilder| matches!(column, ColumnBuilder::Int64List(_));
    let mut parts: Vec<(usize, Vec<ColumnBuilder>)> = Vec::new();
    for (position, column) in columns.into_iter().enumerate() {
        match parts.last_mut() {
            Some((_, part))
                if part.len() < COLUMNS || is_list(&column) && part.last().is_some_and(is_list) =>
            {
                part.push(column);
            }
            _ => parts.push((position, vec![column])),
        }
    }
    parts
}

/// Neighbouring columns that one thread has filled.
struct Filled {
    columns: Vec<ColumnBuilder>,
    /// For each row, how many bytes of variable size it took.
    bytes: Vec<usize>,
    /// Why there are no more rows, if a record was refused.
    outcome: Result<(), ArrowError>,
}

/// Adds the values of records to neighbouring columns, until they alone have taken the `room` that the batch has for bytes of
/// variable size. `first` is the position of the first of these columns.
fn fill(first: usize, mut columns: Vec<ColumnBuilder>, records: &[Record], room: usize) -> Filled {
    let (mut address, mut bytes, mut taken) = (Vec::new(), Vec::with_capacity(records.len()), 0);
    let (mut left, mut outcome) = (records.iter(), Ok(()));
    while taken < room
        && outcome.is_ok()
        && let Some(record) = left.next()
    {
        outcome = append(record, first, &mut columns, &mut address).map(|added| {
            bytes.push(added);
            taken += added;
        });
    }
    Filled { columns, bytes, outcome }
}

/// Adds a record's values to columns, from the column at position `first` on. Returns how many bytes of variable size they
/// took.
fn append(
    record: &Record,
    first: usize,
    columns: &mut [ColumnBuilder],
    address: &mut Vec<u8>,
) -> Result<usize, ArrowError> {
    let mut bytes = 0;
    for (index, column) in (first..).zip(columns) {
        let value = record.value(index);
        let added = value.as_ref().and_then(|value| column.append(value, address));
        bytes += added.ok_or_else(|| misfit(&record.schema().columns()[index], value))?;
    }
    Ok(bytes)
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
    TextList(ListBuilder<StringBuilder>),
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
            Kind::TextList => {
                let item = Field::new_list_field(DataType::Utf8, false);
                Self::TextList(ListBuilder::new(StringBuilder::new()).with_field(Arc::new(item)))
            }
            Kind::TextStruct(names) => {
                Self::TextStruct(names, StructBuilder::from_fields(struct_fields(names), 0))
            }
        }
    }

    /// Adds a value and returns how many bytes of variable size it took, or `None` when the value is not of this kind.
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
            (Self::TextList(builder), Value::TextList(texts)) => {
                texts.iter().for_each(|text| builder.values().append_value(text));
                builder.append(true);
                return Some(texts.iter().map(|text| text.len()).sum());
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
            Self::TextList(builder) => ArrayBuilder::finish(builder),
            Self::TextStruct(_, builder) => ArrayBuilder::finish(builder),
        }
    }
}
