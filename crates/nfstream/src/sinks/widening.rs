//! Records as lines of text, with further columns that are not known before the records come.

use std::io::{self, BufRead, BufWriter, Seek, Write};
use std::mem;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use super::compressed::{Compressed, Compression, decompressed};
use super::file_name::compression;
use super::formats::Format;
use super::formats::csv::{Csv, field};
use super::formats::json::{JsonArray, Objects};
use super::formats::lines::Layout;
use super::numbered::Names;
use super::target::{self, Growing, Output, Patience, Target, failure};
use crate::column::text;
use crate::error::Error;
use crate::record::{Record, Schema};
use crate::visible::{self, Escape};

/// Number of bytes that are collected before they go to the operating system.
const PIECE: usize = 64 * 1024;

/// A value of a column that is not in the schema, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Further {
    /// The column's name.
    pub name: String,
    /// The value's text for [`Format::Csv`], its JSON for [`Format::JsonLines`] and [`Format::Json`].
    pub value: String,
}

/// Writes records, each with values of further columns: [`Format::Csv`], [`Format::JsonLines`] or [`Format::Json`].
///
/// In CSV, the first line names the columns of all records, with the further columns in the order in which they came. A
/// record without a value for a column has an empty field there. In JSON, each object has only the members that its record
/// has. As with a [`Writer`](super::Writer), a file appears as a whole or not at all.
pub struct FurtherWriter {
    names: Names,
    format: Format,
    schema: Arc<Schema>,
    patience: Patience,
    /// The number of records that still fit in the current file, `lines`.
    lines: Lines,
    room: usize,
}

impl FurtherWriter {
    /// Begins an output for records of a schema. With `records_per_file`, it writes several files, named as
    /// [`Numbered`](super::Numbered) names them.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be created, when patience ends, or when the format is none of the three.
    pub fn create(
        path: impl Into<PathBuf>,
        format: Format,
        schema: &Arc<Schema>,
        records_per_file: Option<NonZeroUsize>,
        rotation: Option<NonZeroUsize>,
        patience: &Patience,
    ) -> Result<Self, Error> {
        let mut names = Names::new(path.into(), records_per_file, rotation);
        let lines = Lines::create(names.next(), format, schema, patience)?;
        let (schema, patience, room) = (Arc::clone(schema), patience.clone(), names.room());
        Ok(Self { names, format, schema, patience, lines, room })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written; also when a further column comes after the first line was sent
    /// to a target that is not a regular file.
    pub fn write(&mut self, record: &Record, further: &[Further]) -> Result<(), Error> {
        if self.collect(record, further)? { self.hand_over() } else { Ok(()) }
    }

    /// The first half of [`write`](Self::write), which does not wait for a FIFO. Returns true if it is time to [hand
    /// over](Self::hand_over).
    ///
    /// # Errors
    /// [`Error::Output`], as [`write`](Self::write).
    pub fn collect(&mut self, record: &Record, further: &[Further]) -> Result<bool, Error> {
        if self.room == 0 {
            self.begin_next()?;
        }
        self.room -= 1;
        self.lines.add(record, further).map_err(|source| failure(&self.lines.target, source))?;
        Ok(self.lines.pending.len() >= PIECE)
    }

    /// The second half of [`write`](Self::write): writes the records that were collected to the target.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written.
    pub fn hand_over(&mut self) -> Result<(), Error> {
        self.lines.hand_over().map_err(|source| failure(&self.lines.target, source))
    }

    /// Hands the records that were collected to the operating system, so that readers who follow the file get them. In a
    /// compressed file, the bytes differ from those without a flush, and there are a few more of them.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.lines.flush().map_err(|source| failure(&self.lines.target, source))
    }

    fn begin_next(&mut self) -> Result<(), Error> {
        let mut next = Lines::create(self.names.next(), self.format, &self.schema, &self.patience)?;
        next.names.clone_from(&self.lines.names);
        self.room = self.names.room();
        mem::replace(&mut self.lines, next).finish()
    }

    /// Completes the last file.
    ///
    /// # Errors
    /// [`Error::Output`] when the target cannot be written.
    pub fn finish(self) -> Result<(), Error> {
        self.lines.finish()
    }
}

