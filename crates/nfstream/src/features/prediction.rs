//! Predictions: two columns, a label and its probability. Their values come from outside the engine: from a trained model,
//! which is asked with values of other columns.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::answer::Label;
use super::family::Part;
use crate::column::{Column, Kind, Unit, Value};
use crate::flow::Flow;
use crate::slab::Slab;
use crate::visible::visible;

/// The columns that a model is asked with, and the columns for its answer.
///
/// The code that takes the records out of the run asks the model with the values from
/// [`Record::model_inputs`](crate::Record::model_inputs), and sets its answer with
/// [`Record::set_prediction`](crate::Record::set_prediction). [`Streamer`](crate::Streamer) and the sinks do the rest.
///
/// ```
/// use nfstream::{Label, Prediction, Streamer};
///
/// let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/web.pcap");
/// let prediction = Prediction::text("size", ["bidirectional_packets", "bidirectional_bytes"]);
/// for record in Streamer::builder().source(capture).prediction(prediction).build()?.records()? {
///     let (mut record, mut inputs) = (record?, Vec::new());
///     record.model_inputs(&mut inputs);
///     let label = if inputs[1] / inputs[0] > 500.0 { "large" } else { "small" };
///     record.set_prediction(Label::Text(label.to_owned()), 1.0);
///     println!("{record:?}");
/// }
/// # Ok::<(), nfstream::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prediction {
    name: String,
    label: Kind,
    inputs: Vec<String>,
    after: Option<NonZeroU64>,
}

impl Prediction {
    /// A prediction with a text label, in a column called `name`, and its probability, in a column called `name` followed by
    /// `_probability`. The model is asked with columns that are numbers or lists of numbers.
    pub fn text<N: Into<String>>(name: impl Into<String>, inputs: impl IntoIterator<Item = N>) -> Self {
        let inputs = inputs.into_iter().map(Into::into).collect();
        Self { name: name.into(), label: Kind::Text, inputs, after: None }
    }

    /// The same with an integer label.
    pub fn int<N: Into<String>>(name: impl Into<String>, inputs: impl IntoIterator<Item = N>) -> Self {
        Self { label: Kind::Int64, ..Self::text(name, inputs) }
    }

    /// Asks the model with the values after this many packets of a flow, the last of them included. If a flow ends earlier,
    /// the model is asked with the flow's last values.
    #[must_use]
    pub fn after(mut self, packets: NonZeroU64) -> Self {
        self.after = Some(packets);
        self
    }

    pub(crate) fn inputs(&self) -> &[String] {
        &self.inputs
    }

    pub(crate) fn packets(&self) -> Option<NonZeroU64> {
        self.after
    }
}

/// The columns that a model is asked with, and when their values are taken.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    /// The columns.
    pub(crate) columns: Arc<[usize]>,
    /// Number of packets after which the values are taken; `None` for the end of the flow.
    pub(crate) after: Option<u64>,
}

/// Adds the numbers that a value stands for.
pub(crate) fn push(value: &Value<'_>, inputs: &mut Vec<f64>) {
    match value {
        Value::Int(number) => inputs.push(*number as f64),
        Value::Float(number) => inputs.push(*number),
        Value::IntList(numbers) => inputs.extend(numbers.iter().map(|number| *number as f64)),
        // Columns of other kinds are refused when the run is built.
        _ => {}
    }
}

impl Prediction {
    pub(crate) fn columns(&self) -> Vec<Column> {
        let column = |name: String, kind, doc: &'static str| Column {
            name: name.into(),
            kind,
            unit: Unit::None,
            doc: doc.into(),
        };
        vec![
            column(self.name.clone(), self.label, "Label that the model gives to the flow."),
            column(
                format!("{}_probability", self.name),
                Kind::Float64,
                "Probability of this label, as the model gives it.",
            ),
        ]
    }

    pub(crate) fn snapshots(&self) -> Snapshots {
        Snapshots { label: self.empty(), states: Slab::default(), memory: 0 }
    }

    /// The label of a flow that the model has not been asked about.
    fn empty(&self) -> Label {
        match self.label {
            Kind::Int64 => Label::Int(0),
            _ => Label::Text(String::new()),
        }
    }
}

/// The values that a model is asked with, taken after the first packets of flows, by slot.
pub(crate) struct Snapshots {
    label: Label,
    states: Slab<Option<Box<[f64]>>>,
    /// Bytes of all values that are kept.
    memory: u64,
}

impl Snapshots {
    /// Size of a slot in bytes.
    pub(crate) const SLOT_SIZE: usize = size_of::<Option<Box<[f64]>>>();

    pub(crate) fn on_init(&mut self, slot: u32) {
        self.states.insert(slot, None);
    }

    pub(crate) fn on_expire(&mut self, slot: u32) -> Predicted {
        let inputs = self.states[slot].take();
        self.memory -= inputs.as_deref().map_or(0, size_of_val) as u64;
        Predicted { inputs, label: self.label.clone(), probability: 0.0 }
    }

    /// The value so far of the column `index`: the model has not been asked yet.
    pub(crate) fn value(&self, index: usize) -> Option<Value<'_>> {
        value(index, &self.label, 0.0)
    }

    /// Bytes that all flows keep beside their slots.
    pub(crate) fn memory(&self) -> u64 {
        self.memory
    }

    pub(crate) fn keep(&mut self, slot: u32, inputs: Box<[f64]>) {
        self.memory += size_of_val(&*inputs) as u64;
        self.states[slot] = Some(inputs);
    }
}

/// A prediction in a record.
pub(crate) struct Predicted {
    /// The values that the model is asked with, if they are not the record's.
    inputs: Option<Box<[f64]>>,
    label: Label,
    probability: f64,
}

impl Part for Predicted {
    fn value<'a>(&'a self, index: usize, _: &'a Flow) -> Option<Value<'a>> {
        value(index, &self.label, self.probability)
    }

    fn for_each_value(&self, _: &Flow, visit: &mut dyn FnMut(Value<'_>)) {
        (0..2).filter_map(|index| value(index, &self.label, self.probability)).for_each(visit);
    }
}

impl Predicted {
    /// The values that were kept to ask the model with.
    pub(crate) fn inputs(&self) -> Option<&[f64]> {
        self.inputs.as_deref()
    }

    /// Stores the model's answer.
    pub(crate) fn set(&mut self, label: Label, probability: f64) {
        (self.label, self.probability) = (label, probability);
    }
}

fn value(index: usize, label: &Label, probability: f64) -> Option<Value<'_>> {
    match (index, label) {
        (0, Label::Int(number)) => Some(Value::Int(*number)),
        (0, Label::Text(text)) => Some(Value::Text(visible(text))),
        (1, _) => Some(Value::Float(probability)),
        _ => None,
    }
}
