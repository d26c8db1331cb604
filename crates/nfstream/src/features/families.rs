//! The families of a run by name, at work in a meter and in a record. Only this module knows where each of them is.

use std::sync::Arc;

use nfstream_dpi::{Memory, Metadata};

use super::answer::Label;
use super::family::{Accumulator, Family, Part};
use super::icmp_analysis::IcmpAnalysis;
use super::layer7::{Finding, Identified, Inspecting, L7, Taught};
use super::prediction::{Predicted, Prediction, Snapshots};
use super::splt::Splt;
use super::statistics::Statistics;
use super::system::System;
use super::tcp_analysis::TcpAnalysis;
use super::tunnels::Tunnels;
use crate::column::{Column, Value};
use crate::flow::{Flow, Packet};
use crate::room::Workroom;

/// The families of a run.
#[derive(Clone, Default)]
pub(crate) struct Families {
    pub(crate) statistics: Option<Statistics>,
    pub(crate) splt: Option<Splt>,
    pub(crate) layer7: Option<Arc<L7>>,
    pub(crate) system: Option<System>,
    pub(crate) tunnels: Option<Tunnels>,
    pub(crate) tcp_analysis: Option<TcpAnalysis>,
    pub(crate) icmp_analysis: Option<IcmpAnalysis>,
    pub(crate) plugins: Vec<Arc<dyn Family>>,
    /// Values without columns, from which features are computed.
    pub(crate) functions: Option<Arc<dyn Family>>,
    pub(crate) prediction: Option<Prediction>,
}

/// Names a family of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handle {
    /// The number of a family that knows only packets and their own flow.
    Independent(usize),
    Layer7,
    Prediction,
}

impl Families {
    /// The families that know only packets and their own flow, in the order of their columns.
    fn independent(&self) -> impl Iterator<Item = &dyn Family> {
        let statistics = self.statistics.as_ref().map(|family| family as &dyn Family);
        let splt = self.splt.as_ref().map(|family| family as &dyn Family);
        let system = self.system.as_ref().map(|family| family as &dyn Family);
        let tunnels = self.tunnels.as_ref().map(|family| family as &dyn Family);
        let plugins = self.plugins.iter().chain(&self.functions).map(|family| &**family);
        let tcp_analysis = self.tcp_analysis.as_ref().map(|family| family as &dyn Family);
        let icmp_analysis = self.icmp_analysis.as_ref().map(|family| family as &dyn Family);
        let built_in = [statistics, splt, system, tunnels, tcp_analysis, icmp_analysis];
        built_in.into_iter().flatten().chain(plugins)
    }

    /// The families with their columns, in the order in which records have them.
    pub(crate) fn columns(&self) -> Vec<(Handle, Vec<Column>)> {
        let named = |(number, family): (usize, &dyn Family)| (Handle::Independent(number), family.columns());
        let mut columns: Vec<_> = self.independent().enumerate().map(named).collect();
        let before = usize::from(self.statistics.is_some()) + usize::from(self.splt.is_some());
        let layer7 = self.layer7.as_ref().map(|layer7| (Handle::Layer7, layer7.columns()));
        columns.splice(before..before, layer7);
        columns.extend(self.prediction.as_ref().map(|model| (Handle::Prediction, model.columns())));
        columns
    }

    /// The family that features are computed from.
    pub(crate) fn functions(&self) -> Option<Handle> {
        self.functions.as_ref().map(|_| Handle::Independent(self.independent().count() - 1))
    }

    /// The families at work in a meter.
    pub(crate) fn accumulators(&self) -> Accumulators {
        self.with_layer7(self.layer7.as_ref().map(|layer7| layer7.inspections()))
    }

    /// The families at work in a meter in the asking thread. Layer 7 takes over what scouts find.
    pub(crate) fn followers(&self) -> Accumulators {
        self.with_layer7(self.layer7.as_ref().map(|layer7| layer7.follower()))
    }

    /// The families that do the heavy part of the work ahead of such a meter, in other threads, if there is any.
    pub(crate) fn scouts(&self) -> Option<Accumulators> {
        let layer7 = Some(self.layer7.as_ref()?.scout());
        Some(Accumulators { independent: Vec::new(), layer7, prediction: None })
    }

    fn with_layer7(&self, layer7: Option<Inspecting>) -> Accumulators {
        Accumulators {
            independent: self.independent().map(Family::accumulator).collect(),
            layer7,
            prediction: self.prediction.as_ref().map(Prediction::snapshots),
        }
    }
}

/// The families at work in one meter: the states of all flows alive, by slot.
pub(crate) struct Accumulators {
    independent: Vec<Box<dyn Accumulator>>,
    layer7: Option<Inspecting>,
    prediction: Option<Snapshots>,
}

