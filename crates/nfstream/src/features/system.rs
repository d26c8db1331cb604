//! System visibility: which process of this machine a flow belongs to (`nfstream-processes`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use nfstream_processes::{Answer, Process, Protocol, Watcher};

use super::plugin::Plugin;
use crate::column::Kind::{Int64, Text, TextStruct};
use crate::column::{Feature, Unit, Value};
use crate::flow::{Flow, Packet};

/// The members of the column `system`.
const METADATA: &[&str] = &["path", "user", "cgroup"];

/// The columns that describe processes.
#[derive(Clone)]
pub(crate) struct System {
    /// Whether the column `system` is present.
    pub(crate) metadata: bool,
    /// Present while a run goes on.
    pub(crate) watcher: Option<Arc<Watcher>>,
}

/// The process of a flow, as far as it is known.
pub(crate) struct Asked {
    process: Option<Arc<Process>>,
    /// Whether there is nothing more to ask.
    is_final: bool,
    /// When the flow's first packet came here.
    begun: Instant,
    /// The watcher's generation at the time of asking.
    generation: u64,
}

impl System {
    /// Asks the watcher, if it may know more than before.
    fn ask(&self, asked: &mut Asked, flow: &Flow) {
        let Some(watcher) = &self.watcher else { return };
        let generation = watcher.generation();
        if asked.is_final || asked.generation == generation {
            return;
        }
        let Some(protocol) = Protocol::of_number(flow.protocol) else {
            asked.is_final = true;
            return;
        };
        let source = SocketAddr::new(flow.src_ip(), flow.src_port);
        let destination = SocketAddr::new(flow.dst_ip(), flow.dst_port);
        let Answer { process, is_final, .. } = watcher.process_of(protocol, source, destination, asked.begun);
        asked.process = process.or(asked.process.take());
        asked.is_final = is_final;
        asked.generation = generation;
    }
}

impl Plugin for System {
    type State = Asked;

    fn features(&self) -> Vec<Feature<Asked>> {
        let mut features = vec![
            Feature::new(
                "system_process_pid",
                Int64,
                Unit::None,
                "Id of the process on this machine that the flow belongs to; -1 if it is not known.",
                |_, asked: &Asked| {
                    Value::Int(asked.process.as_ref().map_or(-1, |process| process.pid.into()))
                },
            ),
            Feature::new(
                "system_process_name",
                Text,
                Unit::None,
                "Name of that process; empty if it is not known.",
                |_, asked: &Asked| {
                    let name = asked.process.as_ref().map(|process| process.name.as_str());
                    Value::Text(name.unwrap_or_default().into())
                },
            ),
        ];
        if self.metadata {
            let doc = "More about that process: path of its program, user, cgroup.";
            features.push(Feature::new(
                "system",
                TextStruct(METADATA),
                Unit::None,
                doc,
                |_, asked: &Asked| {
                    Value::TextStruct(asked.process.as_deref().map(metadata).unwrap_or_default())
                },
            ));
        }
        features
    }

    fn on_init(&mut self, _: &Packet<'_>, flow: &mut Flow) -> Asked {
        let mut asked = Asked { process: None, is_final: false, begun: Instant::now(), generation: u64::MAX };
        self.ask(&mut asked, flow);
        asked
    }

    #[inline]
    fn on_update(&mut self, asked: &mut Asked, _: &Packet<'_>, flow: &mut Flow) {
        if !asked.is_final {
            self.ask(asked, flow);
        }
    }

    fn on_expire(&mut self, asked: &mut Asked, flow: &mut Flow) {
        self.ask(asked, flow);
    }
}

/// The members that are known.
fn metadata(process: &Process) -> Vec<(&'static str, &str)> {
    let values = [&process.path, &process.user, &process.cgroup];
    let members = METADATA.iter().copied().zip(values.map(String::as_str));
    members.filter(|(_, value)| !value.is_empty()).collect()
}
