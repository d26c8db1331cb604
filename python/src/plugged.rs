//! The flows of a run with plugins. Plugins are called packet by packet, in the thread that iterates.

use std::sync::Arc;

use nfstream::{Event, KeptPacket, LiveFlow, Packets, Progress, Record, Seen};
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::end::End;
use crate::error::exception;
use crate::flow::{self, NFlow};
use crate::forks::Ours;
use crate::interruption::Interruptible;
use crate::model::Model;
use crate::packet::NFPacket;
use crate::watch::Watch;

/// The flows of one run over the captures, in the order in which they ended, each as plugins have left it.
/// It
/// belongs to a generator, which closes it.
#[pyclass(module = "nfstream._engine")]
pub(crate) struct PluggedFlows {
    /// `None` once the run is over or was closed.
    packets: Option<Ours<Packets>>,
    /// Present while there are flows to come.
    interruptible: Option<Interruptible>,
    progress: Progress,
    watch: Watch,
    /// Model that is asked about each flow that has ended.
    model: Option<Model>,
    plugins: Plugins,
    /// The packet that plugins saw last. Most packets are not kept, and the next one takes their place.
    seen: Option<Arc<KeptPacket>>,
    /// Live flows by slot.
    alive: Vec<Option<Py<NFlow>>>,
    places: Py<PyDict>,
}

/// The functions to call, of all plugins in their order. Only functions that plugins define themselves are included.
pub(crate) struct Plugins {
    /// The class of `flow.udps`.
    pub(crate) udps: Py<PyType>,
    pub(crate) on_init: Vec<Py<PyAny>>,
    pub(crate) on_update: Vec<Py<PyAny>>,
    pub(crate) on_expire: Vec<Py<PyAny>>,
}

impl PluggedFlows {
    pub(crate) fn start(
        py: Python<'_>,
        streamer: &nfstream::Streamer,
        watch: Watch,
        model: Option<Model>,
        plugins: Plugins,
    ) -> PyResult<Self> {
        let places = flow::places(py, streamer.schema())?;
        let packets = py.detach(|| streamer.packets()).map_err(|error| exception(py, &error))?;
        let (progress, stop) = (packets.progress().clone(), packets.stop_handle());
        let mut packets = Ours::new(packets);
        let interruptible = Some(Interruptible::begin(py, stop)?);
        watch.note(packets.get()?.report());
        Ok(Self {
            packets: Some(packets),
            interruptible,
            progress,
            watch,
            model,
            plugins,
            seen: None,
            alive: Vec::new(),
            places,
        })
    }

    fn next_flow(&mut self, py: Python<'_>) -> PyResult<Option<Py<NFlow>>> {
        loop {
            let Some(packets) = &mut self.packets else { return Ok(None) };
            let packets = packets.get()?;
            if self.interruptible.as_ref().is_some_and(Interruptible::is_stopped) {
                packets.cut();
            }
            match packets.next() {
                Some(Event::Packet(seen)) => {
                    let Self { plugins, seen: kept, alive, places, .. } = self;
                    let flow = match alive.get(seen.slot as usize) {
                        Some(Some(flow)) if !seen.begins => {
                            flow.get().renew(py)?;
                            flow
                        }
                        _ => begin(py, plugins, alive, places, seen.slot, seen.flow())?,
                    };
                    let calls = if seen.begins { &plugins.on_init } else { &plugins.on_update };
                    if !calls.is_empty() {
                        show(py, calls, hold(kept, &seen), flow)?;
                    }
                }
                Some(Event::Ended { slot, record }) => return self.end_of_flow(py, slot, record),
                None => self.receive(py)?,
                _ => {}
            }
        }
    }

    fn end_of_flow(&mut self, py: Python<'_>, slot: u32, mut record: Record) -> PyResult<Option<Py<NFlow>>> {
        let Some(flow) = self.alive.get_mut(slot as usize).and_then(Option::take) else { return Ok(None) };
        if let Some(model) = &self.model {
            model.predict(py, std::slice::from_mut(&mut record))?;
        }
        flow.get().end(record);
        flow.get().renew(py)?;
        for call in &self.plugins.on_expire {
            call.bind(py).call1((&flow,))?;
        }
        Ok(Some(flow))
    }

