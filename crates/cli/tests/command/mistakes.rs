//! Mistakes: what is told, and the exit status.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::process::{nfstream, run, testdata};

const SUBCOMMANDS: &str = if cfg!(feature = "top") {
    "top, interfaces, columns, protocols, completions, man"
} else {
    "interfaces, columns, protocols, completions, man"
};

/// Arguments, exit status, and the first line on standard error.
const MISTAKES: &[(&[&str], i32, &str)] = &[
    (
        &["--quiet"],
        2,
        "nfstream: name a capture (nfstream capture.pcap) or an interface (sudo nfstream -i eth0), or a subcommand: SUBCOMMANDS, \
         help",
    ),
    (&["none.pcap"], 2, "nfstream: none.pcap: no such file"),
    (&["http.pcap", "none.pcap", "-o", "-"], 2, "nfstream: none.pcap: no such file"),
    (&["none/http.pcap"], 2, "nfstream: none/http.pcap: no such file"),
    (
        &["http.pcap", "flows.csv.gz"],
        2,
        "nfstream: flows.csv.gz: no such file; to write flows to it, give --output flows.csv.gz",
    ),
    (&["empty.pcap"], 1, "nfstream: empty.pcap is empty, not a capture file"),
    (
        &["text.pcap"],
        1,
        "nfstream: text.pcap is not a capture file: it begins with 68 65 6c 6c, which is neither pcap nor pcapng, \
         plain or compressed with gzip, zstd or xz",
    ),
    (
        &["zipped.pcap"],
        1,
        "nfstream: zipped.pcap is a zip archive, neither pcap nor pcapng: unpack it first with unzip, or pipe the capture in with \
         unzip -p",
    ),
    (
        &["http.pcap", "--max-memory", "lots"],
        2,
        "nfstream: invalid value 'lots' for '--max-memory <SIZE>': give a size, such as 512MB, 2GiB or 0",
    ),
    (
        &["http.pcap", "--max-memory", "1MB", "--n-meters", "1", "--n-dissections", "0"],
        2,
        "nfstream: --max-memory is 1 MB, but a run with 1 meter needs at least 58 MB: allow that much",
    ),
    (
        &["http.pcap", "--max-memory", "1", "--n-meters", "2"],
        2,
        "nfstream: --max-memory is 0.000001 MB, but a run with 2 meters needs at least 85 MB: allow that much",
    ),
    (
        &["http.pcap", "--max-memory", "70000001", "--n-meters", "2"],
        2,
        "nfstream: --max-memory is 70.000001 MB, but a run with 2 meters needs at least 85 MB: allow that much, or use fewer meters \
         (--n-meters)",
    ),
    (
        &["http.pcap", "--max-memory", "1.5GB"],
        2,
        "nfstream: invalid value '1.5GB' for '--max-memory <SIZE>': give a whole number, such as 1500MB for 1.5GB",
    ),
    (
        &["http.pcap", "--max-memory", "20EB"],
        2,
        "nfstream: invalid value '20EB' for '--max-memory <SIZE>': too large: give a size up to 18446744073709551615 bytes, such as \
         512MB or 2GiB",
    ),
    (
        &["http.pcap", "--rotate", "1.5h"],
        2,
        "nfstream: invalid value '1.5h' for '--rotate <INTERVAL|SIZE>': give a whole number, such as 90m for 1.5h or 1500MB for 1.5GB",
    ),
    (
        &["http.pcap", "--rotate", "20EB"],
        2,
        "nfstream: invalid value '20EB' for '--rotate <INTERVAL|SIZE>': too large: give an interval such as 1d, or a size such as 500MB",
    ),
    (&["http.pcap", "--rules", "none.toml"], 2, "nfstream: --rules none.toml: no such file"),
    (&["protocols", "--rules", "none.toml"], 2, "nfstream: --rules none.toml: no such file"),
    (&["columns", "--rules", "barren"], 2, "nfstream: --rules barren is a directory"),
    (&["http.pcap", "--rules", "binary.toml"], 2, "nfstream: --rules binary.toml is not UTF-8 text"),
    (
        &["http.pcap", "--rules", "unquoted.toml"],
        2,
        "nfstream: --rules unquoted.toml:2: string values must be quoted, expected literal string",
    ),
    (
        &["http.pcap", "-o", "flows.csv", "--rules", "upper.toml"],
        2,
        "nfstream: --rules upper.toml:2: hosts: \"Example.com\" must be in lower case",
    ),
    (
        &["protocols", "--rules", "upper.toml"],
        2,
        "nfstream: --rules upper.toml:2: hosts: \"Example.com\" must be in lower case",
    ),
    (&["barren"], 2, "nfstream: barren: no capture in this directory"),
    (&["*.nothing"], 2, "nfstream: *.nothing: no file matches this pattern"),
    (&["a[.pcap"], 2, "nfstream: a[.pcap: no such file"),
    (&["none[/***.pcap"], 2, "nfstream: none[/***.pcap: no such file"),
    (
        &["http.pcap", "a[.csv"],
        2,
        "nfstream: a[.csv: no such file; to write flows to it, give --output a[.csv",
    ),
    (&["dangling.pcap"], 2, "nfstream: dangling.pcap: no such file"),
    (&["-", "-"], 2, "nfstream: standard input (-) can be read only once"),
    (&["-"], 1, "nfstream: standard input is empty, not a capture file"),
    (&["http.pcap", "-o", "none/flows.csv"], 2, "nfstream: none/flows.csv: there is no directory none"),
    (
        &["http.pcap", "-o", "/proc/flows.csv"],
        2,
        "nfstream: /proc/flows.csv: no file can be created in /proc",
    ),
    (&["http.pcap", "-o", "barren", "--format", "csv"], 2, "nfstream: barren is a directory"),
    (&["http.pcap", "-o", "http.pcap/flows.csv"], 2, "nfstream: http.pcap/flows.csv: not a directory"),
    (&["http.pcap", "-o", "circle.csv"], 2, "nfstream: circle.csv: too many levels of symbolic links"),
    (
        &["http.pcap", "-o", "circle.csv/flows.csv"],
        2,
        "nfstream: circle.csv/flows.csv: too many levels of symbolic links",
    ),
    (
        &["http.pcap", "-o", "flows.csv", "-o", "none/flows.csv"],
        2,
        "nfstream: none/flows.csv: there is no directory none",
    ),
    (
        &["http.pcap", "-o", "flows.txt"],
        2,
        "nfstream: --output flows.txt: the name does not set the format: end it with one of .csv, .jsonl, .json, .arrow, \
         .parquet (text also with .gz or .zst after it), or give --format",
    ),
    (
        &["http.pcap", "-o", "flows.parquet.gz"],
        2,
        "nfstream: flows.parquet.gz: parquet is not compressed as a whole: leave out .gz or .zst",
    ),
    (
        &["http.pcap", "-o", "./http.pcap", "--format", "csv"],
        2,
        "nfstream: http.pcap is a capture to read; --output would replace it",
    ),
    (
        &["http.pcap", "-o", "http.csv", "--format", "csv"],
        2,
        "nfstream: http.pcap is a capture to read; --output would replace it",
    ),
    (
        &["http.pcap", "--rules", "rules.json", "-o", "rules.json"],
        2,
        "nfstream: rules.json is a file of rules; --output would replace it",
    ),
    (
        &["http.pcap", "-o", "flows.csv", "-o", "flows.csv"],
        2,
        "nfstream: --output flows.csv is given twice: one would replace the other",
    ),
    (
        &["http.pcap", "--ipfix", "127.0.0.1:9999", "--ipfix", "udp://127.0.0.1:9999"],
        2,
        "nfstream: --ipfix udp://127.0.0.1:9999 is given twice: the collector would get every flow twice",
    ),
    (
        &[
            "http.pcap",
            "--ipfix",
            "tcp://127.0.0.1",
            "--ipfix",
            "udp://127.0.0.1",
            "--ipfix",
            "tcp://127.1:4739",
        ],
        2,
        "nfstream: --ipfix tcp://127.1:4739 and --ipfix tcp://127.0.0.1:4739 are one: the collector would get every flow twice",
    ),
    (
        &["http.pcap", "--ipfix", "[::ffff:127.0.0.1]:4739", "--ipfix", "UDP://127.0.0.1"],
        2,
        "nfstream: --ipfix udp://127.0.0.1:4739 and --ipfix udp://[::ffff:127.0.0.1]:4739 are one: the collector would get every flow \
         twice",
    ),
    (
        &["http.pcap", "-o", "flows.csv", "-o", "barren/../flows.csv"],
        2,
        "nfstream: --output barren/../flows.csv and --output flows.csv are the same file: one would replace the other",
    ),
    (
        &["http.pcap", "-o", "rules.json", "-w", "same.json"],
        2,
        "nfstream: --output same.json and --output rules.json are the same file: one would replace the other",
    ),
    (
        &["http.pcap", "-o", "dangling.csv"],
        2,
        "nfstream: --output dangling.csv is a symbolic link to none, which does not exist",
    ),
    (
        &["http.pcap", "-o", "/dev/null", "--format", "csv", "--rotate", "1d"],
        2,
        "nfstream: --rotate needs a file, and /dev/null is not one",
    ),
    (
        &["http.pcap", "-o", "flows.csv", "--format", "jsonl"],
        2,
        "nfstream: --format jsonl is for outputs whose names do not set a format, but flows.csv is csv: give another name, or leave \
         out --format",
    ),
    (
        &["http.pcap", "-o", "a.csv", "-o", "b.arrow", "--format", "jsonl"],
        2,
        "nfstream: --format jsonl is for outputs whose names do not set a format, but a.csv is csv: give another name, or leave \
         out --format",
    ),
    (
        &["http.pcap", "--format", "parquet"],
        2,
        "nfstream: parquet cannot be written to standard output: name a file with --output flows.parquet",
    ),
    (&["http.pcap", "--format", "xml"], 2, "nfstream: invalid value 'xml' for '--format <FORMAT>'"),
    (
        &["http.pcap", "--idle-timeout", "soon"],
        2,
        "nfstream: invalid value 'soon' for '--idle-timeout <SECONDS>': give a time in seconds up to 18446744073709551, or with a \
         unit, such as 0.5, 500ms, 5m or 1h",
    ),
    (
        &["http.pcap", "--idle-timeout", "18446744073709551616"],
        2,
        "nfstream: invalid value '18446744073709551616' for '--idle-timeout <SECONDS>': too large: give a time of at \
         most 18446744073709551 seconds",
    ),
    (
        &["http.pcap", "--active-timeout", "-1"],
        2,
        "nfstream: invalid value '-1' for '--active-timeout <SECONDS>': give a time in seconds up to 18446744073709551, or with a \
         unit, such as 0.5, 500ms, 5m or 1h",
    ),
    (
        &["http.pcap", "--n-meters", "257"],
        2,
        "nfstream: invalid value '257' for '--n-meters <N>': give a whole number from 0 to 256",
    ),
    (
        &["http.pcap", "--splt-analysis", "65536"],
        2,
        "nfstream: invalid value '65536' for '--splt-analysis <N>': give a whole number from 0 to 65535",
    ),
    (
        &["http.pcap", "--max-nflows", "1.5"],
        2,
        "nfstream: invalid value '1.5' for '--max-nflows <N>': give a whole number, 0 or more",
    ),
    (
        &["http.pcap", "--system-visibility-mode", "2"],
        2,
        "nfstream: invalid value '2' for '--system-visibility-mode <MODE>': give 0 (no) or 1 (yes)",
    ),
    (
        &["http.pcap", "--accounting-mode", "4"],
        2,
        "nfstream: invalid value '4' for '--accounting-mode <MODE>': give 0 (raw), 1 (IP), 2 (transport) or \
         3 (payload)",
    ),
    (
        &["http.pcap", "--n-dissections", "65536"],
        2,
        "nfstream: invalid value '65536' for '--n-dissections <N>': give a whole number from 0 to 65535",
    ),
    (
        &["http.pcap", "--feature", "big"],
        2,
        "nfstream: invalid value 'big' for '--feature <NAME=EXPRESSION>': give a name, = and an expression, as in \
         big=sum(raw_size >= 666)",
    ),
    (
        &["http.pcap", "--feature", "sum(raw_size >= 666)"],
        2,
        "nfstream: invalid value 'sum(raw_size >= 666)' for '--feature <NAME=EXPRESSION>': give a name, = and an expression, \
         as in big=sum(raw_size >= 666)",
    ),
    (
        &["http.pcap", "--feature", "flow.dst_port == 80"],
        2,
        "nfstream: invalid value 'flow.dst_port == 80' for '--feature <NAME=EXPRESSION>': give a name, = and an expression, \
         as in big=sum(raw_size >= 666)",
    ),
    (
        &["http.pcap", "--feature", "2big=count()"],
        2,
        "nfstream: invalid feature name \"2big\": use letters, digits and _, not starting with a digit",
    ),
    (
        &["http.pcap", "--feature", "big=sum(raw_size >= >= 666)"],
        2,
        "nfstream: feature big, column 17: expected a number, a name or `(` instead of `>=`",
    ),
    (
        &["http.pcap", "--feature", "flags=bidirectional_syn_packets"],
        2,
        "nfstream: feature flags, column 1: flows have no column `bidirectional_syn_packets` with these parameters: \
         statistical_analysis=True (--statistical-analysis) adds it",
    ),
    (
        &["http.pcap", "--feature", "src_port=1"],
        2,
        "nfstream: two columns are called src_port: every column needs a name of its own",
    ),
    (
        &["http.pcap", "--feature", "x=sum(bidirectional_mean_ps)"],
        2,
        "nfstream: feature x, column 5: the column `bidirectional_mean_ps` is known only at the end of the flow: sum() takes fields of \
         packets",
    ),
    (
        &["http.pcap", "--columns", "src_ip,bidirectional_mean_ps"],
        2,
        "nfstream: no column is called bidirectional_mean_ps: statistical_analysis=True (--statistical-analysis) adds it",
    ),
    (&["http.pcap", "--columns", "srcip"], 2, "nfstream: no column is called srcip; did you mean src_ip?"),
    (
        &["http.pcap", "--columns", "src_ip, dst_ip", "--columns", "src_ip"],
        2,
        "nfstream: the column src_ip is selected twice",
    ),
    (
        &["http.pcap", "--columns", "src_ip,"],
        2,
        "nfstream: invalid value '' for '--columns <NAME,...>': give names of columns, separated by commas",
    ),
    (
        &["http.pcap", "--columns", "bytes"],
        2,
        "nfstream: no column is called bytes: it is bidirectional_bytes",
    ),
    (
        &["http.pcap", "--columns", "src_ip,SNI"],
        2,
        "nfstream: no column is called SNI: it is requested_server_name",
    ),
    (&["capture"], 2, "nfstream: capture: no such file"),
    (&["hlep"], 2, "nfstream: hlep: no such file; did you mean the subcommand help?"),
    (&["complete"], 2, "nfstream: complete: no such file; did you mean the subcommand completions?"),
    (&["colums"], 2, "nfstream: colums: no such file; did you mean the subcommand columns?"),
    (&["protocol", "--quiet"], 2, "nfstream: protocol: no such file; did you mean the subcommand protocols?"),
    (
        &["http.pcap", "interfaces"],
        2,
        "nfstream: interfaces: no such file; for the subcommand, put interfaces first",
    ),
    (&["help", "colums"], 2, "nfstream: invalid value 'colums' for '[COMMAND]'"),
    (
        &["http.pcap", "--snapshot-length", "100"],
        2,
        "nfstream: the argument '[CAPTURE]...' cannot be used with '--snapshot-length <SIZE>'",
    ),
    (
        &["-r", "http.pcap", "--user", "nobody"],
        2,
        "nfstream: the argument '-r <FILE>' cannot be used with '--user <NAME>'",
    ),
    (
        &["http.pcap", "--no-promiscuous-mode"],
        2,
        "nfstream: the argument '[CAPTURE]...' cannot be used with '--no-promiscuous-mode'",
    ),
    (
        &["-r", "http.pcap", "-w", "out.pcap"],
        2,
        "nfstream: --output out.pcap: packets are not written, only flows: name a file such as flows.csv or flows.parquet",
    ),
    (
        &["-r", "http.pcap", "tcp", "port", "443"],
        2,
        "nfstream: tcp port 443: no such file; to give a filter, write --bpf-filter 'tcp port 443'",
    ),
    (&["-r", "none.pcap"], 2, "nfstream: none.pcap: no such file"),
    (&["http.pcap", "--statistics"], 2, "nfstream: unexpected argument '--statistics' found"),
];

