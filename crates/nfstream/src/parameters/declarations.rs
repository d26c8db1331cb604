//! The parameters.

use std::path::PathBuf;
use std::time::Duration;

use nfstream_capture::Stamps;
use nfstream_decode::{Reading, Rules, TunnelSet};

use super::domain::{Domain, Unit};
use super::profile::{Profile, TunnelTypes};
use super::setting::{Field, Setting};
use crate::error::Error;
use crate::flow::{AccountingMode, Checksums, Orientation, TunnelKey};
use crate::lane::Broadcast;

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in Python; the command has dashes in the place of underscores.
    pub name: &'static str,
    /// Its group.
    pub group: Group,
    /// The values that it may be set to.
    pub domain: Domain,
    doc: &'static str,
    get: fn(&Parameters) -> Setting,
    set: fn(&mut Parameters, Setting) -> Option<()>,
}

/// The subject of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Flows and their columns.
    Flow,
    /// Capture from an interface. Without effect on files.
    Capture,
    /// Reports while a run goes on.
    Report,
}

impl Parameter {
    /// Its meaning, as paragraphs; the first is one sentence. `code` formats the names of parameters and columns.
    pub fn doc(&self, code: impl Fn(&str) -> String) -> Vec<String> {
        let paragraph = |text: &str| {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let pieces = words.split('`').enumerate();
            pieces.map(|(i, piece)| if i % 2 == 1 { code(piece) } else { piece.to_owned() }).collect()
        };
        self.doc.trim().split("\n\n").map(paragraph).collect()
    }

    /// The default value.
    pub fn default(&self) -> Setting {
        (self.get)(&Parameters::default())
    }

    /// The value that it is set to.
    pub fn get(&self, parameters: &Parameters) -> Setting {
        (self.get)(parameters)
    }

    /// Sets it.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the value is not permitted.
    pub fn set(&self, parameters: &mut Parameters, setting: Setting) -> Result<(), Error> {
        self.check(&setting)?;
        let value = setting.to_string();
        (self.set)(parameters, setting).ok_or_else(|| self.refuses(value))
    }

    fn check(&self, setting: &Setting) -> Result<(), Error> {
        if setting.is_of(&self.domain) { Ok(()) } else { Err(self.refuses(setting.to_string())) }
    }

    fn refuses(&self, value: String) -> Error {
        Error::Parameter { name: self.name, domain: self.domain.to_string(), value }
    }
}

impl Parameters {
    /// Chooses the profile that the environment names, unless one is chosen.
    ///
    /// # Errors
    /// [`Error::ProfileVariable`] if the environment names no profile.
    pub(crate) fn choose_profile(&mut self) -> Result<(), Error> {
        if self.profile.is_none() {
            self.profile = Some(Profile::of_environment().map_err(Error::ProfileVariable)?);
        }
        Ok(())
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }

    fn is_accurate(&self) -> bool {
        self.profile() == Profile::Accurate
    }

    /// Whether lengths of 0 in IP headers are mended ([`mend_lengths`](Self::mend_lengths)).
    pub fn mends_lengths(&self) -> bool {
        self.mend_lengths.unwrap_or(self.is_accurate())
    }

    /// Whether every fragment counts ([`fragments`](Self::fragments)).
    pub fn counts_fragments(&self) -> bool {
        self.fragments.unwrap_or(self.is_accurate())
    }

    /// The packets that every meter gets.
    pub(crate) fn broadcast(&self) -> Broadcast {
        Broadcast { fragments: self.counts_fragments(), servers: self.orientation() == Orientation::Service }
    }

    /// How frames are read.
    pub(crate) fn reading(&self) -> Reading {
        let rules = if self.is_accurate() { Rules::Specification } else { Rules::Reference };
        let tunnels = match self.tunnel_types() {
            TunnelTypes::All => TunnelSet::All,
            TunnelTypes::Nfstream => TunnelSet::Reference,
        };
        let (mends_lengths, counts_fragments) = (self.mends_lengths(), self.counts_fragments());
        Reading { rules, tunnels, mends_lengths, counts_fragments, ..Reading::REFERENCE }
            .with_tunnels(self.decode_tunnels)
    }