/// One file.
struct Lines {
    layout: Form,
    output: Compressed,
    compression: Option<Compression>,
    growing: Option<Growing>,
    target: Target,
    /// For a terminal, the escape for characters that it would act on.
    escape: Option<Escape>,
    pending: Vec<u8>,
    /// Number of bytes written to the output, before compression.
    written: u64,
    /// Whether the first line is written, or waits to be.
    is_begun: bool,
    /// The further columns so far.
    names: Vec<String>,
    /// The offsets at which the number of further columns grew, and how many columns there were before.
    grown: Vec<(u64, usize)>,
}

enum Form {
    Csv(Csv),
    JsonLines(Objects),
    Json(Objects),
}

impl Lines {
    fn create(path: PathBuf, format: Format, schema: &Schema, patience: &Patience) -> Result<Self, Error> {
        let target = Target::from(path);
        let open = || {
            let layout = match format {
                Format::Csv | Format::CsvSafe => Form::Csv(Csv::new(schema, format == Format::CsvSafe)),
                Format::JsonLines => Form::JsonLines(Objects::new(schema)),
                Format::Json => Form::Json(Objects::new(schema)),
                #[allow(unreachable_patterns, reason = "without Arrow there may be no other format")]
                format => {
                    let reason = format!("further columns cannot be written as {format}");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
                }
            };
            let compression = compression(&target, format)?;
            let (output, growing) = target::open(&target, patience)?;
            let escape = output.is_terminal().then_some(layout.escape());
            Ok((layout, Compressed::begin(output, compression)?, compression, growing, escape))
        };
        match open() {
            Ok((layout, output, compression, growing, escape)) => Ok(Self {
                layout,
                output,
                compression,
                growing,
                target,
                escape,
                pending: Vec::new(),
                written: 0,
                is_begun: false,
                names: Vec::new(),
                grown: Vec::new(),
            }),
            Err(source) => Err(failure(&target, source)),
        }
    }

    fn add(&mut self, record: &Record, further: &[Further]) -> io::Result<()> {
        match self.layout {
            Form::Csv(_) => self.write_csv(record, further)?,
            Form::JsonLines(_) => {
                self.write_object(record, further);
                self.pending.push(b'\n');
            }
            Form::Json(_) => {
                self.pending.extend_from_slice(if self.is_begun {
                    JsonArray::BETWEEN
                } else {
                    JsonArray::BEGIN
                });
                self.pending.push(b'\n');
                self.write_object(record, further);
            }
        }
        self.is_begun = true;
        Ok(())
    }

    fn write_object(&mut self, record: &Record, further: &[Further]) {
        let (Form::JsonLines(objects) | Form::Json(objects)) = &self.layout else { return };
        objects.open(record, &mut self.pending);
        for Further { name, value } in further {
            self.pending.push(b',');
            text::json_string(name, &mut self.pending);
            self.pending.push(b':');
            self.pending.extend_from_slice(value.as_bytes());
        }
        self.pending.push(b'}');
    }

    fn write_csv(&mut self, record: &Record, further: &[Further]) -> io::Result<()> {
        let places: Vec<usize> =
            further.iter().enumerate().map(|(at, one)| self.place(at, &one.name)).collect();
        self.begin_csv(&places)?;
        let Form::Csv(layout) = &self.layout else { return Ok(()) };
        layout.line(record, &mut self.pending);
        self.pending.pop();
        let mut cells = vec![""; self.names.len()];
        for (place, Further { value, .. }) in places.into_iter().zip(further) {
            cells[place] = value;
        }
        for cell in cells {
            self.pending.push(b',');
            field(cell, &mut self.pending);
        }
        self.pending.push(b'\n');
        Ok(())
    }

