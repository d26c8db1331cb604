//! The information element of each column. Templates, type information and `docs/ipfix.md` are all made from this one
//! declaration.

use self::DataType::{
    DateTimeMilliseconds, Ipv4Address, Ipv6Address, MacAddress, String, Unsigned8, Unsigned16, Unsigned32,
    Unsigned64,
};
use crate::column::Kind::{
    self, Float64, Int32, Int64, Int64List, Text, TextList, TextStruct, UInt8, UInt16,
};
use crate::column::{Column, Unit};

/// The enterprise number that stands for the direction from destination to source (RFC 5103, section 6.1).
pub(super) const REVERSE: u32 = 29305;

/// Element ids of columns that are not known by name, in the order of the columns.
pub(super) const FIRST_FURTHER: u16 = 0x4000;
/// One more than the last of these ids; the largest element id (RFC 7011, section 3.2).
pub(super) const END_FURTHER: u16 = 0x7fff;

/// The element of the numbers in a list.
pub(super) const LIST_ITEM: u16 = 1;

/// Abstract data types (RFC 7012, section 3.1), with the numbers of the IANA registry "IPFIX Information Element Data
/// Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataType {
    Unsigned8 = 1,
    Unsigned16 = 2,
    Unsigned32 = 3,
    Unsigned64 = 4,
    Signed32 = 7,
    Signed64 = 8,
    Float64 = 10,
    MacAddress = 12,
    String = 13,
    DateTimeMilliseconds = 15,
    Ipv4Address = 18,
    Ipv6Address = 19,
    BasicList = 20,
}

impl DataType {
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            UInt8 => Self::Unsigned8,
            UInt16 => Self::Unsigned16,
            Int32 => Self::Signed32,
            Int64 => Self::Signed64,
            Float64 => Self::Float64,
            Text | TextList | TextStruct(_) => Self::String,
            Int64List => Self::BasicList,
        }
    }

    /// Number of bytes of a value; 65535 if a value gives its own length (RFC 7011, sections 6.1 and 7).
    pub(super) fn length(self) -> u16 {
        match self {
            Self::Unsigned8 => 1,
            Self::Unsigned16 => 2,
            Self::Unsigned32 | Self::Signed32 | Self::Ipv4Address => 4,
            Self::MacAddress => 6,
            Self::Unsigned64 | Self::Signed64 | Self::Float64 | Self::DateTimeMilliseconds => 8,
            Self::Ipv6Address => 16,
            Self::String | Self::BasicList => u16::MAX,
        }
    }

    /// The name in RFC 7012 and RFC 6313.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unsigned8 => "unsigned8",
            Self::Unsigned16 => "unsigned16",
            Self::Unsigned32 => "unsigned32",
            Self::Unsigned64 => "unsigned64",
            Self::Signed32 => "signed32",
            Self::Signed64 => "signed64",
            Self::Float64 => "float64",
            Self::MacAddress => "macAddress",
            Self::String => "string",
            Self::DateTimeMilliseconds => "dateTimeMilliseconds",
            Self::Ipv4Address => "ipv4Address",
            Self::Ipv6Address => "ipv6Address",
            Self::BasicList => "basicList",
        }
    }
}

/// An element of the IANA registry, or its reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) id: u16,
    pub(super) name: &'static str,
    pub(super) data_type: DataType,
    pub(super) is_reverse: bool,
}

/// The elements that a column is exported as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The id under the enterprise number, used if there is no registered element, or if the column's values are
    /// hidden.
    pub(super) id: u16,
    pub(super) column: &'static str,
    pub(super) kind: Kind,
    pub(super) registered: As,
}

/// The registered element of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum As {
    Own,
    One(Registered),
    /// An element for each IP version, 4 and 6.
    Address(Registered, Registered),
}

const fn own(id: u16, column: &'static str, kind: Kind) -> Known {
    Known { id, column, kind, registered: As::Own }
}

const fn iana(id: u16, name: &'static str, data_type: DataType) -> Registered {
    Registered { id, name, data_type, is_reverse: false }
}

const fn reverse(id: u16, name: &'static str, data_type: DataType) -> Registered {
    Registered { id, name, data_type, is_reverse: true }
}

