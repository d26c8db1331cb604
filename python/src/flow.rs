//! A flow as a Python object.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use nfstream::dpi::Metadata;
use nfstream::{LiveFlow, Record, Schema, Value};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyString, PyTuple, PyType};
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

/// A flow: an attribute for every column.
///
/// Which columns there are depends on the parameters of the ``NFStreamer`` that the flow comes from; ``keys()`` names
/// them. Values are computed when they are read, and cannot be changed. Flows are equal when all their columns are.
///
/// In a run with plugins a flow has ``udps`` as well, an object that takes any attribute. Each of them is a column, its name
/// ``udps.`` and that of the attribute, behind the others. What plugins see of a flow that has not ended are its values
/// so far; they may set ``expiration_id``, which with -1 ends the flow.
///
/// Parameters
/// ----------
/// columns : dict
///     Names and values. Flows usually come from an ``NFStreamer``; this is how they are unpickled.
/// udps : object, optional
///     What plugins have set.
/// l7_metadata : dict, optional
///     What was read of payloads, and is no column.
///
/// Examples
/// --------
/// >>> from nfstream import NFStreamer
/// >>> flow = next(iter(NFStreamer("web.pcap", splt_analysis=3)))
/// >>> flow.dst_ip, flow.dst_port, flow.splt_ps
/// ('10.0.0.53', 53, [75, 91, -1])
/// >>> dict(flow.items())["bidirectional_packets"]
/// 2
#[expect(clippy::doc_markdown, reason = "this is a docstring of Python")]
#[pyclass(module = "nfstream", name = "NFlow", frozen)]
pub(crate) struct NFlow {
    columns: Columns,
    /// In a run with plugins: what they have set.
    udps: Option<Py<PyAny>>,
}

enum Columns {
    /// Of a run; the dictionary says at which place of the record the column with a name is.
    Record(Record, Py<PyDict>),
    /// Of a run with plugins.
    Plugged(Box<Plugged>),
    /// Names and values, and what was read of payloads.
    Values(Py<PyDict>, Option<Py<PyDict>>),
}

/// A flow that plugins see while it is alive.
struct Plugged {
    live: LiveFlow,
    /// Once the flow has ended.
    record: RwLock<Option<Record>>,
    places: Py<PyDict>,
    /// What plugins have set while it was alive, or [`NOT_SET`].
    expiration_id: AtomicI64,
}

const NOT_SET: i64 = i64::MIN;

/// The place of the column that plugins may set: the second.
const EXPIRATION_ID: usize = 1;

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
        Self { columns: Columns::Record(record, places), udps: None }
    }

    /// A flow that is alive.
    pub(crate) fn plugged(live: LiveFlow, places: Py<PyDict>, udps: Py<PyAny>) -> Self {
        let expiration_id = AtomicI64::new(NOT_SET);
        let plugged = Plugged { live, record: RwLock::new(None), places, expiration_id };
        Self { columns: Columns::Plugged(Box::new(plugged)), udps: Some(udps) }
    }

    /// The flow has ended.
    pub(crate) fn end(&self, record: Record) {
        if let Columns::Plugged(plugged) = &self.columns {
            plugged.end(record);
        }
    }

    /// Of a run with plugins, when the flow has ended: shows its record.
    pub(crate) fn with_record<R>(&self, show: impl FnOnce(&Record) -> R) -> Option<R> {
        let Columns::Plugged(plugged) = &self.columns else { return None };
        plugged.record().as_ref().map(show)
    }

    fn column<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = name.py();
        match &self.columns {
            Columns::Record(record, places) => {
                let Some(place) = places.bind(py).get_item(name)? else { return Ok(None) };
                record.value(place.extract::<u32>()? as usize).map(|value| object(py, &value)).transpose()
            }
            Columns::Plugged(plugged) => {
                let Some(place) = plugged.places.bind(py).get_item(name)? else { return Ok(None) };
                plugged.value(py, place.extract::<u32>()? as usize)
            }
            Columns::Values(values, _) => values.bind(py).get_item(name),
        }
    }

    /// Names and texts of what was read of the flow's payloads and is no column.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        fn texts(metadata: &Metadata) -> Vec<(&'static str, String)> {
            metadata.fields().map(|(field, text)| (field.name(), text.to_owned())).collect()
        }
        let found = match &self.columns {
            Columns::Record(record, _) => record.l7_metadata().map(texts),
            Columns::Plugged(plugged) => match &*plugged.record() {
                Some(record) => record.l7_metadata().map(texts),
                None => plugged.live.read_l7_metadata(texts),
            },
            Columns::Values(..) => None,
        };
        found.unwrap_or_default()
    }

    /// Names and values of what plugins have set.
    fn set_by_plugins<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(udps) = &self.udps else { return Ok(None) };
        Ok(Some(udps.bind(py).getattr(intern!(py, "__dict__"))?.cast_into()?))
    }

    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let columns = match &self.columns {
            Columns::Record(_, columns) | Columns::Values(columns, _) => columns,
            Columns::Plugged(plugged) => &plugged.places,
        };
        let names = columns.bind(py).keys();
        if let Some(set) = self.set_by_plugins(py)? {
            for name in set.keys() {
                names.append(format!("udps.{name}"))?;
            }
        }
        Ok(names)
    }

    fn values_of_columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        match &self.columns {
            Columns::Record(record, _) => {
                let values: PyResult<Vec<_>> = record.values().map(|value| object(py, &value)).collect();
                PyList::new(py, values?)
            }
            Columns::Plugged(plugged) => {
                let places = 0..plugged.places.bind(py).len();
                let values: PyResult<Vec<_>> =
                    places.filter_map(|place| plugged.value(py, place).transpose()).collect();
                PyList::new(py, values?)
            }
            Columns::Values(values, _) => Ok(values.bind(py).values()),
        }
    }
}