#[test]
fn every_mistake_is_told_in_a_sentence() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::copy(testdata().join("http.pcap"), path("http.pcap")).unwrap();
    fs::write(path("empty.pcap"), "").unwrap();
    fs::write(path("text.pcap"), "hello, world\n").unwrap();
    fs::write(path("zipped.pcap"), b"PK\x03\x04\x14\0\0\0").unwrap();
    fs::create_dir(path("barren")).unwrap();
    fs::write(path("barren/notes.txt"), "hello").unwrap();
    symlink("none", path("dangling.pcap")).unwrap();
    symlink("none", path("dangling.csv")).unwrap();
    symlink("circle.csv", path("circle.csv")).unwrap();
    symlink("http.pcap", path("http.csv")).unwrap();
    fs::write(path("rules.json"), "").unwrap();
    fs::write(path("binary.toml"), b"\xff\xfe").unwrap();
    fs::write(path("unquoted.toml"), "[Example]\nhosts = example.com\n").unwrap();
    fs::write(path("upper.toml"), "[Example]\nhosts = [\"Example.com\"]\n").unwrap();
    symlink("rules.json", path("same.json")).unwrap();
    let listing = || {
        let entries = fs::read_dir(directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = listing();

    for &(arguments, status, message) in MISTAKES {
        let output = nfstream(arguments).current_dir(directory.path()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let message = message.replace("SUBCOMMANDS", SUBCOMMANDS);
        assert_eq!(
            (output.status.code(), stderr.lines().next()),
            (Some(status), Some(&*message)),
            "{arguments:?}"
        );
        assert_eq!(output.stdout, b"", "{arguments:?}");
        let is_usage = stderr.ends_with("\n\nFor more information, try '--help'.\n");
        assert_eq!(is_usage, status == 2, "{arguments:?}: {stderr}");
        assert!(is_usage || stderr.lines().count() == 1, "{arguments:?}: {stderr}");
    }
    assert_eq!(listing(), before);
    assert_eq!(fs::read(path("rules.json")).unwrap(), b"");
    assert!(!Path::new("/dev/null-1").exists());
}

/// What the name says, and what stands there, is a mistake in the command line.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_opened_is_a_mistake() {
    let directory = TempDir::new().unwrap();
    let long = format!("{}.csv", "x".repeat(300));
    let told = |output: &str| {
        let output = nfstream([testdata().join("http.pcap")])
            .args(["--format", "csv", "-o", "good.csv", "-o", output])
            .current_dir(directory.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), stderr.lines().next().unwrap_or_default().to_owned())
    };
    let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
    for (output, reason) in [
        (&*long, ": file name too long"),
        ("socket", ": no such device or address"),
        ("/sys/flows.csv", ": no permission to create a file in /sys"),
        (".", " is a directory"),
    ] {
        assert_eq!(told(output), (Some(2), format!("nfstream: {output}{reason}")));
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);

    let disk = directory.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "ro", "tmpfs"]).arg(&disk).output();
    if !mount.is_ok_and(|mount| mount.status.success()) {
        return nfstream_skip::skip("only root can mount a disk that cannot be written");
    }
    let failure = told("disk/flows.csv");
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert_eq!(failure, (Some(2), "nfstream: disk/flows.csv: read-only file system".to_owned()));
}