impl Accumulators {
    pub(crate) fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if let Some(layer7) = &mut self.layer7 {
            layer7.on_init(slot, packet, flow);
        }
        for accumulator in &mut self.independent {
            accumulator.on_init(slot, packet, flow);
        }
        if let Some(prediction) = &mut self.prediction {
            prediction.on_init(slot);
        }
    }

    #[inline]
    pub(crate) fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if let Some(layer7) = &mut self.layer7 {
            layer7.on_update(slot, packet, flow);
        }
        for accumulator in &mut self.independent {
            accumulator.on_update(slot, packet, flow);
        }
    }

    /// Shows a datagram that is not complete to the inspection of payloads.
    pub(crate) fn show(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        if let Some(layer7) = &mut self.layer7 {
            layer7.show(slot, packet, flow);
        }
    }

    pub(crate) fn on_expire(&mut self, slot: u32, flow: &mut Flow) -> Parts {
        let independent = self.independent.iter_mut().map(|accumulator| accumulator.on_expire(slot, flow));
        Parts {
            independent: independent.collect(),
            layer7: self.layer7.as_mut().map(|layer7| Box::new(layer7.on_expire(slot))),
            prediction: self.prediction.as_mut().map(|prediction| Box::new(prediction.on_expire(slot))),
        }
    }

    /// For each family, the bytes that a slot takes, and whether a flow may keep more beside its slot.
    pub(crate) fn slot_sizes(&self) -> impl Iterator<Item = (usize, bool)> {
        let independent = self.independent.iter().map(|accumulator| accumulator.slot_size());
        let layer7 = self.layer7.as_ref().map(|layer7| (layer7.slot_size(), true));
        let prediction = self.prediction.as_ref().map(|_| (Snapshots::SLOT_SIZE, true));
        independent.chain(layer7).chain(prediction)
    }

    /// Bytes that all flows keep beside their slots.
    pub(crate) fn memory(&self) -> u64 {
        let layer7 = self.layer7.as_ref().map_or(0, Inspecting::memory);
        let prediction = self.prediction.as_ref().map_or(0, Snapshots::memory);
        let independent = self.independent.iter().map(|accumulator| accumulator.memory());
        independent.sum::<u64>() + layer7 + prediction
    }

    /// Bounds the memory of inspections, and has the other families count theirs.
    pub(crate) fn bound(&mut self, workroom: Workroom) {
        if let Some(layer7) = &mut self.layer7 {
            layer7.bound(workroom);
        }
        self.independent.iter_mut().for_each(|accumulator| accumulator.bound());
    }

    /// The value so far of a family's column, for a flow that is alive.
    pub(crate) fn value<'a>(
        &'a mut self,
        family: Handle,
        index: usize,
        slot: u32,
        flow: &'a Flow,
        memory: &Memory,
    ) -> Option<Value<'a>> {
        match family {
            Handle::Independent(number) => self.independent.get(number)?.value(slot, index, flow),
            Handle::Layer7 => self.layer7.as_mut()?.value(slot, index, flow, memory),
            Handle::Prediction => self.prediction.as_ref()?.value(index),
        }
    }

    /// The metadata read so far from a flow that is alive.
    pub(crate) fn metadata(&self, slot: u32) -> Option<&Metadata> {
        self.layer7.as_ref()?.metadata(slot)
    }

    /// Keeps the values that the model is to be asked with.
    pub(crate) fn keep(&mut self, slot: u32, inputs: Box<[f64]>) {
        if let Some(prediction) = &mut self.prediction {
            prediction.keep(slot, inputs);
        }
    }

    /// Takes out the lessons that flows have taught since the last call, in order.
    pub(crate) fn take_taught(&mut self) -> Vec<Taught> {
        self.layer7.as_mut().map(Inspecting::take_taught).unwrap_or_default()
    }

    /// For scouts: takes out the findings since the last call, in order.
    pub(crate) fn take_findings(&mut self) -> Vec<Finding> {
        self.layer7.as_mut().map(Inspecting::take_findings).unwrap_or_default()
    }

    /// For followers: accepts what a scout found at the next packet.
    pub(crate) fn follow(&mut self, finding: Finding) {
        if let Some(layer7) = &mut self.layer7 {
            layer7.follow(finding);
        }
    }
}

/// The parts of a record that the families leave.
pub(crate) struct Parts {
    independent: Box<[Box<dyn Part>]>,
    layer7: Option<Box<Identified>>,
    prediction: Option<Box<Predicted>>,
}

impl Parts {
    /// The value of a family's column.
    pub(crate) fn value<'a>(&'a self, family: Handle, index: usize, flow: &'a Flow) -> Option<Value<'a>> {
        self.part(family)?.value(index, flow)
    }

    /// Visits the values of all of a family's columns, in order.
    pub(crate) fn for_each_value(&self, family: Handle, flow: &Flow, visit: &mut dyn FnMut(Value<'_>)) {
        if let Some(part) = self.part(family) {
            part.for_each_value(flow, visit);
        }
    }

    fn part(&self, family: Handle) -> Option<&dyn Part> {
        match family {
            Handle::Independent(number) => self.independent.get(number).map(|part| &**part),
            Handle::Layer7 => self.layer7.as_deref().map(|part| part as &dyn Part),
            Handle::Prediction => self.prediction.as_deref().map(|part| part as &dyn Part),
        }
    }

    /// The metadata read from the flow's payloads.
    pub(crate) fn metadata(&self) -> Option<&Metadata> {
        self.layer7.as_ref()?.metadata()
    }

    /// Computes the values that depend on other flows.
    pub(crate) fn conclude(&mut self, flow: &Flow, memory: &Memory) {
        if let Some(layer7) = &mut self.layer7 {
            layer7.conclude(flow, memory);
        }
    }

    /// The values that were kept to ask a model with.
    pub(crate) fn kept_inputs(&self) -> Option<&[f64]> {
        self.prediction.as_ref()?.inputs()
    }

    /// Stores the model's answer.
    pub(crate) fn set_prediction(&mut self, label: Label, probability: f64) {
        if let Some(prediction) = &mut self.prediction {
            prediction.set(label, probability);
        }
    }
}
