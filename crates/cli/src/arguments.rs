//! The command line, declared once.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use nfstream::sinks::ipfix::{self, Collector};
use nfstream::sinks::{Format, Turn};
use nfstream::{Streamer, StreamerBuilder};

use crate::parameters::{CaptureOptions, FlowOptions, ReportOptions};
use crate::table::Asked;

/// Without help.
pub(crate) const SUBCOMMANDS: &[&str] = if cfg!(feature = "top") {
    &["top", "interfaces", "columns", "protocols", "completions", "man"]
} else {
    &["interfaces", "columns", "protocols", "completions", "man"]
};

const SHORT_EXAMPLES: &str = "\
Examples:
  nfstream capture.pcap                    show the flows of a capture
  nfstream capture.pcap -o flows.csv       to .csv, .jsonl, .arrow or .parquet
  sudo nfstream -i eth0                    flows of an interface, as they end
  sudo nfstream top -i eth0                applications, hosts, flows, live";

const EXAMPLES: &str = "\
Examples:
  nfstream capture.pcap                    show the flows of a capture
  nfstream capture.pcap -o flows.csv       to .csv, .jsonl, .arrow or .parquet
  nfstream mon.pcap tue.pcapng.zst -o flows.parquet
                                           several captures as one
  nfstream captures/ --statistical-analysis -o flows.parquet
                                           a directory of captures, more columns
  nfstream capture.pcap -o - | head        CSV on standard output
  nfstream capture.pcap -o flows.csv.gz --columns src_ip,dst_ip,application_name
                                           these columns only, compressed
  nfstream capture.pcap --feature 'big=sum(raw_size >= 666)' -o flows.csv
                                           a column of your own
  sudo nfstream -i eth0                    flows of an interface, as they end
  sudo nfstream top -i eth0                applications, hosts, flows, live
  nfstream interfaces                      which interfaces there are
  nfstream columns --statistical-analysis  what the columns mean
  nfstream protocols                       what applications are recognised by";

const EXIT_STATUS: &str = "\
Exit status:
  0    All went well. Also when a capture was damaged, or the filter could not
       be applied to some packets: a warning says so (see --strict). Also when
       the reader of standard output went away.
  1    A capture could not be read, or an output not be written to its end.
       Where there are several outputs, the others are completed. Also when
       flows from a file or a pipe were lost: a warning says how many each
       output lacks.
  2    There is a mistake in the command line: an option or a value that cannot
       be, the name of a file, a directory, an interface or a user that is not
       there, an output that cannot be opened, or one that would replace what
       is read. Nothing was written, to no output.
  130  Interrupted by Ctrl-C (143: terminated). What was metered until then has
       been written, and the command says how many flows each file has. If all
       had been read by then, nothing is missing: 0. The reader of a pipe has 30
       seconds for the rest, and 5 to read anything: what it did not read is
       lost, and counted. A second signal ends the command at once, and it says
       how many flows each output has at most: an older file stays as it was,
       and what the new one had stays in flows.csv.part. In live capture SIGTERM
       is a normal shutdown: 0. A signal before anything was read ends the
       command at once, with the same status.";

/// Network flow analysis: captures to flow records
#[derive(Debug, Parser)]
#[command(
    name = "nfstream",
    bin_name = "nfstream",
    version,
    propagate_version = true,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = SHORT_EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"),
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) flows: FlowArguments,
}

/// The declaration of the command line.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// What to do other than to make flows of captures.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the network interfaces that can be captured from
    Interfaces(InterfacesArguments),
    /// Watch applications, hosts and flows in the terminal
    ///
    /// A list of applications, one of hosts and one of flows, with what they have carried and carry at the moment, sorted and filtered
    /// by keys; ? shows which. A capture is read as fast as can be, and what it amounts to stays on the screen; --speed 1
    /// plays it as it was captured. docs/top.md shows it.
    #[cfg(feature = "top")]
    Top(TopArguments),
    /// List the columns that flow records have with these parameters
    Columns(ColumnsArguments),
    /// List what is recognised, and by what: protocols and applications
    Protocols(ProtocolsArguments),
    /// Print the completions for a shell
    ///
    /// For example, for bash: nfstream completions bash > ~/.local/share/bash-completion/completions/nfstream
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page
    ///
    /// For example: nfstream man > ~/.local/share/man/man1/nfstream.1
    Man {
        /// Print the page of this subcommand instead
        #[arg(value_parser = PossibleValuesParser::new(SUBCOMMANDS))]
        command: Option<String>,
    },
    /// Print the help of the command, or of a subcommand
    ///
    /// It is what --help shows: nfstream help columns is the same as nfstream columns --help.
    Help {
        /// Print the help of this subcommand instead
        #[arg(value_parser = PossibleValuesParser::new(SUBCOMMANDS.iter().chain(&["help"])))]
        command: Option<String>,
    },
}