    /// Whether every connection is a flow ([`split_connections`](Self::split_connections)).
    pub fn splits_connections(&self) -> bool {
        self.split_connections.unwrap_or(self.is_accurate())
    }

    /// Whether there are columns on how flows began and ended ([`connection_columns`](Self::connection_columns)).
    pub fn has_connection_columns(&self) -> bool {
        self.connection_columns.unwrap_or(self.is_accurate())
    }

    /// Whether packets from a clock that runs ahead are put right ([`mend_clock`](Self::mend_clock)).
    pub fn mends_clock(&self) -> bool {
        self.mend_clock.unwrap_or(self.is_accurate())
    }

    /// Whether a fraction of a second or more is damage ([`check_fractions`](Self::check_fractions)).
    pub fn checks_fractions(&self) -> bool {
        self.check_fractions.unwrap_or(self.is_accurate())
    }

    /// Whether the inspection skips padding that counts as payload ([`skip_padding`](Self::skip_padding)).
    pub fn skips_padding(&self) -> bool {
        self.skip_padding.unwrap_or(self.is_accurate())
    }

    /// Whether `application_is_guessed` is 1 for every guess ([`mark_guesses`](Self::mark_guesses)).
    pub fn marks_guesses(&self) -> bool {
        self.mark_guesses.unwrap_or(self.is_accurate())
    }

    /// The tunnels that are looked into, if [`decode_tunnels`](Self::decode_tunnels) is on.
    pub fn tunnel_types(&self) -> TunnelTypes {
        self.tunnel_types.unwrap_or(if self.is_accurate() { TunnelTypes::All } else { TunnelTypes::Nfstream })
    }

    /// The ids of tunnels that tell flows apart.
    pub fn tunnel_key(&self) -> TunnelKey {
        self.tunnel_key.unwrap_or(if self.is_accurate() { TunnelKey::Shared } else { TunnelKey::None })
    }

    /// Which endpoint is the source of a flow.
    pub fn orientation(&self) -> Orientation {
        let by_profile = if self.is_accurate() { Orientation::Handshake } else { Orientation::FirstPacket };
        self.orientation.clone().unwrap_or(by_profile)
    }

    /// The most meters: every one has a queue to every other.
    pub const MOST_METERS: usize = 256;

    /// # Errors
    /// [`Error::Parameter`] for a field that is out of its range.
    pub(crate) fn check(&self) -> Result<(), Error> {
        PARAMETERS.iter().try_for_each(|parameter| parameter.check(&parameter.get(self)))
    }
}

// Types that have setters of their own kind.
type Paths = Vec<PathBuf>;
type Limit = Option<u64>;
// Parameters that the profile decides unless they are set.
type SwitchByProfile = Option<bool>;
type ChosenProfile = Option<Profile>;
type ChosenTunnelTypes = Option<TunnelTypes>;
type ChosenTunnelKey = Option<TunnelKey>;
type ChosenOrientation = Option<Orientation>;

