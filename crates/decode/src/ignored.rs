//! The reasons for which a frame is not counted.
use std::fmt;

/// Reason why a frame has no packet that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ignored {
    /// The link type, or the link type inside PPI, is not supported.
    LinkType,
    /// The packet filter cannot be compiled for the link type. Not a result of [`decode`](crate::decode).
    Filter,
    /// Fewer than 28 bytes were captured, which is too short for a link header and an IP header.
    TooShort,
    /// A header between the link and IP (VLAN, MPLS, LLC, PPPoE, 802.11, …) is malformed or was cut off.
    LinkHeader,
    /// A spanning tree frame of a bridge.
    SpanningTree,
    /// Not IP: ARP, LLDP, LCP, another LLC protocol, ….
    NotIp,
    /// An 802.11 management or control frame, or a data frame that carries nothing.
    Ieee80211NotData,
    /// An 802.11 frame that was received with errors.
    Ieee80211BadFcs,
    /// An 802.11 frame whose body is encrypted.
    Ieee80211Protected,
    /// The IP header was cut off.
    IpTruncated,
    /// The IP header's lengths contradict each other, or (IPv6) the payload was cut off.
    IpLength,
    /// The IPv6 extension headers are malformed, or end in "no next header" with data after it.
    Ipv6Extensions,
    /// An IP fragment other than the first.
    LaterFragment,
    /// The UDP header was cut off, so that a tunnel in it could not be recognised.
    UdpTruncated,
    /// The content of a tunnel is not an IP packet, or was cut off.
    TunnelContent,
    /// More headers than [`MAX_HEADERS`](crate::MAX_HEADERS) in one frame.
    NestingLimit,
    /// A checksum is wrong. Not a result of [`decode`](crate::decode).
    Checksum,
}

impl Ignored {
    /// Every reason, in the order of [`Ignored::index`].
    pub const ALL: &[Ignored] = &[
        Ignored::LinkType,
        Ignored::Filter,
        Ignored::TooShort,
        Ignored::LinkHeader,
        Ignored::SpanningTree,
        Ignored::NotIp,
        Ignored::Ieee80211NotData,
        Ignored::Ieee80211BadFcs,
        Ignored::Ieee80211Protected,
        Ignored::IpTruncated,
        Ignored::IpLength,
        Ignored::Ipv6Extensions,
        Ignored::LaterFragment,
        Ignored::UdpTruncated,
        Ignored::TunnelContent,
        Ignored::NestingLimit,
        Ignored::Checksum,
    ];

    /// Position in [`Ignored::ALL`], to index an array of counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// A short name that does not change between versions, for counters in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Ignored::LinkType => "link_type",
            Ignored::Filter => "filter",
            Ignored::TooShort => "too_short",
            Ignored::LinkHeader => "link_header",
            Ignored::SpanningTree => "spanning_tree",
            Ignored::NotIp => "not_ip",
            Ignored::Ieee80211NotData => "ieee80211_not_data",
            Ignored::Ieee80211BadFcs => "ieee80211_bad_fcs",
            Ignored::Ieee80211Protected => "ieee80211_protected",
            Ignored::IpTruncated => "ip_truncated",
            Ignored::IpLength => "ip_length",
            Ignored::Ipv6Extensions => "ipv6_extensions",
            Ignored::LaterFragment => "later_fragment",
            Ignored::UdpTruncated => "udp_truncated",
            Ignored::TunnelContent => "tunnel_content",
            Ignored::NestingLimit => "nesting_limit",
            Ignored::Checksum => "checksum",
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ignored::LinkType => "link type not read",
            Ignored::Filter => "link type that the filter cannot be applied to",
            Ignored::TooShort => "fewer than 28 bytes captured",
            Ignored::LinkHeader => "link header malformed or cut off",
            Ignored::SpanningTree => "spanning tree frame",
            Ignored::NotIp => "not IP",
            Ignored::Ieee80211NotData => "802.11 frame without data",
            Ignored::Ieee80211BadFcs => "802.11 frame received with errors",
            Ignored::Ieee80211Protected => "802.11 frame encrypted",
            Ignored::IpTruncated => "IP header cut off",
            Ignored::IpLength => "IP lengths inconsistent with each other or with what was captured",
            Ignored::Ipv6Extensions => "IPv6 extension headers malformed or without an upper layer",
            Ignored::LaterFragment => "IP fragment other than the first",
            Ignored::UdpTruncated => "UDP header cut off",
            Ignored::TunnelContent => "no whole IP packet inside the tunnel",
            Ignored::NestingLimit => "too many headers inside each other",
            Ignored::Checksum => "wrong checksum",
        })
    }
}

impl std::error::Error for Ignored {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_its_index_and_its_own_snake_case_name() {
        let indices: Vec<usize> = Ignored::ALL.iter().map(|reason| reason.index()).collect();
        assert_eq!(indices, (0..Ignored::ALL.len()).collect::<Vec<_>>());
        let names: BTreeSet<&str> = Ignored::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Ignored::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))));
        let texts: BTreeSet<String> = Ignored::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), Ignored::ALL.len());
    }
}
