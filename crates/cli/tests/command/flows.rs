//! Captures to flows: table, formats, parameters, several captures, damaged ones.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use tempfile::TempDir;

use crate::process::{Ran, nfstream, run, stdout_of, testdata};
use crate::synthetic::{flows_at, packet};

const TRUNCATED: &str = "containers/http-truncated.pcap";

#[test]
fn without_an_output_flows_are_shown_as_a_table() {
    let Ran { status, stdout, stderr } = run(["web.pcap"]);
    assert_eq!(status, Some(0), "{stderr}");
    assert_eq!(
        stdout,
        "\
source           destination   protocol  application  packets  bytes  seconds  server name       start
10.0.0.1:38744   10.0.0.53:53  UDP       DNS                2    166    0.003  www.example.org   2026-11-24T02:07:45Z
10.0.0.1:49650   10.0.0.2:80   TCP       HTTP              34  19222    0.050  www.example.org   2026-11-24T02:07:45Z
10.0.0.1:56826   10.0.0.53:53  UDP       DNS                4    320    0.000  shop.example.com  2026-11-24T02:07:45Z
10.0.0.1:49980   10.0.0.3:443  TCP       TLS               22   8534    0.006  shop.example.com  2026-11-24T02:07:45Z
10.0.0.1:42633   10.0.0.53:53  UDP       DNS                2    210    0.000  shop.example.com  2026-11-24T02:07:45Z
10.0.0.1:58477   10.0.0.53:53  UDP       DNS                4    320    0.003  mail.example.net  2026-11-24T02:07:45Z
10.0.0.1:48134   10.0.0.4:443  TCP       TLS               22   8364    0.005  mail.example.net  2026-11-24T02:07:45Z
10.0.0.1:33309   10.0.0.53:53  UDP       DNS                4    344    0.000  www.example.org   2026-11-24T02:07:45Z
[fd00::1]:49458  [fd00::2]:80  TCP       HTTP              12   1654    0.002  www.example.org   2026-11-24T02:07:45Z
10.0.0.1:58679   10.0.0.53:53  UDP       DNS                2    166    0.001  www.example.org   2026-11-24T02:07:45Z
10.0.0.1:49666   10.0.0.2:80   TCP       HTTP              12   1526    0.001  www.example.org   2026-11-24T02:07:45Z
10.0.0.1         10.0.0.2      ICMP      ICMP               6    588    0.409                    2026-11-24T02:07:45Z
"
    );
    assert!(stderr.starts_with("12 flows from 126 packets (40.44 KiB) in "), "{stderr}");
    assert_eq!(run(["web.pcap", "--quiet"]), Ran { status: Some(0), stdout, stderr: String::new() });
}