impl Plugged {
    fn record(&self) -> RwLockReadGuard<'_, Option<Record>> {
        self.record.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn value<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        // Nothing of Python happens while the record or the run is held: to make a list may run a finalizer.
        let ended = self.record().as_ref().map(|record| record.plain_value(place).map(Owned::from));
        if let Some(value) = ended {
            return value.map(|value| value.object(py)).transpose();
        }
        let set = self.expiration_id.load(Ordering::Relaxed);
        if place == EXPIRATION_ID && set != NOT_SET {
            return Ok(Some(set.into_pyobject(py)?.into_any()));
        }
        self.live.read(place, |value| Owned::from(value)).map(|value| value.object(py)).transpose()
    }

    fn set_expiration_id(&self, expiration_id: i32) {
        if let Some(record) = &mut *self.record.write().unwrap_or_else(PoisonError::into_inner) {
            record.set_expiration_id(expiration_id);
            return;
        }
        self.expiration_id.store(expiration_id.into(), Ordering::Relaxed);
        self.live.set_expiration_id(if expiration_id == -1 { -1 } else { 0 });
    }

    /// As with nfstream an active timeout replaces what plugins have set, and an idle timeout does not.
    fn end(&self, mut record: Record) {
        if let Ok(set) = i32::try_from(self.expiration_id.load(Ordering::Relaxed))
            && record.flow().expiration_id != 1
        {
            record.set_expiration_id(set);
        }
        *self.record.write().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }
}

