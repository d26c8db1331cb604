//! A flow as a Python object.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use nfstream::dpi::Metadata;
use nfstream::{Kind, LiveFlow, Record, Schema, Value};
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyOverflowError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyFloat, PyInt, PyIterator, PyList, PyString, PyTuple, PyType};

use crate::error::exception;

/// Columns of nfstream that need dissection.
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

const SLOTS_BEFORE_COUNTERS: [&str; 14] = [
    "id",
    "expiration_id",
    "src_ip",
    "src_mac",
    "src_oui",
    "src_port",
    "dst_ip",
    "dst_mac",
    "dst_oui",
    "dst_port",
    "protocol",
    "ip_version",
    "vlan_id",
    "tunnel_id",
];

/// Columns that exist for both directions together and for each direction, with the end of their names.
const COUNTERS: [(&[&str], &str); 4] = [
    (&["first_seen_ms", "last_seen_ms", "duration_ms", "packets", "bytes"], ""),
    (&["min", "mean", "stddev", "max"], "_ps"),
    (&["min", "mean", "stddev", "max"], "_piat_ms"),
    (&["syn", "cwr", "ece", "urg", "ack", "psh", "rst", "fin"], "_packets"),
];

const SLOTS_AFTER_COUNTERS: [&str; 3] = ["splt_direction", "splt_ps", "splt_piat_ms"];

const SLOTS_AT_THE_END: [&str; 4] =
    ["udps", "system_process_pid", "system_process_name", "system_browser_tab"];

/// A flow: an attribute for every column.
///
/// The columns depend on the parameters of the ``NFStreamer`` that the flow comes from; ``keys()`` names them. Values are computed when they
/// are read. A flow is also a mapping: ``flow["src_ip"]``, ``dict(flow)``, ``**flow``. Flows are equal when all their columns are.
///
/// Columns can be set: later plugins and every output see a value that a plugin has set; elsewhere only this object changes. A value that is set
/// before the flow has ended holds until the run computes it again, with the next packet; endpoints, protocol and first times stay.
/// Columns of numbers and of lists of numbers take only such values; a column of text takes anything, and files have its text. The dicts
/// ``l7`` and ``system`` cannot be changed.
///
/// In a run with plugins a flow also has ``udps``, an object that takes any attribute. Each attribute is a column after the others,
/// named ``udps.`` and the name of the attribute. In a flow that has not ended, plugins see the values so far; setting ``expiration_id``
/// to -1 ends the flow.
///
/// Parameters
/// ----------
/// columns : dict
///     Names and values. Flows usually come from an ``NFStreamer``; this is how they are unpickled.
/// udps : object, optional
///     Attributes that plugins have set.
/// l7_metadata : dict, optional
///     Details from payloads that are not a column.
///
/// Examples
/// --------
/// >>> from nfstream import NFStreamer
/// >>> flow = next(iter(NFStreamer("web.pcap", splt_analysis=3)))
/// >>> flow.dst_ip, flow["dst_port"], flow.splt_ps
/// ('10.0.0.53', 53, [75, 91, -1])
/// >>> flow.to_dict()["bidirectional_packets"]
/// 2
/// >>> flow.application_name = "Names"
/// >>> flow["application_name"]
/// 'Names'
#[expect(clippy::doc_markdown, reason = "this is a docstring of Python")]
#[pyclass(module = "nfstream", name = "NFlow", frozen, subclass, mapping)]
pub(crate) struct NFlow {
    columns: Columns,
    /// Values that plugins have set, in a run with plugins.
    udps: Option<Py<PyAny>>,
    /// Columns that were set, with their values.
    set: OnceLock<Py<PyDict>>,
}

enum Columns {
    /// A flow of a run. The dictionary gives the place in the record of each column, by name.
    Record(Record, Py<PyDict>),
    /// A flow of a run with plugins.
    Plugged(Box<Plugged>),
    /// Names and values, and the metadata of payloads.
    Values(Py<PyDict>, Option<Py<PyDict>>),
}

/// A flow that plugins see while it is alive.
struct Plugged {
    state: RwLock<State>,
    places: Py<PyDict>,
    /// Value that plugins have set while the flow was alive, or [`NOT_SET`].
    expiration_id: AtomicI64,
}