/// Captures to flow records.
#[derive(Debug, Args)]
pub(crate) struct FlowArguments {
    /// Capture file, directory, pattern, or - for standard input
    ///
    /// Captures are pcap and pcapng files, plain or compressed with gzip, zstd or xz; what a file is, is told from its
    /// content. Several are read one after the other, as one capture.
    ///
    /// Of a directory, the captures directly in it are read, in the order of their names: files whose names end in
    /// .pcap, .cap, .pcapng or .dmp (with .gz, .zst or .xz after it, too) and any other that begins like a capture;
    /// hidden files are left out. A pattern with *, ? or [...] is expanded here if the shell has not done so.
    ///
    /// A capture that is named like a subcommand is reached as ./columns.
    #[arg(value_name = "CAPTURE", value_hint = ValueHint::AnyPath)]
    captures: Vec<OsString>,

    /// Read this capture, as with tcpdump: the same as CAPTURE; may be given several times
    #[arg(short, value_name = "FILE", hide_short_help = true, value_hint = ValueHint::AnyPath)]
    read: Vec<OsString>,

    #[command(flatten)]
    pub(crate) output: OutputArguments,

    #[command(flatten)]
    pub(crate) parameters: FlowParameters,

    #[command(flatten)]
    pub(crate) live: LiveArguments,
}

/// Where frames come from as they pass, and how they are captured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Live capture options")]
pub(crate) struct LiveArguments {
    /// Capture from this interface, or from all: any
    ///
    /// Flows are written as they end. The command goes on until it is interrupted (Ctrl-C, or SIGTERM); flows that are alive then
    /// are written, too. It takes the capability CAP_NET_RAW: sudo, or once: setcap cap_net_raw+ep on the command.
    ///
    /// nfstream interfaces lists the interfaces there are.
    #[expect(clippy::doc_markdown, reason = "help shows backticks as they are")]
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["captures", "read"])]
    pub(crate) interface: Option<String>,

    #[command(flatten)]
    options: CaptureOptions,

    /// After the interface is open, go on as this user, without any privilege
    ///
    /// For a command that is started by root. Output files are made by that user, and
    /// --system-visibility-mode finds that user's processes only.
    #[arg(long, value_name = "NAME", requires = "interface", conflicts_with_all = ["captures", "read"], hide_short_help = true)]
    pub(crate) user: Option<String>,

    /// Give up system calls that no capture needs, or fail (default: where the kernel lets it)
    ///
    /// After the interface is open, the command can start no program, change no user, mount nothing, and not reach parts of the kernel
    /// that it does not need (seccomp(2)).
    #[arg(long, requires = "interface", conflicts_with_all = ["captures", "read"], overrides_with = "no_sandbox", hide_short_help = true)]
    sandbox: bool,

    /// Give no system calls up
    #[arg(long, requires = "interface", conflicts_with_all = ["captures", "read"], overrides_with = "sandbox", hide_short_help = true)]
    no_sandbox: bool,
}

/// What decides on flows and their columns.
#[derive(Debug, Args)]
#[command(next_help_heading = "Flow options")]
pub(crate) struct FlowParameters {
    #[command(flatten)]
    options: FlowOptions,

    /// Add a column that an expression gives
    ///
    /// May be given several times.
    ///
    /// For example big=sum(raw_size >= 666), up=max(payload_size where direction == 0) or
    /// share=sum(payload_size) / bidirectional_bytes. Inside functions (count, sum, min, max, mean, std, var, first, last,
    /// n_unique) stand fields of packets, outside of them columns of the flow. docs/features.md tells the whole language.
    #[expect(clippy::doc_markdown, reason = "help shows backticks as they are")]
    #[arg(long = "feature", value_name = "NAME=EXPRESSION", value_parser = feature)]
    features: Vec<(String, String)>,
}

