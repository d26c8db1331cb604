//! The family of layer 7: which columns it has, and what works on them in which thread.

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
    /// What else was read is kept if `kept`, and with `metadata` the column `l7` has it.
    pub(crate) fn new(engine: Engine, metadata: bool, kept: bool) -> Self {
        let mut features = features();
        if metadata {
            features.push(nested());
        }
        Self { shared: Arc::new(Shared { engine: engine.keep_fields(metadata || kept), features }) }
    }

    pub(crate) fn columns(&self) -> Vec<Column> {
        self.shared.features.iter().map(|feature| feature.column.clone()).collect()
    }

    /// Inspects in a meter.
    pub(crate) fn inspections(&self) -> Inspecting {
        Inspecting::Meter(Inspections::new(&self.shared))
    }

    /// Inspects in a worker, ahead of a meter in the asking thread.
    pub(crate) fn scout(&self) -> Inspecting {
        Inspecting::Scout(Scout::new(&self.shared))
    }

    /// Takes over in such a meter what scouts find.
    pub(crate) fn follower(&self) -> Inspecting {
        Inspecting::Follower(Follower::new(&self.shared))
    }
}