/// Options and what they cannot be.
const OUT_OF_RANGE: &[(&str, &[&str])] = &[
    ("--snapshot-length", &["-1", "0", "4294967296"]),
    ("--socket-buffer-size", &["-1", "2147483648"]),
    ("--idle-timeout", &["-1", "18446744073709551616"]),
    ("--active-timeout", &["-1", "18446744073709551616", "0.0001", "1w"]),
    ("--linger", &["-1", "18446744073709551616"]),
    ("--slice", &["-1", "18446744073709551616"]),
    ("--reorder", &["-1", "0.5"]),
    ("--dedup", &["-1", "0.5"]),
    ("--accounting-mode", &["-1", "4"]),
    ("--splt-analysis", &["-1", "65536"]),
    ("--n-dissections", &["-1", "65536"]),
    ("--n-meters", &["-1", "257"]),
    ("--max-active-flows", &["-1", "18446744073709551616"]),
    ("--max-memory", &["-1", "1", "2 bytes", "1MB", "1.5GB", "20EB", "99999999999TiB"]),
    ("--max-nflows", &["-1", "18446744073709551616"]),
    ("--system-visibility-mode", &["-1", "2"]),
    ("--system-visibility-poll-ms", &["-1", "18446744073709551616"]),
    ("--rotate", &["0s", "0B", "1x", "1.5h", "20EB", "99999999999999999999d"]),
    ("--ipfix-domain", &["-1", "4294967296"]),
    ("--ipfix-enterprise", &["-1", "0", "4294967296"]),
    ("--performance-report", &["-1", "18446744073709551616"]),
    (
        "--metrics",
        &[
            "-1",
            "65536",
            "127.0.0.1",
            "[::1",
            "[::1]",
            "::1:9300",
            ":99999",
            "host:",
            ":9300",
            "a b:9300",
            "http://x:9300",
        ],
    ),
    ("--ipfix", &["[::1", "::1", ":99999", "host:", "host:0", "a b:4739", "http://x:4739"]),
    #[cfg(feature = "top")]
    ("--speed", &["-1", "0", "inf"]),
    #[cfg(feature = "top")]
    ("--refresh", &["-1", "49", "3600001"]),
];

