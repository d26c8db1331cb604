//! `VMware`: consoles and file copies through the authentication daemon of hosts (`VMware`, "Remote console", port 902). The server
//! greets in a line.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const GREETING: &[u8] = b"220 VMware Authentication Daemon";
/// Greatest length of a greeting line.
const LONGEST_LINE: usize = 512;

pub(super) struct VMware;

impl Dissector for VMware {
    const META: Meta = Meta::tcp(labels::VMWARE)
        .ports(&[902, 903, 912])
        .starts_with(&[GREETING])
        .max_segments(3)
        .specification("VMware, authentication daemon");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if !segment.payload.starts_with(GREETING) && !GREETING.starts_with(segment.payload) {
            return Verdict::Excluded;
        }
        match segment.reader().line() {
            Ok(line) => {
                found.field(Field::ServerSoftware, line.get(4..).unwrap_or_default());
                Verdict::DONE
            }
            Err(Short) if segment.payload.len() > LONGEST_LINE => Verdict::DONE,
            Err(Short) => Verdict::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_greeting() {
        let greeting = "220 VMware Authentication Daemon Version 1.10: SSL Required, MKSDisplayProtocol:VNC\r\n";
        let exchange = Exchange::tcp(902).server(greeting);
        assert_named(&exchange, labels::VMWARE);
        assert!(exchange.outcome().field(Field::ServerSoftware).starts_with("VMware Authentication Daemon Version 1.10"));
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["220 VMware FTP\r\n", "220 smtp.example.com ESMTP\r\n"] {
            assert_eq!(Exchange::tcp(902).server(line).verdict_of::<VMware>(), Verdict::Excluded, "{line}");
        }
    }
}
