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
  nfstream interfaces                      list the interfaces
  nfstream columns --statistical-analysis  explain the columns
  nfstream protocols                       how applications are recognised";

const EXIT_STATUS: &str = "\
Exit status:
  0    Success. Also when a capture was damaged, or the filter could not be
       applied to some packets: a warning says so (see --strict). Also when the
       reader of standard output closed it.
  1    A capture could not be read, or an output could not be written to its
       end. If there are several outputs, the others are completed. Also when
       flows from a file or a pipe were lost: a warning says how many flows
       each output lacks.
  2    There is a mistake in the command line: an invalid option or value, a
       file, directory, interface or user that does not exist, a file of rules
       with a mistake, an output that cannot be opened, or an output that would
       replace an input. Nothing was written to any output.
  130  Interrupted by Ctrl-C (143: terminated). The flows metered until then
       have been written, and the command says how many flows each file has.
       If the whole input had been read, nothing is missing: the status is 0.
       The reader of a pipe must begin to read within 5 seconds and has 30
       seconds for the rest; flows that it did not read are lost and counted.
       A second signal ends the command at once, and it says how many flows
       each output has at most: an older file stays as it was, and the content
       of the new one stays in flows.csv.part. In live capture SIGTERM is a
       normal shutdown (status 0). A signal before anything was read ends the
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

/// The subcommands: everything other than turning captures into flows.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the network interfaces that can be captured from
    Interfaces(InterfacesArguments),
    /// Watch applications, hosts and flows in the terminal
    ///
    /// Shows a list of applications, one of hosts and one of flows, with their total and current traffic. Keys sort and filter the
    /// lists; ? shows the keys. A capture is read as fast as possible, and its totals stay on the screen; --speed 1
    /// plays it at the speed of the capture. docs/top.md shows examples.
    #[cfg(feature = "top")]
    Top(TopArguments),
    /// List the columns that flow records have with these parameters
    Columns(ColumnsArguments),
    /// List the protocols and applications that are recognised, and how
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
    /// The same as --help: nfstream help columns is the same as nfstream columns --help.
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
    /// Captures are pcap and pcapng files, plain or compressed with gzip, zstd or xz; the format is detected from the
    /// content. Several are read one after the other, as one capture.
    ///
    /// In a directory, the captures directly in it are read, in the order of their names: files whose names end in
    /// .pcap, .cap, .pcapng or .dmp (also followed by .gz, .zst or .xz) and any other file that begins like a capture;
    /// hidden files are left out. A pattern with *, ? or [...] is expanded here if the shell has not done so.
    ///
    /// A capture that has the name of a subcommand is written with its directory, as in ./columns.
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

/// The interface to capture from, and how to capture.
#[derive(Debug, Args)]
#[command(next_help_heading = "Live capture options")]
pub(crate) struct LiveArguments {
    /// Capture from this interface; any means all interfaces
    ///
    /// Flows are written as they end. The command runs until it is interrupted (Ctrl-C or SIGTERM); flows that are still alive
    /// are written then, too. It needs the capability CAP_NET_RAW: use sudo, or once: setcap cap_net_raw+ep on the command.
    ///
    /// nfstream interfaces lists the interfaces.
    #[expect(clippy::doc_markdown, reason = "help shows backticks as they are")]
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["captures", "read"])]
    pub(crate) interface: Option<String>,

    #[command(flatten)]
    options: CaptureOptions,

    /// Continue as this user, without any privilege, after the interface is open
    ///
    /// For a command that is started by root. Output files are created by this user, and
    /// --system-visibility-mode finds only the processes of this user.
    #[arg(long, value_name = "NAME", requires = "interface", conflicts_with_all = ["captures", "read"], hide_short_help = true)]
    pub(crate) user: Option<String>,

    /// Give up the system calls that a capture does not need, or fail (default: give them up if the kernel allows it)
    ///
    /// After the interface is open, the command can no longer start programs, change users, mount file systems, or reach parts of the
    /// kernel that it does not need (seccomp(2)).
    #[arg(long, requires = "interface", conflicts_with_all = ["captures", "read"], overrides_with = "no_sandbox", hide_short_help = true)]
    sandbox: bool,

    /// Do not give up system calls
    #[arg(long, requires = "interface", conflicts_with_all = ["captures", "read"], overrides_with = "sandbox", hide_short_help = true)]
    no_sandbox: bool,
}

/// Options for flows and their columns.
#[derive(Debug, Args)]
#[command(next_help_heading = "Flow options")]
pub(crate) struct FlowParameters {
    #[command(flatten)]
    options: FlowOptions,

