//! Risks of the verdict: what the protocol is, and where it is used.

use super::{Judged, Raised};
use crate::knowledge::Rules;
use crate::verdict::Confidence;
use crate::vocabulary::{Label, Risk, labels};

/// Protocols that are used on any port, or whose ports their users choose.
const ANYWHERE: [Label; 12] = [
    labels::STUN,
    labels::RTP,
    labels::BITTORRENT,
    labels::RTCP,
    labels::SRTP,
    labels::FTP_DATA,
    labels::TFTP,
    labels::DTLS,
    // Also what a connection turns to in the middle.
    labels::SMTPS,
    labels::IMAPS,
    labels::POPS,
    labels::FTPS,
];

/// Judges the verdict.
pub(crate) fn judge(
    flow: &Judged<'_>,
    expects: &dyn Fn(Label, u16) -> bool,
    rules: &Rules,
    raised: &mut Raised,
) {
    let classification = flow.classification;
    if classification.confidence != Confidence::Inspection {
        return;
    }
    let (protocol, application) = (classification.protocol, classification.application);
    for label in [protocol, application].into_iter().filter(|label| label.is_known()) {
        let breed = label.entry().map_or("", |entry| entry.breed);
        if matches!(breed, "Unsafe" | "Dangerous") {
            raised.push((Risk::UNSAFE_PROTOCOL, rules.name(label).to_owned()));
            break;
        }
    }
    let shares = [
        labels::RDP,
        labels::VNC,
        labels::TEAMVIEWER,
        labels::ANYDESK,
        labels::RADMIN,
        labels::NOMACHINE,
        labels::XDMCP,
        labels::SYNCTHING,
        labels::AFP,
    ];
    if let Some(label) = [protocol, application].into_iter().find(|label| shares.contains(label)) {
        raised.push((Risk::DESKTOP_OR_FILE_SHARING_SESSION, rules.name(label).to_owned()));
    }
    port(flow, protocol, expects, rules, raised);
}

fn port(
    flow: &Judged<'_>,
    protocol: Label,
    expects: &dyn Fn(Label, u16) -> bool,
    rules: &Rules,
    raised: &mut Raised,
) {
    let Some(entry) = protocol.entry().filter(|_| !ANYWHERE.contains(&protocol)) else { return };
    let own = match flow.endpoints.protocol {
        6 => entry.tcp_ports,
        17 => entry.udp_ports,
        _ => return,
    };
    let ports = [flow.endpoints.src.port(), flow.endpoints.dst.port()];
    // What the protocol carries may have a port of its own.
    let application = flow.classification.application;
    let carried = application.entry().map_or(&[][..], |entry| match flow.endpoints.protocol {
        6 => entry.tcp_ports,
        _ => entry.udp_ports,
    });
    let is_own = |port: &u16| {
        own.contains(port)
            || carried.contains(port)
            || expects(protocol, *port)
            || expects(application, *port)
    };
    if own.is_empty() || ports.iter().any(is_own) {
        return;
    }
    raised.push((
        Risk::KNOWN_PROTOCOL_ON_NON_STANDARD_PORT,
        format!("{} on {}", rules.name(protocol), ports[1]),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Exchange;

    #[test]
    fn ports_and_breeds() {
        let ssh =
            |port| Exchange::tcp(port).client("SSH-2.0-x\r\n").server("SSH-2.0-y\r\n").outcome().risks();
        assert_eq!(ssh(22), []);
        assert_eq!(ssh(2200), [Risk::KNOWN_PROTOCOL_ON_NON_STANDARD_PORT]);
        let ftp = Exchange::tcp(21).server("220 FTP server\r\n").client("USER anonymous\r\n").outcome();
        assert_eq!(ftp.risks(), [Risk::UNSAFE_PROTOCOL]);
        let ftp = Exchange::tcp(21).server("220 FTP server\r\n").client("USER me\r\n").outcome();
        assert_eq!(ftp.evidence(Risk::CLEAR_TEXT_CREDENTIALS), Some("FTP: me"));
        let vnc = Exchange::tcp(5900).server("RFB 003.008\n").client("RFB 003.008\n").outcome();
        assert_eq!(vnc.risks(), [Risk::DESKTOP_OR_FILE_SHARING_SESSION]);
    }
}
