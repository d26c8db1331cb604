//! A trained model, which is asked about flows in batches. The engine collects the inputs, and Python passes them
//! to the model.

use std::num::NonZeroU64;

use nfstream::{Label, Prediction, Record};
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The attributes of `NFModel`.
#[derive(FromPyObject)]
pub(crate) struct Model {
    name: String,
    columns: Vec<String>,
    after: Option<NonZeroU64>,
    label_is_text: bool,
    /// Called with the inputs of some flows, and the number of these flows.
    answer: Py<PyAny>,
}

impl Model {
    /// A copy for another holder. The garbage collector asks that holder separately.
    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        let Self { name, columns, after, label_is_text, answer } = self;
        let (name, columns, answer) = (name.clone(), columns.clone(), answer.clone_ref(py));
        Self { name, columns, after: *after, label_is_text: *label_is_text, answer }
    }

    /// Shows the garbage collector what this holds.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.answer)
    }

    /// The part of the model that the engine has to know.
    pub(crate) fn prediction(&self) -> Prediction {
        let prediction = match self.label_is_text {
            true => Prediction::text(&self.name, &self.columns),
            false => Prediction::int(&self.name, &self.columns),
        };
        match self.after {
            Some(packets) => prediction.after(packets),
            None => prediction,
        }
    }

    /// Asks about flows that have ended, and writes the answers into them.
    pub(crate) fn predict(&self, py: Python<'_>, records: &mut [Record]) -> PyResult<()> {
        if records.is_empty() {
            return Ok(());
        }
        let inputs = py.detach(|| {
            let mut inputs = Vec::new();
            records.iter().for_each(|record| record.model_inputs(&mut inputs));
            inputs.into_iter().flat_map(f64::to_ne_bytes).collect::<Vec<u8>>()
        });
        let answer = self.answer.bind(py).call1((PyBytes::new(py, &inputs), records.len()))?;
        let (labels, probabilities): (Vec<Bound<'_, PyAny>>, Vec<f64>) = answer.extract()?;
        if labels.len() != records.len() || probabilities.len() != records.len() {
            return Err(PyRuntimeError::new_err("the model did not answer for every flow"));
        }
        for ((record, label), probability) in records.iter_mut().zip(labels).zip(probabilities) {
            let label = match self.label_is_text {
                true => Label::Text(label.extract()?),
                false => Label::Int(label.extract()?),
            };
            record.set_prediction(label, probability);
        }
        Ok(())
    }
}
