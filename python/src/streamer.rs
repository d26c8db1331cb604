//! Captures and checked parameters: the start of every run.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use nfstream::Input;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyType};

use crate::error::exception;
use crate::export::Destination;
use crate::flows::Flows;
use crate::lines::Lines;
use crate::model::Model;
use crate::plugged::{PluggedFlows, Plugins};
use crate::reader::Source;
use crate::run::Run;
use crate::table::Table;
use crate::watch::{Shared, Watch};
use crate::{arrow, export, parameters};

/// The names of all columns that flows can have with some parameters, except those of users.
#[pyfunction]
pub(crate) fn every_column(py: Python<'_>) -> PyResult<Vec<String>> {
    let builder = nfstream::Streamer::builder().source(Input::Stdin).every_column();
    let streamer = builder.build().map_err(|error| exception(py, &error))?;
    Ok(streamer.schema().columns().iter().map(|column| column.name.to_string()).collect())
}

/// Captures and parameters, which `NFStreamer` has checked.
#[pyclass(module = "nfstream._engine", frozen)]
pub(crate) struct Streamer {
    streamer: nfstream::Streamer,
    shared: Shared,
    /// File objects to read.
    readers: Vec<Py<PyAny>>,
    bar: Option<Py<PyAny>>,
    model: Option<Model>,
    /// Whether the run captures from an interface.
    is_live: bool,
    /// Interval at which a live capture prints the counters.
    performance_report: Option<Duration>,
}

impl Streamer {
    fn watch(&self, py: Python<'_>) -> Watch {
        let bar = self.bar.as_ref().map(|bar| bar.clone_ref(py));
        Watch::new(self.shared.clone(), bar, self.readers(py), self.performance_report)
    }

    fn model(&self, py: Python<'_>) -> Option<Model> {
        self.model.as_ref().map(|model| model.clone_ref(py))
    }

    fn readers(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.readers.iter().map(|reader| reader.clone_ref(py)).collect()
    }

    fn with(&self, py: Python<'_>, streamer: nfstream::Streamer, bar: Option<Py<PyAny>>) -> Self {
        Self {
            streamer,
            shared: self.shared.clone(),
            readers: self.readers(py),
            bar,
            model: self.model(py),
            is_live: self.is_live,
            performance_report: self.performance_report,
        }
    }

    fn destination(
        &self,
        path: PathBuf,
        format: String,
        flows_per_file: usize,
        rotate_files: usize,
    ) -> Destination {
        let [flows_per_file, rotate_files] = [flows_per_file, rotate_files].map(NonZeroUsize::new);
        Destination { path, format, flows_per_file, rotate_files, is_followed: self.is_live }
    }
}

#[pymethods]
impl Streamer {
    #[new]
    #[pyo3(signature = (sources, parameters, *, interface, features, model, keep_l7_metadata))]
    fn new(
        py: Python<'_>,
        sources: Vec<Source>,
        parameters: &Bound<'_, PyDict>,
        interface: Option<String>,
        features: Vec<(String, String)>,
        model: Option<Model>,
        keep_l7_metadata: bool,
    ) -> PyResult<Self> {
        let is_live = interface.is_some();
        let builder = parameters::apply(nfstream::Streamer::builder(), parameters)?;
        let builder = match &model {
            Some(model) => builder.prediction(model.prediction()),
            None => builder,
        };
        let builder = match interface {
            Some(interface) => builder.interface(interface),
            None => {
                let inputs: PyResult<Vec<Input>> = sources.iter().map(|source| source.input(py)).collect();
                builder.sources(inputs?)
            }
        };
        let builder = features
            .into_iter()
            .fold(builder, |builder, (name, expression)| builder.feature(name, expression))
            .keep_l7_metadata(keep_l7_metadata)
            // The user who asks for them has been warned.
            .system_visibility_of_files(true);
        let streamer = builder.build().map_err(|error| exception(py, &error))?;
        let performance_report = streamer.parameters().performance_report;
        Ok(Self {
            streamer,
            shared: Shared::default(),
            readers: Source::readers(sources),
            bar: None,
            model,
            is_live,
            performance_report: (is_live && !performance_report.is_zero()).then_some(performance_report),
        })
    }