    /// Add a column, computed by an expression
    ///
    /// May be given several times.
    ///
    /// For example big=sum(raw_size >= 666), up=max(payload_size where direction == 0) or
    /// share=sum(payload_size) / bidirectional_bytes. Functions (count, sum, min, max, mean, std, var, first, last,
    /// n_unique) take fields of packets; outside of functions, names are columns of the flow. docs/features.md describes the language.
    #[expect(clippy::doc_markdown, reason = "help shows backticks as they are")]
    #[arg(long = "feature", value_name = "NAME=EXPRESSION", value_parser = feature)]
    features: Vec<(String, String)>,
}

/// Options for the outputs of records and for reports.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct OutputArguments {
    /// Write flows to this file; - means standard output
    ///
    /// May be given several times.
    ///
    /// The extension sets the format; --format lists them. Text is compressed if .gz or .zst follows, as in flows.csv.gz. Standard
    /// output gets CSV unless --format says otherwise. If it is a terminal, characters that it would act on, or that hide text, are
    /// shown as \u{202e} in CSV and as \u202e in JSON; files and pipes get them as they are.
    ///
    /// /dev/stdout, /dev/fd/3 and the like mean the file that the shell has opened, as - does: nothing is replaced, and flows are
    /// written at its current position.
    ///
    /// The file appears when it is complete. Until then flows.csv is named flows.csv.part (flows.csv.1.part if that exists already). You can
    /// follow it with tail -f: from an interface or a pipe, text is there within a second, compressed or not.
    ///
    /// If flows were lost because a disk was full for a while, the file is named flows.csv.incomplete.
    ///
    /// The umask decides who may read a new file. A file that replaces another gets its permissions, access list, group and owner, as
    /// far as the system allows.
    ///
    /// With --rotate, the name may contain conversions of strftime(3) for the time.
    ///
    /// Without this option, --format and --ipfix, flows are shown as a table: a summary of each flow, its process
    /// (--system-visibility-mode), and features, l7 and system if requested; or the columns that --columns names. On a terminal the table fits
    /// the width, without some columns if necessary, and ends after 1,000 flows. Anywhere else (a pipe, a file) it has every
    /// flow, nothing is shortened, and there are no colours. The environment variable COLUMNS sets a width in both cases.
    #[arg(short, long = "output", value_name = "PATH", value_hint = ValueHint::FilePath)]
    outputs: Vec<OsString>,

    /// Write flows to this file, as with tcpdump: the same as --output. Packets are not written
    #[arg(short, value_name = "FILE", hide_short_help = true, value_hint = ValueHint::FilePath)]
    write: Vec<OsString>,

    /// Write only these columns, in this order
    ///
    /// They apply to every output. Names are separated by commas: --columns src_ip,dst_ip,bidirectional_bytes. nfstream columns lists
    /// the columns, which depend on other options. A table shows the same values as CSV. IPFIX has the elements of these columns.
    #[expect(clippy::doc_markdown, reason = "help shows backticks as they are")]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = column)]
    pub(crate) columns: Vec<String>,

    /// Begin a new file after this interval (30s, 5m, 1h, 1d) or at this size (500MB, 1GiB); may be given twice
    ///
    /// Intervals are aligned with the clock: with 5m, files begin at :00, :05, ... The name can contain the time when a file began, as in
    /// -o flows-%Y%m%d-%H%M.parquet (local time). If a name is taken, the file gets -1, -2, ... before the extension: no file is
    /// replaced. Directories in the name are created. An interval without flows creates no file.
    ///
    /// The size is the number of bytes in the file so far; for rows that a Parquet or Arrow file still collects it is an estimate. SIGHUP
    /// also begins a new file.
    #[arg(long, value_name = "INTERVAL|SIZE", hide_short_help = true)]
    pub(crate) rotate: Vec<Turn>,

    /// Format of the output; without --output it goes to standard output
    ///
    /// It applies to standard output and to outputs whose extension is unknown. Parquet needs a file; Arrow needs a file or a pipe.
    #[arg(long, value_parser = format_parser(), hide_short_help = true)]
    pub(crate) format: Option<Format>,

    /// Send flows to this IPFIX collector; may be given several times
    ///
    /// HOST:PORT or udp://HOST:PORT for UDP, tcp://HOST:PORT for TCP; the default port is 4739, and an IPv6 address is written
    /// in brackets, with % and the name or number of its interface after it if it needs one. docs/ipfix.md lists the information
    /// elements. While an interface or a pipe is read, a collector that is not there is reported, and up to 16 MiB of flows wait for it;
    /// further flows are lost and counted.
    ///
    /// If a TCP connection breaks, flows that the collector may not have read are sent again: it may get some flows twice. While
    /// files are read, a collector that takes nothing for 30 seconds is given up.
    #[arg(long, value_name = "COLLECTOR", hide_short_help = true)]
    pub(crate) ipfix: Vec<Collector>,

    /// Observation domain id in IPFIX messages
    ///
    /// A collector uses it to distinguish several commands on one host.
    #[arg(long, value_name = "N", default_value_t = ipfix::DOMAIN, requires = "ipfix", value_parser = number, allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) ipfix_domain: u32,

    /// Private enterprise number of the information elements that IANA has not registered
    ///
    /// The default is the number for documentation (RFC 5612); an organisation that has its own number gives that.
    #[arg(long, value_name = "N", default_value_t = ipfix::DOCUMENTATION_ENTERPRISE, requires = "ipfix", value_parser = at_least_1, allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) ipfix_enterprise: u32,

    /// Write files to the disk before they get their names, so that after a power cut only complete files have them
    ///
    /// With --rotate this is always so.
    #[arg(long, hide_short_help = true)]
    pub(crate) durable: bool,

    /// Write CSV that a spreadsheet can open without running formulas in it
    ///
    /// An apostrophe is put before text that begins with =, +, -, @ or a tab, which a spreadsheet would take for a formula: names come
    /// from the senders of the packets.
    #[arg(long, hide_short_help = true)]
    pub(crate) csv_safe: bool,

    /// Exit with status 1 when a capture was damaged
    ///
    /// Flows up to the damage are still written. The same applies when --bpf-filter cannot be applied to the link type of some
    /// packets, which are left out.
    #[arg(long, hide_short_help = true)]
    pub(crate) strict: bool,

    /// Serve the counters of the run to Prometheus, at http://ADDRESS:PORT/metrics
    ///
    /// For example 9300 for this machine only (127.0.0.1:9300), or [::]:9300 for everybody.
    ///
    /// No client can delay the run: connections are few and short, and requests have no body. If the command cannot listen there, the run
    /// continues without the metrics.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = address, allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) metrics: Option<String>,

    #[command(flatten)]
    pub(crate) report: ReportOptions,

    /// Show no progress bar and no summary
    ///
    /// Warnings and errors are still shown. Without this option, a progress bar is shown while standard error is a terminal, and a summary
    /// after a table or an output file: packets, flows, and why packets were ignored. Both go to standard error.
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
    /// The same as without a subcommand. Standard input can be a capture in progress, as in
    /// ssh host tcpdump -U -w - | nfstream top -
    #[arg(value_name = "CAPTURE", value_hint = ValueHint::AnyPath)]
    captures: Vec<OsString>,

    /// Read this capture, as with tcpdump: the same as CAPTURE; may be given several times
    #[arg(short, value_name = "FILE", hide_short_help = true, value_hint = ValueHint::AnyPath)]
    read: Vec<OsString>,

    /// Play captures at this multiple of their original speed; 1 is the speed of the capture
    ///
    /// No wait for a packet is longer than a minute.
    #[arg(long, value_name = "FACTOR", conflicts_with = "interface", value_parser = speed, allow_negative_numbers = true)]
    pub(crate) speed: Option<f64>,

    /// Time between updates of the screen, at least 50
    ///
    /// With very many flows to sort, an update takes longer.
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

    /// The words after the options, where tcpdump has its filter, if captures are read as with tcpdump.
    pub(crate) fn words(&self) -> &[OsString] {
        if self.read.is_empty() { &[] } else { &self.captures }
    }

    /// The columns that a table is to show.
    pub(crate) fn asked(&self) -> Asked {
        let FlowParameters { options, features } = &self.parameters;
        let parameters = options.parameters();
        let mut added: Vec<String> = features.iter().map(|(name, _)| name.clone()).collect();
        added.extend(parameters.l7_metadata.then(|| "l7".to_owned()));
        added.extend(parameters.risks.then(|| "risks".to_owned()));
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
    /// The outputs that flows are to be written to.
    pub(crate) fn outputs(&self) -> Vec<OsString> {
        [&self.outputs[..], &self.write].concat()
    }
}

impl LiveArguments {
    /// Whether system calls are to be given up; if so, whether that is required.
    pub(crate) fn sandbox(&self) -> Option<bool> {
        (self.interface.is_some() && !self.no_sandbox).then_some(self.sandbox)
    }

    /// Makes a streamer capture from the interface, if there is one.
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

    /// A streamer with these parameters and no source yet.
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

/// An address and a port to listen on; the loopback address if only a port is given.
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
        "" => Err("give names of columns, separated by commas".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn feature(text: &str) -> Result<(String, String), String> {
    let (name, expression) = text.split_once('=').unwrap_or_default();
    let name = name.trim();
    // Any other character before a `=` is part of an expression.
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
