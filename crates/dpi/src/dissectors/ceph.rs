//! Ceph: messenger, versions 1 and 2 (docs.ceph.com, "Messenger v2", "msgr v1"). Both sides open with a banner.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Ceph;

impl Dissector for Ceph {
    const META: Meta = Meta::tcp(labels::CEPH)
        .ports(&[3300, 6789])
        .starts_with(&[b"ceph v"])
        .specification("docs.ceph.com, messenger protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_banner(segment.reader()))
    }
}

fn is_banner(mut reader: Reader<'_>) -> Result<bool, Short> {
    if reader.take(6)? != b"ceph v" {
        return Ok(false);
    }
    Ok(match reader.u8()? {
        b'0' => reader.take(2)?.iter().all(u8::is_ascii_digit),
        version => version.is_ascii_digit() && reader.u8()? == b'\n',
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_banners() {
        for banner in [&b"ceph v027"[..], b"ceph v2\n\x10\0\x01"] {
            let exchange = Exchange::tcp(3300).server(banner);
            assert_named(&exchange, labels::CEPH);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        assert_eq!(Exchange::tcp(3300).server("ceph vain").verdict_of::<Ceph>(), Verdict::Excluded);
    }
}