impl Known {
    const fn registered_as(self, element: Registered) -> Self {
        Self { registered: As::One(element), ..self }
    }

    const fn address(self, v4: Registered, v6: Registered) -> Self {
        Self { registered: As::Address(v4, v6), ..self }
    }

    /// The declaration for a column. None if only the name is the same, and the kind is another.
    pub(super) fn of(column: &Column) -> Option<&'static Known> {
        let is_same = |kind: Kind| std::mem::discriminant(&kind) == std::mem::discriminant(&column.kind);
        KNOWN.iter().find(|known| known.column == column.name && is_same(known.kind))
    }

    /// The declaration for a name, whatever the kind.
    pub(super) fn named(name: &str) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.column == name)
    }
}

/// The reason that a flow ended, from `expiration_id`.
pub(super) const FLOW_END_REASON: Registered = iana(136, "flowEndReason", Unsigned8);
/// All TCP flags of a direction, from the columns that count packets with each flag.
pub(super) const TCP_CONTROL_BITS: [Registered; 2] =
    [iana(6, "tcpControlBits", Unsigned16), reverse(6, "tcpControlBits", Unsigned16)];

/// Elements of type information (RFC 5610, section 3): first those that identify an element, then those that describe
/// it.
pub(super) const PRIVATE_ENTERPRISE_NUMBER: Registered = iana(346, "privateEnterpriseNumber", Unsigned32);
pub(super) const INFORMATION_ELEMENT_ID: Registered = iana(303, "informationElementId", Unsigned16);
pub(super) const INFORMATION_ELEMENT_DATA_TYPE: Registered =
    iana(339, "informationElementDataType", Unsigned8);
pub(super) const INFORMATION_ELEMENT_SEMANTICS: Registered =
    iana(344, "informationElementSemantics", Unsigned8);
pub(super) const INFORMATION_ELEMENT_UNITS: Registered = iana(345, "informationElementUnits", Unsigned16);
pub(super) const INFORMATION_ELEMENT_NAME: Registered = iana(341, "informationElementName", String);

/// The number in the IANA registry "IPFIX Information Element Units".
pub(super) fn units(unit: Unit) -> u16 {
    match unit {
        Unit::None | Unit::EpochMilliseconds => 0,
        Unit::Bytes => 2,
        Unit::Packets => 3,
        Unit::Milliseconds => 6,
    }
}

/// The number in the IANA registry "IPFIX Information Element Semantics": default, quantity, list.
pub(super) fn semantics(column: &Column) -> u8 {
    match (column.kind, column.unit) {
        (Int64List, _) => 6,
        (_, Unit::Bytes | Unit::Packets | Unit::Milliseconds) => 1,
        _ => 0,
    }
}

