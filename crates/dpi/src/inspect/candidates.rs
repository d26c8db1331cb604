//! Chooses the dissectors that are asked about a flow: sets of them, and tables by port and first byte
//! that make such sets.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::dissect::Listed;
use crate::dissectors::DISSECTORS;
use crate::flow::Transport;
use crate::vocabulary::Label;

const WORDS: usize = DISSECTORS.len().div_ceil(64);

/// A set of dissectors, by their place in [`Candidates::dissectors`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set([u64; WORDS]);

impl Set {
    pub(crate) fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    pub(crate) fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(crate) fn and(self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    pub(crate) fn or(self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    pub(crate) fn without(self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    fn zip(mut self, other: &Self, with: impl Fn(u64, u64) -> u64) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine = with(*mine, *theirs));
        self
    }

    /// The members, lowest first.
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(number, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                word &= word.checked_sub(1)?;
                Some(number * 64 + bit)
            })
        })
    }
}

/// The dissectors in the order in which they are asked, and the tables.
pub(crate) struct Candidates {
    /// Dissectors that say how their payloads begin come first, the weak ones last.
    pub(crate) dissectors: Vec<&'static dyn Listed>,
    tcp: Tables,
    udp: Tables,
}

pub(crate) struct Tables {
    /// Dissectors that look at this transport, on any port.
    everywhere: Set,
    /// Dissectors that do not say how their payloads begin.
    pub(crate) any_start: Set,
    /// Dissectors whose payloads may begin with a byte, by that byte.
    by_first_byte: Vec<Set>,
    by_port: HashMap<u16, Set, FixedState>,
    /// Dissectors that are excluded after a number of payloads without a match, by that number. The last
    /// entry also holds for higher numbers.
    late: Vec<Set>,
}

impl Candidates {
    /// The ports on which dissectors expect a label.
    pub(crate) fn ports(&self, label: Label) -> impl Iterator<Item = u16> {
        let metas = self.dissectors.iter().map(|dissector| dissector.meta());
        metas
            .filter(move |meta| meta.label == label || meta.also.contains(&label))
            .flat_map(|meta| meta.ports.iter().copied())
    }

    pub(crate) fn new() -> Self {
        let mut dissectors = DISSECTORS.to_vec();
        dissectors.sort_by_key(|dissector| (dissector.meta().weak, dissector.meta().starts_with.is_empty()));
        let tcp = Tables::new(&dissectors, Transport::Tcp);
        let udp = Tables::new(&dissectors, Transport::Udp);
        Self { dissectors, tcp, udp }
    }

    pub(crate) fn tables(&self, transport: Transport) -> &Tables {
        match transport {
            Transport::Tcp => &self.tcp,
            Transport::Udp => &self.udp,
        }
    }
}

impl Tables {
    fn new(dissectors: &[&'static dyn Listed], transport: Transport) -> Self {
        let mut tables = Self {
            everywhere: Set::default(),
            any_start: Set::default(),
            by_first_byte: vec![Set::default(); 256],
            by_port: HashMap::default(),
            late: Vec::new(),
        };
        for (index, dissector) in dissectors.iter().enumerate() {
            let meta = dissector.meta();
            if !meta.looks_at(transport) {
                continue;
            }
            if !meta.only_on_ports {
                tables.everywhere.insert(index);
            }
            if meta.starts_with.is_empty() {
                tables.any_start.insert(index);
            }
            for byte in meta.starts_with.iter().filter_map(|start| start.first()) {
                tables.by_first_byte[usize::from(*byte)].insert(index);
            }
            for port in meta.ports {
                tables.by_port.entry(*port).or_default().insert(index);
            }
        }
        let most = dissectors.iter().map(|dissector| dissector.meta().max_segments).max().unwrap_or(0);
        for payloads in 0..=most {
            let mut late = Set::default();
            for (index, dissector) in dissectors.iter().enumerate() {
                if dissector.meta().max_segments <= payloads {
                    late.insert(index);
                }
            }
            tables.late.push(late);
        }
        tables
    }

    /// Dissectors that are asked first, because of the ports.
    pub(crate) fn of_ports(&self, ports: [u16; 2]) -> Set {
        ports.iter().filter_map(|port| self.by_port.get(port)).fold(Set::default(), Set::or)
    }

    /// All dissectors that may recognise a flow with these ports.
    pub(crate) fn possible(&self, ports: [u16; 2]) -> Set {
        self.everywhere.or(&self.of_ports(ports))
    }

    /// Dissectors that have seen as much as they may once a flow has had this many payloads.
    pub(crate) fn late(&self, payloads: u16) -> Set {
        self.late.get(usize::from(payloads)).or(self.late.last()).copied().unwrap_or_default()
    }

    /// Dissectors whose payloads may begin like this one, by its first byte.
    pub(crate) fn that_may_start(&self, payload: &[u8]) -> Set {
        payload
            .first()
            .and_then(|byte| self.by_first_byte.get(usize::from(*byte)))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::{Found, Meta, Segment, State, Verdict};
    use crate::vocabulary::labels;

    #[test]
    fn a_set_gives_back_what_went_in() {
        let mut set = Set::default();
        let last = DISSECTORS.len() - 1;
        set.insert(0);
        set.insert(last);
        assert_eq!(set.iter().collect::<Vec<_>>(), if last == 0 { vec![0] } else { vec![0, last] });
        set.remove(0);
        assert!(set.iter().all(|index| index != 0));
    }
    /// Stands in the list for the metadata in its constant.
    struct Declared(Meta);

    impl Listed for &'static Declared {
        fn meta(&self) -> &'static Meta {
            &self.0
        }

        fn inspect(&self, _: &mut State, _: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
            Verdict::Excluded
        }

        fn memory(&self, _: &State) -> usize {
            0
        }
    }

