//! The visible state of a run: its counters, its progress, and the exception that a stream could not pass to its
//! consumer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nfstream::{ClockSteps, Progress, Report};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::error::shown;

/// Interval at which progress is reported.
const REFRESH: Duration = Duration::from_millis(100);

/// Results that a run leaves for the code that started it. The last run counts.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Left>>);

#[derive(Default)]
struct Left {
    report: Option<Report>,
    failure: Option<PyErr>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counters, under the names that they have in Python; `None` before a run.
    pub(crate) fn report<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(report) = self.lock().report.clone() else { return Ok(None) };
        let counters = PyDict::new(py);
        counters.set_item("packets", report.packets)?;
        counters.set_item("bytes", report.bytes)?;
        counters.set_item("flows", report.flows)?;
        counters.set_item("out_of_room", report.out_of_room)?;
        counters.set_item("cut_inspections", report.cut_inspections)?;
        counters.set_item("filtered", report.filtered)?;
        let reasons = report.ignored_reasons().map(|(reason, count)| (reason.to_string(), count));
        counters.set_item("ignored", reasons.into_py_dict(py)?)?;
        let noticed = report.noticed().map(|(notice, count)| (notice.name(), count));
        counters.set_item("notices", noticed.into_py_dict(py)?)?;
        counters.set_item("hidden_sockets", report.hidden_sockets)?;
        let damages: Vec<String> = report.damages.iter().map(shown).collect();
        counters.set_item("damages", damages)?;
        let of_clock = |steps: ClockSteps| (steps.count, steps.largest.as_secs_f64(), steps.frame);
        counters.set_item("jumps_ahead", of_clock(report.jumps_ahead))?;
        counters.set_item("steps_back", of_clock(report.steps_back))?;
        counters.set_item("latest", report.latest.as_secs_f64())?;
        counters.set_item("clock_mended", of_clock(report.clock_mended))?;
        counters.set_item("dropped_by_kernel", report.dropped_by_kernel)?;
        counters.set_item("dropped_by_interface", report.dropped_by_interface)?;
        counters.set_item("active_flows", report.active_flows())?;
        let meters: Vec<u64> = report.meters.iter().map(|meter| meter.packets).collect();
        counters.set_item("packets_by_meter", meters)?;
        counters.set_item("interrupted", report.interrupted)?;
        counters.set_item("elapsed", report.elapsed.as_secs_f64())?;
        Ok(Some(counters))
    }

    /// Keeps the exception, because the Arrow C stream has room only for a message.
    pub(crate) fn keep_failure(&self, py: Python<'_>, failure: &PyErr) {
        let failure = failure.clone_ref(py);
        self.lock().failure = Some(failure);
    }

    pub(crate) fn take_failure(&self) -> Option<PyErr> {
        self.lock().failure.take()
    }
}

/// Watches one run.
pub(crate) struct Watch {
    shared: Shared,
    /// An object whose `update` is called at intervals, and whose `close` is called at the end.
    bar: Option<Py<PyAny>>,
    /// File objects. The engine does not keep them alive itself.
    readers: Vec<Py<PyAny>>,
    next: Instant,
    /// Interval at which the counters are printed, and the next time.
    printing: Option<(Duration, Instant)>,
}

impl Watch {
    pub(crate) fn new(
        shared: Shared,
        bar: Option<Py<PyAny>>,
        readers: Vec<Py<PyAny>>,
        print_every: Option<Duration>,
    ) -> Self {
        let now = Instant::now();
        let printing = print_every.and_then(|every| Some((every, now.checked_add(every)?)));
        Self { shared, bar, readers, next: now, printing }
    }

    /// Shows the garbage collector what this holds.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.bar.iter().chain(&self.readers).try_for_each(|object| visit.call(object))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Notes the counters.
    pub(crate) fn note(&self, report: Report) {
        self.shared.lock().report = Some(report);
    }

    /// Reports the progress of the run, unless it was reported just now. Prints the counters if it is time.
    pub(crate) fn tell(&mut self, py: Python<'_>, progress: &Progress) -> PyResult<()> {
        self.print(py)?;
        if self.bar.is_some() && Instant::now() >= self.next {
            self.update(py, progress)?;
            self.next = Instant::now() + REFRESH;
        }
        Ok(())
    }

    fn print(&mut self, py: Python<'_>) -> PyResult<()> {
        let Some((every, next)) = &mut self.printing else { return Ok(()) };
        if Instant::now() < *next {
            return Ok(());
        }
        *next += *every;
        let Some(line) = self.shared.lock().report.as_ref().map(Report::performance_line) else {
            return Ok(());
        };
        let print = py.import("builtins")?.getattr("print")?;
        print.call((line,), Some(&[("flush", true)].into_py_dict(py)?)).map(drop)
    }

    fn update(&self, py: Python<'_>, progress: &Progress) -> PyResult<()> {
        let Some(bar) = &self.bar else { return Ok(()) };
        let (packets, flows) =
            self.shared.lock().report.as_ref().map_or((0, 0), |report| (report.packets, report.flows));
        let (read, total) = (progress.read_bytes(), progress.total_bytes());
        bar.call_method1(py, "update", (read, total, packets, flows)).map(drop)
    }

    /// Reports that the run is over.
    pub(crate) fn tell_end(&mut self, py: Python<'_>, progress: &Progress) -> PyResult<()> {
        self.update(py, progress)?;
        match self.bar.take() {
            Some(bar) => bar.call_method0(py, "close").map(drop),
            None => Ok(()),
        }
    }
}
