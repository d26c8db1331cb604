//! IPFIX to collectors that close, reset, hang, starve and come back: what was sent and what was lost are all records, and the
//! collector has what counts as sent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nfstream::sinks::ipfix::{Collector, Delivery, Exporter, Timings};
use nfstream::sinks::{Patience, Sink};
use nfstream::{Error, Record, Streamer};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

/// More than the buffers of a connection take while nobody reads.
const FLOWS: u32 = 40_000;

/// Columns of a fixed length, the id first.
const COLUMNS: [&str; 19] = [
    "id",
    "src_ip",
    "dst_ip",
    "src_port",
    "dst_port",
    "protocol",
    "bidirectional_first_seen_ms",
    "bidirectional_last_seen_ms",
    "bidirectional_packets",
    "bidirectional_bytes",
    "src2dst_first_seen_ms",
    "src2dst_last_seen_ms",
    "src2dst_duration_ms",
    "src2dst_packets",
    "src2dst_bytes",
    "dst2src_first_seen_ms",
    "dst2src_last_seen_ms",
    "dst2src_duration_ms",
    "dst2src_packets",
];

/// A flow of one datagram each.
static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let mut capture = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes).concat();
    for number in 0..FLOWS {
        let mut frame = [0; 42];
        frame[12..14].copy_from_slice(&0x0800_u16.to_be_bytes());
        frame[14] = 0x45;
        frame[16..18].copy_from_slice(&28_u16.to_be_bytes());
        (frame[22], frame[23]) = (64, 17);
        frame[26..30].copy_from_slice(&(0x0a00_0000 + number).to_be_bytes());
        frame[30..34].copy_from_slice(&0xc0a8_0001_u32.to_be_bytes());
        frame[34..36].copy_from_slice(&5_000_u16.to_be_bytes());
        frame[36..38].copy_from_slice(&6_000_u16.to_be_bytes());
        frame[38..40].copy_from_slice(&8_u16.to_be_bytes());
        capture.extend([1_700_000_000, number, 42, 42].map(u32::to_le_bytes).concat());
        capture.extend(frame);
    }
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flows.pcap");
    fs::write(&path, capture).unwrap();
    let streamer = Streamer::builder().source(path).build().unwrap().selected(COLUMNS).unwrap();
    let records: Vec<Record> = streamer.records().unwrap().map(Result::unwrap).collect();
    assert_eq!(records.len(), FLOWS as usize);
    records
});

/// Flows that have come to a collector, by their ids.
type Seen = Arc<Mutex<HashSet<u64>>>;

/// The collector's end of a connection.
struct Connection {
    stream: TcpStream,
    seen: Seen,
    /// Bytes of a record, once the template has come.
    length: usize,
}

impl Connection {
    /// Reads one message; false when there is none any more.
    fn read_message(&mut self) -> bool {
        let mut head = [0; 16];
        if self.stream.read_exact(&mut head).is_err() {
            return false;
        }
        assert_eq!(head[..2], [0, 10]);
        let mut sets = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]])) - 16];
        if self.stream.read_exact(&mut sets).is_err() {
            return false;
        }
        count(&sets, &mut self.length, &self.seen);
        true
    }

    fn read_messages(&mut self, most: usize) {
        for _ in 0..most {
            if !self.read_message() {
                return;
            }
        }
    }

    fn read_all(&mut self) {
        self.read_messages(usize::MAX);
    }

    /// Resets the connection: there is something to be read when it is closed.
    fn reset(self) {
        let _ = self.stream.peek(&mut [0]);
    }
}

/// Counts the flows of the sets of a message, all of template 256.
fn count(mut sets: &[u8], length: &mut usize, seen: &Seen) {
    let number = |bytes: &[u8]| usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    while !sets.is_empty() {
        let (set, later) = sets.split_at(number(&sets[2..]));
        match number(set) {
            2 if *length == 0 => {
                assert_eq!(number(&set[4..]), 256);
                let mut fields = &set[8..];
                for _ in 0..number(&set[6..]) {
                    *length += number(&fields[2..]);
                    fields = &fields[if fields[0] & 0x80 == 0 { 4 } else { 8 }..];
                }
            }
            256 => {
                let mut seen = seen.lock().unwrap();
                // There is no padding.
                assert_eq!((set.len() - 4) % *length, 0);
                let ids = set[4..].chunks(*length);
                seen.extend(ids.map(|record| u64::from_be_bytes(record[..8].try_into().unwrap())));
            }
            _ => {}
        }
        sets = later;
    }
}