    /// Handles signals and tells observers the progress, then waits a little for more packets.
    fn receive(&mut self, py: Python<'_>) -> PyResult<()> {
        self.let_go();
        py.check_signals()?;
        self.watch.tell(py, &self.progress)?;
        let Some(packets) = &mut self.packets else { return Ok(()) };
        let packets = packets.get()?;
        let more = py.detach(|| packets.receive());
        let report = packets.report();
        let damages = report.damages.clone();
        self.watch.note(report);
        let error = match more {
            Ok(true) => return Ok(()),
            Ok(false) => None,
            Err(error) => Some(error),
        };
        self.packets = None;
        self.interruptible.take().map_or(Ok(()), |interruptible| interruptible.end(py))?;
        self.watch.tell_end(py, &self.progress)?;
        End { damages, error }.raise(py)
    }

    /// Lets go of the last packet. If a plugin has kept it, the packet owns its bytes from now on.
    fn let_go(&mut self) {
        if let Some(mut seen) = self.seen.take()
            && Arc::get_mut(&mut seen).is_none()
        {
            seen.own();
        }
    }
}

#[pymethods]
impl PluggedFlows {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<NFlow>>> {
        self.next_flow(py).map_err(|failure| {
            self.close();
            not_an_end(py, failure, "a plugin")
        })
    }

    /// Ends the run: no flow comes after this.
    fn close(&mut self) {
        self.let_go();
        self.packets = None;
        self.interruptible = None;
        self.alive.clear();
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.watch.traverse(&visit)?;
        self.model.as_ref().map_or(Ok(()), |model| model.traverse(&visit))?;
        let Plugins { udps, on_init, on_update, on_expire } = &self.plugins;
        visit.call(udps)?;
        [on_init, on_update, on_expire].into_iter().flatten().try_for_each(|call| visit.call(call))?;
        self.alive.iter().flatten().try_for_each(|flow| visit.call(flow))
    }

    fn __clear__(&mut self) {
        self.close();
        self.plugins.on_init.clear();
        self.plugins.on_update.clear();
        self.plugins.on_expire.clear();
    }
}

/// Turns a `StopIteration` from a plugin, or from the `read` of a file object, into a mistake, as in a generator (PEP 479).
/// Otherwise it would end the flows in silence.
pub(crate) fn not_an_end(py: Python<'_>, failure: PyErr, whose: &str) -> PyErr {
    if !failure.is_instance_of::<PyStopIteration>(py) {
        return failure;
    }
    let error = PyRuntimeError::new_err(format!("{whose} raised StopIteration"));
    error.set_cause(py, Some(failure));
    error
}

/// Makes the object of a new flow.
fn begin<'a>(
    py: Python<'_>,
    plugins: &Plugins,
    alive: &'a mut Vec<Option<Py<NFlow>>>,
    places: &Py<PyDict>,
    slot: u32,
    live: LiveFlow,
) -> PyResult<&'a Py<NFlow>> {
    let udps = plugins.udps.bind(py).call0()?.unbind();
    let flow = Py::new(py, NFlow::plugged(live, places.clone_ref(py), udps))?;
    let slot = slot as usize;
    if slot >= alive.len() {
        alive.resize_with(slot + 1, || None);
    }
    Ok(alive[slot].insert(flow))
}

/// The packet for a Python object to hold. It replaces the previous one, unless a plugin has kept that.
fn hold(last: &mut Option<Arc<KeptPacket>>, seen: &Seen<'_>) -> Arc<KeptPacket> {
    if let Some(packet) = last.as_mut().and_then(Arc::get_mut) {
        seen.keep_in(packet);
    } else {
        last.take().iter().for_each(|kept| kept.own());
    }
    Arc::clone(last.get_or_insert_with(|| Arc::new(seen.keep())))
}

fn show(py: Python<'_>, calls: &[Py<PyAny>], packet: Arc<KeptPacket>, flow: &Py<NFlow>) -> PyResult<()> {
    let arguments =
        PyTuple::new(py, [Py::new(py, NFPacket::new(packet))?.into_any(), flow.clone_ref(py).into_any()])?;
    calls.iter().try_for_each(|call| call.bind(py).call1(&arguments).map(drop))
}
