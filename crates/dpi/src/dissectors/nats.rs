//! NATS: messaging (docs.nats.io, "Client Protocol"). The server opens with `INFO`, the client with `CONNECT`, both with a JSON object.

use memchr::memmem;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Nats;

impl Dissector for Nats {
    const META: Meta = Meta::tcp(labels::NATS)
        .ports(&[4222, 6222])
        .starts_with(&[b"INFO {", b"CONNECT {"])
        .specification("docs.nats.io, client protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_opening(segment.reader()))
    }
}

fn is_opening(mut reader: Reader<'_>) -> Result<bool, Short> {
    let line = reader.line()?;
    let has = |name: &[u8]| memmem::find(line, name).is_some();
    Ok(match line.strip_prefix(b"INFO {") {
        Some(_) => has(b"\"server_id\""),
        None => line.starts_with(b"CONNECT {") && has(b"\"verbose\""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_on_either_side() {
        let server = Exchange::tcp(4222).server("INFO {\"server_id\":\"N\",\"max_payload\":9}\r\n");
        assert_named(&server, labels::NATS);
        server.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(4222).client("CONNECT {\"verbose\":false}\r\n"), labels::NATS);
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(4222).client("CONNECT {\"user\":\"a\"}\r\n");
        assert_eq!(other.verdict_of::<Nats>(), Verdict::Excluded);
    }
}
