//! Counters for Prometheus, beside clients that want the run to end, to hang or to grow.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use crate::process::{nfstream, run, stdout_of, testdata};
use crate::streams::until;

/// A run whose input does not end before it is told to.
struct Serving {
    child: Child,
    input: Option<ChildStdin>,
    address: SocketAddr,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Serving {
    fn start(output: &Path) -> Self {
        let mut command = nfstream(["-", "--metrics", "0", "-q", "-o"]);
        command.arg(output);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take();
        input.as_mut().unwrap().write_all(&fs::read(testdata().join("web.pcap")).unwrap()).unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("nfstream: the counters are at http://").expect("a URL");
        let address = url.strip_suffix("/metrics").unwrap().parse().unwrap();
        Self { child, input, address, stderr }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// What comes back for some bytes, however the connection ends.
    fn answer(&self, request: &[u8]) -> String {
        let mut connection = self.connect();
        // It may be closed before it has all.
        let _ = connection.write_all(request);
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks for the counters as Prometheus does, until they come.
    fn scrape(&self) -> String {
        let mut answer = String::new();
        until("the counters come", || {
            answer = self.answer(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
            answer.starts_with("HTTP/1.1 200 ")
        });
        answer
    }

    /// Bytes of memory at most until now.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        1024 * line.trim_end_matches("kB").trim().parse::<u64>().unwrap()
    }

    /// Ends the input: the run succeeds, whatever is connected. Gives the rest of standard error.
    fn end(mut self) -> String {
        drop(self.input.take());
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{rest}");
        rest
    }
}

#[test]
fn the_counters_are_served_until_the_input_ends() {
    let directory = TempDir::new().unwrap();
    let output = directory.path().join("flows.csv");
    let serving = Serving::start(&output);
    until("the packets are counted", || !serving.scrape().contains("nfstream_packets_total 0\n"));
    let answer = serving.scrape();
    assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    let head = serving.answer(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    for (request, status) in [
        (&b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n"[..], "404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed"),
        (b"GET /metrics?a=b HTTP/1.0\r\n\r\n", "200 OK"),
    ] {
        let answer = serving.answer(request);
        assert!(answer.get(9..).is_some_and(|answer| answer.starts_with(status)), "{status}: {answer}");
    }
    assert_eq!(serving.end(), "");
    assert_eq!(fs::read_to_string(output).unwrap(), stdout_of(["web.pcap", "-o", "-"]));
}

#[test]
fn requests_that_are_none_do_no_harm() {
    let directory = TempDir::new().unwrap();
    let output = directory.path().join("flows.csv");
    let serving = Serving::start(&output);
    serving.scrape();
    let before = serving.peak();

    for length in ["100000000000000", "18446744073709551615", "18446744073709551616", "-1", "x"] {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        let answer = serving.answer(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{length}: {answer}");
    }
    let endless = [&b"GET /"[..], &vec![b'a'; 32 << 20]].concat();
    serving.answer(&endless);
    let fields = [&b"GET / HTTP/1.1\r\n"[..], &b"a: b\r\n".repeat(1 << 20)].concat();
    serving.answer(&fields);
    let chunked =
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n";
    assert!(serving.answer(chunked).starts_with("HTTP/1.1 413 "));
    for garbage in [
        &b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..],
        &[0; 4096],
        &[0xff; 4096],
        b"\r\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
    ] {
        let mut connection = serving.connect();
        let _ = connection.write_all(garbage);
        drop(connection);
        serving.scrape();
    }
    // A body that never comes, and a head that never ends, when the run is over.
    let mut waiting = serving.connect();
    waiting.write_all(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n").unwrap();
    let mut silent = serving.connect();
    silent.write_all(b"GET /met").unwrap();

    let grown = serving.peak() - before;
    assert!(grown < 20 << 20, "{grown} bytes more");
    assert_eq!(serving.end(), "");
    assert_eq!(fs::read_to_string(output).unwrap(), stdout_of(["web.pcap", "-o", "-"]));
}

#[test]
fn thousands_of_clients_that_do_not_read_do_no_harm() {
    const CLIENTS: usize = 5000;
    let limit = getrlimit(Resource::Nofile);
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    setrlimit(Resource::Nofile, Rlimit { current: Some(maximum.min(20_000)), ..limit }).unwrap();
    let directory = TempDir::new().unwrap();
    let output = directory.path().join("flows.csv");
    let serving = Serving::start(&output);
    serving.scrape();
    let before = serving.peak();

    let pipelined = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        // The queue of the kernel may be full for a while.
        let Ok(mut client) = TcpStream::connect_timeout(&serving.address, Duration::from_secs(1)) else {
            continue;
        };
        client.set_nonblocking(true).unwrap();
        let request = if number % 2 == 0 { &pipelined[..] } else { b"GET /metrics HTTP/1.1\r\n" };
        let _ = client.write(request);
        clients.push(client);
    }
    assert!(clients.len() > CLIENTS / 2, "{}", clients.len());
    serving.scrape();

    let grown = serving.peak() - before;
    assert!(grown < 20 << 20, "{grown} bytes more");
    assert_eq!(serving.end(), "");
    assert_eq!(fs::read_to_string(output).unwrap(), stdout_of(["web.pcap", "-o", "-"]));
}

#[test]
fn a_run_without_descriptors_tries_on() {
    let directory = TempDir::new().unwrap();
    let output = directory.path().join("flows.csv");
    let mut command = Command::new("sh");
    // So few that its clients take the last.
    command.args(["-c", "ulimit -n 16; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_nfstream")]);
    command.args(["-", "--metrics", "0", "-q", "--n-meters", "1", "-o"]).arg(&output);
    let mut serving = Serving::of(command);

    let clients: Vec<TcpStream> = (0..64).map(|_| serving.connect()).collect();
    let mut line = String::new();
    serving.stderr.read_line(&mut line).unwrap();
    assert!(line.contains("too many open files"), "{line}");
    drop(clients);
    serving.scrape();
    assert_eq!(serving.end(), "");
    assert_eq!(fs::read_to_string(output).unwrap(), stdout_of(["web.pcap", "-o", "-"]));
}

#[test]
fn a_run_goes_on_where_it_cannot_serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ran = run(["web.pcap", "-q", "-o", "-", "--metrics", &address]);
    assert_eq!(ran.status, Some(0));
    assert!(
        ran.stderr.starts_with(&format!("nfstream: warning: --metrics {address}: address already in use")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("; the run goes on without it\n"), "{}", ran.stderr);
    assert_eq!(ran.stdout, stdout_of(["web.pcap", "-o", "-"]));
}
