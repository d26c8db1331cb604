//! Arrow IPC: the file format for files, the stream format for outputs without seeking.

use std::io::{self, BufWriter};

use arrow_array::RecordBatchWriter;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::ArrowError;

use super::declaration::Declaration;
use super::encoder::Encoder;
use crate::pool::Pool;
use crate::record::{Record, Schema};
use crate::record_batch::{BATCH_ROWS, RecordBatchBuilder};
use crate::sinks::target::{Counted, Output};

pub(super) const ARROW: Declaration = Declaration {
    name: "arrow",
    extensions: &["arrow", "feather", "ipc"],
    is_text: false,
    is_stream: true,
    doc: "Apache Arrow IPC: the file format, or the stream format if the output is not a file",
    begin: |schema, output, form| Ok(Box::new(ArrowIpc::begin(schema, output, form.is_regular_file)?)),
};

struct ArrowIpc {
    builder: RecordBatchBuilder,
    writer: Writer,
}

enum Writer {
    File(FileWriter<BufWriter<Counted>>),
    Stream(StreamWriter<BufWriter<Counted>>),
}

impl ArrowIpc {
    fn begin(schema: &Schema, output: Output, is_regular_file: bool) -> io::Result<Self> {
        let builder = RecordBatchBuilder::new(schema, BATCH_ROWS);
        let output = output.counted();
        let writer = if is_regular_file {
            FileWriter::try_new_buffered(output, builder.schema()).map(Writer::File)
        } else {
            StreamWriter::try_new_buffered(output, builder.schema()).map(Writer::Stream)
        };
        Ok(Self { builder, writer: writer.map_err(io_error)? })
    }

    fn write_batch(&mut self) -> Result<(), ArrowError> {
        let batch = self.builder.finish()?;
        match &mut self.writer {
            Writer::File(writer) => writer.write(&batch),
            Writer::Stream(writer) => writer.write(&batch),
        }
    }

    fn append(&mut self, records: &[Record], pool: &Pool) -> Result<(), ArrowError> {
        let mut left = records;
        while !left.is_empty() {
            left = &left[self.builder.append_all(left, pool)?..];
            if self.builder.is_full() {
                self.write_batch()?;
            }
        }
        Ok(())
    }

    fn close(mut self) -> Result<(), ArrowError> {
        if !self.builder.is_empty() {
            self.write_batch()?;
        }
        match self.writer {
            Writer::File(writer) => writer.close(),
            Writer::Stream(writer) => writer.close(),
        }
    }
}

impl Encoder for ArrowIpc {
    fn write(&mut self, records: &[Record], pool: &Pool) -> io::Result<()> {
        self.append(records, pool).map_err(io_error)
    }

    fn bytes(&self) -> u64 {
        let buffered = match &self.writer {
            Writer::File(writer) => writer.get_ref(),
            Writer::Stream(writer) => writer.get_ref(),
        };
        buffered.get_ref().bytes + (buffered.buffer().len() + self.builder.size()) as u64
    }

    fn finish(self: Box<Self>, _: &Pool) -> io::Result<()> {
        self.close().map_err(io_error)
    }
}

/// Turns an Arrow error into an I/O error: the operating system's own error if that was the cause.
pub(super) fn io_error(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error),
    }
}