/// Before anything is read, and in the words of the command line.
#[test]
fn what_an_option_cannot_be_is_a_mistake_of_the_command_line() {
    let directory = TempDir::new().unwrap();
    for &(option, values) in OUT_OF_RANGE {
        for value in values {
            let (command, input) = match option {
                "--speed" | "--refresh" => (&["top"][..], &["http.pcap"][..]),
                "--snapshot-length" | "--socket-buffer-size" => (&[][..], &["-i", "lo"][..]),
                _ => (&[][..], &["http.pcap"][..]),
            };
            let mut more = Vec::new();
            if option.starts_with("--ipfix-") {
                more.extend(["--ipfix", "127.0.0.1"]);
            }
            let output = directory.path().join("flows.csv");
            let mut run = nfstream(command);
            run.args(input).args(more).args([option, value]);
            if command.is_empty() {
                run.arg("-o").arg(&output);
            }
            let run = run.output().unwrap();
            let stderr = String::from_utf8(run.stderr).unwrap();
            let line = stderr.lines().next().unwrap_or_default();
            assert_eq!(run.status.code(), Some(2), "{option} {value}: {stderr}");
            assert!(line.contains(option), "{option} {value}: {line}");
            for not_for_users in ["_", "..=", "1 bytes", "unexpected"] {
                assert!(!line.contains(not_for_users), "{option} {value}: {line}");
            }
            assert!(stderr.ends_with("\n\nFor more information, try '--help'.\n"), "{stderr}");
            assert!(!output.exists(), "{option} {value}");
        }
    }
}

