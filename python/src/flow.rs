//! A flow as a Python object.

use std::fmt::Write;

use nfstream::{Record, Schema, Value};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyString, PyType};
use pyo3::{PyTypeInfo, intern};

/// Columns of nfstream that come with dissection.
const LAYER_7: [&str; 9] = [
    "application_name",
    "application_category_name",
    "application_is_guessed",
    "application_confidence",
    "requested_server_name",
    "client_fingerprint",
    "server_fingerprint",
    "user_agent",
    "content_type",
];

/// A flow that has ended: an attribute for every column.
///
/// Which columns there are depends on the parameters of the ``NFStreamer`` that the flow comes from; ``keys()`` names
/// them. Values are computed when they are read, and cannot be changed. Flows are equal when all their columns are.
///
/// Parameters
/// ----------
/// columns : dict
///     Names and values. Flows usually come from an ``NFStreamer``; this is how they are unpickled.
///
/// Examples
/// --------
/// >>> from nfstream import NFStreamer
/// >>> flow = next(iter(NFStreamer("web.pcap", splt_analysis=3)))
/// >>> flow.dst_ip, flow.dst_port, flow.splt_ps
/// ('10.0.0.53', 53, [75, 91, -1])
/// >>> dict(flow.items())["bidirectional_packets"]
/// 2
#[pyclass(module = "nfstream", name = "NFlow", frozen)]
pub(crate) struct NFlow(Columns);

enum Columns {
    /// Of a run; the dictionary says at which place of the record the column with a name is.
    Record(Record, Py<PyDict>),
    /// Names and values.
    Values(Py<PyDict>),
}

/// The place of every column by its name, in order.
pub(crate) fn places(py: Python<'_>, schema: &Schema) -> PyResult<Py<PyDict>> {
    let places = PyDict::new(py);
    for (place, column) in schema.columns().iter().enumerate() {
        places.set_item(PyString::intern(py, &column.name), place)?;
    }
    Ok(places.unbind())
}

impl NFlow {
    pub(crate) fn new(record: Record, places: Py<PyDict>) -> Self {
        Self(Columns::Record(record, places))
    }

    fn column<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = name.py();
        match &self.0 {
            Columns::Record(record, places) => {
                let Some(place) = places.bind(py).get_item(name)? else { return Ok(None) };
                record.value(place.extract::<u32>()? as usize).map(|value| object(py, &value)).transpose()
            }
            Columns::Values(values) => values.bind(py).get_item(name),
        }
    }

    fn names<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        let (Columns::Record(_, columns) | Columns::Values(columns)) = &self.0;
        columns.bind(py).keys()
    }
}

#[pymethods]
impl NFlow {
    #[new]
    fn from_columns(columns: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Self(Columns::Values(columns.copy()?.unbind())))
    }

    fn __getattribute__<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match slf.get().column(name)? {
            Some(value) => Ok(value),
            None => generic(slf, name),
        }
    }

    /// Python asks here when `__getattribute__` found nothing.
    fn __getattr__(&self, name: &str) -> PyResult<Py<PyAny>> {
        let why = if LAYER_7.contains(&name) { ": it comes with n_dissections above 0" } else { "" };
        Err(PyAttributeError::new_err(format!("'NFlow' object has no attribute '{name}'{why}")))
    }

    fn __dir__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let names = slf.get().names(slf.py());
        for method in slf.get_type().dir()? {
            names.append(method)?;
        }
        Ok(names)
    }

    /// The names of the columns, in order.
    fn keys<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.names(py)
    }

    /// The values of the columns, in order.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        match &self.0 {
            Columns::Record(record, _) => {
                let values: PyResult<Vec<_>> = record.values().map(|value| object(py, &value)).collect();
                PyList::new(py, values?)
            }
            Columns::Values(values) => Ok(values.bind(py).values()),
        }
    }

    /// Pairs of name and value, in order.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.names(py).iter().zip(self.values(py)?.iter()).collect::<Vec<_>>())
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        Ok(self.names(py).eq(other.names(py))? && self.values(py)?.eq(other.values(py)?)?)
    }

    /// Equal flows have equal ids.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.column(intern!(py, "id"))?.map_or(Ok(0), |id| id.hash())
    }

    /// One line for each column, as nfstream prints it.
    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        self.print(py, ",\n      ", |value| value.str())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.print(py, ", ", |value| value.repr())
    }

    /// A table of two columns, for notebooks.
    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let table = py.import("nfstream.notebook")?.getattr("table")?;
        table.call1(("NFlow", self.items(py)?))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyDict>,))> {
        let columns = PyDict::new(py);
        for (name, value) in self.names(py).iter().zip(self.values(py)?.iter()) {
            columns.set_item(name, value)?;
        }
        Ok((Self::type_object(py), (columns,)))
    }
}

impl NFlow {
    fn print(
        &self,
        py: Python<'_>,
        separator: &str,
        shown: for<'py> fn(&Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>>,
    ) -> PyResult<String> {
        let mut text = String::from("NFlow(");
        for (number, (name, value)) in self.names(py).iter().zip(self.values(py)?.iter()).enumerate() {
            let separator = if number == 0 { "" } else { separator };
            let _ = write!(text, "{separator}{name}={}", shown(&value)?);
        }
        text.push(')');
        Ok(text)
    }
}

/// What is no column: methods and what every object has.
#[cold]
fn generic<'py>(flow: &Bound<'py, NFlow>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static GENERIC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = flow.py();
    let generic = GENERIC.get_or_try_init(py, || {
        PyResult::Ok(py.get_type::<PyAny>().getattr(intern!(py, "__getattribute__"))?.unbind())
    })?;
    generic.bind(py).call1((flow, name))
}

/// A value as `int`, `float`, `str` or `list`.
#[inline]
fn object<'py>(py: Python<'py>, value: &Value<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Int(number) => number.into_pyobject(py)?.into_any(),
        Value::Float(number) => number.into_pyobject(py)?.into_any(),
        Value::IntList(numbers) => PyList::new(py, numbers.iter())?.into_any(),
        Value::TextStruct(members) => members.into_py_dict(py)?.into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        other => PyString::new(py, &other.to_string()).into_any(),
    })
}