/// Declares parameters: the meaning; the field, and the name if it differs; the type and default; the group, and the permitted
/// values.
macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident $(named $name:literal)?: $type:ident = $default:expr, $group:ident, $domain:expr;
    )+) => {
        /// Parameters of a run, with nfstream's defaults.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Parameters {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Default for Parameters {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        /// All parameters.
        pub static PARAMETERS: &[Parameter] = &[$(
            Parameter {
                name: parameters!(@name $field $($name)?),
                group: Group::$group,
                domain: $domain,
                doc: concat!($($doc, "\n"),+),
                get: |parameters| parameters.$field.setting(&$domain),
                set: |parameters, setting| {
                    parameters.$field = Field::of(setting, &$domain)?;
                    Some(())
                },
            },
        )+];

        /// Calls a macro for each parameter: `$(#[doc = $doc:literal])+ $field:ident: $type:ident`.
        macro_rules! setters {
            ($setter:ident) => {
                $($setter! { $(#[doc = $doc])+ $field: $type })+
            };
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
}

/// Seconds whose milliseconds have 64 bits.
const LONGEST: u64 = u64::MAX / 1000;

parameters! {
    /// Look into tunnels such as GTP-U; the column `tunnel_id` lists them.
    ///
    /// The packet inside a tunnel is then the one that counts, and records say which tunnel it was in.
    decode_tunnels: bool = true, Flow,
        Domain::Switch { off: Some("Do not look into tunnels; records then have no tunnel id") };

    /// Count only packets that match a filter.
    ///
    /// The filter is an expression of tcpdump, such as 'tcp port 443', described in pcap-filter(7). It needs libpcap 1.5.1 or later,
    /// which is not used otherwise. If libpcap cannot compile the expression for the link type of some packets in a capture, these
    /// packets are left out and counted. An expression that suits no link type of the input is an error.
    bpf_filter: String = String::new(), Flow, Domain::Text;

    /// End a flow that has been idle this long.
    ///
    /// With 0, every packet is a flow of its own.
    idle_timeout: Duration = Duration::from_secs(120), Flow, Domain::Duration { most: LONGEST };

    /// End a flow that has lasted this long; its next packet begins another.
    active_timeout: Duration = Duration::from_secs(1800), Flow, Domain::Duration { most: LONGEST };

    /// Count packet sizes in this way: 0 raw, 1 IP, 2 transport, 3 payload.
    ///
    /// 0: the packet on the wire, link header included. 1: the IP packet. 2: the payload of the IP packet, for TCP, UDP, ICMP and
    /// ICMPv6. 3: the payload of TCP, UDP, ICMP and ICMPv6.
    accounting_mode: AccountingMode = AccountingMode::Raw, Flow,
        Domain::Choice(&["raw", "IP", "transport", "payload"]);

    /// Add statistics of sizes, times and TCP flags.
    ///
    /// There are columns of packet sizes, inter-arrival times and TCP flags, for each direction and for both together.
    statistical_analysis: bool = false, Flow, Domain::SWITCH;

    /// Add direction, size and inter-arrival time of the first N packets (at most 65535).
    splt_analysis: usize = 0, Flow, Domain::number(0..=65_535, Unit::Packets);

    /// Inspect the first N packets of a flow to recognise its application (at most 65535), 0 for no inspection.
    ///
    /// With 0 the columns of layer 7 are left out.
    n_dissections: u16 = 20, Flow, Domain::number(0..=65_535, Unit::Packets);

    /// Add the applications of this file to those that are recognised by name.
    ///
    /// The file is in TOML: a table for each application, with lists of its hosts and more. The file takes precedence over
    /// the built-in names; of several files, the last takes precedence. docs/applications.md has an example.
    rules: Paths = Vec::new(), Flow, Domain::Paths;

    /// Add a column `l7` with more details from the inspection: JA3, ALPN, certificates, methods, identifications, ...
    l7_metadata: bool = false, Flow, Domain::SWITCH;

    /// Number of threads that meter flows, 0 for one per core.
    ///
    /// The number does not change the records, unless `max_active_flows` or `max_memory` is reached.
    n_meters: usize = 0, Flow, Domain::capped(0..=Parameters::MOST_METERS as u64, Unit::Meters);

    /// Keep at most N flows at a time, 0 for no limit.
    ///
    /// When a new flow would exceed the limit, the flow that has been idle longest ends, with `expiration_id` 2; such flows
    /// are counted. With several meters, the choice depends on the number of meters, and may differ from run to run.
    max_active_flows: usize = 0, Flow, Domain::capped(0..=u64::MAX, Unit::Flows);

    /// Use at most this much memory, 0 for no limit.
    ///
    /// By default there is no limit for captures; for an interface the limit is half of the available memory. At the limit, the flow that
    /// has been idle longest ends, as with `max_active_flows`. A quarter of the limit is for the inspection of payloads: beyond that,
    /// the inspection that began first ends. The limit does not include the memory of outputs, such as the row groups of Parquet. It
    /// includes the rules of files; while such a file is being read, it takes more: up to 60 times its size.
    max_memory: Limit = None, Flow, Domain::capped(0..=u64::MAX, Unit::Bytes);

    /// Stop after N flows, 0 for no limit.
    max_nflows: u64 = 0, Flow, Domain::capped(0..=u64::MAX, Unit::Flows);

    /// Add pid and name of the process on this machine that a flow belongs to: 0 no, 1 yes; for live traffic (Linux).
    ///
    /// If both processes are on this machine, the columns give the one at the flow's source. Without root, only processes of
    /// the same user are found; sockets of other users are counted.
    system_visibility named "system_visibility_mode": bool = false, Flow, Domain::Choice(&["no", "yes"]);

    /// Look for sockets at this interval.
    ///
    /// New flows start further searches in between, so that few sockets are missed.
    system_visibility_poll named "system_visibility_poll_ms": Duration = Duration::from_millis(100), Flow,
        Domain::capped(0..=u64::MAX, Unit::Milliseconds);

    /// Add a column `system` with more about the process: path, user, cgroup.
    ///
    /// The column exists only with `system_visibility_mode` 1.
    system_metadata: bool = false, Flow, Domain::SWITCH;

    /// Add what TCP did: retransmissions, gaps, windows, round-trip times, the state of the connection.
    ///
    /// The columns are defined as Wireshark and Zeek define them.
    tcp_analysis: bool = false, Flow, Domain::SWITCH;

    /// Add types, codes, identifiers and round-trip times of ICMP and ICMPv6.
    icmp_analysis: bool = false, Flow, Domain::SWITCH;

    /// Give what happened (accurate), or the numbers of nfstream 6.6.0 (nfstream).
    ///
    /// A profile only sets the defaults of parameters, each of which can be set for itself; docs/migration.md lists them. Without
    /// a profile, the environment variable `NFSTREAM_PROFILE` chooses it; without the variable, it is accurate.
    profile: ChosenProfile = None, Flow,
        Domain::Names { names: Profile::NAMES, by_profile: None };

    /// Read an IP length of 0 as the length of the frame.
    ///
    /// Hosts that let their interface cut segments leave the length of large packets at 0 (IPv4 total length, IPv6 payload
    /// length). Off: such packets are ignored.
    mend_lengths: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Ignore packets with an IP length of 0" };

    /// Count every IP fragment as a packet of its flow, and inspect whole datagrams.
    ///
    /// Off: only first fragments count.
    fragments: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Ignore IP fragments other than the first" };

    /// Begin a flow when a new TCP connection has the addresses and ports of an earlier one.
    ///
    /// A SYN with another initial sequence number begins a flow after both sides closed, or after a reset.
    split_connections: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Count TCP connections with the same addresses and ports as one flow" };

    /// End a flow when its TCP connection ends: by FIN of both sides, or by a reset.
    ///
    /// Packets that come during `linger` still count for the flow; a later one begins a flow of its own. In live capture, records
    /// come sooner.
    tcp_close: bool = false, Flow, Domain::SWITCH;

    /// Wait this long for late packets after a connection ended, with `tcp_close`.
    linger: Duration = Duration::from_secs(2), Flow, Domain::Duration { most: LONGEST };

    /// Choose the source of a flow: first-packet, handshake, service or local:NETWORKS.
    ///
    /// first-packet: the sender of the first packet. handshake: the sender of the SYN or of the ICMP request, even if the answer was
    /// captured first; else the sender of the first packet. service: besides, who asks a DNS server, and who is not where an earlier
    /// handshake (SYN-ACK) showed a server; else who is not at the port of a known service, or not below 1024.
    /// `local:10.0.0.0/8,fd00::/8`: the endpoint in one of these networks, if the other is in none.
    orientation: ChosenOrientation = None, Flow,
        Domain::Form { form: Orientation::FORM, by_profile: ["handshake", "first-packet"] };

    /// Add columns on how flows began and ended: `expiration_reason`, `is_turned`.
    connection_columns: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Leave out the columns on how flows began and ended" };

    /// Tell flows apart by their VLAN id.
    vlan_in_key: bool = true, Flow,
        Domain::Switch { off: Some("Count a conversation as one flow whatever its VLAN ids") };

    /// Look into these tunnels: all, or only those of nfstream (GTP-U, CAPWAP, TZSP).
    tunnel_types: ChosenTunnelTypes = None, Flow,
        Domain::Names { names: TunnelTypes::NAMES, by_profile: Some(["all", "nfstream"]) };

    /// Tell flows apart by ids of tunnels: shared, all or none.
    ///
    /// shared: ids that are the same in both directions, such as the VNI of VXLAN. all: besides, ids of each direction, such as the
    /// TEID of GTP-U. A packet whose id differs from that of its direction then belongs to another flow, so a handover begins one.
    /// Ids of the two directions are not in one packet: the first answer with an id goes to the newest flow without answers.
    tunnel_key: ChosenTunnelKey = None, Flow,
        Domain::Names { names: TunnelKey::NAMES, by_profile: Some(["shared", "none"]) };

    /// Add columns on tunnels: type, ids, outer addresses, depth.
    tunnel_columns: bool = false, Flow, Domain::SWITCH;

    /// Sort packets that come at most this late by their time, 0 for the order of the capture.
    reorder: Duration = Duration::ZERO, Flow, Domain::capped(0..=u64::MAX, Unit::Milliseconds);

    /// Leave out copies of an IP packet that come within this time, 0 to count copies.
    ///
    /// A mirror port may see a packet twice. Copies are equal but for their link header, TTL and header checksum.
    dedup: Duration = Duration::ZERO, Flow, Domain::capped(0..=u64::MAX, Unit::Milliseconds);

    /// Give a packet that is more than an hour ahead of its neighbours the time of the packet before it.
    ///
    /// Off: such a packet ends all flows that were active before.
    mend_clock: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Believe packets that are more than an hour ahead of their neighbours" };

    /// Take a fraction of a second that is a second or more for damage.
    ///
    /// Off: the second carries over.
    check_fractions: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Read fractions of a second that are a second or more" };

    /// Skip the padding of short Ethernet frames that a host counts as TCP payload, in the inspection.
    ///
    /// Up to six zeros, in whose place a longer segment has other bytes. All columns of packets and bytes count them.
    skip_padding: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Take padding that a host counts as TCP payload for data, in the inspection" };

    /// Mark every application that is a guess by port or address.
    ///
    /// Off: guesses about UDP flows of eight packets or more are not marked.
    mark_guesses: SwitchByProfile = None, Flow,
        Domain::ByProfile { off: "Do not mark guesses about UDP flows of eight packets or more" };

    /// Check the checksums of IP, TCP, UDP and ICMP: ignore, count or drop.
    ///
    /// count: wrong ones are counted. drop: besides, packets with a wrong one do not count for flows. Checksums that the capturing
    /// host left to its interface are recognised.
    checksums: Checksums = Checksums::Ignore, Flow, Domain::names(Checksums::NAMES);

    /// Cut all flows at multiples of this time since 1970, 0 for no cuts.
    ///
    /// Each window of time then has records of its own, in which the source of a flow is found anew (`orientation`).
    slice: Duration = Duration::ZERO, Flow, Domain::Duration { most: LONGEST };

    /// Let the interface receive frames that are addressed to others.
    promiscuous_mode: bool = true, Capture,
        Domain::Switch { off: Some("Do not let the interface receive frames that are addressed to others") };

    /// Capture at most this many bytes of each frame; sizes still count the whole frame.
    snapshot_length: u32 = 1536, Capture, Domain::capped(1..=0xffff_ffff, Unit::Bytes);

    /// Receive buffer per meter in bytes; 0 chooses automatically.
    ///
    /// The automatic size is 32 MiB, and less with more than 8 meters. The kernel drops frames when the buffer is full; these are
    /// counted.
    socket_buffer_size: usize = 0, Capture, Domain::number(0..=0x7fff_ffff, Unit::Bytes);

    /// Capture through libpcap, as on systems other than Linux.
    ///
    /// libpcap also knows devices that are not network interfaces, such as nflog:1 or usbmon0. It copies every frame.
    libpcap: bool = false, Capture, Domain::SWITCH;

    /// Take timestamps from the interface itself, if it supports that.
    ///
    /// Its clock must be synchronised with the system clock: see phc2sys(8).
    stamps named "hardware_timestamps": Stamps = Stamps::Kernel, Capture, Domain::SWITCH;

    /// Print the counters on standard error at this interval, as a line of JSON; 0 for never.
    ///
    /// The counters have the names that nfstream gives them.
    performance_report: Duration = Duration::ZERO, Report, Domain::capped(0..=LONGEST, Unit::Seconds);
}

pub(crate) use setters;
