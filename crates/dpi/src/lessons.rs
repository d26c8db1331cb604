//! Lessons from earlier flows: endpoints that they announced, and the protocols spoken there.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use foldhash::quality::RandomState;

use crate::flow::{Endpoints, Transport};
use crate::vocabulary::Label;

/// Most lessons that are kept. A new one takes the place of the oldest.
const MOST_LESSONS: usize = 1 << 16;

/// The flows that a lesson is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// Flows that have this endpoint, on either side.
    Endpoint(Transport, SocketAddr),
    /// Flows between these two hosts; which of them comes first does not matter.
    Hosts(Transport, IpAddr, IpAddr),
}

/// Something that one flow says about others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The flows that the lesson is about.
    pub about: About,
    /// The protocol that they speak.
    pub protocol: Label,
    /// The application above the protocol, if it is known.
    pub application: Label,
    /// Position of the packet that taught the lesson. The lesson counts for later packets.
    pub position: u64,
}

/// The lessons of a run, up to a limit.
///
/// Lessons are [learnt](Self::learn) and flows [finished](crate::Engine::finish) in one order, that of the input. Verdicts
/// therefore depend on nothing else.
#[derive(Debug, Default)]
pub struct Memory {
    /// Lessons by their subject. Hashing is random because the keys come from packets.
    known: HashMap<About, Lesson, RandomState>,
    /// Subjects of the lessons, the oldest first.
    order: VecDeque<About>,
}

impl About {
    /// The same subject, with a pair of hosts always in one order.
    fn in_order(self) -> Self {
        match self {
            Self::Hosts(transport, a, b) if b < a => Self::Hosts(transport, b, a),
            about => about,
        }
    }
}

impl Memory {
    /// Takes in a lesson. A lesson that was already known keeps its place and its position. A different lesson on the same
    /// flows replaces the former.
    pub fn learn(&mut self, lesson: Lesson) {
        let about = lesson.about.in_order();
        let Some(known) = self.known.get_mut(&about) else {
            if self.order.len() == MOST_LESSONS {
                self.order.pop_front().and_then(|oldest| self.known.remove(&oldest));
            }
            self.order.push_back(about);
            self.known.insert(about, lesson);
            return;
        };
        if (known.protocol, known.application) != (lesson.protocol, lesson.application) {
            *known = lesson;
        }
    }

    /// The lesson for a flow that was known before the packet at a position. The flow's destination comes first, then its
    /// source, then its hosts.
    pub(crate) fn recall(&self, endpoints: &Endpoints, before: u64) -> Option<&Lesson> {
        let transport = Transport::of(endpoints.protocol).filter(|_| !self.known.is_empty())?;
        let Endpoints { src, dst, .. } = *endpoints;
        let hosts = About::Hosts(transport, src.ip(), dst.ip()).in_order();
        [About::Endpoint(transport, dst), About::Endpoint(transport, src), hosts]
            .iter()
            .filter_map(|about| self.known.get(about))
            .find(|lesson| lesson.position < before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::labels;

    fn endpoint(n: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, n], port))
    }

    fn lesson(about: About, position: u64) -> Lesson {
        Lesson { about, protocol: labels::FTP_DATA, application: Label::UNKNOWN, position }
    }

    #[test]
    fn a_lesson_counts_for_what_comes_after_it_on_either_side() {
        let mut memory = Memory::default();
        memory.learn(lesson(About::Endpoint(Transport::Tcp, endpoint(2, 5000)), 7));
        memory.learn(lesson(About::Hosts(Transport::Udp, endpoint(9, 0).ip(), endpoint(1, 0).ip()), 7));
        let flow = |protocol, src, dst| Endpoints { protocol, src, dst };
        let knows = |flow: &Endpoints, before| memory.recall(flow, before).is_some();
        assert!(knows(&flow(6, endpoint(1, 40000), endpoint(2, 5000)), 8));
        assert!(knows(&flow(6, endpoint(2, 5000), endpoint(1, 40000)), 8));
        assert!(!knows(&flow(6, endpoint(1, 40000), endpoint(2, 5000)), 7));
        assert!(!knows(&flow(17, endpoint(1, 40000), endpoint(2, 5000)), 8));
        assert!(knows(&flow(17, endpoint(1, 1), endpoint(9, 1)), 8));
        assert!(knows(&flow(17, endpoint(9, 1), endpoint(1, 1)), 8));
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let mut memory = Memory::default();
        for number in 0..=MOST_LESSONS as u64 {
            let address = IpAddr::from((number as u32).to_be_bytes());
            memory.learn(lesson(About::Endpoint(Transport::Udp, (address, 1).into()), number));
        }
        assert_eq!((memory.known.len(), memory.order.len()), (MOST_LESSONS, MOST_LESSONS));
        let first = About::Endpoint(Transport::Udp, SocketAddr::from(([0, 0, 0, 0], 1)));
        assert!(!memory.known.contains_key(&first));
    }
}
