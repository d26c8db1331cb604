//! IP protocols: what their numbers say alone.

use crate::vocabulary::{Label, labels};

/// The label that an IP protocol number gives alone (IANA, Protocol Numbers).
pub(crate) fn of_ip_protocol(protocol: u8) -> Label {
    match protocol {
        1 => labels::ICMP,
        2 => labels::IGMP,
        4 => labels::IP_IN_IP,
        8 => labels::EGP,
        47 => labels::GRE,
        50 => labels::ESP,
        51 => labels::AH,
        58 => labels::ICMPV6,
        88 => labels::EIGRP,
        89 => labels::IP_OSPF,
        103 => labels::IP_PIM,
        112 => labels::VRRP,
        113 => labels::PGM,
        115 => labels::L2TP,
        132 => labels::SCTP,
        _ => Label::UNKNOWN,
    }
}