enum State {
    Alive(LiveFlow),
    Ended(Record),
}

const NOT_SET: i64 = i64::MIN;

/// First times that no later packet changes.
const LASTING_TIMES: [&str; 2] = ["bidirectional_first_seen_ms", "src2dst_first_seen_ms"];

/// Whether no later packet changes a column: a time, or one of the columns after `id` and `expiration_id`.
fn is_lasting(name: &str) -> bool {
    SLOTS_BEFORE_COUNTERS[2..].contains(&name) || LASTING_TIMES.contains(&name)
}

/// Place of the column that decides whether the flow ends: the second one.
const EXPIRATION_ID: usize = 1;

/// The place of every column by its name, in order. Plugins also see columns that outputs lack.
pub(crate) fn places(py: Python<'_>, schema: &Schema) -> PyResult<Py<PyDict>> {
    let places = PyDict::new(py);
    for (place, column) in schema.every_column().iter().enumerate() {
        places.set_item(PyString::intern(py, &column.name), place)?;
    }
    Ok(places.unbind())
}

impl NFlow {
    fn of(columns: Columns, udps: Option<Py<PyAny>>) -> Self {
        Self { columns, udps, set: OnceLock::new() }
    }

    pub(crate) fn new(record: Record, places: Py<PyDict>) -> Self {
        Self::of(Columns::Record(record, places), None)
    }

    /// A live flow.
    pub(crate) fn plugged(live: LiveFlow, places: Py<PyDict>, udps: Py<PyAny>) -> Self {
        let (state, expiration_id) = (RwLock::new(State::Alive(live)), AtomicI64::new(NOT_SET));
        Self::of(Columns::Plugged(Box::new(Plugged { state, places, expiration_id })), Some(udps))
    }

    /// Ends the flow.
    pub(crate) fn end(&self, record: Record) {
        if let Columns::Plugged(plugged) = &self.columns {
            plugged.end(record);
        }
    }

    /// Columns that were set, if there are any.
    fn set<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyDict>> {
        self.set.get().map(|set| set.bind(py)).filter(|set| !set.is_empty())
    }

    /// Drops values that plugins have set, because the run has new values, with a packet or at the end. As in nfstream,
    /// these replace the set ones, except for [values that the first packet decides](is_lasting).
    pub(crate) fn renew(&self, py: Python<'_>) -> PyResult<()> {
        let Some(set) = self.set(py) else { return Ok(()) };
        for name in set.keys() {
            if !is_lasting(&name.cast::<PyString>()?.to_cow()?) {
                set.del_item(name)?;
            }
        }
        Ok(())
    }

    /// Shows the record of a flow that has ended, with the values that were set, to an output for records of a schema.
    pub(crate) fn with_record_of<R>(
        &self,
        py: Python<'_>,
        schema: &Arc<Schema>,
        show: impl FnOnce(&Record) -> R,
    ) -> PyResult<R> {
        let set = self.set(py).map_or(Ok(Vec::new()), |set| self.set_values(set))?;
        let shown = |record: &Record| {
            let own = record.schema();
            if !Arc::ptr_eq(own, schema) && (schema.is_anonymized() || own.columns() != schema.columns()) {
                return Err(PyTypeError::new_err(OF_ANOTHER_RUN));
            }
            match set.is_empty() {
                true => Ok(show(record)),
                false => {
                    record.with_values(set).map(|record| show(&record)).map_err(|error| exception(py, &error))
                }
            }
        };
        match &self.columns {
            Columns::Record(record, _) => shown(record),
            Columns::Plugged(plugged) => match &*plugged.state() {
                State::Ended(record) => shown(record),
                State::Alive(_) => Err(PyTypeError::new_err(
                    "the flow has not ended: files and tables take only flows that have ended",
                )),
            },
            Columns::Values(..) => Err(PyTypeError::new_err(OF_ANOTHER_RUN)),
        }
    }

