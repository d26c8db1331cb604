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
    /// What Python calls it; the command has dashes in the place of underscores.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it may be set to.
    pub domain: Domain,
    doc: &'static str,
    get: fn(&Parameters) -> Setting,
    set: fn(&mut Parameters, Setting) -> Option<()>,
}

/// What a parameter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Flows and their columns.
    Flow,
    /// How an interface is captured from. Without effect on files.
    Capture,
    /// What is told while a run goes on.
    Report,
}

impl Parameter {
    /// What it means, by paragraphs; the first is a sentence. `code` writes names of parameters and of columns.
    pub fn doc(&self, code: impl Fn(&str) -> String) -> Vec<String> {
        let paragraph = |text: &str| {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let pieces = words.split('`').enumerate();
            pieces.map(|(i, piece)| if i % 2 == 1 { code(piece) } else { piece.to_owned() }).collect()
        };
        self.doc.trim().split("\n\n").map(paragraph).collect()
    }

    /// What it is set to by default.
    pub fn default(&self) -> Setting {
        (self.get)(&Parameters::default())
    }

    /// What it is set to.
    pub fn get(&self, parameters: &Parameters) -> Setting {
        (self.get)(parameters)
    }

    /// Sets it.
    ///
    /// # Errors
    /// [`Error::Parameter`] for what it cannot be set to.
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

/// Declares parameters: what it means; the field, and the name where it is another; its type and default; what it is about, and what it
/// may be set to.
macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident $(named $name:literal)?: $type:ident = $default:expr, $group:ident, $domain:expr;
    )+) => {
        /// What a run is asked for, with nfstream's defaults.
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
        Domain::Switch { off: Some("Do not look into tunnels; records have no tunnel id then") };

    /// Count only packets that match: 'tcp port 443'.
    ///
    /// The expression is one of tcpdump's, described in pcap-filter(7). It needs libpcap, in version 1.5.1 or later.
    /// In a capture, packets of a link type that libpcap cannot compile the expression for are left out, and counted. An expression
    /// that suits no link type of the input is an error.
    bpf_filter: String = String::new(), Flow, Domain::Text;

    /// End a flow that has been idle this long.
    ///
    /// With 0, every packet is a flow.
    idle_timeout: Duration = Duration::from_secs(120), Flow, Domain::number(0..=LONGEST, Unit::Seconds);

    /// End a flow that has lasted this long; its next packet begins another.
    active_timeout: Duration = Duration::from_secs(1800), Flow, Domain::number(0..=LONGEST, Unit::Seconds);

    /// What sizes count: 0 raw, 1 IP, 2 transport, 3 payload.
    ///
    /// 0: the packet on the wire, link header included. 1: the IP packet. 2: the payload of the IP packet, for TCP, UDP, ICMP and
    /// ICMPv6. 3: the payload of TCP, UDP, ICMP and ICMPv6.
    accounting_mode: AccountingMode = AccountingMode::Raw, Flow,
        Domain::Choice(&["raw", "IP", "transport", "payload"]);

    /// Add packet sizes, their times and TCP flags.
    ///
    /// These are columns of packet sizes, inter-arrival times and TCP flags, in all and by direction.
    statistical_analysis: bool = false, Flow, Domain::SWITCH;

    /// Add direction, size and inter-arrival time of the first N packets (at most 65535).
    splt_analysis: usize = 0, Flow, Domain::number(0..=65_535, Unit::Packets);

    /// Inspect the first N packets of a flow to recognise its application (at most 65535), 0 for no inspection.
    ///
    /// With 0 the columns of layer 7 are left out.
    n_dissections: u16 = 20, Flow, Domain::number(0..=65_535, Unit::Packets);

    /// Add the applications of this file to those that are known by name.
    ///
    /// The file is in TOML: a table for each application, with lists of its hosts and more. What it says of a name counts
    /// more than what is built in; of several files the last counts most. docs/applications.md has an example.
    rules: Paths = Vec::new(), Flow, Domain::Paths;

    /// Add a column, `l7`, of what else was read: JA3, ALPN, certificates, methods, identifications, ...
    l7_metadata: bool = false, Flow, Domain::SWITCH;

    /// Threads that meter flows, 0 for one for each core.
    ///
    /// The records are the same, whatever the number, unless `max_active_flows` or `max_memory` is reached.
    n_meters: usize = 0, Flow, Domain::capped(0..=Parameters::MOST_METERS as u64, Unit::Meters);

    /// Keep at most N flows at a time, 0 for no limit.
    ///
    /// Before one more begins, the flow that has been idle longest ends, with `expiration_id` 2; these are counted.
    /// With several meters, which flows these are depends on the number of meters, and may differ from run to run.
    max_active_flows: usize = 0, Flow, Domain::capped(0..=u64::MAX, Unit::Flows);

    /// Take at most so much memory, 0 for no limit.
    ///
    /// By default there is no limit with captures; with an interface it is half of what is available. When it is reached, the flow that
    /// has been idle longest ends, as with `max_active_flows`. A quarter of it is for the inspection of payloads: past that the
    /// inspection that began first ends. What becomes of records is not in it, such as the row groups of Parquet.
    /// Rules of files are in it, as long as the run lasts. To read such a file takes more before: about ten times its size.
    max_memory: Limit = None, Flow, Domain::capped(0..=u64::MAX, Unit::Bytes);

    /// Stop after N flows, 0 for no limit.
    max_nflows: u64 = 0, Flow, Domain::capped(0..=u64::MAX, Unit::Flows);

    /// Add pid and name of the process of this machine that a flow belongs to: 0 no, 1 yes; for live traffic (Linux).
    ///
    /// Between two processes of this machine, the one at the flow's source is meant. Without root, only the processes of the
    /// own user are found; sockets that belong to others are counted.
    system_visibility named "system_visibility_mode": bool = false, Flow, Domain::Choice(&["no", "yes"]);

    /// Look for sockets this often.
    ///
    /// New flows have sockets looked for in between, so that few are missed.
    system_visibility_poll named "system_visibility_poll_ms": Duration = Duration::from_millis(100), Flow,
        Domain::capped(0..=u64::MAX, Unit::Milliseconds);

    /// Add a column, `system`, of what else is known of the process: path, user, cgroup.
    ///
    /// It is there with `system_visibility_mode` 1 only.
    system_metadata: bool = false, Flow, Domain::SWITCH;

    /// Let the interface take in what is addressed to others.
    promiscuous_mode: bool = true, Capture,
        Domain::Switch { off: Some("Do not let the interface take in what is addressed to others") };

    /// Capture so many bytes of a frame; sizes are counted whole.
    snapshot_length: u32 = 1536, Capture, Domain::capped(1..=0xffff_ffff, Unit::Bytes);

    /// Receive buffer per meter in bytes; 0 chooses automatically.
    ///
    /// That is 32 MiB, and less with more than 8 meters. The kernel drops frames that come when it is full; these are
    /// counted.
    socket_buffer_size: usize = 0, Capture, Domain::number(0..=0x7fff_ffff, Unit::Bytes);

    /// Capture through libpcap, as on other systems than Linux.
    ///
    /// It knows devices that are no interfaces, such as nflog:1 or usbmon0, and copies every frame.
    libpcap: bool = false, Capture, Domain::SWITCH;

    /// Let the interface itself say when a frame came, if it can.
    ///
    /// Its clock has to be kept in step with the system's: see phc2sys(8).
    stamps named "hardware_timestamps": Stamps = Stamps::Kernel, Capture, Domain::SWITCH;

    /// Print the counters on standard error at this interval, as a line of JSON; 0 for never.
    ///
    /// The names are those that nfstream has for them.
    performance_report: Duration = Duration::ZERO, Report, Domain::capped(0..=LONGEST, Unit::Seconds);
}

pub(crate) use setters;
