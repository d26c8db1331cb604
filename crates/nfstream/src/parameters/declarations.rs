//! The parameters.

use std::path::PathBuf;
use std::time::Duration;

use nfstream_capture::Stamps;

use super::domain::{Domain, Unit};
use super::setting::{Field, Setting};
use crate::error::Error;
use crate::flow::AccountingMode;

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
    idle_timeout: Duration = Duration::from_secs(120), Flow, Domain::number(0..=LONGEST, Unit::Seconds);

    /// End a flow that has lasted this long; its next packet begins another.
    active_timeout: Duration = Duration::from_secs(1800), Flow, Domain::number(0..=LONGEST, Unit::Seconds);

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