    /// The values that were set, for a record.
    fn set_values(&self, set: &Bound<'_, PyDict>) -> PyResult<Vec<(usize, Value<'static>)>> {
        let Some((places, schema)) = self.places().zip(self.schema()) else { return Ok(Vec::new()) };
        let mut values = Vec::with_capacity(set.len());
        for (name, value) in set {
            let Some(place) = places.bind(set.py()).get_item(&name)? else { continue };
            let place: usize = place.extract()?;
            let Some(column) = schema.every_column().get(place) else { continue };
            let value = match column.kind {
                Kind::Text => Value::Text(Cow::Owned(value.str()?.to_string_lossy().into_owned())),
                Kind::Float64 => Value::Float(value.extract()?),
                Kind::Int64List => Value::IntList(Cow::Owned(value.extract()?)),
                _ => Value::Int(value.extract()?),
            };
            values.push((place, value));
        }
        Ok(values)
    }

    /// The columns, if the flow comes from a run.
    fn schema(&self) -> Option<Arc<Schema>> {
        match &self.columns {
            Columns::Record(record, _) => Some(Arc::clone(record.schema())),
            Columns::Plugged(plugged) => Some(match &*plugged.state() {
                State::Ended(record) => Arc::clone(record.schema()),
                State::Alive(live) => live.schema(),
            }),
            Columns::Values(..) => None,
        }
    }

    /// The places of the columns, if the flow comes from a run.
    fn places(&self) -> Option<&Py<PyDict>> {
        match &self.columns {
            Columns::Record(_, places) => Some(places),
            Columns::Plugged(plugged) => Some(&plugged.places),
            Columns::Values(..) => None,
        }
    }