#[pymethods]
impl NFlow {
    #[new]
    #[pyo3(signature = (columns, udps = None, l7_metadata = None))]
    fn from_columns(
        columns: &Bound<'_, PyDict>,
        udps: Option<Py<PyAny>>,
        l7_metadata: Option<Py<PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self { columns: Columns::Values(columns.copy()?.unbind(), l7_metadata), udps })
    }

    fn __getattribute__<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let flow = slf.get();
        match &flow.udps {
            Some(udps) if name.eq(intern!(slf.py(), "udps"))? => return Ok(udps.bind(slf.py()).clone()),
            _ => {}
        }
        match flow.column(name)? {
            Some(value) => Ok(value),
            None => generic(slf, name),
        }
    }

    fn __setattr__(&self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match &self.columns {
            Columns::Plugged(plugged) if name == "expiration_id" => {
                plugged.set_expiration_id(value.extract()?);
                Ok(())
            }
            _ => {
                Err(PyAttributeError::new_err(format!("attribute '{name}' of 'NFlow' objects cannot be set")))
            }
        }
    }

    fn __delattr__(&self, name: &str) -> PyResult<()> {
        Err(PyAttributeError::new_err(format!("attribute '{name}' of 'NFlow' objects cannot be deleted")))
    }

    /// Python asks here when `__getattribute__` found nothing: it may be a field of the first published interface.
    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        if LAYER_7.contains(&name) {
            let why =
                format!("'NFlow' object has no attribute '{name}': it comes with n_dissections above 0");
            return Err(PyAttributeError::new_err(why));
        }
        if name.starts_with('_') || name == "udps" {
            return Err(PyAttributeError::new_err(format!("'NFlow' object has no attribute '{name}'")));
        }
        slf.py()
            .import(intern!(slf.py(), "nfstream.early"))?
            .call_method1(intern!(slf.py(), "attribute"), (slf, name))
    }

    /// What the column `l7` has, also where there is no such column.
    fn _l7_metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match (self.column(PyString::intern(py, "l7").as_any())?, &self.columns) {
            (Some(metadata), _) => Ok(metadata.cast_into()?),
            (None, Columns::Values(_, Some(metadata))) => Ok(metadata.bind(py).clone()),
            (None, _) => self.metadata().into_py_dict(py),
        }
    }

    fn __dir__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let names = slf.get().names(slf.py())?;
        if slf.get().udps.is_some() {
            names.append(intern!(slf.py(), "udps"))?;
        }
        for method in slf.get_type().dir()? {
            names.append(method)?;
        }
        Ok(names)
    }

    /// The names of the columns, in order.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.names(py)
    }

    /// The values of the columns, in order.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values = self.values_of_columns(py)?;
        if let Some(set) = self.set_by_plugins(py)? {
            for value in set.values() {
                values.append(value)?;
            }
        }
        Ok(values)
    }

    /// Pairs of name and value, in order.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.names(py)?.iter().zip(self.values(py)?.iter()).collect::<Vec<_>>())
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        Ok(self.names(py)?.eq(other.names(py)?)? && self.values(py)?.eq(other.values(py)?)?)
    }

    /// Equal flows began at the same time; and unlike the id of a flow that plugins see, that stays what it is.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let columns = [intern!(py, "bidirectional_first_seen_ms"), intern!(py, "src_port")];
        columns.iter().try_fold(0, |hash: isize, column| {
            let column = self.column(column)?.map_or(Ok(0), |value| value.hash())?;
            Ok(hash.wrapping_mul(31).wrapping_add(column))
        })
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

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let columns = PyDict::new(py);
        for (name, value) in self.names(py)?.iter().zip(self.values_of_columns(py)?.iter()) {
            columns.set_item(name, value)?;
        }
        let metadata = self._l7_metadata(py)?;
        let arguments = match &self.udps {
            _ if !metadata.is_empty() => (columns, &self.udps, metadata).into_pyobject(py)?,
            Some(udps) => (columns, udps).into_pyobject(py)?,
            None => (columns,).into_pyobject(py)?,
        };
        Ok((Self::type_object(py), arguments))
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
        for (number, (name, value)) in self.names(py)?.iter().zip(self.values(py)?.iter()).enumerate() {
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

/// A value that borrows nothing.
pub(crate) enum Owned {
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<i64>),
    Struct(Vec<(&'static str, String)>),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Int(number) => Self::Int(number),
            Value::Float(number) => Self::Float(number),
            Value::IntList(numbers) => Self::List(numbers.to_vec()),
            Value::TextStruct(members) => {
                Self::Struct(members.into_iter().map(|(name, text)| (name, text.to_owned())).collect())
            }
            Value::Text(text) => Self::Text(text.into_owned()),
            other => Self::Text(other.to_string()),
        }
    }
}

impl Owned {
    pub(crate) fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(match self {
            Self::Int(number) => number.into_pyobject(py)?.into_any(),
            Self::Float(number) => number.into_pyobject(py)?.into_any(),
            Self::Text(text) => PyString::new(py, &text).into_any(),
            Self::List(numbers) => PyList::new(py, numbers)?.into_any(),
            Self::Struct(members) => members.into_py_dict(py)?.into_any(),
        })
    }
}
