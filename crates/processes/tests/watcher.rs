//! Real sockets of real processes, as a watcher sees them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nfstream_processes::{Answer, Process, Protocol, Watcher};

/// Long enough that only what asks for a look gets one.
const NEVER: Duration = Duration::from_secs(3600);

/// How long anything may take on a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(60);

fn own_pid() -> i32 {
    std::process::id() as i32
}

/// Asks again and again, as a flow does, until the answer is right.
fn eventually(
    watcher: &Watcher,
    protocol: Protocol,
    (source, destination): (SocketAddr, SocketAddr),
    is_right: impl Fn(&Answer) -> bool,
) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = watcher.process_of(protocol, source, destination, begun);
        if is_right(&answer) {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "{source} to {destination}: still {answer:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The process, when it is there.
fn process(watcher: &Watcher, protocol: Protocol, ends: (SocketAddr, SocketAddr)) -> Process {
    let answer = eventually(watcher, protocol, ends, |answer| answer.process.is_some());
    Process::clone(&answer.process.unwrap())
}

fn is_of(pid: i32) -> impl Fn(&Answer) -> bool {
    move |answer| answer.process.as_ref().is_some_and(|process| process.pid == pid)
}

/// A shell that connects to a TCP port of 127.0.0.1, says from where, and waits for its input to end.
fn connected_shell(port: u16) -> Option<Child> {
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected && read -r _");
    let shell =
        Command::new("bash").args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut shell) = shell else {
        nfstream_skip::skip("bash is missing; install it with: apt-get install bash");
        return None;
    };
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "connected\n");
    Some(shell)
}

#[test]
fn sockets_of_tcp_and_udp_over_ipv4_and_ipv6() {
    let watcher = Watcher::start(NEVER, false).unwrap();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(address) else {
            nfstream_skip::skip(format_args!("{address} cannot be bound"));
            continue;
        };
        let to = listener.local_addr().unwrap();
        let elsewhere: SocketAddr =
            if to.is_ipv4() { "198.51.100.9:5000" } else { "[2001:db8::9]:5000" }.parse().unwrap();
        // An incoming flow, by the listening socket.
        assert_eq!(process(&watcher, Protocol::Tcp, (elsewhere, to)).pid, own_pid());
        let client = TcpStream::connect(to).unwrap();
        let from = client.local_addr().unwrap();
        eventually(&watcher, Protocol::Tcp, (from, to), |answer| is_of(own_pid())(answer) && answer.is_final);

        let socket = UdpSocket::bind(address).unwrap();
        let to = socket.local_addr().unwrap();
        assert_eq!(process(&watcher, Protocol::Udp, (elsewhere, to)).pid, own_pid());
        let client = UdpSocket::bind(address).unwrap();
        client.connect(to).unwrap();
        let from = client.local_addr().unwrap();
        drop(socket);
        assert_eq!(process(&watcher, Protocol::Udp, (from, to)).pid, own_pid());
        assert_eq!(process(&watcher, Protocol::Udp, (to, from)).pid, own_pid());
    }
}

#[test]
fn ipv4_reaches_sockets_of_ipv6() {
    let Ok(listener) = TcpListener::bind("[::]:0") else {
        nfstream_skip::skip("there is no IPv6");
        return;
    };
    let watcher = Watcher::start(NEVER, false).unwrap();
    let to = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
    let from = SocketAddr::from(([198, 51, 100, 9], 5000));
    assert_eq!(process(&watcher, Protocol::Tcp, (from, to)).pid, own_pid());
    // Only the accepted socket is left, which is one of IPv6.
    let Some(mut shell) = connected_shell(to.port()) else { return };
    let (accepted, from) = listener.accept().unwrap();
    let from = SocketAddr::new(from.ip().to_canonical(), from.port());
    drop(listener);
    shell.kill().unwrap();
    shell.wait().unwrap();
    let unasked = Watcher::start(NEVER, false).unwrap();
    assert_eq!(process(&unasked, Protocol::Tcp, (to, from)).pid, own_pid());
    drop(accepted);
}