    #[inline]
    fn column<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some(set) = self.set(name.py())
            && let Some(value) = set.get_item(name)?
        {
            return Ok(Some(value));
        }
        self.found(name)
    }

    /// The value that the run has found, or that a feature computes from the values that were set.
    fn found<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = name.py();
        let place = match &self.columns {
            Columns::Record(_, places) => places.bind(py).get_item(name)?,
            Columns::Plugged(plugged) => plugged.places.bind(py).get_item(name)?,
            Columns::Values(values, _) => return values.bind(py).get_item(name),
        };
        let Some(place) = place else { return Ok(None) };
        let place = place.extract::<u32>()? as usize;
        if let Some(set) = self.set(py)
            && let Some(value) = self.of_set(py, set, place)?
        {
            return value.object(py).map(Some);
        }
        match &self.columns {
            Columns::Record(record, _) => {
                record.plain_value(place).map(|value| object(py, &value)).transpose()
            }
            Columns::Plugged(plugged) => plugged.value(py, place),
            Columns::Values(..) => Ok(None),
        }
    }

    /// The value of a column of a flow that has ended, if other columns were set.
    fn of_set(&self, py: Python<'_>, set: &Bound<'_, PyDict>, place: usize) -> PyResult<Option<Owned>> {
        let values = self.set_values(set)?;
        let shown = |record: &Record| {
            let record = record.with_values(values).map_err(|error| exception(py, &error))?;
            Ok(record.plain_value(place).map(Owned::from))
        };
        match &self.columns {
            Columns::Record(record, _) => shown(record),
            Columns::Plugged(plugged) => match &*plugged.state() {
                State::Ended(record) => shown(record),
                State::Alive(_) => Ok(None),
            },
            Columns::Values(..) => Ok(None),
        }
    }

    /// Names and texts of the payload metadata that is not in a column.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        fn texts(metadata: &Metadata) -> Vec<(&'static str, String)> {
            metadata.fields().map(|(field, text)| (field.name(), text.to_owned())).collect()
        }
        let found = match &self.columns {
            Columns::Record(record, _) => record.l7_metadata().map(texts),
            Columns::Plugged(plugged) => match &*plugged.state() {
                State::Ended(record) => record.l7_metadata().map(texts),
                State::Alive(live) => live.read_l7_metadata(texts),
            },
            Columns::Values(..) => None,
        };
        found.unwrap_or_default()
    }

    /// Names and values that plugins have set.
    fn set_by_plugins<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(udps) = &self.udps else { return Ok(None) };
        Ok(Some(udps.bind(py).getattr(intern!(py, "__dict__"))?.cast_into()?))
    }

    fn names_of_columns<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        match &self.columns {
            Columns::Record(_, columns) | Columns::Values(columns, _) => columns,
            Columns::Plugged(plugged) => &plugged.places,
        }
        .bind(py)
        .keys()
    }

    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let names = self.names_of_columns(py);
        if let Some(set) = self.set_by_plugins(py)? {
            for name in set.keys() {
                names.append(format!("{UDPS}{name}"))?;
            }
        }
        Ok(names)
    }

    fn values_of_columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        if self.set(py).is_some() {
            let names = self.names_of_columns(py);
            let values: PyResult<Vec<_>> =
                names.iter().filter_map(|name| self.column(&name).transpose()).collect();
            return PyList::new(py, values?);
        }
        match &self.columns {
            Columns::Record(record, places) => {
                let places = 0..places.bind(py).len();
                let values: PyResult<Vec<_>> = places
                    .filter_map(|place| record.plain_value(place))
                    .map(|value| object(py, &value))
                    .collect();
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

    /// Sets a column to a value that a file can hold in it.
    fn set_column(
        &self,
        name: &Bound<'_, PyString>,
        found: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = name.py();
        if let Columns::Plugged(plugged) = &self.columns
            && name.as_any().eq(intern!(py, "expiration_id"))?
        {
            plugged.set_expiration_id(value.extract()?);
            return Ok(());
        }
        let value = fitting(name, found, value)?;
        if let Ok(number) = value.extract::<i64>()
            && let Some((places, schema)) = self.places().zip(self.schema())
            && let Some(place) = places.bind(py).get_item(name)?
            && let Some(column) = schema.every_column().get(place.extract::<usize>()?)
            && matches!(column.kind, Kind::UInt8 | Kind::UInt16 | Kind::Int32)
            && !column.kind.takes(&Value::Int(number))
        {
            let kind = column.kind;
            return Err(PyOverflowError::new_err(format!("{name} is {kind}, and cannot be set to {number}")));
        }
        self.set.get_or_init(|| PyDict::new(py).unbind()).bind(py).set_item(name, value)
    }
}

const OF_ANOTHER_RUN: &str = "the flow comes from another run, whose columns are different or hidden differently: files and tables \
    take the flows that super().__iter__() gives";

/// Prefix that turns the name of an attribute of `udps` into the name of a column.
const UDPS: &str = "udps.";

/// A value as it is stored in a column whose value so far is `found`. A column of text takes anything: files get its text.
fn fitting<'py>(
    name: &Bound<'py, PyString>,
    found: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = name.py();
    if found.is_instance_of::<PyDict>() {
        return Err(PyAttributeError::new_err(format!(
            "attribute '{name}' of 'NFlow' objects cannot be set"
        )));
    }
    if found.is_instance_of::<PyString>() {
        return Ok(value.clone());
    }
    let (fitting, kind) = if found.is_instance_of::<PyList>() {
        // To Python, an array of NumPy is not a sequence.
        let listed = value.call_method0(intern!(py, "tolist")).unwrap_or_else(|_| value.clone());
        let numbers = listed.extract::<Vec<i64>>().ok();
        (numbers.map(|numbers| PyList::new(py, numbers)).transpose()?.map(Bound::into_any), "a list of int")
    } else if found.is_instance_of::<PyFloat>() {
        (value.extract().ok().map(|number: f64| PyFloat::new(py, number).into_any()), "a float")
    } else if !found.is_instance_of::<PyInt>() {
        return Ok(value.clone());
    } else {
        let number = value.extract::<i64>().ok();
        (number.map(|number| number.into_pyobject(py)).transpose()?.map(Bound::into_any), "an int")
    };
    fitting.ok_or_else(|| {
        let given = value.repr().map_or_else(|_| value.get_type().to_string(), |given| given.to_string());
        PyTypeError::new_err(format!("{name} is {kind}, and cannot be set to {given}"))
    })
}