/// Where records go, and what is told beside them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct OutputArguments {
    /// Write flows to this file, or to standard output: -
    ///
    /// May be given several times.
    ///
    /// The extension sets the format; --format lists them. Text is compressed if .gz or .zst follows, as in flows.csv.gz. Standard
    /// output gets CSV unless --format says otherwise. If it is a terminal, characters that it would act on, or that hide text, are
    /// shown as \u{202e} in CSV and as \u202e in JSON; files and pipes get them as they are.
    ///
    /// /dev/stdout, /dev/fd/3 and the like mean what the shell has opened, as - does: nothing is replaced, and flows go where it stands.
    ///
    /// The file appears when it is complete. Until then flows.csv is called flows.csv.part (flows.csv.1.part where there is one already), to be
    /// followed with tail -f: of an interface and of a pipe, text is there within a second, compressed or not.
    ///
    /// Where flows were lost because a disk was full for a while, the file is called flows.csv.incomplete.
    ///
    /// Who may read a new file, the umask says. A file that replaces another has its permissions, its access list, its group and its owner, as
    /// far as the system allows.
    ///
    /// With --rotate, the name may have conversions of strftime(3) for the time.
    ///
    /// Without this option, --format and --ipfix, flows are shown as a table: what sums a flow up, its process
    /// (--system-visibility-mode), features, l7 and system if they were asked for; or what --columns names. On a terminal it fits the
    /// width, leaving out columns if need be, and ends after 1,000 flows. Anywhere else (a pipe, a file) it has every
    /// flow, nothing is shortened, and there are no colours. The environment variable COLUMNS sets a width in both cases.
    #[arg(short, long = "output", value_name = "PATH", value_hint = ValueHint::FilePath)]
    outputs: Vec<OsString>,

    /// Write flows to this file, as with tcpdump: the same as --output. Packets are not written
    #[arg(short, value_name = "FILE", hide_short_help = true, value_hint = ValueHint::FilePath)]
    write: Vec<OsString>,

    /// Only these columns, in this order, in every output
    ///
    /// Names are separated by commas: --columns src_ip,dst_ip,bidirectional_bytes. nfstream columns lists them; which there are,
    /// depends on other options. In a table, the values are those that CSV has. IPFIX has the elements of these columns.
    #[expect(clippy::doc_markdown, reason = "help shows backticks as they are")]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = column)]
    pub(crate) columns: Vec<String>,

    /// Begin a new file each time this is reached: an interval (30s, 5m, 1h, 1d) or a size (500MB, 1GiB); may be given twice
    ///
    /// Intervals are those of the clock: with 5m, files begin at :00, :05, ... The name then says when a file began, as in
    /// -o flows-%Y%m%d-%H%M.parquet (local time). Where a name is taken, the file gets -1, -2, ... before the extension: no file is
    /// replaced. Directories in the name are made. A time without flows makes no file.
    ///
    /// A size counts the bytes of the file so far; of rows that a Parquet or Arrow file still collects it is an estimate. SIGHUP begins
    /// a new file, too.
    #[arg(long, value_name = "INTERVAL|SIZE", hide_short_help = true)]
    pub(crate) rotate: Vec<Turn>,

    /// Format of the output; without --output it goes to standard output
    ///
    /// It applies to standard output and to outputs whose extension is not known. Parquet needs a file, Arrow a file or a pipe.
    #[arg(long, value_parser = format_parser(), hide_short_help = true)]
    pub(crate) format: Option<Format>,

    /// Send flows to this IPFIX collector; may be given several times
    ///
    /// HOST:PORT or udp://HOST:PORT for UDP, tcp://HOST:PORT for TCP; the port is 4739 where none is given, and an IPv6 address stands
    /// in brackets. docs/ipfix.md lists the information elements. While an interface or a pipe is read, a collector that is not
    /// there is told, and up to 16 MiB of flows wait for it; what has no place is lost and counted.
    ///
    /// Over TCP, what the collector may not have read when a connection breaks is sent again: it may have some flows twice. While
    /// files are read, a collector that takes nothing for 30 seconds is given up.
    #[arg(long, value_name = "COLLECTOR", hide_short_help = true)]
    pub(crate) ipfix: Vec<Collector>,

    /// Observation domain id in IPFIX messages
    ///
    /// By it a collector tells several commands on one host apart.
    #[arg(long, value_name = "N", default_value_t = ipfix::DOMAIN, requires = "ipfix", value_parser = number, allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) ipfix_domain: u32,

    /// Private enterprise number of the information elements that IANA has not registered
    ///
    /// The default is the number for documentation (RFC 5612); an organisation that has one of its own gives that.
    #[arg(long, value_name = "N", default_value_t = ipfix::DOCUMENTATION_ENTERPRISE, requires = "ipfix", value_parser = at_least_1, allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) ipfix_enterprise: u32,

    /// Have files on the disk before they get their names, so that a power cut leaves whole ones only
    ///
    /// With --rotate that is so in any case.
    #[arg(long, hide_short_help = true)]
    pub(crate) durable: bool,

    /// Write CSV that a spreadsheet can open without running what it says
    ///
    /// An apostrophe stands before text that begins with =, +, -, @ or a tab, which a spreadsheet would take for a formula: names come
    /// from whoever sent the packets.
    #[arg(long, hide_short_help = true)]
    pub(crate) csv_safe: bool,

    /// Exit with status 1 when a capture was damaged
    ///
    /// Flows up to the damage are written all the same. The same applies when --bpf-filter cannot be applied to the link type of
    /// some packets, which are left out.
    #[arg(long, hide_short_help = true)]
    pub(crate) strict: bool,

    /// Tell the counters of the run to Prometheus, at http://ADDRESS:PORT/metrics
    ///
    /// For example 9300 for this machine only (127.0.0.1:9300), or [::]:9300 for everybody.
    ///
    /// No client can hold up the run: connections are few, short and without a body. Where it cannot listen, the run goes on without.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = address, allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) metrics: Option<String>,

    #[command(flatten)]
    pub(crate) report: ReportOptions,

    /// No progress bar, no summary; only warnings, errors
    ///
    /// Otherwise a progress bar is shown while standard error is a terminal, and a summary after a table or an output file:
    /// packets, flows, and why packets were ignored. Both go to standard error.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// How interfaces are listed.
