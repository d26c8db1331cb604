//! The processes of flows: real sockets, and packets between them that come through a pipe.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;

use crate::process::{Ran, nfstream, run};

/// `LINKTYPE_RAW`: packets begin with IP.
const RAW: u32 = 101;

/// IPv4 (RFC 791) or IPv6 (RFC 8200) with the header of TCP (RFC 9293) or UDP (RFC 768), and nothing in it.
fn packet(protocol: u8, source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    let mut transport = [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat();
    match protocol {
        6 => transport.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]),
        _ => transport.extend([0, 8, 0, 0]),
    }
    let length = transport.len() as u8;
    let mut packet = match (source.ip(), destination.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let mut header = vec![0x45, 0, 0, 20 + length, 0, 0, 0, 0, 64, protocol, 0, 0];
            header.extend([source.octets(), destination.octets()].concat());
            header
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut header = vec![0x60, 0, 0, 0, 0, length, protocol, 64];
            header.extend([source.octets(), destination.octets()].concat());
            header
        }
        _ => panic!("one version of IP"),
    };
    packet.extend(transport);
    packet
}

/// A capture of packets in the format of pcap, all of one moment.
fn capture(packets: &[Vec<u8>]) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut capture = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, RAW]);
    for packet in packets {
        let length = packet.len() as u32;
        capture.extend(words(&[1_700_000_000, 0, length, length]));
        capture.extend(packet);
    }
    capture
}

/// Runs with what comes through a pipe.
fn run_on(capture: &[u8], arguments: &[&str]) -> Ran {
    let mut command = nfstream(["-", "--format", "csv", "--system-visibility-mode", "1"]);
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(capture).unwrap();
    child.wait_with_output().unwrap().into()
}

/// The value of a column in every line.
fn column(csv: &str, name: &str) -> Vec<String> {
    let mut lines = csv.lines().map(|line| line.split(','));
    let place = lines.next().unwrap().position(|column| column == name).unwrap();
    lines.map(|mut values| values.nth(place).unwrap().to_owned()).collect()
}

#[test]
fn flows_have_pid_and_name_of_their_process() {
    let mut packets = Vec::new();
    let mut sockets: (Vec<TcpListener>, Vec<TcpStream>, Vec<UdpSocket>) = Default::default();
    for (address, elsewhere) in [("127.0.0.1:0", "198.51.100.9:5000"), ("[::1]:0", "[2001:db8::9]:5000")] {
        let Ok(listener) = TcpListener::bind(address) else {
            nfstream_skip::skip(format_args!("{address} cannot be bound"));
            continue;
        };
        let elsewhere = elsewhere.parse().unwrap();
        let to = listener.local_addr().unwrap();
        let client = TcpStream::connect(to).unwrap();
        let udp = UdpSocket::bind(address).unwrap();
        packets.push(packet(6, client.local_addr().unwrap(), to));
        packets.push(packet(6, elsewhere, to));
        packets.push(packet(17, elsewhere, udp.local_addr().unwrap()));
        sockets.0.push(listener);
        sockets.1.push(client);
        sockets.2.push(udp);
    }
    let own = packets.len();
    packets.push(packet(6, "198.51.100.9:5000".parse().unwrap(), "203.0.113.1:80".parse().unwrap()));
    let ran = run_on(&capture(&packets), &["--n-dissections", "0"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);

    let name = std::env::current_exe().unwrap();
    let name = name.file_name().unwrap().to_str().unwrap();
    let mut pids = vec![std::process::id().to_string(); own];
    pids.push("-1".to_owned());
    assert_eq!(column(&ran.stdout, "system_process_pid"), pids);
    let mut names = column(&ran.stdout, "system_process_name");
    assert_eq!(names.pop().as_deref(), Some(""));
    assert!(names.iter().all(|told| name.starts_with(told.as_str()) && !told.is_empty()), "{names:?}");
    assert!(ran.stdout.lines().next().unwrap().ends_with("system_process_pid,system_process_name"));
}

#[test]
fn what_else_is_known_of_a_process_is_one_column() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let packet = packet(6, "198.51.100.9:5000".parse().unwrap(), listener.local_addr().unwrap());
    let ran = run_on(&capture(&[packet]), &["--system-metadata"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let header = ran.stdout.lines().next().unwrap();
    assert!(header.ends_with("content_type,system_process_pid,system_process_name,system"), "{header}");
    let path = std::env::current_exe().unwrap();
    let told = format!("\"\"path\"\":\"\"{}\"\"", path.display());
    assert!(ran.stdout.contains(&told), "{}", ran.stdout);
}

#[test]
fn a_capture_file_says_nothing_of_the_processes_of_now() {
    let ran = run(["http.pcap", "--system-visibility-mode", "1"]);
    let told = "nfstream: http.pcap is a file, which does not show the processes of this machine: \
                system visibility is for live traffic\n\nFor more information, try '--help'.\n";
    assert_eq!(ran, Ran { status: Some(2), stdout: String::new(), stderr: told.to_owned() });
}