/// A collector that does with each connection, by its number, what it is told.
struct Listening {
    address: SocketAddr,
    seen: Seen,
    ends: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Listening {
    fn start(serve: impl Fn(usize, Connection) + Send + 'static) -> Self {
        Self::start_at(0, Seen::default(), serve)
    }

    fn start_at(port: u16, seen: Seen, serve: impl Fn(usize, Connection) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let address = listener.local_addr().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let (ended, counted) = (Arc::clone(&ends), Arc::clone(&seen));
        let thread = thread::spawn(move || {
            for number in 0.. {
                let (stream, _) = listener.accept().unwrap();
                if ended.load(Ordering::Relaxed) {
                    return number;
                }
                serve(number, Connection { stream, seen: Arc::clone(&counted), length: 0 });
            }
            0
        });
        Self { address, seen, ends, thread }
    }

    /// How many connections there were, and how many flows came.
    fn end(self) -> (usize, u64) {
        self.ends.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address).unwrap());
        let connections = self.thread.join().unwrap();
        let seen = self.seen.lock().unwrap().len() as u64;
        (connections, seen)
    }

    fn port(&self) -> u16 {
        self.address.port()
    }
}

/// Pauses that a test has time for, and a long patience.
fn timings() -> Timings {
    Timings {
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(20),
        look: Duration::from_millis(50),
        stall: LONG,
        patience: LONG,
        grace: LONG,
        ..Timings::default()
    }
}

/// With a collector that never takes anything, the patience for it has an end.
fn impatient() -> Timings {
    Timings { patience: SHORT, stall: SHORT, grace: SHORT, ..timings() }
}

fn exporter(collector: &str, timings: Timings) -> Exporter {
    let collector: Collector = collector.parse().unwrap();
    Exporter::start_with(collector, RECORDS[0].schema(), &Patience::default(), timings).unwrap()
}

fn over_tcp(port: u16, timings: Timings) -> Exporter {
    exporter(&format!("tcp://127.0.0.1:{port}"), timings)
}

/// A run that can wait: how many records it gave, and how it went.
fn written(exporter: &mut Exporter) -> (u64, Result<(), Error>) {
    let mut given = 0;
    for records in RECORDS.chunks(500) {
        given += records.len() as u64;
        if let Err(error) = exporter.write(records) {
            exporter.abandon();
            return (given, Err(error));
        }
    }
    (given, exporter.finish())
}

/// A run that cannot wait.
fn offered(exporter: &mut Exporter) -> (u64, Result<(), Error>) {
    for records in RECORDS.chunks(500) {
        // What is wrong at present may pass.
        let _ = exporter.offer(records);
    }
    (RECORDS.len() as u64, exporter.finish_soon())
}

type Run = fn(&mut Exporter) -> (u64, Result<(), Error>);

const RUNS: [Run; 2] = [written, offered];

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LONG * 4, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn assert_all_taken(delivery: &Delivery, result: &Result<(), Error>, seen: u64) {
    assert!(result.is_ok(), "{result:?}");
    assert_eq!((delivery.sent, delivery.lost, seen), (u64::from(FLOWS), 0, u64::from(FLOWS)));
}

