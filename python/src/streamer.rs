//! Captures and checked parameters: the starting point of every run.

use std::path::PathBuf;
use std::time::Duration;

use nfstream::{AccountingMode, StreamerBuilder};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow;
use crate::error::exception;
use crate::flows::Flows;

/// Captures and parameters, checked already by `NFStreamer`.
#[pyclass(module = "nfstream._engine", frozen)]
pub(crate) struct Streamer(nfstream::Streamer);

#[pymethods]
impl Streamer {
    #[new]
    #[pyo3(signature = (sources, *, decode_tunnels, idle_timeout, active_timeout, accounting_mode, n_dissections, rules,
                        l7_metadata, statistical_analysis, splt_analysis, n_meters, max_nflows))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments in Python")]
    fn new(
        py: Python<'_>,
        sources: Vec<PathBuf>,
        decode_tunnels: bool,
        idle_timeout: u64,
        active_timeout: u64,
        accounting_mode: usize,
        n_dissections: u16,
        rules: Vec<PathBuf>,
        l7_metadata: bool,
        statistical_analysis: bool,
        splt_analysis: usize,
        n_meters: usize,
        max_nflows: u64,
    ) -> PyResult<Self> {
        let accounting_mode = AccountingMode::ALL
            .get(accounting_mode)
            .ok_or_else(|| PyValueError::new_err("accounting_mode must be 0, 1, 2 or 3"))?;
        let builder = rules.into_iter().fold(nfstream::Streamer::builder(), StreamerBuilder::rules);
        builder
            .sources(sources)
            .decode_tunnels(decode_tunnels)
            .idle_timeout(Duration::from_secs(idle_timeout))
            .active_timeout(Duration::from_secs(active_timeout))
            .accounting_mode(*accounting_mode)
            .n_dissections(n_dissections)
            .l7_metadata(l7_metadata)
            .statistical_analysis(statistical_analysis)
            .splt_analysis(splt_analysis)
            .n_meters(n_meters)
            .max_nflows(max_nflows)
            .build()
            .map(Self)
            .map_err(|error| exception(py, &error))
    }

    /// Starts a run and gives its flows one by one.
    fn flows(&self, py: Python<'_>) -> PyResult<Flows> {
        Flows::start(py, &self.0)
    }

    /// Starts a run and gives its flows as an Arrow C stream, in a capsule.
    fn arrow_c_stream<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::stream(py, &self.0)
    }
}
