//! Flows of a run with plugins as a table: an Arrow C stream, or Parquet.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchIterator};
use arrow_schema::{ArrowError, Field, Schema as ArrowSchema, SchemaRef};
use nfstream::Schema;
use nfstream::arrow::{BATCH_ROWS, RecordBatchBuilder};
use nfstream::sinks::ParquetWriter;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::error::exception;
use crate::flow::{NFlow, Owned};
use crate::interruption::patience;

/// Rows of all flows so far.
#[pyclass(module = "nfstream._engine")]
pub(crate) struct Table {
    schema: Arc<Schema>,
    builder: RecordBatchBuilder,
    batches: Vec<RecordBatch>,
}

/// Columns that are not in the schema: name, kind, and a value for every row.
type Further<'py> = Vec<(String, String, Bound<'py, PyList>)>;

impl Table {
    pub(crate) fn new(schema: &Arc<Schema>) -> Self {
        let builder = RecordBatchBuilder::new(schema, BATCH_ROWS);
        Self { schema: Arc::clone(schema), builder, batches: Vec::new() }
    }

    /// Takes all batches, each with its part of the further columns.
    fn take(&mut self, further: Further<'_>) -> PyResult<(SchemaRef, Vec<RecordBatch>)> {
        self.batches.push(self.builder.finish().map_err(|error| invalid(&error))?);
        let mut fields = self.builder.schema().fields().to_vec();
        let mut columns = Vec::new();
        for (name, kind, values) in further {
            let column = array(&kind, &values)?;
            fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
            columns.push(column);
        }
        let (schema, mut row) = (Arc::new(ArrowSchema::new(fields)), 0);
        let widened = std::mem::take(&mut self.batches).into_iter().map(|batch| {
            let (first, rows) = (row, batch.num_rows());
            row += rows;
            let parts = columns.iter().map(|column| column.slice(first, rows));
            RecordBatch::try_new(Arc::clone(&schema), batch.columns().iter().cloned().chain(parts).collect())
        });
        let batches = widened.collect::<Result<_, _>>().map_err(|error| invalid(&error))?;
        Ok((schema, batches))
    }
}

#[pymethods]
impl Table {
    /// Adds a flow that has ended.
    fn append(&mut self, py: Python<'_>, flow: &NFlow) -> PyResult<()> {
        let appended = flow.with_record_of(py, &self.schema, |record| self.builder.append(record))?;
        appended.map_err(|error| invalid(&error))?;
        if self.builder.is_full() {
            self.batches.push(self.builder.finish().map_err(|error| invalid(&error))?);
        }
        Ok(())
    }

    /// The values of a flow that has ended, as they are in the table.
    fn row<'py>(&self, py: Python<'py>, flow: &NFlow) -> PyResult<Bound<'py, PyList>> {
        let values = flow.with_record_of(py, &self.schema, |record| {
            record.values().map(Owned::from).collect::<Vec<_>>()
        })?;
        let objects: PyResult<Vec<_>> = values.into_iter().map(|value| value.object(py)).collect();
        PyList::new(py, objects?)
    }

    /// Gives all rows away, with further columns.
    fn arrow_c_stream<'py>(
        &mut self,
        py: Python<'py>,
        further: Further<'py>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let (schema, batches) = self.take(further)?;
        let reader = RecordBatchIterator::new(batches.into_iter().map(Ok), schema);
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// Writes all rows, with further columns, as Parquet.
    fn write_parquet(&mut self, py: Python<'_>, path: PathBuf, further: Further<'_>) -> PyResult<()> {
        let (columns, batches) = self.take(further)?;
        let schema = Arc::clone(&self.schema);
        // The run is over.
        let patience = patience(|| false);
        let written = py.detach(|| {
            let mut writer = ParquetWriter::create(path, &schema, &columns, &patience)?;
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.finish()
        });
        written.map_err(|error| exception(py, &error))
    }
}

/// An Arrow array of values of one kind, or `None`.
fn array(kind: &str, values: &Bound<'_, PyList>) -> PyResult<ArrayRef> {
    Ok(match kind {
        "bool" => scalars(values, BooleanBuilder::new(), |to, value: Option<bool>| to.append_option(value))?,
        "int64" => scalars(values, Int64Builder::new(), |to, value: Option<i64>| to.append_option(value))?,
        "float64" => {
            scalars(values, Float64Builder::new(), |to, value: Option<f64>| to.append_option(value))?
        }
        "text" => scalars(values, StringBuilder::new(), |to, value: Option<String>| to.append_option(value))?,
        "list of bool" => {
            lists(values, BooleanBuilder::new(), |to, value: Option<bool>| to.append_option(value))?
        }
        "list of int64" => {
            lists(values, Int64Builder::new(), |to, value: Option<i64>| to.append_option(value))?
        }
        "list of float64" => {
            lists(values, Float64Builder::new(), |to, value: Option<f64>| to.append_option(value))?
        }
        "list of text" => {
            lists(values, StringBuilder::new(), |to, value: Option<String>| to.append_option(value))?
        }
        other => return Err(PyValueError::new_err(format!("{other:?} is not a kind of column"))),
    })
}

fn scalars<'py, B: ArrayBuilder, V>(
    values: &Bound<'py, PyList>,
    mut builder: B,
    append: impl Fn(&mut B, V),
) -> PyResult<ArrayRef>
where
    V: for<'a> FromPyObject<'a, 'py>,
{
    for value in values {
        append(&mut builder, value.extract().map_err(Into::into)?);
    }
    Ok(ArrayBuilder::finish(&mut builder))
}

fn lists<'py, B: ArrayBuilder, V>(
    values: &Bound<'py, PyList>,
    items: B,
    append: impl Fn(&mut B, V),
) -> PyResult<ArrayRef>
where
    V: for<'a> FromPyObject<'a, 'py>,
{
    let mut builder = ListBuilder::new(items);
    for value in values {
        if !value.is_none() {
            for item in value.try_iter()? {
                append(builder.values(), item?.extract().map_err(Into::into)?);
            }
        }
        builder.append(!value.is_none());
    }
    Ok(ArrayBuilder::finish(&mut builder))
}

fn invalid(error: &ArrowError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