#[test]
fn what_is_asked_for_is_in_the_table() {
    let big = ["--feature", "big=sum(raw_size >= 666)", "--max-nflows", "2"];
    let Ran { stdout, stderr, .. } = run(["web.pcap"].iter().chain(&big));
    assert_eq!(
        stdout,
        "\
source          destination   protocol  application  packets  bytes  big  seconds  server name      start
10.0.0.1:38744  10.0.0.53:53  UDP       DNS                2    166    0    0.003  www.example.org  2026-11-24T02:07:45Z
10.0.0.1:49650  10.0.0.2:80   TCP       HTTP              34  19222   12    0.050  www.example.org  2026-11-24T02:07:45Z
"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let wide = ["--statistical-analysis", "--splt-analysis", "3"];
    let Ran { stdout: same, stderr, .. } = run(["web.pcap"].iter().chain(&big).chain(&wide));
    assert_eq!(same, stdout);
    assert_eq!(
        stderr.lines().nth(1).unwrap(),
        "the columns of --statistical-analysis and --splt-analysis are not in the table: --columns NAME,... shows some, \
         --output flows.csv writes all"
    );
    let with_l7 = stdout_of(["web.pcap", "--l7-metadata", "--max-nflows", "1"]);
    assert!(with_l7.lines().next().unwrap().ends_with("  start                 l7"), "{with_l7}");
    assert!(with_l7.ends_with("\"dns_answers\":\"10.0.0.2\"}\n"), "{with_l7}");
}

#[test]
fn columns_are_chosen_in_every_output() {
    let chosen = ["--columns", "dst_port,bidirectional_mean_ps, application_name", "--columns", "big"];
    let more = ["--statistical-analysis", "--feature", "big=sum(raw_size >= 666)", "--max-nflows", "2"];
    let run_with = |output: &[&str]| stdout_of(["web.pcap"].iter().chain(&chosen).chain(&more).chain(output));
    assert_eq!(
        run_with(&[]),
        "\
dst_port  bidirectional_mean_ps  application_name  big
      53                   83.0  DNS                 0
      80      565.3529411764705  HTTP               12
"
    );
    assert_eq!(
        run_with(&["-o", "-"]),
        "dst_port,bidirectional_mean_ps,application_name,big\n53,83.0,DNS,0\n80,565.3529411764705,HTTP,12\n"
    );
    assert_eq!(
        run_with(&["--format", "json"]),
        "[\n{\"dst_port\":53,\"bidirectional_mean_ps\":83.0,\"application_name\":\"DNS\",\"big\":0},\n\
         {\"dst_port\":80,\"bidirectional_mean_ps\":565.3529411764705,\"application_name\":\"HTTP\",\"big\":12}\n]\n"
    );
    // Whoever has the habits of tcpdump need not know others.
    assert_eq!(stdout_of(["-r", "web.pcap", "-w", "-"]), stdout_of(["web.pcap", "-o", "-"]));
}

#[test]
fn ignored_packets_are_told_with_the_reason() {
    let stderr = run(["vlan.pcap"]).stderr;
    let ignored = stderr.lines().nth(1);
    assert!(ignored.is_some_and(|line| line.contains(" ignored: ") && line.ends_with(')')), "{stderr}");
}

#[test]
fn flows_that_end_for_want_of_room_are_told() {
    let short = ["web.pcap", "--max-active-flows", "4", "--n-meters", "1", "--columns", "expiration_id"];
    let flows = stdout_of(short.iter().chain(&["-o", "-"]));
    assert_eq!(flows.lines().filter(|line| *line == "2").count(), 8);
    let stderr = run(short.iter().chain(&["-o", "/dev/null", "--format", "csv"])).stderr;
    let told = "8 flows of these ended early, because there was no room for more: ";
    assert!(stderr.contains(told), "{stderr}");
}

#[test]
fn a_format_is_told_by_the_extension_or_by_the_option() {
    let directory = TempDir::new().unwrap();
    let written = |name: &str, more: &[&str]| {
        let path = directory.path().join(name);
        let output = nfstream(["web.pcap", "-o"]).arg(&path).args(more).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(output.stdout.is_empty());
        assert!(output.stderr.starts_with(b"12 flows from "), "{output:?}");
        fs::read(path).unwrap()
    };
    let csv = written("flows.csv", &[]);
    assert_eq!(csv.iter().filter(|byte| **byte == b'\n').count(), 13);
    assert!(csv.starts_with(b"id,expiration_id,src_ip,"));
    assert_eq!(written("flows.txt", &["--format", "csv"]), csv);
    let json_lines = written("flows.jsonl", &[]);
    assert_eq!(json_lines.iter().filter(|byte| **byte == b'\n').count(), 12);
    assert!(json_lines.starts_with(b"{\"id\":0,"));
    assert!(written("flows.arrow", &[]).starts_with(b"ARROW1\0\0"));
    let parquet = written("flows.parquet", &[]);
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));

    let mut names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["flows.arrow", "flows.csv", "flows.jsonl", "flows.parquet", "flows.txt"]);

    let csv = String::from_utf8(csv).unwrap();
    let json_lines = String::from_utf8(json_lines).unwrap();
    let silent = |stdout| Ran { status: Some(0), stdout, stderr: String::new() };
    assert_eq!(run(["web.pcap", "-o", "-"]), silent(csv.clone()));
    assert_eq!(run(["web.pcap", "--format", "csv"]), silent(csv));
    assert_eq!(run(["web.pcap", "--format", "jsonl", "-o", "-"]), silent(json_lines));
}

/// Scripts that measure and compare call the command like this.
#[test]
fn calls_that_others_rely_on() {
    let conformance = stdout_of([
        "web.pcap",
        "--profile",
        "nfstream",
        "--statistical-analysis",
        "--splt-analysis",
        "20",
        "--format",
        "csv",
        "-o",
        "-",
    ]);
    let golden = testdata().join("expected/web.pcap.csv");
    assert_eq!(
        conformance,
        fs::read_to_string(golden).unwrap(),
        "if its columns are new, run: cargo xtask generate"
    );
    let benchmark = ["web.pcap", "--n-meters", "1", "--n-dissections", "0", "--format", "csv", "-o", "-"];
    assert_eq!(stdout_of(benchmark), stdout_of(["web.pcap", "--n-dissections", "0", "-o", "-"]));
}