#[derive(Debug, Args)]
pub(crate) struct InterfacesArguments {
    /// Format of the list
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

/// What to watch, and how.
#[cfg(feature = "top")]
#[derive(Debug, Args)]
pub(crate) struct TopArguments {
    /// Capture file, directory, pattern, or - for standard input
    ///
    /// As without a subcommand. Standard input can be a capture that is being made, as in
    /// ssh host tcpdump -U -w - | nfstream top -
    #[arg(value_name = "CAPTURE", value_hint = ValueHint::AnyPath)]
    captures: Vec<OsString>,

    /// Read this capture, as with tcpdump: the same as CAPTURE; may be given several times
    #[arg(short, value_name = "FILE", hide_short_help = true, value_hint = ValueHint::AnyPath)]
    read: Vec<OsString>,

    /// Play captures in their own time, so many times as fast; 1 is as they were captured
    ///
    /// Nobody waits longer than a minute for a packet.
    #[arg(long, value_name = "FACTOR", conflicts_with = "interface", value_parser = speed, allow_negative_numbers = true)]
    pub(crate) speed: Option<f64>,

    /// Time from one picture to the next, at least 50
    ///
    /// Where there are very many flows to sort, it takes longer.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 500, value_parser = refresh, allow_negative_numbers = true)]
    pub(crate) refresh: u64,

    #[command(flatten)]
    pub(crate) live: LiveArguments,

    #[command(flatten)]
    pub(crate) parameters: FlowParameters,
}

/// Which columns to list, and how.
#[derive(Debug, Args)]
pub(crate) struct ColumnsArguments {
    /// Format of the list
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,

    #[command(flatten)]
    pub(crate) parameters: FlowParameters,
}

/// Which protocols to list, and how.
#[derive(Debug, Args)]
pub(crate) struct ProtocolsArguments {
    /// Format of the list
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,

    /// List the applications of this file, too; may be given several times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) rules: Vec<PathBuf>,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq)]
pub(crate) enum ListFormat {
    /// Aligned text
    Table,
    /// Comma-separated values
    Csv,
    /// One JSON object a line
    Jsonl,
    /// A Markdown table
    Markdown,
}

impl FlowArguments {
    /// The captures to read.
    pub(crate) fn captures(&self) -> Vec<OsString> {
        [&self.read[..], &self.captures].concat()
    }

    /// The words behind the options, where tcpdump has its filter, if captures are read as with tcpdump.
    pub(crate) fn words(&self) -> &[OsString] {
        if self.read.is_empty() { &[] } else { &self.captures }
    }