/// An option that takes a number, and that the table above does not have, is told.
#[test]
fn every_option_with_a_number_has_what_it_cannot_be() {
    let command = nfstream_cli::command();
    let all = command.get_subcommands().chain([&command]).flat_map(clap::Command::get_arguments);
    for argument in all {
        let names = argument.get_value_names().unwrap_or_default();
        let takes_number = names.iter().any(|name| {
            ["N", "SECONDS", "MILLISECONDS", "BYTES", "SIZE", "FACTOR", "MODE"].contains(&name.as_str())
        });
        let option = format!("--{}", argument.get_long().unwrap_or_default());
        assert!(!takes_number || OUT_OF_RANGE.iter().any(|(known, _)| *known == option), "{option}");
    }
}

#[test]
fn an_argument_that_is_not_text_is_named() {
    let odd = |text: &[u8]| OsStr::from_bytes(text).to_owned();
    let file = odd(b"\xff.pcap");
    for (value, shown) in
        [(odd(b"caf\xe9:1"), "caf\u{fffd}:1"), (odd(b"--ipfix=\xff\x1b[2J"), "--ipfix=\u{fffd}\\u{1b}[2J")]
    {
        let option = (!value.as_bytes().starts_with(b"-")).then(|| "--ipfix".into());
        let ran = run([file.clone()].into_iter().chain(option).chain([value]));
        assert_eq!(
            (ran.status, ran.stderr.lines().next()),
            (Some(2), Some(&*format!("nfstream: '{shown}' is not UTF-8 text")))
        );
    }
    assert!(run([file]).stderr.starts_with("nfstream: \u{fffd}.pcap: no such file\n"));
}

