//! `IceCast`: radio over HTTP (icecast.org; Shoutcast). The differences from HTTP: `ICY` in the place of the version, and the
//! method of sources.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Icecast;

impl Dissector for Icecast {
    const META: Meta = Meta::tcp(labels::ICECAST)
        .ports(&[8000])
        .starts_with(&[b"ICY ", b"SOURCE "])
        .specification("icecast.org, documentation of the protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_first_line(segment.reader()))
    }
}

fn is_first_line(mut reader: Reader<'_>) -> Result<bool, Short> {
    let line = reader.line()?;
    let is_source = line.starts_with(b"SOURCE /");
    Ok(line.starts_with(b"ICY 200") || is_source && (line.ends_with(b" ICE/1.0") || line.ends_with(b" HTTP/1.0")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_on_either_side() {
        let exchange = Exchange::tcp(8000).client("GET / ICY\n").server("ICY 200 OK\r\nicy-name:a\r\n\r\n");
        assert_named(&exchange, labels::ICECAST);
        let source = Exchange::tcp(8000).client("SOURCE /a.ogg ICE/1.0\r\n");
        assert_named(&source, labels::ICECAST);
        source.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        assert_eq!(Exchange::tcp(8000).client("SOURCE a\r\n").verdict_of::<Icecast>(), Verdict::Excluded);
    }
}