    /// What a table is to show.
    pub(crate) fn asked(&self) -> Asked {
        let FlowParameters { options, features } = &self.parameters;
        let parameters = options.parameters();
        let mut added: Vec<String> = features.iter().map(|(name, _)| name.clone()).collect();
        added.extend(parameters.l7_metadata.then(|| "l7".to_owned()));
        added.extend(parameters.system_metadata.then(|| "system".to_owned()));
        let mut too_wide = Vec::new();
        too_wide.extend(parameters.statistical_analysis.then_some("--statistical-analysis"));
        too_wide.extend((parameters.splt_analysis > 0).then_some("--splt-analysis"));
        Asked { is_selection: !self.output.columns.is_empty(), added, too_wide }
    }
}

#[cfg(feature = "top")]
impl TopArguments {
    /// The captures to read.
    pub(crate) fn captures(&self) -> Vec<OsString> {
        [&self.read[..], &self.captures].concat()
    }
}

impl OutputArguments {
    /// Where flows are to be written.
    pub(crate) fn outputs(&self) -> Vec<OsString> {
        [&self.outputs[..], &self.write].concat()
    }
}

impl LiveArguments {
    /// Whether system calls are to be given up; if so, whether they have to be.
    pub(crate) fn sandbox(&self) -> Option<bool> {
        (self.interface.is_some() && !self.no_sandbox).then_some(self.sandbox)
    }

    /// Has a streamer capture from the interface, if there is one.
    pub(crate) fn apply(&self, streamer: StreamerBuilder) -> Result<StreamerBuilder, nfstream::Error> {
        let Some(interface) = &self.interface else { return Ok(streamer) };
        self.options.apply(streamer.interface(interface))
    }
}

impl FlowParameters {
    /// Files of rules.
    pub(crate) fn rules(&self) -> &[PathBuf] {
        &self.options.parameters().rules
    }

    /// A streamer with these parameters, which has no source yet.
    pub(crate) fn streamer(&self) -> Result<StreamerBuilder, nfstream::Error> {
        let features = self.features.iter().cloned();
        let builder = Streamer::builder();
        self.options.apply(features.fold(builder, |builder, (name, text)| builder.feature(name, text)))
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("give a whole number from 0 to {}", u32::MAX))
}

fn at_least_1(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("give a whole number from 1 to {}", u32::MAX))
}

/// An address and a port to listen on; that of this machine where there is a port only.
fn address(text: &str) -> Result<String, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(format!("127.0.0.1:{port}"));
    }
    let is_of_name = |character: char| character.is_alphanumeric() || "-._".contains(character);
    let is_name = |host: &str| !host.is_empty() && host.chars().all(is_of_name);
    let is_address = |text: &str| {
        text.parse::<SocketAddr>().is_ok()
            || text.split_once(':').is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok())
    };
    if is_address(text) {
        return Ok(text.to_owned());
    }
    Err("give a port, such as 9300, or an address and a port, such as 127.0.0.1:9300 or [::]:9300".to_owned())
}

#[cfg(feature = "top")]
fn speed(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "give a number above 0, such as 1, 10 or 0.5".to_owned())
}

#[cfg(feature = "top")]
fn refresh(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (50..=3_600_000).contains(number));
    number.ok_or_else(|| "give a whole number from 50 to 3600000".to_owned())
}

fn column(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("give names of columns, with a comma between two".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn feature(text: &str) -> Result<(String, String), String> {
    let (name, expression) = text.split_once('=').unwrap_or_default();
    let name = name.trim();
    // What else stands before a `=` is part of an expression.
    let is_of_name = |character: char| character.is_alphanumeric() || "_-.".contains(character);
    if name.is_empty() || !name.chars().all(is_of_name) || expression.starts_with('=') {
        return Err("give a name, = and an expression, as in big=sum(raw_size >= 666)".to_owned());
    }
    Ok((name.to_owned(), expression.trim().to_owned()))
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| {
        let extensions: Vec<String> = format.extensions().iter().map(|name| format!(".{name}")).collect();
        PossibleValue::new(format.name()).help(format!("{} ({})", format.doc(), extensions.join(", ")))
    };
    PossibleValuesParser::new(Format::all().map(value)).try_map(|name| name.parse::<Format>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_last_of_contradicting_flags_counts() {
        let decodes_tunnels = |flags: &[&str]| {
            let line = ["nfstream", "columns"].iter().chain(flags);
            let Some(Command::Columns(columns)) = Arguments::parse_from(line).command else { unreachable!() };
            columns.parameters.options.parameters().decode_tunnels
        };
        assert_eq!(
            [
                decodes_tunnels(&[]),
                decodes_tunnels(&["--no-decode-tunnels"]),
                decodes_tunnels(&["--no-decode-tunnels", "--decode-tunnels"]),
                decodes_tunnels(&["--decode-tunnels", "--no-decode-tunnels"]),
            ],
            [true, false, true, false]
        );
    }

    #[test]
    fn a_word_after_a_capture_is_a_capture() {
        let arguments = Arguments::parse_from(["nfstream", "a.pcap", "columns"]);
        assert!(arguments.command.is_none());
        assert_eq!(arguments.flows.captures(), ["a.pcap", "columns"]);
    }
}
