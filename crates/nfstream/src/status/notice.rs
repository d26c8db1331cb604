//! What a run notices about its packets and flows, whether or not its parameters make something of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Declares the notices: the meaning, the name in reports, and the words of the summary for several.
macro_rules! notices {
    ($($(#[doc = $doc:literal])+ $notice:ident = $name:literal $words:literal,)+) => {
        /// Something that a run notices about its packets and flows, whether or not its parameters make something of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Notice { $($(#[doc = $doc])+ $notice,)+ }

        impl Notice {
            /// Every notice, in the order of their counters.
            pub const ALL: &[Notice] = &[$(Notice::$notice),+];

            /// A short name that does not change between versions, for counters in a report.
            pub const fn name(self) -> &'static str {
                match self { $(Notice::$notice => $name,)+ }
            }

            /// What is counted, in words.
            pub const fn words(self) -> &'static str {
                match self { $(Notice::$notice => $words,)+ }
            }
        }
    };
}

notices! {
    /// Packets whose IP header has a length of 0, which segmentation offload leaves, or a jumbo payload option (RFC 2675). With
    /// [`mend_lengths`](crate::StreamerBuilder::mend_lengths) they count with the length of the frame.
    MendedLengths = "mended_lengths" "packets without an IP length",
    /// Packets inside tunnels that were looked into.
    Tunneled = "tunneled" "packets in tunnels",
    /// Packets that carry a tunnel which was not looked into ([`decode_tunnels`](crate::StreamerBuilder::decode_tunnels),
    /// [`tunnel_types`](crate::StreamerBuilder::tunnel_types)).
    TunnelsNotEntered = "tunnels_not_entered" "packets with tunnels not looked into",
    /// TCP connections that began on the addresses and ports of an earlier one that was over. With
    /// [`split_connections`](crate::StreamerBuilder::split_connections), each of them is a flow; without, it is counted for the
    /// earlier flow.
    ReusedPorts = "reused_ports" "TCP connections on reused ports",
    /// Flows whose first packet was an answer: a SYN-ACK, or a reply of ICMP. With an
    /// [`orientation`](crate::StreamerBuilder::orientation) other than `first-packet`, their source is the receiver of that packet.
    AnswersFirst = "answers_first" "flows seen by their answer first",
    /// Fragments of IP datagrams that were counted.
    Fragments = "fragments" "IP fragments counted",
    /// IP datagrams of which all fragments came.
    Reassembled = "reassembled" "IP datagrams put together",
    /// IP datagrams of which something never came.
    IncompleteDatagrams = "incomplete_datagrams" "IP datagrams incomplete",
    /// IP datagrams that were given up, because there was no room for more, or because they had too many fragments.
    CutDatagrams = "cut_datagrams" "IP datagrams given up for want of room",
    /// IP datagrams whose fragments contradict each other, or overlap in IPv6: their payload is not read.
    OverlappingFragments = "overlapping_fragments" "IP datagrams with overlapping fragments",
    /// IP datagrams whose first fragment ends before the transport header does.
    TinyFragments = "tiny_fragments" "IP datagrams with tiny first fragments",
    /// Fragments whose first fragment never came. They count for a flow without ports.
    FragmentsWithoutFirst = "fragments_without_first" "IP fragments without a first one",
    /// Copies of packets that were left out ([`dedup`](crate::StreamerBuilder::dedup)).
    Duplicates = "duplicates" "packets left out as copies",
    /// Packets that did not wait for earlier ones as long as [`reorder`](crate::StreamerBuilder::reorder) says, for lack of memory.
    CutReorder = "cut_reorder" "packets not held back in full for want of memory",
    /// Packets with a wrong header checksum of IPv4, if [`checksums`](crate::StreamerBuilder::checksums) are checked.
    WrongIpChecksums = "wrong_ip_checksums" "packets with a wrong IPv4 header checksum",
    /// Packets with a wrong checksum of TCP, UDP, ICMP or ICMPv6, if checksums are checked.
    WrongTransportChecksums = "wrong_transport_checksums" "packets with a wrong TCP, UDP or ICMP checksum",
    /// Packets with a checksum that their host left to its interface, if checksums are checked. They are not wrong.
    OffloadedChecksums = "offloaded_checksums" "packets with checksums left to the interface",
}

/// The counts of notices.
pub type Notices = [u64; Notice::ALL.len()];

/// Counts of notices that the threads of a run share. Each is added to seldom.
#[derive(Debug, Default)]
pub(crate) struct Tally([AtomicU64; Notice::ALL.len()]);

impl Tally {
    pub(crate) fn add(&self, notice: Notice, count: u64) {
        self.0[notice as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// The counts so far.
    pub(crate) fn counts(&self) -> Notices {
        std::array::from_fn(|index| self.0[index].load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_its_counter_and_its_name() {
        let tally = Tally::default();
        for (index, notice) in Notice::ALL.iter().enumerate() {
            tally.add(*notice, index as u64);
            assert!(Notice::ALL[..index].iter().all(|other| other.name() != notice.name()), "{notice:?}");
            assert!(notice.name().bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')), "{notice:?}");
        }
        assert!(tally.counts().into_iter().eq(0..Notice::ALL.len() as u64));
    }
}