#[test]
fn what_is_repeated_of_a_command_line_is_cut() {
    let long = "a".repeat(20_000);
    let terms: String = "host 10.0.0.1 or ".repeat(2000);
    for arguments in [
        &["http.pcap", "--feature", &format!("x={}", "1 + ".repeat(5000))][..],
        &["http.pcap", "--feature", &format!("x=count({})", "b".repeat(9000))],
        &["http.pcap", "--feature", &format!("{long}=1 +")],
        &["http.pcap", "--feature", &format!("{long}-=1")],
        &["http.pcap", "--bpf-filter", &format!("{terms} tcp prt 1")],
        &["http.pcap", "--columns", &long],
        &["http.pcap", "--idle-timeout", &long],
        &["http.pcap", "--metrics", &long],
        &["http.pcap", "--rules", &long],
        &["http.pcap", "-o", &format!("{long}.csv")],
        &["-i", &long],
        &["-i", "lo", "--user", &long],
        &[&long],
        &[&format!("--{long}")],
    ] {
        let ran = run(arguments);
        assert!(matches!(ran.status, Some(1 | 2)), "{:?}", ran.status);
        assert!(ran.stderr.len() < 3000, "{} bytes: {:.300}", ran.stderr.len(), ran.stderr);
        assert!(ran.stderr.contains('…'), "{}", ran.stderr);
    }
}

