//! Requests for the status of a certificate, in the target of a GET (RFC 6960, appendix A.1).

/// Characters of base64 (RFC 4648, section 4) that hold the octets that are checked. A `/` among them ends the segment: such a
/// request is not found.
const START: usize = 20;

/// Whether a segment of the path is a request in base64. Most responders stand at the root, some below a path.
pub(super) fn is_in_target(target: &[u8]) -> bool {
    target.split(|byte| *byte == b'/').skip(1).any(begins_request)
}

/// Section 4.1.1: a request is sequences within each other, `OCSPRequest`, `TBSRequest`, `requestList`, `Request`, `CertID` and
/// the `AlgorithmIdentifier` of its hash, which begins with an object identifier. Each length is one octet in a request for one
/// certificate.
fn begins_request(segment: &[u8]) -> bool {
    let Some(start) = segment.first_chunk::<START>() else { return false };
    let mut octets = [0; START / 4 * 3];
    for (group, three) in start.chunks_exact(4).zip(octets.chunks_exact_mut(3)) {
        let mut bits = 0;
        for character in group {
            let Some(six) = six_bits(*character) else { return false };
            bits = bits << 6 | u32::from(six);
        }
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    let [0x30, request, 0x30, tbs, 0x30, list, 0x30, one, 0x30, id, 0x30, hash, 0x06, oid, ..] = octets else {
        return false;
    };
    [request, tbs, list, one, id, hash, oid].is_sorted_by(|outer, inner| outer > inner) && request < 0x80
}

fn six_bits(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'+' => Some(62),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Exchange;

    /// SHA-1 of a name and of a key, and a serial number of 16 octets.
    const REQUEST: &str = "MFEwTzBNMEswSTAJBgUrDgMCGgUABBQ";

    fn get(host: &str, target: &str) -> Exchange {
        Exchange::tcp(80).client(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    }

    #[test]
    fn a_request_names_the_flow_whoever_runs_the_responder() {
        for (host, target) in [
            ("ocsp.digicert.com", format!("/{REQUEST}%2Bx%3D")),
            ("ocsp.apple.com", format!("/ocsp03-aaica01/{REQUEST}")),
            ("o.pki.goog", format!("/s/we1/xyz/{REQUEST}")),
            ("ocsp.r2m01.amazontrust.com", format!("//{REQUEST}/x")),
            ("oneocsp.microsoft.com", format!("/ocsp/{REQUEST}")),
        ] {
            assert_eq!(get(host, &target).name(), "HTTP.OCSP", "{host}{target}");
        }
        get("ocsp.apple.com", &format!("/{REQUEST}")).assert_cuts_do_not_matter();
    }

    #[test]
    fn another_target_does_not() {
        for target in [
            "/",
            "/MFEwTzBNMEswSTAJBgU",
            // The second sequence is longer than the first.
            "/MFEwVDBNMEswSTAJBgUrDgMCGgUABBQ",
            // An integer in place of the last sequence.
            "/MFEwTzBNMEswSQIJBgUrDgMCGgUABBQ",
            "/MFEwTzBNMEswSTAJB.UrDgMCGgUABBQ",
            "/xMFEwTzBNMEswSTAJBgUrDgMCGgUABBQ",
        ] {
            assert_eq!(get("ocsp.apple.com", target).name(), "HTTP.Apple", "{target}");
        }
        assert_eq!(get("ocsp.digicert.com", "/").name(), "HTTP");
    }
}