/// Times of the destination are not reverse elements, because nfcapd, for example, takes those for the times of the
/// flow.
///
/// Ids must never change, because collectors have stored data under them. A new column gets an id that was never
/// used.
#[rustfmt::skip]
pub(super) const KNOWN: &[Known] = &[
    own(16, "id", Int64).registered_as(iana(148, "flowId", Unsigned64)),
    own(17, "expiration_id", Int32),
    own(18, "src_ip", Text).address(iana(8, "sourceIPv4Address", Ipv4Address), iana(27, "sourceIPv6Address", Ipv6Address)),
    own(19, "src_mac", Text).registered_as(iana(56, "sourceMacAddress", MacAddress)),
    own(20, "src_oui", Text),
    own(21, "src_port", UInt16).registered_as(iana(7, "sourceTransportPort", Unsigned16)),
    own(22, "dst_ip", Text).address(iana(12, "destinationIPv4Address", Ipv4Address), iana(28, "destinationIPv6Address", Ipv6Address)),
    own(23, "dst_mac", Text).registered_as(iana(80, "destinationMacAddress", MacAddress)),
    own(24, "dst_oui", Text),
    own(25, "dst_port", UInt16).registered_as(iana(11, "destinationTransportPort", Unsigned16)),
    own(26, "protocol", UInt8).registered_as(iana(4, "protocolIdentifier", Unsigned8)),
    own(27, "ip_version", UInt8).registered_as(iana(60, "ipVersion", Unsigned8)),
    own(28, "vlan_id", UInt16).registered_as(iana(58, "vlanId", Unsigned16)),
    own(29, "tunnel_id", UInt8),
    own(30, "bidirectional_first_seen_ms", Int64).registered_as(iana(152, "flowStartMilliseconds", DateTimeMilliseconds)),
    own(31, "bidirectional_last_seen_ms", Int64).registered_as(iana(153, "flowEndMilliseconds", DateTimeMilliseconds)),
    own(32, "bidirectional_duration_ms", Int64).registered_as(iana(161, "flowDurationMilliseconds", Unsigned32)),
    own(33, "bidirectional_packets", Int64),
    own(34, "bidirectional_bytes", Int64),
    own(35, "src2dst_first_seen_ms", Int64),
    own(36, "src2dst_last_seen_ms", Int64),
    own(37, "src2dst_duration_ms", Int64),
    own(38, "src2dst_packets", Int64).registered_as(iana(2, "packetDeltaCount", Unsigned64)),
    own(39, "src2dst_bytes", Int64).registered_as(iana(1, "octetDeltaCount", Unsigned64)),
    own(40, "dst2src_first_seen_ms", Int64),
    own(41, "dst2src_last_seen_ms", Int64),
    own(42, "dst2src_duration_ms", Int64),
    own(43, "dst2src_packets", Int64).registered_as(reverse(2, "packetDeltaCount", Unsigned64)),
    own(44, "dst2src_bytes", Int64).registered_as(reverse(1, "octetDeltaCount", Unsigned64)),
    own(64, "bidirectional_min_ps", Int64),
    own(65, "bidirectional_mean_ps", Float64),
    own(66, "bidirectional_stddev_ps", Float64),
    own(67, "bidirectional_max_ps", Int64),
    own(68, "src2dst_min_ps", Int64),
    own(69, "src2dst_mean_ps", Float64),
    own(70, "src2dst_stddev_ps", Float64),
    own(71, "src2dst_max_ps", Int64),
    own(72, "dst2src_min_ps", Int64),
    own(73, "dst2src_mean_ps", Float64),
    own(74, "dst2src_stddev_ps", Float64),
    own(75, "dst2src_max_ps", Int64),
    own(76, "bidirectional_min_piat_ms", Int64),
    own(77, "bidirectional_mean_piat_ms", Float64),
    own(78, "bidirectional_stddev_piat_ms", Float64),
    own(79, "bidirectional_max_piat_ms", Int64),
    own(80, "src2dst_min_piat_ms", Int64),
    own(81, "src2dst_mean_piat_ms", Float64),
    own(82, "src2dst_stddev_piat_ms", Float64),
    own(83, "src2dst_max_piat_ms", Int64),
    own(84, "dst2src_min_piat_ms", Int64),
    own(85, "dst2src_mean_piat_ms", Float64),
    own(86, "dst2src_stddev_piat_ms", Float64),
    own(87, "dst2src_max_piat_ms", Int64),
    own(88, "bidirectional_syn_packets", Int64),
    own(89, "bidirectional_cwr_packets", Int64),
    own(90, "bidirectional_ece_packets", Int64),
    own(91, "bidirectional_urg_packets", Int64),
    own(92, "bidirectional_ack_packets", Int64),
    own(93, "bidirectional_psh_packets", Int64),
    own(94, "bidirectional_rst_packets", Int64),
    own(95, "bidirectional_fin_packets", Int64),
    own(96, "src2dst_syn_packets", Int64).registered_as(iana(218, "tcpSynTotalCount", Unsigned64)),
    own(97, "src2dst_cwr_packets", Int64),
    own(98, "src2dst_ece_packets", Int64),
    own(99, "src2dst_urg_packets", Int64).registered_as(iana(223, "tcpUrgTotalCount", Unsigned64)),
    own(100, "src2dst_ack_packets", Int64).registered_as(iana(222, "tcpAckTotalCount", Unsigned64)),
    own(101, "src2dst_psh_packets", Int64).registered_as(iana(221, "tcpPshTotalCount", Unsigned64)),
    own(102, "src2dst_rst_packets", Int64).registered_as(iana(220, "tcpRstTotalCount", Unsigned64)),
    own(103, "src2dst_fin_packets", Int64).registered_as(iana(219, "tcpFinTotalCount", Unsigned64)),
    own(104, "dst2src_syn_packets", Int64).registered_as(reverse(218, "tcpSynTotalCount", Unsigned64)),
    own(105, "dst2src_cwr_packets", Int64),
    own(106, "dst2src_ece_packets", Int64),
    own(107, "dst2src_urg_packets", Int64).registered_as(reverse(223, "tcpUrgTotalCount", Unsigned64)),
    own(108, "dst2src_ack_packets", Int64).registered_as(reverse(222, "tcpAckTotalCount", Unsigned64)),
    own(109, "dst2src_psh_packets", Int64).registered_as(reverse(221, "tcpPshTotalCount", Unsigned64)),
    own(110, "dst2src_rst_packets", Int64).registered_as(reverse(220, "tcpRstTotalCount", Unsigned64)),
    own(111, "dst2src_fin_packets", Int64).registered_as(reverse(219, "tcpFinTotalCount", Unsigned64)),
    own(128, "splt_direction", Int64List),
    own(129, "splt_ps", Int64List),
    own(130, "splt_piat_ms", Int64List),
    own(144, "application_name", Text).registered_as(iana(96, "applicationName", String)),
    own(145, "application_category_name", Text).registered_as(iana(372, "applicationCategoryName", String)),
    own(146, "application_is_guessed", UInt8),
    own(147, "application_confidence", UInt8),
    own(148, "requested_server_name", Text),
    own(149, "client_fingerprint", Text),
    own(150, "server_fingerprint", Text),
    own(151, "user_agent", Text).registered_as(iana(468, "httpUserAgent", String)),
    own(152, "content_type", Text).registered_as(iana(469, "httpContentType", String)),
    own(153, "l7", TextStruct(&[])),
    own(154, "risks", TextList),
    own(155, "risk_score", Int32),
    own(156, "risk_client_score", Int32),
    own(157, "risk_server_score", Int32),
    own(176, "system_process_pid", Int64),
    own(177, "system_process_name", Text),
    own(178, "system", TextStruct(&[])),
    own(179, "expiration_reason", Text),
    own(180, "is_turned", UInt8),
    own(208, "conn_state", Text),
    own(209, "history", Text),
    own(210, "syn_to_syn_ack_ms", Float64),
    own(211, "syn_ack_to_ack_ms", Float64),
    own(212, "src2dst_stream_bytes", Int64),
    own(213, "src2dst_retransmitted_packets", Int64),
    own(214, "src2dst_fast_retransmitted_packets", Int64),
    own(215, "src2dst_spurious_retransmitted_packets", Int64),
    own(216, "src2dst_out_of_order_packets", Int64),
    own(217, "src2dst_lost_bytes", Int64),
    own(218, "src2dst_lost_gaps", Int64),
    own(219, "src2dst_duplicate_ack_packets", Int64),
    own(220, "src2dst_keep_alive_packets", Int64),
    own(221, "src2dst_zero_window_packets", Int64),
    own(222, "src2dst_window_full_packets", Int64),
    own(223, "src2dst_initial_window", Int32),
    own(224, "src2dst_mss", Int32),
    own(225, "src2dst_window_scale", Int32),
    own(226, "src2dst_sack_permitted", Int32),
    own(227, "src2dst_tcp_timestamps", Int32),
    own(228, "src2dst_min_rtt_ms", Float64),
    own(229, "src2dst_mean_rtt_ms", Float64),
    own(230, "src2dst_max_rtt_ms", Float64),
    own(231, "dst2src_stream_bytes", Int64),
    own(232, "dst2src_retransmitted_packets", Int64),
    own(233, "dst2src_fast_retransmitted_packets", Int64),
    own(234, "dst2src_spurious_retransmitted_packets", Int64),
    own(235, "dst2src_out_of_order_packets", Int64),
    own(236, "dst2src_lost_bytes", Int64),
    own(237, "dst2src_lost_gaps", Int64),
    own(238, "dst2src_duplicate_ack_packets", Int64),
    own(239, "dst2src_keep_alive_packets", Int64),
    own(240, "dst2src_zero_window_packets", Int64),
    own(241, "dst2src_window_full_packets", Int64),
    own(242, "dst2src_initial_window", Int32),
    own(243, "dst2src_mss", Int32),
    own(244, "dst2src_window_scale", Int32),
    own(245, "dst2src_sack_permitted", Int32),
    own(246, "dst2src_tcp_timestamps", Int32),
    own(247, "dst2src_min_rtt_ms", Float64),
    own(248, "dst2src_mean_rtt_ms", Float64),
    own(249, "dst2src_max_rtt_ms", Float64),
    own(256, "icmp_type", Int32),
    own(257, "icmp_code", Int32),
    own(258, "dst2src_icmp_type", Int32),
    own(259, "dst2src_icmp_code", Int32),
    own(260, "icmp_echo_id", Int32),
    own(261, "icmp_echo_ids", Int64),
    own(262, "icmp_echo_requests", Int64),
    own(263, "icmp_echo_replies", Int64),
    own(264, "icmp_unanswered_requests", Int64),
    own(265, "icmp_min_rtt_ms", Float64),
    own(266, "icmp_mean_rtt_ms", Float64),
    own(267, "icmp_max_rtt_ms", Float64),
    own(268, "icmp_error_protocol", Int32),
    own(269, "icmp_error_src_port", Int32),
    own(270, "icmp_error_dst_port", Int32),
    own(288, "tunnel_type", Text),
    own(289, "tunnel_depth", UInt8),
    own(290, "src2dst_tunnel_id", Int64),
    own(291, "src2dst_tunnel_id_changes", Int64),
    own(292, "src2dst_outer_src_ip", Text),
    own(293, "src2dst_outer_dst_ip", Text),
    own(294, "dst2src_tunnel_id", Int64),
    own(295, "dst2src_tunnel_id_changes", Int64),
    own(296, "dst2src_outer_src_ip", Text),
    own(297, "dst2src_outer_dst_ip", Text),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Streamer;

    #[test]
    fn every_column_is_known_under_an_id_of_its_own() {
        let streamer = Streamer::builder().source("none.pcap").every_column().build().unwrap();
        let columns = streamer.schema().columns();
        let next = KNOWN.iter().map(|known| known.id).max().unwrap() + 1;
        let unknown = columns.iter().filter(|column| Known::of(column).is_none());
        let lines: Vec<_> = (next..).zip(unknown).map(|(id, column)| line(id, column)).collect();
        assert!(
            lines.is_empty(),
            "not in KNOWN of src/sinks/ipfix/elements.rs; add, each at its place (and where the IANA registry has an element \
             for it, registered_as), or correct the line that has another kind:\n    {}\n",
            lines.join("\n    ")
        );
        let mut ids = HashSet::new();
        for Known { id, column, .. } in KNOWN {
            assert!(
                columns.iter().any(|other| other.name == *column),
                "{column} is no column: keep its id in a comment"
            );
            assert!(ids.insert(id), "{column} has the id of another column, {id}: {next} is free");
            assert!((2..FIRST_FURTHER).contains(id), "{column}: {id} is no id for a column: {next} is free");
        }
    }

    /// A column's line in [`KNOWN`].
    fn line(id: u16, column: &Column) -> std::string::String {
        let kind = match column.kind {
            TextStruct(_) => "TextStruct(&[])".to_owned(),
            kind => format!("{kind:?}"),
        };
        format!("own({id}, {:?}, {kind}),", column.name)
    }

    #[test]
    fn a_missing_line_is_told_as_it_has_to_stand() {
        let column = |kind| Column { name: "made_up".into(), kind, unit: Unit::None, doc: "".into() };
        assert_eq!(line(179, &column(Int64)), r#"own(179, "made_up", Int64),"#);
        assert_eq!(line(180, &column(TextStruct(&["a"]))), r#"own(180, "made_up", TextStruct(&[])),"#);
    }
}