#[test]
fn another_process_and_what_is_told_of_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let watcher = Watcher::start(NEVER, true).unwrap();
    let Some(mut shell) = connected_shell(to.port()) else { return };
    let (_accepted, from) = listener.accept().unwrap();
    let pid = shell.id() as i32;
    // The source counts, once it is known.
    let answer = eventually(&watcher, Protocol::Tcp, (from, to), |answer| answer.is_final);
    let process = answer.process.unwrap();
    assert_eq!((process.pid, &process.name[..]), (pid, "bash"));
    assert!(process.path.ends_with("/bash"), "{process:?}");
    assert!(!process.user.is_empty() && process.cgroup.starts_with('/'), "{process:?}");
    assert_eq!(process.uid, own_uid());
    eventually(&watcher, Protocol::Tcp, (to, from), is_of(own_pid()));

    shell.kill().unwrap();
    shell.wait().unwrap();
    // The flow began before the end, so it is the shell's still, even when the socket is known to be gone.
    let begun = Instant::now();
    let other = watcher.process_of(Protocol::Tcp, "127.0.0.1:1".parse().unwrap(), to, begun);
    assert!(is_of(own_pid())(&other));
    // A flow of later on is not the shell's.
    let later = begun + Duration::from_secs(3600);
    while is_of(pid)(&watcher.process_of(Protocol::Tcp, from, to, later)) {
        assert!(begun.elapsed() < DEADLINE, "the socket is taken for one that is there");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(is_of(pid)(&watcher.process_of(Protocol::Tcp, from, to, begun)));
    assert_eq!(watcher.process_of(Protocol::Tcp, from, to, begun).process, Some(process));
}

fn own_uid() -> u32 {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().unwrap().uid()
}

#[test]
fn a_socket_that_changes_hands_is_its_new_owners() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let watcher = Watcher::start(Duration::from_millis(20), false).unwrap();
    let Some(mut shell) = connected_shell(to.port()) else { return };
    let (_accepted, from) = listener.accept().unwrap();
    eventually(&watcher, Protocol::Tcp, (from, to), is_of(shell.id() as i32));
    drop(shell.stdin.take());
    shell.wait().unwrap();

    // A shell that becomes another program.
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{} && read -r _ && exec sleep 1000", to.port());
    let mut shell = Command::new("bash").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
    let (_accepted, from) = listener.accept().unwrap();
    eventually(&watcher, Protocol::Tcp, (from, to), is_of(shell.id() as i32));
    shell.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    eventually(&watcher, Protocol::Tcp, (from, to), |answer| {
        answer.process.as_ref().is_some_and(|process| process.name == "sleep")
    });
    shell.kill().unwrap();
    shell.wait().unwrap();
}

#[test]
fn flows_of_others_are_not_looked_for() {
    let watcher = Watcher::start(NEVER, false).unwrap();
    let ends = ["198.51.100.9:5000", "203.0.113.1:80"].map(|end| end.parse().unwrap());
    let answer = watcher.process_of(Protocol::Tcp, ends[0], ends[1], Instant::now());
    assert_eq!(answer, Answer::default());
}

/// Every connection is over before it is asked for.
#[test]
fn short_connections_are_named_where_the_kernel_can_be_traced() {
    let tracefs = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].map(Path::new);
    if !tracefs.iter().any(|path| std::fs::read_dir(path.join("instances")).is_ok()) {
        nfstream_skip::skip("tracefs is not mounted, or not for us");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let watcher = Watcher::start(NEVER, false).unwrap();
    for _ in 0..20 {
        let Some(mut shell) = connected_shell(to.port()) else { return };
        let (mut accepted, from) = listener.accept().unwrap();
        let begun = Instant::now();
        drop(shell.stdin.take());
        shell.wait().unwrap();
        accepted.read_to_end(&mut Vec::new()).unwrap();
        drop(accepted);
        let right = is_of(shell.id() as i32);
        while !right(&watcher.process_of(Protocol::Tcp, from, to, begun)) {
            assert!(begun.elapsed() < DEADLINE);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

const FOREIGN: &str = "NFSTREAM_TEST_FOREIGN_PORT";

#[test]
fn without_root_others_sockets_are_counted() {
    const NOBODY: u32 = 65_534;
    if own_uid() != 0 {
        nfstream_skip::skip("it takes root to become another user");
        return;
    }
    // Where that user may run it.
    let copy = std::env::temp_dir().join(format!("nfstream-watcher-{}", own_pid()));
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    std::fs::set_permissions(&copy, PermissionsExt::from_mode(0o755)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = Command::new(&copy)
        .args(["--exact", "seen_by_another_user", "--ignored", "--nocapture"])
        .env(FOREIGN, listener.local_addr().unwrap().port().to_string())
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output();
    std::fs::remove_file(&copy).unwrap();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "is run by the test above, as another user"]
fn seen_by_another_user() {
    let Ok(port) = std::env::var(FOREIGN) else { return };
    let foreign = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    let watcher = Watcher::start(Duration::from_millis(20), true).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap();
    let from = SocketAddr::from(([198, 51, 100, 9], 5000));
    let found = process(&watcher, Protocol::Tcp, (from, own));
    assert_eq!(found.pid, own_pid());
    assert!(!found.path.is_empty() && !found.user.is_empty());
    // The look that found it has seen the other, too.
    assert_eq!(watcher.process_of(Protocol::Tcp, from, foreign, Instant::now()).process, None);
    assert!(watcher.blind().hidden > 0);
}
