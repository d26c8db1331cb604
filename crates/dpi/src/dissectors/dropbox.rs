//! Dropbox: discovery of other installations in the network (Dropbox LAN sync; from captures). JSON that names the host, broadcast
//! on a port of its own; on that port the vocabulary calls JSON over CoAP Dropbox, too.

use super::coap;
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 17500;

pub(super) struct Dropbox;

impl Dissector for Dropbox {
    const META: Meta = Meta::udp(labels::DROPBOX).only_on_ports(&[PORT]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_announcement = || {
            let names_host = memchr::memmem::find(segment.payload, b"\"host_int\"").is_some();
            segment.payload.starts_with(b"{") && names_host
        };
        let carries_json = || {
            let marks_json = memchr::memmem::find(segment.payload, b"\xff{\"").is_some();
            marks_json && coap::message(&mut segment.reader()).is_ok()
        };
        Verdict::matched_if(is_announcement() || carries_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_announcement() {
        let announcement = r#"{"host_int": 1, "version": [2, 0], "displayname": "", "port": 17500, "namespaces": [1]}"#;
        assert_named(&Exchange::udp(17500).by_port(17500).client(announcement), labels::DROPBOX);
        let other = Exchange::udp(17500).client(r#"{"version": 1}"#);
        assert_eq!(other.verdict_of::<Dropbox>(), Verdict::Excluded);
    }
}