    /// Starts a run and gives its flows one by one.
    fn flows(&self, py: Python<'_>) -> PyResult<Flows> {
        Flows::start(py, &self.streamer, self.watch(py), self.model(py))
    }

    /// Starts a run with plugins: the arguments are the class of `flow.udps` and the functions to call.
    fn plugged_flows(
        &self,
        py: Python<'_>,
        udps: Py<PyType>,
        on_init: Vec<Py<PyAny>>,
        on_update: Vec<Py<PyAny>>,
        on_expire: Vec<Py<PyAny>>,
    ) -> PyResult<PluggedFlows> {
        let plugins = Plugins { udps, on_init, on_update, on_expire };
        PluggedFlows::start(py, &self.streamer, self.watch(py), self.model(py), plugins)
    }

    /// Starts a run and gives its flows as an Arrow C stream, in a capsule. Warnings that are errors are raised at its end, or kept
    /// for `take_failure`.
    #[pyo3(signature = (*, keeps_warnings = false))]
    fn arrow_c_stream<'py>(&self, py: Python<'py>, keeps_warnings: bool) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::stream(py, &self.streamer, self.watch(py), self.model(py), keeps_warnings)
    }

    /// Runs, and writes the flows to one or several files. Returns the number of flows.
    #[pyo3(signature = (path, format, *, flows_per_file = 0, rotate_files = 0))]
    fn write(
        &self,
        py: Python<'_>,
        path: PathBuf,
        format: String,
        flows_per_file: usize,
        rotate_files: usize,
    ) -> PyResult<u64> {
        let destination = self.destination(path, format, flows_per_file, rotate_files);
        let watch = self.watch(py);
        let run = Run::start(py, &self.streamer, watch, self.model(py))?;
        export::write(py, run, self.streamer.schema(), destination)
    }

    /// The writer that turns flows of a run with plugins into lines of a file.
    fn lines(
        &self,
        py: Python<'_>,
        path: PathBuf,
        format: String,
        flows_per_file: usize,
        rotate_files: usize,
    ) -> PyResult<Lines> {
        let destination = self.destination(path, format, flows_per_file, rotate_files);
        Lines::create(py, self.streamer.schema(), destination)
    }

    /// The table that collects flows of a run with plugins as rows.
    fn table(&self) -> Table {
        Table::new(self.streamer.schema())
    }

    /// Names of the columns and of their types, in order.
    fn columns(&self) -> Vec<(String, String)> {
        let columns = self.streamer.schema().columns().iter();
        columns.map(|column| (column.name.to_string(), column.kind.to_string())).collect()
    }

    /// The same with some columns hidden behind keyed digests.
    fn anonymized(&self, py: Python<'_>, columns: Vec<String>, key: &[u8]) -> PyResult<Self> {
        let streamer = self.streamer.anonymized(columns, key).map_err(|error| exception(py, &error))?;
        Ok(self.with(py, streamer, self.bar.as_ref().map(|bar| bar.clone_ref(py))))
    }

    /// The same with only some columns in outputs, in the order given; flows still have all columns.
    fn selected(&self, py: Python<'_>, columns: Vec<String>) -> PyResult<Self> {
        let streamer = self.streamer.selected(columns).map_err(|error| exception(py, &error))?;
        Ok(self.with(py, streamer, self.bar.as_ref().map(|bar| bar.clone_ref(py))))
    }

    /// The same with an object whose `update` is called during a run, and whose `close` is called at its end.
    fn watched(&self, py: Python<'_>, bar: Py<PyAny>) -> Self {
        self.with(py, self.streamer.clone(), Some(bar))
    }

    /// The counters of the last run; `None` before the first run.
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.shared.report(py)
    }

    /// The exception that ended the last stream, once.
    fn take_failure(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.shared.take_failure().map(|failure| failure.into_value(py).into_any())
    }

    // The holders of the objects in a reference cycle can be cleared. This object cannot, and need not be.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.bar.iter().chain(&self.readers).try_for_each(|object| visit.call(object))?;
        self.model.as_ref().map_or(Ok(()), |model| model.traverse(&visit))
    }
}
