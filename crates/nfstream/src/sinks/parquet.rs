//! Parquet: columns in compressed row groups.

use std::io;

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::arrow_ipc::io_error;
use super::{Output, Sink};
use crate::arrow::RecordBatchBuilder;
use crate::column::{Column, Kind, Unit};
use crate::record::{Record, Schema};

/// Rows that are encoded at a time.
const CHUNK_ROWS: usize = 8_192;

/// A row group waits in memory, encoded, until it is whole: what ends it first.
const ROW_GROUP_ROWS: usize = 131_072;
const ROW_GROUP_BYTES: usize = 128 << 20;

pub(super) struct Parquet {
    builder: RecordBatchBuilder,
    writer: ArrowWriter<Output>,
}

impl Parquet {
    pub(super) fn begin(schema: &Schema, output: Output) -> io::Result<Self> {
        let builder = RecordBatchBuilder::new(schema, CHUNK_ROWS);
        let properties = properties(schema.columns());
        let writer = ArrowWriter::try_new(output, builder.schema().clone(), Some(properties))
            .map_err(parquet_error)?;
        Ok(Self { builder, writer })
    }

    fn write_chunk(&mut self) -> io::Result<()> {
        let batch = self.builder.finish().map_err(io_error)?;
        self.writer.write(&batch).map_err(parquet_error)
    }
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

/// Whether values repeat too seldom for a dictionary, and are near their neighbours.
fn grows(column: &Column) -> bool {
    column.kind == Kind::Int64 && (column.unit == Unit::EpochMilliseconds || column.name == "id")
}

impl Sink for Parquet {
    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            self.builder.append(record).map_err(io_error)?;
            if self.builder.is_full() {
                self.write_chunk()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if !self.builder.is_empty() {
            self.write_chunk()?;
        }
        self.writer.finish().map_err(parquet_error)?;
        self.writer.sync()
    }
}

/// What the operating system said, where it was the one to refuse.
fn parquet_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
