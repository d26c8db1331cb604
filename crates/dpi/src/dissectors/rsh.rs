//! RSH: remote shell of BSD (rshd(8)). The client sends a port as text, then two users and a command, each with a zero after it.

use crate::dissect::lines::{is_text, number};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Rsh;

impl Dissector for Rsh {
    const META: Meta = Meta::tcp(labels::RSH).only_on_ports(&[514]).specification("4.2BSD: rshd(8)");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        // Only privileged ports may ask.
        if segment.dst_port != 514 || !(512..1024).contains(&segment.src_port) {
            return if segment.number == 0 { Verdict::Excluded } else { Verdict::Wait };
        }
        let port = segment.payload.split(|byte| *byte == 0).next().unwrap_or_default();
        if port.len() > 5 || !port.is_empty() && number(port).is_none_or(|port| port > 0xffff) {
            return Verdict::Excluded;
        }
        match segment.payload.get(port.len() + 1..) {
            Some(rest) => request(rest, found),
            None => Verdict::More,
        }
    }
}

/// The user here, the user there, the command.
fn request(rest: &[u8], found: &mut Found<'_>) -> Verdict {
    const LONGEST: usize = 4096;
    let mut strings = rest.split(|byte| *byte == 0);
    let users = (strings.next(), strings.next());
    let (Some(local), Some(remote), Some(command), Some(_)) = (users.0, users.1, strings.next(), strings.next()) else {
        return if is_text_between_zeros(rest) && rest.len() < LONGEST { Verdict::More } else { Verdict::Excluded };
    };
    found.field(Field::User, remote);
    let users_fit = [local, remote].iter().all(|user| (1..=32).contains(&user.len()) && is_text(user));
    Verdict::matched_if(users_fit && is_text(command))
}

fn is_text_between_zeros(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == 0).all(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_request() {
        for exchange in [
            Exchange::tcp(514).by_port(1023).client("1022\0").server("\0").client("me\0root\0ls -l\0"),
            Exchange::tcp(514).by_port(1021).client("\0me\0root\0ls -l\0"),
        ] {
            assert_named(&exchange, labels::RSH);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let syslog = Exchange::tcp(514).client("<13>Oct 11 22:14:15 host su: failed\n");
        assert_eq!(syslog.verdict_of::<Rsh>(), Verdict::Excluded);
        for text in ["99999\0", "<13>hello\n", "10a\0"] {
            let exchange = Exchange::tcp(514).by_port(1023).client(text);
            assert_eq!(exchange.verdict_of::<Rsh>(), Verdict::Excluded, "{text}");
        }
    }
}
