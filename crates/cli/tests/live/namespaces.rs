//! Network namespaces, and wires between them.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::capture::NFSTREAM;
use crate::waiting::wait_until;

/// The name of both ends of a wire, each in its namespace.
pub(crate) const WIRE: &str = "wire";

/// The addresses of both ends, when they have some: IPv4 in a network of 24 bits, IPv6 in one of 64.
pub(crate) const NEAR: [&str; 2] = ["10.9.0.1", "fd00:9::1"];
pub(crate) const FAR: [&str; 2] = ["10.9.0.2", "fd00:9::2"];

const PREFIX: &str = "nfstream-test";

/// A network of its own, with its loopback interface up. It goes away when this is dropped, with all interfaces in it.
pub(crate) struct Namespace {
    name: String,
}

/// Two namespaces and the wire between them, a pair of veth devices. Nothing is on it but what the test puts there.
pub(crate) struct Wire {
    /// Where is captured.
    pub(crate) near: Namespace,
    pub(crate) far: Namespace,
}

/// A program in the background, which ends when this is dropped.
pub(crate) struct Server(Child);

impl Namespace {
    /// A namespace, if there can be one and the programs are there; else says what is missing.
    pub(crate) fn with(programs: &[&str]) -> Option<Self> {
        match missing(programs) {
            None => Some(Self::new()),
            Some(missing) => {
                nfstream_skip::skip(missing);
                None
            }
        }
    }

    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{PREFIX}-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        finish(Command::new("ip").args(["netns", "add", &name]));
        let namespace = Self { name };
        // Neighbour discovery, router solicitations and the like would come between what a test sends.
        for interfaces in ["all", "default"] {
            let path = format!("/proc/sys/net/ipv6/conf/{interfaces}/disable_ipv6");
            if Path::new(&path).exists() {
                namespace.run("sh", ["-c", &format!("echo 1 >{path}")]);
            }
        }
        namespace.ip("link set lo up");
        namespace
    }

    /// A program in this network, to be started. Its process is the program's: nothing stands between.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program).stdin(Stdio::null());
        command
    }

    /// The binary, to be started.
    pub(crate) fn nfstream(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(NFSTREAM);
        command.args(arguments);
        command
    }

    /// Runs a program with success, and gives its standard output.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> String {
        finish(self.command(program).args(arguments))
    }

    /// Runs `ip` with arguments that spaces separate.
    pub(crate) fn ip(&self, arguments: &str) -> String {
        self.run("ip", arguments.split_whitespace())
    }

    /// Starts a server, and waits until it listens at a port: `tcp` or `udp`, IPv4 or IPv6.
    pub(crate) fn serve(&self, mut command: Command, transport: &str, port: u16) -> Server {
        let server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait_until("a server that listens", || self.listens(transport, port));
        server
    }

    fn listens(&self, transport: &str, port: u16) -> bool {
        // Addresses and states in hexadecimal: proc_net_tcp.rst in the kernel's documentation. 0A is LISTEN, 07 is that of
        // a UDP socket without a peer.
        let state = if transport == "tcp" { "0A" } else { "07" };
        let sockets = |family: &str| self.read(&format!("/proc/net/{transport}{family}"));
        let listens = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields.get(1).is_some_and(|local| local.ends_with(&format!(":{port:04X}")))
                && fields.get(3) == Some(&state)
        };
        ["", "6"].iter().any(|family| sockets(family).lines().any(listens))
    }

    /// A file as a process of this network sees it; nothing, when it is not there.
    pub(crate) fn read(&self, path: &str) -> String {
        let output = self.command("cat").arg(path).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

impl Wire {
    /// A wire, if there can be one and the programs are there; else says what is missing.
    pub(crate) fn with(programs: &[&str]) -> Option<Self> {
        Some(Self::between(Namespace::with(programs)?, Namespace::new()))
    }

    fn between(near: Namespace, far: Namespace) -> Self {
        // As long as frames can be.
        let mtu = "mtu 65535";
        near.ip(&format!("link add {WIRE} {mtu} type veth peer name {WIRE} {mtu} netns {}", far.name));
        for end in [&near, &far] {
            end.ip(&format!("link set {WIRE} up"));
        }
        let wire = Self { near, far };
        wait_until("the wire to carry", || {
            [&wire.near, &wire.far]
                .iter()
                .all(|end| end.read(&format!("/sys/class/net/{WIRE}/carrier")).trim() == "1")
        });
        wire
    }

    /// Gives both ends addresses of IPv4, the first of [`NEAR`] and of [`FAR`], and frames of the usual length.
    pub(crate) fn address(&self) {
        for (end, [v4, _]) in [(&self.near, NEAR), (&self.far, FAR)] {
            end.ip(&format!("link set {WIRE} mtu 1500"));
            end.ip(&format!("address add {v4}/24 dev {WIRE}"));
        }
    }

    /// Gives both ends the others. From now on, multicast listeners are reported and neighbours looked for.
    pub(crate) fn address_v6(&self) {
        for (end, [_, v6]) in [(&self.near, NEAR), (&self.far, FAR)] {
            end.run("sh", ["-c", &format!("echo 0 >/proc/sys/net/ipv6/conf/{WIRE}/disable_ipv6")]);
            end.ip(&format!("address add {v6}/64 dev {WIRE} nodad"));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What stands in the way of namespaces and programs, and what would help.
fn missing(programs: &[&str]) -> Option<String> {
    let package = |program: &str| {
        match program {
            "ip" => "iproute2",
            "ping" => "iputils-ping",
            "dig" => "bind9-dnsutils",
            "ssh" => "openssh-client",
            "sshd" | "ssh-keygen" => "openssh-server",
            "setpriv" => "util-linux",
            "cat" => "coreutils",
            other => other,
        }
        .to_owned()
    };
    if !rustix::process::geteuid().is_root() {
        return Some("network namespaces take root: run the tests with sudo".to_owned());
    }
    if let Some(program) = ["ip"].iter().chain(programs).find(|program| !is_there(program)) {
        return Some(format!("{program} is missing; install it with: apt-get install {}", package(program)));
    }
    remove_leftovers();
    let name = format!("{PREFIX}-{}-probe", process::id());
    let probe = Command::new("ip").args(["netns", "add", &name]).output().unwrap();
    remove(&name);
    (!probe.status.success()).then(|| {
        let reason = String::from_utf8_lossy(&probe.stderr);
        format!(
            "no network namespace can be made here ({}): in a container, run it privileged",
            reason.trim()
        )
    })
}

fn is_there(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// Removes namespaces of test processes that were killed.
fn remove_leftovers() {
    let Ok(namespaces) = fs::read_dir("/run/netns") else { return };
    for name in namespaces.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').nth(1));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            remove(&name);
        }
    }
}

fn remove(namespace: &str) {
    let _ = Command::new("ip").args(["netns", "delete", namespace]).stderr(Stdio::null()).status();
}

fn finish(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