#[test]
fn records_do_not_depend_on_the_number_of_meters() {
    let directory = TempDir::new().unwrap();
    let many = directory.path().join("many.pcap");
    fs::write(&many, flows_at((0..20_000).map(|number| number / 100))).unwrap();
    let many = many.to_str().unwrap();
    let with = |meters| {
        let parameters = ["--statistical-analysis", "--splt-analysis", "3", "-o", "-", "--n-meters", meters];
        stdout_of([".", many].into_iter().chain(parameters))
    };
    let one = with("1");
    assert!(one.lines().count() > 20_000);
    assert!([with("2"), with("3"), with("0")].iter().all(|records| *records == one));
}

#[test]
fn parameters_reach_the_engine() {
    let flows = |arguments: &[&str]| stdout_of(arguments.iter().chain(&["-o", "-"])).lines().count() - 1;
    let whole = flows(&["gaps.pcap"]);
    assert!(flows(&["gaps.pcap", "--idle-timeout", "2"]) > whole);
    assert!(flows(&["gaps.pcap", "--active-timeout", "2"]) > whole);
    assert_eq!(flows(&["web.pcap", "--max-nflows", "5"]), 5);

    let columns = |arguments: &[&str]| {
        stdout_of(arguments.iter().chain(&["-o", "-"])).lines().next().map(str::to_owned)
    };
    let with_tunnels = columns(&["gtpu.pcap"]).unwrap();
    let without = columns(&["gtpu.pcap", "--no-decode-tunnels"]).unwrap();
    assert_eq!(with_tunnels.replace("tunnel_id,", ""), without);
    assert_ne!(with_tunnels, without);

    let bytes = |mode: &str| {
        let records = stdout_of(["dns.pcap", "--max-nflows", "1", "--accounting-mode", mode, "-o", "-"]);
        let [columns, values] = records.lines().collect::<Vec<_>>().try_into().unwrap();
        let column = columns.split(',').position(|name| name == "bidirectional_bytes").unwrap();
        values.split(',').nth(column).unwrap().parse::<u64>().unwrap()
    };
    let [raw, ip, transport, payload] = ["0", "1", "2", "3"].map(bytes);
    // A question and its answer over UDP and IPv4: headers of 14, 20 and 8 bytes, twice.
    assert_eq!([raw - ip, ip - transport, transport - payload], [28, 40, 16]);
}

#[test]
fn directories_and_patterns_are_lists_of_captures() {
    let directory = TempDir::new().unwrap();
    let copy = |from: &str, to: &str| fs::copy(testdata().join(from), directory.path().join(to)).unwrap();
    copy("dns.pcap", "b.pcap");
    copy("http.pcap", "a.cap");
    copy("ping.pcap", "ring.pcap0");
    copy("containers/http.pcap.zst", "c.pcap.zst");
    copy("refused.pcap", ".hidden.pcap");
    copy("README.md", "README.md");
    fs::create_dir(directory.path().join("deeper.pcap")).unwrap();
    fs::copy(testdata().join("ssh.pcap"), directory.path().join("deeper.pcap/ssh.pcap")).unwrap();

    let flows = |arguments: &[&str]| {
        let output = nfstream(arguments).args(["-o", "-"]).current_dir(directory.path()).output().unwrap();
        Ran::from(output)
    };
    let list = flows(&["a.cap", "b.pcap", "c.pcap.zst", "ring.pcap0"]);
    assert_eq!((list.status, list.stderr.as_str()), (Some(0), ""));
    assert_eq!(flows(&["."]), list);
    assert_eq!(flows(&["[ab].*cap", "*.zst", "ring*"]), list);
    // Directories among what a pattern matches are read as if they had been named.
    assert_eq!(flows(&["*.pcap"]), flows(&["b.pcap", "deeper.pcap/ssh.pcap"]));
}

#[test]
fn a_damaged_capture_gives_its_flows_and_a_warning() {
    let warning = format!(
        "nfstream: warning: {TRUNCATED}: damaged at byte 15125: the file ends inside a record; flows up to there are kept\n"
    );
    let lenient = run([TRUNCATED, "-o", "-"]);
    assert_eq!((lenient.status, &lenient.stderr), (Some(0), &warning));
    assert_eq!(lenient.stdout.lines().count(), 3);
    assert_eq!(run([TRUNCATED, "-o", "-", "--strict"]), Ran { status: Some(1), ..lenient });
    // A capture after the damaged one is read; --quiet hides no warning.
    let both = run([TRUNCATED, "ping.pcap", "--quiet"]);
    assert_eq!((both.status, both.stderr), (Some(0), warning));
    assert_eq!(both.stdout.lines().count(), 1 + 2 + 2);
}