/// Flags that other programs have are told apart from files whose names begin with a dash.
#[test]
fn an_unknown_flag_gets_a_tip_that_helps() {
    let tips = |arguments: &[&str]| {
        let stderr = run(arguments).stderr;
        stderr.lines().filter_map(|line| line.strip_prefix("  tip: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        tips(&["-nr", "http.pcap"]),
        ["addresses and ports are never resolved to names: leave it out"]
    );
    assert_eq!(tips(&["-v"]), ["-V prints the version"]);
    assert_eq!(tips(&["http.pcap", "--csv", "x"]), ["the name sets the format: --output flows.csv"]);
    assert_eq!(tips(&["http.pcap", "--xml"]), [""; 0]);
    assert_eq!(tips(&["http.pcap", "--colums", "src_ip"]), ["a similar argument exists: '--columns'"]);
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("-x"), "").unwrap();
    let output = nfstream(["-x"]).current_dir(directory.path()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("tip: to pass '-x' as a value, use '-- -x'"), "{stderr}");
}

/// Also where the shell has opened it.
#[test]
fn what_is_read_is_not_written_into() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("http.pcap");
    let capture = fs::read(testdata().join("http.pcap")).unwrap();
    fs::write(&path, &capture).unwrap();
    let told = |command: &mut Command| {
        let output = command.current_dir(directory.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(fs::read(&path).unwrap() == capture);
        String::from_utf8(output.stderr).unwrap().lines().next().unwrap().to_owned()
    };
    let stdin = || File::open(&path).unwrap();
    assert_eq!(
        told(nfstream(["-", "-o", "http.pcap", "--format", "csv"]).stdin(stdin())),
        "nfstream: standard input is a capture to read; --output would replace it"
    );
    let stdout = || OpenOptions::new().append(true).open(&path).unwrap();
    for more in [&[][..], &["-o", "-"]] {
        assert_eq!(
            told(nfstream(["http.pcap"]).args(more).stdout(stdout())),
            "nfstream: http.pcap is a capture to read; standard output would be written into it"
        );
    }
    assert_eq!(
        told(
            nfstream([testdata().join("http.pcap")])
                .args(["-o", "-", "-o", "http.pcap", "--format", "csv"])
                .stdout(stdout())
        ),
        "nfstream: --output http.pcap and --output - are the same file: one would replace the other"
    );
    // Another name of the same file is written into, and not replaced.
    let other = directory.path().join("other.pcap");
    fs::hard_link(&path, &other).unwrap();
    assert_eq!(
        told(nfstream(["other.pcap", "-o", "-"]).stdout(stdout())),
        "nfstream: other.pcap is a capture to read; standard output would be written into it"
    );
    let replaced =
        nfstream(["http.pcap", "-q", "--format", "csv", "-o", "other.pcap"]).current_dir(&directory).output();
    assert_eq!(replaced.unwrap().status.code(), Some(0));
    assert!(fs::read(&path).unwrap() == capture && fs::read(&other).unwrap().starts_with(b"id,"));
    // To what takes both, two ways may lead.
    let taken = run(["http.pcap", "-o", "/dev/null", "-o", "/dev/./null", "--format", "csv", "-q"]);
    assert_eq!((taken.status, taken.stderr.as_str()), (Some(0), ""));
}

#[test]
fn the_place_in_an_expression_is_marked() {
    let output = nfstream(["http.pcap", "--feature", "up=max(payload_size where 1)"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let shown = "nfstream: feature up, column 24: expected a condition, such as syn or raw_size > 100; this is a number
    max(payload_size where 1)
                           ^

For more information, try '--help'.
";
    assert_eq!(stderr, shown);
}

#[test]
fn a_full_disk_is_told() {
    for (more, lost) in [(&[][..], "12"), (&["-o", "-"], "all")] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = nfstream(["web.pcap", "-q"]).args(more).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            stderr,
            format!(
                "nfstream: warning: standard output: {lost} records lost\nnfstream: standard output: no space left on device\n"
            )
        );
    }
}

/// A shell closes standard output with `>&-`.
#[test]
fn a_standard_output_that_cannot_be_written_is_told() {
    let directory = TempDir::new().unwrap();
    let told = |arguments: &str, redirection: &str| {
        let script = format!("exec \"$0\" {arguments} {redirection}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_nfstream")]).current_dir(testdata());
        let output = shell.env("OUT", directory.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (redirection, why) in [(">&-", "is closed"), ("1</dev/null", "is open for reading only")] {
        if why == "is closed" && cfg!(not(target_os = "linux")) {
            continue;
        }
        let failure =
            (Some(2), format!("nfstream: standard output {why}\n\nFor more information, try '--help'.\n"));
        for arguments in
            ["web.pcap", "web.pcap -o -", "columns", "man", "help", "--version", "completions bash"]
        {
            assert_eq!(told(arguments, redirection), failure, "{arguments}");
        }
        // Who writes nothing there does not need it.
        assert_eq!(told("web.pcap -q -o \"$OUT\"/flows.csv", redirection), (Some(0), String::new()));
    }
    for redirection in [">/dev/null", "1<>/dev/null"] {
        assert_eq!(told("web.pcap -q -o -", redirection), (Some(0), String::new()));
    }
}

/// A shell closes standard input with `<&-`.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_input_that_cannot_be_read_is_a_mistake() {
    let directory = TempDir::new().unwrap();
    let commands: &[&str] = if cfg!(feature = "top") { &["nfstream", "nfstream top"] } else { &["nfstream"] };
    for command in commands {
        let subcommand = command.strip_prefix("nfstream").unwrap();
        for (input, redirection, why) in [
            ("-", "<&-", "is closed"),
            ("/dev/stdin", "<&-", "is closed"),
            ("/dev/fd/0", "<&-", "is closed"),
            ("-", "0>out", "is open for writing only"),
            ("/dev/stdin", "0>out", "is open for writing only"),
            ("/dev/fd/0", "0>out", "is open for writing only"),
        ] {
            let script = format!("exec \"$0\" {subcommand} {input} {redirection}");
            let mut shell = Command::new("sh");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_nfstream")]).current_dir(&directory);
            let output = shell.output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                (output.status.code(), stderr.lines().next().unwrap_or_default()),
                (
                    Some(2),
                    &*format!(
                        "nfstream: standard input {why}: pipe a capture in, as in tcpdump -w - | {command} -"
                    )
                ),
                "{script}"
            );
        }
    }
}

#[test]
fn a_mistake_in_a_filter_is_told_in_the_words_of_libpcap() {
    let output = nfstream(["web.pcap", "--bpf-filter", "tcp prt 443", "-o", "flows.csv"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    if output.status.code() == Some(1) {
        assert!(
            stderr.starts_with("nfstream: a packet filter, or capture through libpcap, needs libpcap "),
            "{stderr}"
        );
        return nfstream_skip::skip(stderr);
    }
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.starts_with("nfstream: filter \"tcp prt 443\", for link type 1: "), "{stderr}");
    assert!(stderr.contains("syntax error"), "{stderr}");
    assert!(!testdata().join("flows.csv").exists());
}
