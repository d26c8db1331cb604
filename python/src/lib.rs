//! The compiled half of the Python package: runs of the engine, and their flows as Python objects.
#![deny(unsafe_code)]

mod arrow;
mod end;
mod error;
mod export;
mod flow;
mod flows;
mod forks;
mod interfaces;
mod interruption;
mod lines;
mod model;
mod packet;
mod parameters;
mod plugged;
mod reader;
mod run;
mod streamer;
mod table;
mod watch;

use pyo3::prelude::*;

#[pymodule]
mod _engine {
    use nfstream::dpi::Label;
    use pyo3::prelude::*;
    use pyo3::types::PyDict;

    #[pymodule_export]
    use crate::error::DamageWarning;
    #[pymodule_export]
    use crate::flow::NFlow;
    #[pymodule_export]
    use crate::flows::Flows;
    #[pymodule_export]
    use crate::interfaces::{Interface, interfaces};
    #[pymodule_export]
    use crate::interruption::Stop;
    #[pymodule_export]
    use crate::lines::Lines;
    #[pymodule_export]
    use crate::packet::NFPacket;
    #[pymodule_export]
    use crate::parameters::check_parameter;
    #[pymodule_export]
    use crate::plugged::PluggedFlows;
    #[pymodule_export]
    use crate::reader::captures;
    #[pymodule_export]
    use crate::streamer::{Streamer, every_column};
    #[pymodule_export]
    use crate::table::Table;

    /// The names of the fields of packets that expressions may use.
    #[pyfunction]
    fn packet_fields() -> Vec<&'static str> {
        nfstream::expression::FIELDS.iter().map(|field| field.name).collect()
    }

    /// Names and numbers of protocols and applications.
    #[pyfunction]
    fn labels(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let labels = PyDict::new(py);
        for label in Label::all() {
            labels.set_item(label.entry().map_or("", |entry| entry.name), label.0)?;
        }
        Ok(labels)
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::forks::count(module.py())?;
        module.add("ANY", nfstream::ANY)?;
        module.add("PARAMETERS", crate::parameters::names(module.py())?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