#[test]
fn a_collector_that_closes_at_once_gets_nothing_and_nothing_counts_as_sent() {
    for run in RUNS {
        let listening = Listening::start(|_, connection| drop(connection));
        let mut exporter = over_tcp(listening.port(), impatient());
        let (given, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        let (_, seen) = listening.end();
        assert!(result.is_err(), "{result:?}");
        assert_eq!((delivery.sent, delivery.lost, seen), (0, given, 0));
    }
}

#[test]
fn a_collector_that_closes_at_once_for_a_while_gets_everything_then() {
    for run in RUNS {
        let listening = Listening::start(|number, mut connection| {
            if number >= 6 {
                connection.read_all();
            }
        });
        let mut exporter = over_tcp(listening.port(), timings());
        let (_, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        let (connections, seen) = listening.end();
        assert_all_taken(&delivery, &result, seen);
        assert_eq!(connections, 7);
    }
}

#[test]
fn what_a_collector_did_not_read_before_a_reset_is_sent_again() {
    for run in RUNS {
        let listening = Listening::start(|number, mut connection| {
            // What waits to be read when a connection is closed makes that a reset.
            connection.read_messages(if number < 5 { 10 } else { usize::MAX });
        });
        let mut exporter = over_tcp(listening.port(), timings());
        let (_, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        let (_, seen) = listening.end();
        assert_all_taken(&delivery, &result, seen);
    }
}

#[test]
fn a_collector_that_always_resets_has_what_counts_as_sent() {
    let listening = Listening::start(|_, mut connection| {
        connection.read_messages(10);
        connection.reset();
    });
    let mut exporter = over_tcp(listening.port(), impatient());
    let (given, result) = written(&mut exporter);
    let delivery = exporter.delivery();
    let (_, seen) = listening.end();
    assert!(result.is_err() && delivery.lost > 0, "{delivery:?}");
    assert_eq!(delivery.sent + delivery.lost, given);
    assert!(seen >= delivery.sent, "{seen} {delivery:?}");
}

/// A message may be why connections break, so it is not sent again for ever; those after it have their turn.
#[test]
fn messages_that_were_in_twenty_broken_connections_are_lost() {
    let is_well = Arc::new(AtomicBool::new(false));
    let recovers = Arc::clone(&is_well);
    let listening = Listening::start(move |_, mut connection| {
        if recovers.load(Ordering::Relaxed) {
            return connection.read_all();
        }
        // Templates, then one that may be why.
        connection.read_messages(2);
        connection.reset();
    });
    let mut exporter = over_tcp(listening.port(), timings());
    let (first, second) = RECORDS.split_at(5_000);
    let _ = exporter.offer(first);
    until("nothing is lost", || exporter.delivery().lost > 0);
    is_well.store(true, Ordering::Relaxed);
    let _ = exporter.offer(second);
    // Some were lost before the end, so that is no error of the end.
    exporter.finish_soon().unwrap();
    let delivery = exporter.delivery();
    let (_, seen) = listening.end();
    assert_eq!(delivery.sent + delivery.lost, u64::from(FLOWS));
    assert!(seen >= delivery.sent && delivery.sent >= second.len() as u64, "{seen} {delivery:?}");
}

#[test]
fn a_slow_collector_gets_everything() {
    for run in RUNS {
        let listening = Listening::start(|_, mut connection| {
            let mut messages = 0;
            while connection.read_message() {
                messages += 1;
                if messages % 8 == 0 {
                    thread::sleep(Duration::from_millis(20));
                }
            }
        });
        let mut exporter = over_tcp(listening.port(), timings());
        let (_, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        let (connections, seen) = listening.end();
        assert_all_taken(&delivery, &result, seen);
        assert_eq!(connections, 1);
    }
}

#[test]
fn what_a_collector_never_reads_is_lost() {
    for run in RUNS {
        let held = Arc::new(Mutex::new(Vec::new()));
        let holding = Arc::clone(&held);
        let listening = Listening::start(move |_, connection| holding.lock().unwrap().push(connection));
        let mut exporter = over_tcp(listening.port(), impatient());
        let (given, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        let error = result.unwrap_err().to_string();
        assert!(error.ends_with(": the collector does not take the data"), "{error}");
        assert_eq!((delivery.sent, delivery.lost), (0, given));
        listening.end();
    }
}

#[test]
fn a_run_that_is_told_to_end_does_not_wait_for_a_collector() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let holding = Arc::clone(&held);
    let listening = Listening::start(move |_, connection| holding.lock().unwrap().push(connection));
    let told = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&told);
    let patience = Patience::new(move || Ok(asked.load(Ordering::Relaxed)));
    let hours = Duration::from_secs(10_000);
    let timings = Timings { patience: hours, stall: hours, ..impatient() };
    let collector = format!("tcp://127.0.0.1:{}", listening.port()).parse().unwrap();
    let mut exporter = Exporter::start_with(collector, RECORDS[0].schema(), &patience, timings).unwrap();
    let telling = thread::spawn({
        let held = Arc::clone(&held);
        move || {
            until("no connection", || !held.lock().unwrap().is_empty());
            told.store(true, Ordering::Relaxed);
        }
    });
    // More than has place.
    let mut given = 0;
    for _ in 0..5 {
        exporter.write(&RECORDS).unwrap();
        given += RECORDS.len() as u64;
    }
    assert!(exporter.finish().is_err());
    telling.join().unwrap();
    assert_eq!((exporter.delivery().sent, exporter.delivery().lost), (0, given));
    listening.end();
}

#[test]
fn a_collector_that_stops_listening_is_given_up_and_what_it_had_is_counted() {
    for run in RUNS {
        let seen = Seen::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let counted = Arc::clone(&seen);
        let reading = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            drop(listener);
            Connection { stream, seen: counted, length: 0 }.read_messages(50);
        });
        let mut exporter = over_tcp(port, impatient());
        let (given, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        reading.join().unwrap();
        assert!(result.is_err(), "{result:?}");
        assert_eq!(delivery.sent + delivery.lost, given);
        assert!(seen.lock().unwrap().len() as u64 >= delivery.sent);
    }
}

#[test]
fn a_collector_that_is_started_again_gets_what_the_one_before_did_not_read() {
    for run in RUNS {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Seen::default();
        let counted = Arc::clone(&seen);
        let again = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut connection = Connection { stream, seen: Arc::clone(&counted), length: 0 };
            connection.read_messages(20);
            drop((connection, listener));
            Listening::start_at(port, counted, |_, mut connection| connection.read_all())
        });
        let mut exporter = over_tcp(port, timings());
        let (_, result) = run(&mut exporter);
        let delivery = exporter.delivery();
        let (_, seen) = again.join().unwrap().end();
        assert_all_taken(&delivery, &result, seen);
    }
}

