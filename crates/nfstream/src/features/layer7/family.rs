//! The family of layer 7: its columns, and the types that compute them in each thread.

use std::sync::Arc;

use nfstream_dpi::Engine;

use super::ahead::{Follower, Scout};
use super::inspecting::Inspecting;
use super::inspections::{Inspections, Shared, features, nested};
use crate::column::Column;

/// The family of columns of layer 7.
pub(crate) struct L7 {
    shared: Arc<Shared>,
}

impl L7 {
    /// Keeps the metadata read from payloads with `kept` or `metadata`; with `metadata`, the column `l7` shows it. With
    /// `marks_guesses`, every guess is marked as one.
    pub(crate) fn new(engine: Engine, metadata: bool, kept: bool, marks_guesses: bool) -> Self {
        let mut features = features();
        if metadata {
            features.push(nested());
        }
        Self {
            shared: Arc::new(Shared {
                engine: engine.keep_fields(metadata || kept),
                features,
                marks_guesses,
            }),
        }
    }

    pub(crate) fn columns(&self) -> Vec<Column> {
        self.shared.features.iter().map(|feature| feature.column.clone()).collect()
    }

    /// Bytes of memory that the rules take.
    pub(crate) fn rules_memory(&self) -> usize {
        self.shared.engine.rules().memory()
    }

    /// Inspections in a meter.
    pub(crate) fn inspections(&self) -> Inspecting {
        Inspecting::Meter(Inspections::new(&self.shared))
    }

    /// Inspections in a worker, ahead of a meter in the asking thread.
    pub(crate) fn scout(&self) -> Inspecting {
        Inspecting::Scout(Scout::new(&self.shared))
    }

    /// Inspections in such a meter, which take over what scouts find.
    pub(crate) fn follower(&self) -> Inspecting {
        Inspecting::Follower(Follower::new(&self.shared))
    }
}