    /// The place of the column with this name, usually the same as in the record before.
    fn place(&mut self, at: usize, name: &str) -> usize {
        if self.names.get(at).is_some_and(|known| known == name) {
            return at;
        }
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            if self.is_begun {
                self.grown.push((self.written + self.pending.len() as u64, self.names.len()));
            }
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    /// Writes the first line unless it is already there.
    fn begin_csv(&mut self, places: &[usize]) -> io::Result<()> {
        if !self.is_begun {
            self.is_begun = true;
            let names = &self.names;
            return self.layout.header(names, &mut self.pending);
        }
        if !self.grown.is_empty() && self.growing.is_none() {
            let name = places.iter().max().map_or("", |place| &self.names[*place]);
            let reason =
                format!("the first line does not name the column {name}, and can no longer be changed");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        Ok(())
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if let Some(escape) = self.escape {
            visible::make_visible(&mut self.pending, 0, escape);
        }
        self.output.write_all(&self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.output.flush()
    }

    fn finish(mut self) -> Result<(), Error> {
        let target = mem::replace(&mut self.target, Target::Stdout);
        self.complete().map_err(|source| failure(&target, source))
    }

    fn complete(mut self) -> io::Result<()> {
        if !self.is_begun {
            self.layout.header(&self.names, &mut self.pending)?;
        }
        if matches!(self.layout, Form::Json(_)) {
            self.pending.extend_from_slice(JsonArray::END);
        }
        self.hand_over()?;
        match (self.output.finish()?, self.growing) {
            (Output::File(mut narrow), Some(growing)) if !self.grown.is_empty() => {
                narrow.rewind()?;
                let narrow = decompressed(narrow, self.compression)?;
                let (output, widened) = growing.beside()?;
                let mut wide = BufWriter::new(Compressed::begin(output, self.compression)?);
                self.layout.header(&self.names, &mut wide)?;
                widen(narrow, self.names.len(), &self.grown, &mut wide)?;
                wide.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
                widened.map_or(Ok(()), Growing::rename)
            }
            (_, Some(growing)) => growing.rename(),
            _ => Ok(()),
        }
    }
}

impl Form {
    fn escape(&self) -> Escape {
        match self {
            Self::Csv(_) => Csv::ESCAPE,
            Self::JsonLines(_) | Self::Json(_) => JsonArray::ESCAPE,
        }
    }

    /// Writes the text before the first record.
    fn header(&self, further: &[String], out: &mut impl Write) -> io::Result<()> {
        let layout = match self {
            Form::Csv(layout) => layout,
            Form::JsonLines(_) => return Ok(()),
            Form::Json(_) => return out.write_all(JsonArray::BEGIN),
        };
        let mut line = Vec::new();
        layout.header(&mut line);
        line.pop();
        for name in further {
            line.push(b',');
            field(name, &mut line);
        }
        line.push(b'\n');
        out.write_all(&line)
    }
}

/// Copies all lines of a CSV file except the first. Lines that were written before further columns came get a comma for each
/// column that they lack.
fn widen(
    mut narrow: impl BufRead,
    columns: usize,
    grown: &[(u64, usize)],
    wide: &mut impl Write,
) -> io::Result<()> {
    let (mut line, mut at) = (Vec::new(), 0);
    let Some((last, _)) = grown.last() else { return Ok(()) };
    let mut grown = grown.iter().peekable();
    while at < *last {
        line.clear();
        while read_to_line_feed(&mut narrow, &mut line)?
            && line.iter().filter(|byte| **byte == b'"').count() % 2 == 1
        {
            // A line feed between quotes belongs to a value.
        }
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while grown.next_if(|(place, _)| *place <= at).is_some() {}
        let lacking = grown.peek().map_or(0, |(_, before)| columns - before);
        if at > 0 {
            wide.write_all(line.strip_suffix(b"\n").unwrap_or(&line))?;
            wide.write_all(&vec![b','; lacking])?;
            wide.write_all(b"\n")?;
        }
        at += line.len() as u64;
    }
    io::copy(&mut narrow, wide).map(|_| ())
}

fn read_to_line_feed(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    input.read_until(b'\n', line).map(|bytes| bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_get_a_comma_for_each_column_that_they_lack() {
        let narrow = "id,a\n0,x\n1,\"line\n\"\"two,\"\"\"\n2,,y\n3,,,,z\n4,,,,z\n";
        let at = |text: &str| narrow.find(text).unwrap() as u64;
        let grown = [(at("2,"), 1), (at("3,"), 2), (at("3,"), 3)];
        let mut wide = Vec::new();
        widen(narrow.as_bytes(), 4, &grown, &mut wide).unwrap();
        let expected = "0,x,,,\n1,\"line\n\"\"two,\"\"\",,,\n2,,y,,\n3,,,,z\n4,,,,z\n";
        assert_eq!(String::from_utf8(wide).unwrap(), expected);
    }
}