/// As a damaged one: a capture that has only just been begun by whoever records it.
#[test]
fn an_empty_capture_among_others_gives_a_warning() {
    let directory = TempDir::new().unwrap();
    fs::copy(testdata().join("web.pcap"), directory.path().join("web.pcap")).unwrap();
    fs::write(directory.path().join("empty.pcap"), "").unwrap();
    let ran = |arguments: &[&str]| {
        Ran::from(nfstream(arguments).args(["-o", "-"]).current_dir(directory.path()).output().unwrap())
    };
    let whole = stdout_of(["web.pcap", "-o", "-"]);
    for (inputs, name) in [
        (&["web.pcap", "empty.pcap"][..], "empty.pcap"),
        (&["."], "./empty.pcap"),
        (&["*.pcap"], "empty.pcap"),
        (&["/dev/null", "web.pcap"], "/dev/null"),
    ] {
        let stderr =
            format!("nfstream: warning: {name} is empty, not a capture file; the other captures are read\n");
        assert_eq!(ran(inputs), Ran { status: Some(0), stdout: whole.clone(), stderr });
    }
    assert_eq!(ran(&["web.pcap", "empty.pcap", "--strict"]).status, Some(1));
}

#[test]
fn names_need_not_be_utf_8() {
    let directory = TempDir::new().unwrap();
    let name = OsStr::from_bytes(b"d\xff/web\xfe.pcap");
    fs::create_dir(directory.path().join(OsStr::from_bytes(b"d\xff"))).unwrap();
    fs::copy(testdata().join("web.pcap"), directory.path().join(name)).unwrap();
    let whole = stdout_of(["web.pcap", "-o", "-"]);
    for input in [name, OsStr::new("d*/*.pcap"), OsStr::new("**/web?.pcap"), OsStr::from_bytes(b"d\xff")] {
        let ran = nfstream([input]).args(["-o", "-"]).current_dir(directory.path()).output().unwrap();
        assert_eq!(Ran::from(ran), Ran { status: Some(0), stdout: whole.clone(), stderr: String::new() });
    }
    let ran = Ran::from(nfstream(["*.zzz"]).current_dir(directory.path()).output().unwrap());
    assert_eq!(
        (ran.status, ran.stderr.lines().next()),
        (Some(2), Some("nfstream: *.zzz: no file matches this pattern"))
    );
}

#[test]
fn packets_that_a_filter_leaves_out_are_told_as_part_of_all() {
    let ran = run(["web.pcap", "--bpf-filter", "udp", "-o", "/dev/null", "--format", "csv"]);
    if ran.status == Some(1) {
        return nfstream_skip::skip(ran.stderr);
    }
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].starts_with("6 flows from 126 packets "), "{lines:?}");
    assert_eq!(lines[1..], ["108 of 126 packets left out by the filter"]);
}

#[test]
fn a_failure_leaves_an_older_output_as_it_was() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flows.csv");
    fs::write(&path, "old").unwrap();
    // A device is looked at only when its turn comes, after flows of the first capture were written.
    let ran = Ran::from(nfstream(["web.pcap", "/dev/zero", "-o"]).arg(&path).output().unwrap());
    assert_eq!(ran.status, Some(1));
    let told = "nfstream: /dev/zero is not a capture file: it begins with 00 00 00 00, ";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn features_are_columns_behind_the_others() {
    let features = [
        "big=sum(raw_size >= 666)",
        "up = max(payload_size where direction == 0)",
        "share=sum(payload_size) / bidirectional_bytes",
        "to_web=flow.dst_port == 80",
    ];
    let features = || features.iter().flat_map(|feature| ["--feature", feature]);
    let csv = stdout_of(["web.pcap", "-o", "-", "--max-nflows", "2"].into_iter().chain(features()));
    let last: Vec<Vec<&str>> = csv.lines().map(|line| line.rsplitn(5, ',').take(4).collect()).collect();
    assert_eq!(last[0], ["to_web", "share", "up", "big"]);
    assert_eq!(last[1], ["0", "0.4939759036144578", "33", "0"]);
    assert_eq!(last[2], ["1", "0.882426386432213", "88", "12"]);

    let columns = stdout_of(["columns", "--format", "csv"].into_iter().chain(features()));
    let last: Vec<_> = columns.lines().rev().take(4).collect();
    assert_eq!(
        last,
        [
            "to_web,int64,,flow.dst_port == 80",
            "share,float64,,sum(payload_size) / bidirectional_bytes",
            "up,int64,bytes,max(payload_size where direction == 0)",
            "big,int64,packets,sum(raw_size >= 666)",
        ]
    );
}

