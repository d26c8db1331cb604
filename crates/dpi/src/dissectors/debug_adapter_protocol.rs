//! Debug Adapter Protocol: a development tool and a debugger (microsoft.github.io/debug-adapter-protocol, "Base Protocol"). A header
//! with the length, and an object in JSON with its sequence number and type. Messages of the Language Server Protocol have the same
//! header, but are JSON-RPC.

use memchr::memmem;

use crate::dissect::lines::number;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Greatest length of the object's part that is inspected. Its identifying members come first in what tools write.
const ENOUGH: usize = 1024;

pub(super) struct DebugAdapterProtocol;

impl Dissector for DebugAdapterProtocol {
    const META: Meta = Meta::tcp(labels::DEBUG_ADAPTER_PROTOCOL)
        .starts_with(&[b"Content-Length: "])
        .max_segments(4)
        .specification("Debug Adapter Protocol, Base Protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    let Some(length) = reader.line()?.strip_prefix(b"Content-Length: ").and_then(number) else { return Ok(false) };
    if !reader.line()?.is_empty() {
        return Ok(false);
    }
    let body = reader.take((length as usize).min(ENOUGH))?;
    let has = |name: &[u8]| memmem::find(body, name).is_some();
    let types = [&b"request\""[..], b"response\"", b"event\""];
    let is_of_type = memmem::find(body, b"\"type\":").and_then(|at| body.get(at + 7..)).is_some_and(|value| {
        let value = value.trim_ascii_start();
        types.iter().any(|kind| value.strip_prefix(b"\"").is_some_and(|value| value.starts_with(kind)))
    });
    Ok(body.starts_with(b"{") && has(b"\"seq\":") && is_of_type && !has(b"\"jsonrpc\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn message(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn recognised_by_its_members() {
        let ask = message(r#"{"seq": 153, "type": "request", "command": "next", "arguments": {"threadId": 3}}"#);
        let exchange = Exchange::tcp(4711).client(ask).server(message(r#"{"seq":1,"type":"event","event":"stopped"}"#));
        assert_named(&exchange, labels::DEBUG_ADAPTER_PROTOCOL);
        exchange.assert_cuts_do_not_matter();
        for other in [
            r#"{"jsonrpc": "2.0", "seq": 1, "type": "request"}"#,
            r#"{"seq": 1, "type": "other"}"#,
            r#"{"id": 1, "type": "request"}"#,
        ] {
            let exchange = Exchange::tcp(4711).client(message(other));
            assert_eq!(exchange.verdict_of::<DebugAdapterProtocol>(), Verdict::Excluded, "{other}");
        }
    }
}