impl Plugged {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn value<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        // Nothing in Python runs while the record or the run is held: making a list may run a finalizer.
        let value = match &*self.state() {
            State::Ended(record) => record.plain_value(place).map(Owned::from),
            State::Alive(live) => {
                let set = self.expiration_id.load(Ordering::Relaxed);
                match place == EXPIRATION_ID && set != NOT_SET {
                    true => Some(Owned::Int(set)),
                    false => live.read_plain(place, |value| Owned::from(value)),
                }
            }
        };
        value.map(|value| value.object(py)).transpose()
    }

    fn set_expiration_id(&self, expiration_id: i32) {
        match &mut *self.state.write().unwrap_or_else(PoisonError::into_inner) {
            State::Ended(record) => record.set_expiration_id(expiration_id),
            State::Alive(live) => {
                self.expiration_id.store(expiration_id.into(), Ordering::Relaxed);
                live.set_expiration_id(if expiration_id == -1 { -1 } else { 0 });
            }
        }
    }

    /// Ends the flow. As in nfstream, an active timeout replaces the value that plugins have set, and an idle timeout does
    /// not.
    fn end(&self, mut record: Record) {
        if let Ok(set) = i32::try_from(self.expiration_id.load(Ordering::Relaxed))
            && record.flow().expiration_id != 1
        {
            record.set_expiration_id(set);
        }
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Ended(record);
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
        Ok(Self::of(Columns::Values(columns.copy()?.unbind(), l7_metadata), udps))
    }

    /// The names that nfstream's flows can have, with any parameters; ``keys()`` names those of this flow.
    #[classattr]
    fn __slots__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        let mut names: Vec<String> = SLOTS_BEFORE_COUNTERS.iter().map(ToString::to_string).collect();
        for (counters, of) in COUNTERS {
            for direction in ["bidirectional", "src2dst", "dst2src"] {
                names.extend(counters.iter().map(|counter| format!("{direction}_{counter}{of}")));
            }
        }
        names.extend(
            SLOTS_AFTER_COUNTERS.iter().chain(&LAYER_7).chain(&SLOTS_AT_THE_END).map(ToString::to_string),
        );
        PyTuple::new(py, names)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A reference cycle through these is broken in the dict of `udps`, or of the values that were set.
        visit.call(&self.udps)?;
        visit.call(self.set.get())?;
        if let Columns::Values(values, metadata) = &self.columns {
            visit.call(values)?;
            visit.call(metadata)?;
        }
        Ok(())
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

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if let Some(found) = slf.get().found(name.as_any())? {
            return slf.get().set_column(name, &found, value);
        }
        if is_of_subclass(slf) {
            return match data_descriptor(slf, name, "__set__") {
                Some(descriptor) => descriptor.call_method1("__set__", (slf, value)).map(drop),
                None => own_dict(slf)?.set_item(name, value),
            };
        }
        let place = match &slf.get().udps {
            Some(_) => format!(": set flow.udps.{name}"),
            None => String::new(),
        };
        Err(PyAttributeError::new_err(format!(
            "'NFlow' objects have no column '{name}' that could be set{place}"
        )))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        if is_of_subclass(slf) && slf.get().found(name.as_any())?.is_none() {
            return match data_descriptor(slf, name, "__delete__") {
                Some(descriptor) => descriptor.call_method1("__delete__", (slf,)).map(drop),
                None => own_dict(slf)?.del_item(name),
            };
        }
        Err(PyAttributeError::new_err(format!("attribute '{name}' of 'NFlow' objects cannot be deleted")))
    }

    /// Python calls this if `__getattribute__` found nothing: the name may be a field of the first published interface.
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

    /// The content of the column `l7`, also if there is no such column.
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

    /// The value of a column, by its name; an attribute of ``udps`` has the name ``udps.NAME``.
    fn __getitem__<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.item(name)?.ok_or_else(|| PyKeyError::new_err(name.clone().unbind()))
    }

    fn __setitem__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let Some(found) = slf.get().found(name.as_any())? else {
            return Err(PyKeyError::new_err(name.clone().unbind()));
        };
        slf.get().set_column(name, &found, value)
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.item(name)?.is_some())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.names(py)?.len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.names(py)?.try_iter()
    }

    /// The value of a column, by its name, or ``default`` if there is no such column.
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.item(name)?.or(default))
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

    /// Names and values of the columns, in order.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for (name, value) in self.names(py)?.iter().zip(self.values(py)?.iter()) {
            columns.set_item(name, value)?;
        }
        Ok(columns)
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        Ok(self.names(py)?.eq(other.names(py)?)? && self.values(py)?.eq(other.values(py)?)?)
    }

    /// The hash of the flow's endpoints and beginning. Unlike other columns, these do not change while the flow is alive.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let columns = [
            intern!(py, "bidirectional_first_seen_ms"),
            intern!(py, "src_ip"),
            intern!(py, "src_port"),
            intern!(py, "dst_ip"),
            intern!(py, "dst_port"),
            intern!(py, "protocol"),
            intern!(py, "vlan_id"),
        ];
        let values: PyResult<Vec<_>> = columns.iter().map(|column| self.column(column)).collect();
        PyTuple::new(py, values?)?.hash()
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

    /// Values that were set are set in the copy as well: its columns follow from the values that the run found.
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>, Option<Attributes<'py>>)> {
        let (py, flow) = (slf.py(), slf.get());
        let columns = PyDict::new(py);
        for name in flow.names_of_columns(py) {
            columns.set_item(&name, flow.found(&name)?)?;
        }
        let metadata = flow._l7_metadata(py)?;
        let arguments = match &flow.udps {
            _ if !metadata.is_empty() => (columns, &flow.udps, metadata).into_pyobject(py)?,
            Some(udps) => (columns, udps).into_pyobject(py)?,
            None => (columns,).into_pyobject(py)?,
        };
        let own = if is_of_subclass(slf) { Some(own_dict(slf)?) } else { None };
        let own = own.filter(|own| !own.is_empty());
        let set = flow.set(py).cloned();
        let attributes = (own.is_some() || set.is_some()).then_some((own, set));
        Ok((slf.get_type(), arguments, attributes))
    }
}