/// It counts when the connection ends, and is not sent again.
#[test]
fn what_was_acknowledged_for_long_counts_as_read() {
    let (first, last) = RECORDS.split_at(RECORDS.len() - 1);
    let most = first.len();
    let listening = Listening::start(move |number, mut connection| {
        if number > 0 {
            return connection.read_all();
        }
        while connection.seen.lock().unwrap().len() < most {
            assert!(connection.read_message());
        }
        connection.reset();
    });
    let timings = Timings { settled: Duration::from_millis(20), ..timings() };
    let mut exporter = over_tcp(listening.port(), timings);
    exporter.offer(first).unwrap();
    until("not all has come", || listening.seen.lock().unwrap().len() == most);
    thread::sleep(Duration::from_secs(2));
    assert_eq!(exporter.delivery(), Delivery::default());
    let _ = exporter.offer(last);
    until("it does not count", || exporter.delivery().sent == most as u64);
    exporter.finish_soon().unwrap();
    assert_eq!((exporter.delivery().sent, exporter.delivery().lost), (u64::from(FLOWS), 0));
    listening.end();
}

/// A host acknowledges what nobody reads, and the waits for several collectors do not add up.
#[test]
fn collectors_that_never_read_are_waited_for_together_and_get_nothing() {
    const COLLECTORS: usize = 20;
    let (second, hours) = (Duration::from_secs(1), Duration::from_secs(10_000));
    let settled = Duration::from_millis(50);
    for is_told in [false, true] {
        let held = Arc::new(Mutex::new(Vec::new()));
        let holding = Arc::clone(&held);
        let listening = Listening::start(move |_, connection| holding.lock().unwrap().push(connection));
        let patience = Patience::new(move || Ok(is_told));
        let timings = if is_told {
            Timings { patience: hours, grace: second, settled, ..timings() }
        } else {
            Timings { patience: second, settled, ..timings() }
        };
        let records = &RECORDS[..500];
        let mut exporters: Vec<Exporter> = (0..COLLECTORS)
            .map(|_| {
                let collector = format!("tcp://127.0.0.1:{}", listening.port()).parse().unwrap();
                Exporter::start_with(collector, records[0].schema(), &patience, timings.clone()).unwrap()
            })
            .collect();
        exporters.iter_mut().for_each(|exporter| exporter.write(records).unwrap());
        until("not all connect", || held.lock().unwrap().len() == COLLECTORS);
        let started = Instant::now();
        exporters.iter_mut().for_each(Sink::announce_end);
        for exporter in &mut exporters {
            assert!(exporter.finish().is_err());
            assert_eq!((exporter.delivery().sent, exporter.delivery().lost), (0, 500));
        }
        assert!(started.elapsed() < second * COLLECTORS as u32 / 2, "{:?}", started.elapsed());
        listening.end();
    }
}

