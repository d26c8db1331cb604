//! Parquet: columns in compressed row groups.

use std::sync::Arc;
use std::{io, mem};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{FieldRef, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::arrow_ipc::io_error;
use super::declaration::Declaration;
use super::encoder::Encoder;
use crate::column::{Column, Kind, Unit};
use crate::pool::Pool;
use crate::record::{Record, Schema};
use crate::record_batch::RecordBatchBuilder;
use crate::sinks::target::Output;

/// Number of rows that are encoded at a time.
const CHUNK_ROWS: usize = 8_192;

/// A row group waits in memory, encoded, until it is whole. The limit that is reached first ends
/// it.
const ROW_GROUP_ROWS: usize = 131_072;
const ROW_GROUP_BYTES: usize = 128 << 20;

/// Estimated compression ratio of rows that are not encoded yet.
const USUAL_COMPRESSION: usize = 6;

pub(super) const PARQUET: Declaration = Declaration {
    name: "parquet",
    extensions: &["parquet", "pq"],
    is_text: false,
    is_stream: false,
    doc: "Apache Parquet, compressed with Zstandard",
    begin: |schema, output, _| Ok(Box::new(Parquet::begin(schema, output)?)),
};

struct Parquet {
    builder: RecordBatchBuilder,
    writer: SerializedFileWriter<Output>,
    encoders: ArrowRowGroupWriterFactory,
    /// The current row group, if there is one, and its number of rows.
    row_group: Vec<EncodedColumn>,
    rows: usize,
}

/// A column of a row group.
struct EncodedColumn {
    field: FieldRef,
    /// One encoder for each leaf of the column.
    encoders: Vec<ArrowColumnWriter>,
}

impl Parquet {
    fn begin(schema: &Schema, output: Output) -> io::Result<Self> {
        let builder = RecordBatchBuilder::new(schema, CHUNK_ROWS);
        let writer = begin(schema, builder.schema().clone(), output)?;
        let (writer, encoders) = writer.into_serialized_writer().map_err(parquet_error)?;
        Ok(Self { builder, writer, encoders, row_group: Vec::new(), rows: 0 })
    }

    /// Encodes the rows that have been collected, and writes the row group if that makes it whole.
    fn write_chunk(&mut self, pool: &Pool) -> io::Result<()> {
        let rows = self.builder.finish().map_err(io_error)?;
        self.encode(&rows, pool).map_err(parquet_error)?;
        if self.rows >= ROW_GROUP_ROWS || self.encoded_bytes() >= ROW_GROUP_BYTES {
            self.write_row_group(pool).map_err(parquet_error)?;
        }
        Ok(())
    }

    fn encode(&mut self, rows: &RecordBatch, pool: &Pool) -> Result<(), ParquetError> {
        if self.row_group.is_empty() {
            self.row_group = self.begin_row_group()?;
        }
        self.rows += rows.num_rows();
        let columns = mem::take(&mut self.row_group).into_iter().enumerate();
        let encoded = pool.have_done(columns.map(|(index, mut column)| {
            let values = Arc::clone(rows.column(index));
            move || column.encode(&values).map(|()| column)
        }));
        self.row_group = encoded.into_iter().collect::<Result<_, _>>()?;
        Ok(())
    }

    fn begin_row_group(&self) -> Result<Vec<EncodedColumn>, ParquetError> {
        let fields = self.builder.schema().fields().iter().cloned();
        let mut columns: Vec<_> = fields.map(|field| EncodedColumn { field, encoders: Vec::new() }).collect();
        let encoders = self.encoders.create_column_writers(self.writer.flushed_row_groups().len())?;
        for (leaf, encoder) in encoders.into_iter().enumerate() {
            columns[self.writer.schema_descr().get_column_root_idx(leaf)].encoders.push(encoder);
        }
        Ok(columns)
    }

    fn write_row_group(&mut self, pool: &Pool) -> Result<(), ParquetError> {
        self.rows = 0;
        let columns = mem::take(&mut self.row_group).into_iter();
        let finished = pool.have_done(columns.map(|column| move || column.finish()));
        let mut row_group = self.writer.next_row_group()?;
        for chunks in finished {
            chunks?.into_iter().try_for_each(|chunk| chunk.append_to_row_group(&mut row_group))?;
        }
        row_group.close().map(|_| ())
    }

    /// Number of bytes of the current row group, or a little more.
    fn encoded_bytes(&self) -> usize {
        let encoders = self.row_group.iter().flat_map(|column| &column.encoders);
        encoders.map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }
}

impl EncodedColumn {
    fn encode(&mut self, values: &ArrayRef) -> Result<(), ParquetError> {
        let leaves = compute_leaves(&self.field, values)?;
        leaves.iter().zip(&mut self.encoders).try_for_each(|(leaf, encoder)| encoder.write(leaf))
    }

    fn finish(self) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        self.encoders.into_iter().map(ArrowColumnWriter::close).collect()
    }
}

/// Begins a file whose columns are those of `schema`, and possibly more.
pub(in crate::sinks) fn begin(
    schema: &Schema,
    columns: SchemaRef,
    output: Output,
) -> io::Result<ArrowWriter<Output>> {
    ArrowWriter::try_new(output, columns, Some(properties(schema.columns()))).map_err(parquet_error)
}

fn properties(columns: &[Column]) -> WriterProperties {
    let producer = concat!("nfstream ", env!("CARGO_PKG_VERSION"));
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_key_value_metadata(Some(vec![KeyValue::new("producer".to_owned(), producer.to_owned())]));
    for column in columns.iter().filter(|column| grows(column)) {
        let path = ColumnPath::from(column.name.as_ref());
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}

/// Whether values are near their neighbours, and repeat too rarely for a dictionary.
fn grows(column: &Column) -> bool {
    column.kind == Kind::Int64 && (column.unit == Unit::EpochMilliseconds || column.name == "id")
}

impl Encoder for Parquet {
    fn write(&mut self, records: &[Record], pool: &Pool) -> io::Result<()> {
        let mut left = records;
        while !left.is_empty() {
            left = &left[self.builder.append_all(left, pool).map_err(io_error)?..];
            if self.builder.is_full() {
                self.write_chunk(pool)?;
            }
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        let waiting = self.builder.size() / USUAL_COMPRESSION;
        (self.writer.bytes_written() + self.encoded_bytes() + waiting) as u64
    }

    fn finish(mut self: Box<Self>, pool: &Pool) -> io::Result<()> {
        if !self.builder.is_empty() {
            self.write_chunk(pool)?;
        }
        if self.rows > 0 {
            self.write_row_group(pool).map_err(parquet_error)?;
        }
        self.writer.finish().map_err(parquet_error)?;
        self.writer.flush()
    }
}

/// Turns a Parquet error into an I/O error: the operating system's own error if that was the cause.
pub(in crate::sinks) fn parquet_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