    static ANYWHERE: Declared = Declared(Meta::tcp(labels::HTTP).max_segments(2));
    static ON_PORTS: Declared = Declared(Meta::tcp_udp(labels::DNS).only_on_ports(&[53, 5353]));
    static FIRST_ON_PORT: Declared =
        Declared(Meta::udp(labels::SSH).ports(&[22]).starts_with(&[b"SSH-", b"\x00x"]));
    static DECLARED: [&(dyn Listed + 'static); 3] = [&&ANYWHERE, &&ON_PORTS, &&FIRST_ON_PORT];

    fn places(set: Set) -> Vec<usize> {
        set.iter().collect()
    }

    #[test]
    fn tables_say_who_is_asked_by_transport_port_first_byte_and_number_of_payloads() {
        let (tcp, udp) = (Tables::new(&DECLARED, Transport::Tcp), Tables::new(&DECLARED, Transport::Udp));
        // On any port, and on a port that a dissector names.
        assert_eq!(places(tcp.possible([1000, 2000])), [0]);
        assert_eq!(places(tcp.possible([53, 2000])), [0, 1]);
        assert_eq!(places(udp.possible([1000, 2000])), [2]);
        assert_eq!(places(udp.possible([1000, 5353])), [1, 2]);
        // Asked first because of a port.
        assert_eq!(places(tcp.of_ports([22, 53])), [1]);
        assert_eq!(places(udp.of_ports([22, 53])), [1, 2]);
        assert!(udp.of_ports([0, 65535]).is_empty());
        // By the first byte, or with any first byte.
        assert_eq!((places(tcp.any_start), places(udp.any_start)), (vec![0, 1], vec![1]));
        assert_eq!(places(udp.that_may_start(b"SSH-2.0")), [2]);
        assert_eq!(places(udp.that_may_start(b"\x00")), [2]);
        assert!(udp.that_may_start(b"GET").is_empty() && udp.that_may_start(b"").is_empty());
        // Excluded after so many payloads, 8 by default.
        let late = |payloads| places(tcp.late(payloads));
        assert_eq!((late(1), late(2), late(7)), (vec![], vec![0], vec![0]));
        assert_eq!((late(8), late(u16::MAX)), (vec![0, 1, 2], vec![0, 1, 2]));
    }

    #[test]
    fn the_weak_are_asked_last_and_those_that_say_how_they_begin_first() {
        let candidates = Candidates::new();
        let metas: Vec<_> = candidates.dissectors.iter().map(|dissector| dissector.meta()).collect();
        assert_eq!(metas.len(), DISSECTORS.len());
        assert!(metas.is_sorted_by_key(|meta| (meta.weak, meta.starts_with.is_empty())));
        assert!(metas.first().is_some_and(|meta| !meta.weak && !meta.starts_with.is_empty()));
        assert!(metas.last().is_some_and(|meta| meta.weak));
    }
}
