//! Mistakes: what is told, and the exit status.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use crate::process::{nfstream, testdata};

/// Arguments, exit status, and the first line on standard error.
const MISTAKES: &[(&[&str], i32, &str)] = &[
    (&[], 2, "nfstream: the following required arguments were not provided:"),
    (&["none.pcap"], 1, "nfstream: none.pcap: no such file"),
    (&["http.pcap", "none.pcap", "-o", "-"], 1, "nfstream: none.pcap: no such file"),
    (&["empty.pcap"], 1, "nfstream: empty.pcap: is empty, not a capture file"),
    (
        &["text.pcap"],
        1,
        "nfstream: text.pcap: is not a capture file: it begins with 68 65 6c 6c, which is neither pcap nor pcapng, \
         plain or compressed with gzip, zstd or xz",
    ),
    (
        &["zipped.pcap"],
        1,
        "nfstream: zipped.pcap: is a zip archive, neither pcap nor pcapng: unpack it first, with unzip, or hand the capture in \
         it over with unzip -p",
    ),
    (
        &["http.pcap", "--max-memory", "lots"],
        2,
        "nfstream: invalid value 'lots' for '--max-memory <SIZE>': give a size, such as 512MB, 2GiB or 0",
    ),
    (
        &["http.pcap", "--max-memory", "1MB", "--n-meters", "1", "--n-dissections", "0"],
        1,
        "nfstream: max_memory is 1000000 bytes, and a run with 1 meter takes at least 59 MB",
    ),
    (&["http.pcap", "--rules", "none.toml"], 1, "nfstream: none.toml: no such file or directory"),
    (&["barren"], 1, "nfstream: barren: no capture in this directory"),
    (&["*.nothing"], 1, "nfstream: *.nothing: no file matches this pattern"),
    (
        &["a[.pcap"],
        1,
        "nfstream: a[.pcap: no such file: pattern syntax error near position 1: invalid range pattern",
    ),
    (&["dangling.pcap"], 1, "nfstream: dangling.pcap: no such file"),
    (&["-", "-"], 2, "nfstream: standard input (-) can be read only once"),
    (&["-"], 1, "nfstream: standard input: is empty, not a capture file"),
    (&["http.pcap", "-o", "none/flows.csv"], 1, "nfstream: none/flows.csv: there is no directory none"),
    (
        &["http.pcap", "-o", "/proc/flows.csv"],
        1,
        "nfstream: /proc/flows.csv: no file can be created in /proc",
    ),
    (&["http.pcap", "-o", "barren", "--format", "csv"], 1, "nfstream: barren: is a directory"),
    (
        &["http.pcap", "-o", "flows.txt"],
        2,
        "nfstream: --output flows.txt: the name does not tell the format: let it end in one of .csv, .jsonl, .json, .arrow, \
         .parquet (text also with .gz or .zst behind it), or give --format",
    ),
    (
        &["http.pcap", "-o", "flows.parquet.gz"],
        1,
        "nfstream: flows.parquet.gz: parquet is not compressed as a whole: leave out .gz or .zst",
    ),
    (
        &["http.pcap", "-o", "./http.pcap", "--format", "csv"],
        2,
        "nfstream: http.pcap is a capture to read; --output would replace it",
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
        "nfstream: invalid value 'soon' for '--idle-timeout <SECONDS>': give a whole number, 0 or more",
    ),
    (
        &["http.pcap", "--active-timeout", "-1"],
        2,
        "nfstream: invalid value '-1' for '--active-timeout <SECONDS>': give a whole number, 0 or more",
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
        "nfstream: invalid value '2' for '--system-visibility-mode <MODE>': give a whole number from 0 to 1",
    ),
    (
        &["http.pcap", "--accounting-mode", "4"],
        2,
        "nfstream: invalid value '4' for '--accounting-mode <MODE>': the accounting mode is 0 (raw), 1 (IP), \
         2 (transport) or 3 (payload)",
    ),
    (
        &["http.pcap", "--n-dissections", "65536"],
        2,
        "nfstream: invalid value '65536' for '--n-dissections <N>': give a whole number from 0 to 65535",
    ),
    (
        &["http.pcap", "--feature", "big"],
        2,
        "nfstream: invalid value 'big' for '--feature <NAME=EXPRESSION>': give a name, = and an expression",
    ),
    (
        &["http.pcap", "--feature", "sum(raw_size >= 666)"],
        2,
        "nfstream: a feature is called by letters, digits and _, and not by a digit first; `sum(raw_size >` is no such name",
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
        "nfstream: feature x, column 5: the column `bidirectional_mean_ps` is known at the end of the flow: inside sum() stand \
         fields of packets",
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
        "nfstream: the column src_ip is asked for twice",
    ),
    (
        &["http.pcap", "--columns", "src_ip,"],
        2,
        "nfstream: invalid value '' for '--columns <NAME,...>': give names of columns, with a comma between two",
    ),
    (&["colums"], 2, "nfstream: colums: no such file; did you mean the subcommand columns?"),
    (&["protocol", "--quiet"], 2, "nfstream: protocol: no such file; did you mean the subcommand protocols?"),
    (
        &["http.pcap", "interfaces"],
        2,
        "nfstream: interfaces: no such file; to mean the subcommand, put interfaces first",
    ),
    (&["help", "colums"], 2, "nfstream: unrecognized subcommand 'colums'"),
    (
        &["-r", "http.pcap", "-w", "out.pcap"],
        2,
        "nfstream: --output out.pcap: packets are not written, only flows: name a file such as flows.csv or flows.parquet",
    ),
    (
        &["-r", "http.pcap", "tcp", "port", "443"],
        2,
        "nfstream: tcp port 443: no such file; a filter is given as in --bpf-filter 'tcp port 443'",
    ),
    (&["-r", "none.pcap"], 1, "nfstream: none.pcap: no such file"),
    (
        &["http.pcap", "--metrics", "127.0.0.1"],
        2,
        "nfstream: --metrics 127.0.0.1: give a port, such as 9300, or an address and a port, such as 127.0.0.1:9300 or \
         [::]:9300",
    ),
    (
        &["http.pcap", "--metrics", "70000"],
        2,
        "nfstream: --metrics 70000: give a port, such as 9300, or an address and a port, such as 127.0.0.1:9300 or \
         [::]:9300",
    ),
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

    for &(arguments, status, message) in MISTAKES {
        let output = nfstream(arguments).current_dir(directory.path()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), stderr.lines().next()),
            (Some(status), Some(message)),
            "{arguments:?}"
        );
        assert_eq!(output.stdout, b"", "{arguments:?}");
        let is_usage = stderr.ends_with("\n\nFor more information, try '--help'.\n");
        assert_eq!(is_usage, status == 2, "{arguments:?}: {stderr}");
        assert!(is_usage || stderr.lines().count() == 1, "{arguments:?}: {stderr}");
    }
    assert!(!path("flows.txt").exists() && !path("none").exists());
}

#[test]
fn the_place_in_an_expression_is_marked() {
    let output = nfstream(["http.pcap", "--feature", "up=max(payload_size where 1)"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let shown = "nfstream: feature up, column 24: a condition belongs here, such as syn or raw_size > 100; this is a number
    max(payload_size where 1)
                           ^

For more information, try '--help'.
";
    assert_eq!(stderr, shown);
}

#[test]
fn a_full_disk_is_told() {
    for more in [&[][..], &["-o", "-"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = nfstream(["web.pcap", "-q"]).args(more).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr, "nfstream: standard output: no space left on device\n");
    }
}

#[test]
fn a_mistake_in_a_filter_is_told_in_the_words_of_libpcap() {
    let output = nfstream(["web.pcap", "--bpf-filter", "tcp prt 443", "-o", "flows.csv"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    if output.status.code() == Some(1) {
        assert!(stderr.starts_with("nfstream: a packet filter needs libpcap, "), "{stderr}");
        return nfstream_skip::skip(stderr);
    }
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.starts_with("nfstream: filter \"tcp prt 443\", for link type 1: "), "{stderr}");
    assert!(stderr.contains("syntax error"), "{stderr}");
    assert!(!testdata().join("flows.csv").exists());
}