#[test]
fn a_frame_that_is_ignored_does_not_say_what_time_it_is() {
    const HOUR: u32 = 3600;
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("future.pcap");
    // An ARP frame of the year 2106, then a packet of one conversation each hour.
    let mut arp = packet(0, u32::MAX, 4);
    arp[16 + 12..16 + 14].copy_from_slice(&[0x08, 0x06]);
    arp[16 + 14..].fill(0);
    let hours = (0..5).flat_map(|hour| packet(0, 1_700_000_000 + hour * HOUR, 4));
    fs::write(&capture, [flows_at([]), arp, hours.collect()].concat()).unwrap();
    for meters in ["1", "3"] {
        let ran = run([
            "-o",
            "-",
            "--n-meters",
            meters,
            "--columns",
            "bidirectional_first_seen_ms",
            capture.to_str().unwrap(),
        ]);
        let times: Vec<&str> = ran.stdout.lines().skip(1).collect();
        let expected = ["1700000000000", "1700003600000", "1700007200000", "1700010800000", "1700014400000"];
        assert_eq!(times, expected, "{}", ran.stderr);
    }
}

#[test]
fn time_that_jumps_or_runs_backwards_is_told() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("steps.pcap");
    // Enough to fill several blocks, which are looked at on their own.
    let seconds = (0..30_000_u32).map(|number| match number {
        20_000 => 1_700_020_000 + 2 * 3600,
        25_000 => 1_700_025_000 - 7,
        number => 1_700_000_000 + number,
    });
    fs::write(&capture, flows_at(seconds)).unwrap();
    for meters in ["1", "2", "3"] {
        let csv = directory.path().join("flows.csv");
        let ran = run([
            capture.as_os_str(),
            "--n-meters".as_ref(),
            meters.as_ref(),
            "--no-mend-clock".as_ref(),
            "-o".as_ref(),
            csv.as_os_str(),
        ]);
        assert_eq!(ran.status, Some(0));
        for told in [
            "time jumps ahead by more than an hour 1 time, by up to 2h 1s (at packet 20,001)\n",
            "time runs backwards 2 times, by up to 1h 59m 59s (at packet 20,002); --reorder 7199000 sorts packets by time\n",
        ] {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
    }
}

#[test]
fn frames_that_were_put_together_are_counted_whole() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("jumbo.pcap");
    // Sizes on the wire that 16 bits do not hold, as those of segmentation offload are.
    let frames = [65_535_u32, 65_536, 100_000].map(|length| {
        let mut frame = packet(0, 1_700_000_000, 4);
        frame[12..16].copy_from_slice(&length.to_le_bytes());
        frame
    });
    fs::write(&capture, [flows_at([]), frames.concat()].concat()).unwrap();
    let columns = "bidirectional_bytes,bidirectional_max_ps,splt_ps";
    let arguments = ["--statistical-analysis", "--splt-analysis", "3", "-o", "-", "--columns", columns];
    let csv = stdout_of([&[capture.to_str().unwrap()][..], &arguments].concat());
    assert_eq!(csv.lines().nth(1), Some("231071,100000,\"[65535, 65536, 100000]\""));
}

/// The filter asks for what only Ethernet has. The other capture begins with IP.
#[test]
fn packets_that_a_filter_cannot_be_applied_to_are_told() {
    let arguments = [
        "web.pcap",
        "raw-ip.pcap",
        "-o",
        "/dev/null",
        "--format",
        "csv",
        "--bpf-filter",
        "ether host 02:00:00:00:00:01",
    ];
    let ran = run(arguments);
    if ran.stderr.contains("needs libpcap") {
        nfstream_skip::skip(ran.stderr);
        return;
    }
    let left_out = ran.stderr.lines().next().unwrap_or_default();
    let told = " packets of link type 101 left out: the filter cannot be applied to this link type";
    assert!(left_out.starts_with("nfstream: warning: ") && left_out.ends_with(told), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("ignored: link type that the filter cannot be applied to ("),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.status, Some(0));
    assert_eq!(run(arguments.into_iter().chain(["--strict"])).status, Some(1));
}
