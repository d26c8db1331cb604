//! KaZaA: sharing of files in the FastTrack network (giFT-FastTrack, "PROTOCOL"). A peer behind a firewall is asked to connect, and
//! announces which file it brings; what follows, and what others ask for, is HTTP with fields of KaZaA (see HTTP). The connections
//! to supernodes are encrypted.

use crate::dissect::lines::number;
use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Kazaa;

impl Dissector for Kazaa {
    const META: Meta = Meta::tcp(labels::KAZAA)
        .ports(&[1214])
        .starts_with(&[b"GIVE "])
        .max_segments(2)
        .specification("giFT-FastTrack, PROTOCOL");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut announcement = || {
            let line = reader.line()?;
            let is_announced = line.strip_prefix(b"GIVE ").and_then(number).is_some();
            // An empty line ends it.
            Ok::<_, Short>(is_announced && reader.line()?.is_empty() && reader.is_empty())
        };
        match announcement() {
            Err(Short) if segment.payload.len() > 32 => Verdict::Excluded,
            holds => segment.matched_if(holds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_announcements_and_fields_of_http() {
        let give = Exchange::tcp(1214).client("GIVE 2034556\r\n\r\n");
        assert_named(&give, labels::KAZAA);
        give.assert_cuts_do_not_matter();
        for other in ["GIVE x\r\n\r\n", "GIVE 1\r\nHost: a\r\n\r\n", "GIVE 0000:aaaa/a.mp3\n\n"] {
            assert_eq!(Exchange::tcp(1214).client(other).verdict_of::<Kazaa>(), Verdict::Excluded, "{other}");
        }
        let ask = "GET /.hash=1234567890abcdef1234567890abcdef12345678 HTTP/1.1\r\nHost: 192.0.2.7:1214\r\n\
                   UserAgent: KazaaClient Nov  3 2002 20:29:03\r\nX-Kazaa-Username: me\r\nX-Kazaa-Network: KaZaA\r\n\r\n";
        let answer = "HTTP/1.1 206 Partial Content\r\nServer: KazaaClient Nov  3 2002 20:29:03\r\nX-Kazaa-Username: you\r\n\r\n";
        for exchange in [Exchange::tcp(1214).client(ask), Exchange::tcp(1214).server(answer)] {
            assert_eq!(exchange.name(), "HTTP.KaZaA");
            exchange.assert_cuts_do_not_matter();
        }
    }
}