/// Values to set in a copy: attributes of a subclass, and columns.
type Attributes<'py> = (Option<Bound<'py, PyDict>>, Option<Bound<'py, PyDict>>);

/// The object through which an attribute of a subclass is set, such as a property.
fn data_descriptor<'py>(
    flow: &Bound<'py, NFlow>,
    name: &Bound<'py, PyString>,
    method: &str,
) -> Option<Bound<'py, PyAny>> {
    let attribute = flow.get_type().getattr(name).ok()?;
    attribute.hasattr(method).is_ok_and(|has| has).then_some(attribute)
}

/// The attributes of an object of a subclass that are not columns.
fn own_dict<'py>(flow: &Bound<'py, NFlow>) -> PyResult<Bound<'py, PyDict>> {
    Ok(generic(flow, intern!(flow.py(), "__dict__").as_any())?.cast_into()?)
}

fn is_of_subclass(flow: &Bound<'_, NFlow>) -> bool {
    !flow.is_exact_instance_of::<NFlow>()
}

impl NFlow {
    fn item<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Ok(text) = name.cast::<PyString>() else { return Ok(None) };
        if let Some(value) = self.column(name)? {
            return Ok(Some(value));
        }
        match (text.to_cow()?.strip_prefix(UDPS), self.set_by_plugins(name.py())?) {
            (Some(name), Some(set)) => set.get_item(name),
            _ => Ok(None),
        }
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

/// An attribute that is not a column: methods, and the attributes that every object has.
#[cold]
fn generic<'py>(flow: &Bound<'py, NFlow>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static GENERIC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = flow.py();
    if name.eq(intern!(py, "__dict__"))? && !is_of_subclass(flow) {
        return Ok(flow.get().to_dict(py)?.into_any());
    }
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
        Value::TextList(texts) => PyList::new(py, texts)?.into_any(),
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
    Texts(Vec<&'static str>),
    Struct(Vec<(&'static str, String)>),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Int(number) => Self::Int(number),
            Value::Float(number) => Self::Float(number),
            Value::IntList(numbers) => Self::List(numbers.to_vec()),
            Value::TextList(texts) => Self::Texts(texts),
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
            Self::Texts(texts) => PyList::new(py, texts)?.into_any(),
            Self::Struct(members) => members.into_py_dict(py)?.into_any(),
        })
    }
}