#[test]
fn an_error_says_what_was_tried_and_why_it_failed() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let told = |collector: String| {
        let mut exporter = exporter(&collector, impatient());
        let error = written(&mut exporter).1.unwrap_err().to_string();
        assert!(error.starts_with(&collector), "{error}");
        error[collector.len()..].to_owned()
    };
    assert_eq!(told(format!("tcp://127.0.0.1:{port}")), ": cannot connect: connection refused");
    let by_name = told(format!("tcp://localhost:{port}"));
    assert!(by_name.starts_with(": cannot connect to "), "{by_name}");
    assert!(by_name.ends_with(&format!(" 127.0.0.1:{port}: connection refused")), "{by_name}");
    assert_eq!(told(format!("udp://127.0.0.1:{port}")), ": cannot send: connection refused");

    // Nobody accepts the connections, until the kernel has no place for more.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let full = listener.local_addr().unwrap();
    let _held: Vec<TcpStream> =
        std::iter::repeat_with(|| TcpStream::connect_timeout(&full, SHORT)).map_while(Result::ok).collect();
    let timings = Timings { connect: SHORT, ..impatient() };
    let mut late = exporter(&format!("tcp://{full}"), timings);
    let error = written(&mut late).1.unwrap_err().to_string();
    assert_eq!(error, format!("tcp://{full}: cannot connect: connection timed out"));
}

#[test]
fn records_reach_an_address_with_a_zone() {
    for address in ["[::1%lo]", "[::1%1]", "[::1%25lo]"] {
        let Ok(listener) = TcpListener::bind(("::1", 0)) else {
            return nfstream_skip::skip("there is no IPv6 on the loopback interface");
        };
        let port = listener.local_addr().unwrap().port();
        let reading = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let seen = Seen::default();
            Connection { stream, seen: Arc::clone(&seen), length: 0 }.read_all();
            seen.lock().unwrap().len() as u64
        });
        let mut exporter = exporter(&format!("tcp://{address}:{port}"), timings());
        let (given, result) = written(&mut exporter);
        assert!(result.is_ok(), "{address}: {result:?}");
        assert_eq!(reading.join().unwrap(), given);
    }
    for zone in ["nowhere", "4294967295"] {
        let collector: Collector = format!("[fe80::1%{zone}]").parse().unwrap();
        let error = Exporter::start(collector, RECORDS[0].schema()).err().unwrap().to_string();
        assert_eq!(error, format!("udp://[fe80::1%25{zone}]:4739: there is no interface {zone}"));
    }
}

/// That a host closes without a reset says that nothing was left to be read.
#[test]
fn a_collector_that_closes_in_order_gets_nothing_twice() {
    let (first, second) = RECORDS.split_at(3_000);
    let ids = |records: &[Record]| records.iter().map(Record::id).collect::<HashSet<u64>>();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut exporter = over_tcp(listener.local_addr().unwrap().port(), timings());
    for records in [first, second] {
        let seen = Seen::default();
        let _ = exporter.offer(records);
        let (stream, _) = listener.accept().unwrap();
        let mut connection = Connection { stream, seen: Arc::clone(&seen), length: 0 };
        while seen.lock().unwrap().len() < records.len() {
            assert!(connection.read_message());
        }
        assert_eq!(*seen.lock().unwrap(), ids(records));
    }
    exporter.finish_soon().unwrap();
    assert_eq!((exporter.delivery().sent, exporter.delivery().lost), (u64::from(FLOWS), 0));
}

#[test]
fn a_collector_that_only_closes_its_side_is_left_and_has_what_it_reads() {
    let listening = Listening::start(|_, mut connection| {
        connection.stream.shutdown(Shutdown::Write).unwrap();
        connection.read_all();
    });
    let mut exporter = over_tcp(listening.port(), timings());
    let (_, result) = written(&mut exporter);
    let delivery = exporter.delivery();
    let (_, seen) = listening.end();
    assert_all_taken(&delivery, &result, seen);
}

#[test]
fn over_udp_what_a_dead_port_refuses_is_lost() {
    for run in RUNS {
        let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut exporter = exporter(&format!("udp://127.0.0.1:{port}"), timings());
        let (given, result) = run(&mut exporter);
        let error = result.unwrap_err().to_string();
        assert!(error.ends_with(": connection refused"), "{error}");
        assert_eq!((exporter.delivery().sent, exporter.delivery().lost), (0, given));
    }
}

#[test]
fn over_udp_a_port_that_dies_is_told_and_everything_is_sent_or_lost() {
    for run in RUNS {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        let dying = thread::spawn(move || {
            let mut datagram = [0; 65_536];
            for _ in 0..100 {
                socket.recv(&mut datagram).unwrap();
            }
        });
        let mut exporter = exporter(&format!("udp://127.0.0.1:{port}"), timings());
        let (given, result) = run(&mut exporter);
        assert!(result.is_err());
        dying.join().unwrap();
        let delivery = exporter.delivery();
        assert_eq!(delivery.sent + delivery.lost, given);
        assert!(delivery.sent > 0 && delivery.lost > 0, "{delivery:?}");
    }
}
