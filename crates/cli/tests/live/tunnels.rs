//! Tunnels that the kernel makes: what is captured outside has the flows that are captured inside.

use crate::capture::{Capture, OUTPUT};
use crate::namespaces::{FAR, NEAR, Namespace, Wire};
use crate::records::{Record, number, records, text, timeless};

/// The end of a tunnel, as `ip` makes it: `{local}` and `{remote}` are addresses of the wire.
struct Kind {
    name: &'static str,
    id: u64,
    commands: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    Kind {
        name: "VXLAN",
        id: 42,
        commands: &["link add inside type vxlan id 42 local {local} remote {remote} dstport 4789"],
    },
    Kind { name: "Geneve", id: 42, commands: &["link add inside type geneve id 42 remote {remote}"] },
    Kind { name: "GRE", id: 7, commands: &["link add inside type gre local {local} remote {remote} key 7"] },
    Kind { name: "GRE", id: 0, commands: &["link add inside type gretap local {local} remote {remote}"] },
    Kind {
        name: "ERSPAN",
        id: 5,
        commands: &[
            "link add inside type erspan local {local} remote {remote} seq key 5 erspan_ver 1 erspan 3",
        ],
    },
    Kind { name: "IP in IP", id: 0, commands: &["link add inside type ipip local {local} remote {remote}"] },
    Kind {
        name: "FOU",
        id: 0,
        commands: &[
            "fou add port 5555 ipproto 4",
            "link add inside type ipip local {local} remote {remote} encap fou encap-sport 5555 encap-dport 5555",
        ],
    },
    Kind {
        name: "GUE",
        id: 0,
        commands: &[
            "fou add port 6080 gue",
            "link add inside type ipip local {local} remote {remote} encap gue encap-sport 6080 encap-dport 6080",
        ],
    },
    Kind {
        name: "L2TPv3",
        id: 3,
        commands: &[
            "l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap ip local {local} remote {remote}",
            "l2tp add session name inside tunnel_id 1 session_id 3 peer_session_id 3",
        ],
    },
];

/// One exchange over TCP and one over UDP, each in packets of which none can be joined with another.
const SERVER: &str = "
import socket, threading
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(('10.77.0.1', 53))
connections = socket.create_server(('10.77.0.1', 80))
def answer():
    while True:
        question, client = datagrams.recvfrom(4096)
        datagrams.sendto(question[:2] + bytes([0x84, 0]) + question[4:], client)
threading.Thread(target=answer, daemon=True).start()
while True:
    connection, _ = connections.accept()
    connection.recv(4096)
    connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')
    connection.recv(1)
    connection.close()
";
const CLIENT: &str = "
import socket
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.sendto(bytes([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3]) + b'www' + bytes([7]) + b'example' + bytes([3]) + b'org' + bytes([0, 0, 1, 0, 1]), ('10.77.0.1', 53))
datagrams.recv(4096)
connection = socket.create_connection(('10.77.0.1', 80))
connection.sendall(b'GET / HTTP/1.1\\r\\nHost: www.example.org\\r\\n\\r\\n')
connection.recv(4096)
connection.close()
";

#[test]
fn flows_outside_are_those_inside() {
    let (mut compared, mut missing) = (0, Vec::new());
    for kind in &KINDS {
        let Some(wire) = Wire::with(&["python3"]) else { return };
        wire.address();
        let made = make(&wire.near, kind, NEAR[0], FAR[0], "10.77.0.1")
            .and_then(|()| make(&wire.far, kind, FAR[0], NEAR[0], "10.77.0.2"));
        match made {
            Ok(()) => {
                ["1", "2", "3", "8"].into_iter().for_each(|meters| compare(&wire, kind, meters));
                compared += 1;
            }
            Err(reason) => missing.push(format!("{} ({reason})", kind.name)),
        }
    }
    let missing = format!("this kernel makes no tunnels of these kinds: {}", missing.join(", "));
    match compared {
        0 => nfstream_skip::skip(missing),
        _ => eprintln!("compared {compared} kinds; {missing}"),
    }
}

/// Makes one end of a tunnel; fails if the kernel has no such tunnels.
fn make(end: &Namespace, kind: &Kind, local: &str, remote: &str, address: &str) -> Result<(), String> {
    for command in kind.commands {
        let command = command.replace("{local}", local).replace("{remote}", remote);
        let output = end.command("ip").args(command.split_whitespace()).output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', ", "));
        }
    }
    end.ip(&format!("address add {address}/24 dev inside"));
    end.ip("link set inside up");
    Ok(())
}

fn compare(wire: &Wire, kind: &Kind, meters: &str) {
    let mut server = wire.near.command("python3");
    server.args(["-c", SERVER]);
    let _server = wire.near.serve(server, "tcp", 80);
    // Sizes are those of the IP packet, which the tunnel does not change.
    let arguments = [
        "--output",
        OUTPUT,
        "--accounting-mode",
        "1",
        "--statistical-analysis",
        "--tunnel-columns",
        "--n-meters",
        meters,
    ];
    let outside = Capture::start(&wire.near, &arguments);
    let inside = Capture::from(&wire.near, "inside", &arguments);
    wire.far.run("python3", ["-c", CLIENT]);
    let [mut outside, inside] = [outside, inside].map(|capture| records(&capture.interrupt().output));
    // ARP inside is no packet that could count: there, the outer packet does.
    outside.retain(|flow| !text(flow, "tunnel_type").is_empty());
    for flow in &outside {
        assert_eq!(text(flow, "tunnel_type"), kind.name, "{flow:#?}");
        assert_eq!(number(flow, "tunnel_depth"), 1, "{flow:#?}");
        assert_eq!(number(flow, "src2dst_tunnel_id"), kind.id, "{flow:#?}");
        assert_eq!(
            ["src2dst_outer_src_ip", "src2dst_outer_dst_ip"].map(|column| text(flow, column)),
            [FAR[0], NEAR[0]]
        );
    }
    let [outside, inside] = [outside, inside].map(without_tunnel);
    assert_eq!(inside.len(), 2, "{inside:#?}");
    assert_eq!(outside, inside, "{} with {meters} meters", kind.name);
}

/// The records without what a tunnel adds, and without MAC addresses, which packets without a frame have from outside.
fn without_tunnel(mut records: Vec<Record>) -> Vec<String> {
    for record in &mut records {
        record.retain(|column, _| {
            !column.contains("tunnel")
                && !column.contains("outer")
                && !column.ends_with("_mac")
                && !column.ends_with("_oui")
        });
    }
    timeless(records, &[])
}
