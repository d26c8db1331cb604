//! Risks of SSH: versions and ciphers (RFC 4253, RFC 8758, RFC 9142).

use crate::dissect::Found;
use crate::vocabulary::Risk;

fn risk(is_client: bool) -> Risk {
    if is_client {
        Risk::SSH_OBSOLETE_CLIENT_VERSION_OR_CIPHER
    } else {
        Risk::SSH_OBSOLETE_SERVER_VERSION_OR_CIPHER
    }
}

/// Judges an identification line. 1.99 is a version 2 that also speaks version 1 (RFC 4253, section 5.1).
pub(crate) fn identification(line: &[u8], is_client: bool, found: &mut Found<'_>) {
    if line.starts_with(b"SSH-1.") && !(is_client && line.starts_with(b"SSH-1.99")) {
        found.risk(risk(is_client), line.get(4..8).unwrap_or_default());
    }
}

/// Judges the ciphers that a side proposes: all of them have to be obsolete.
pub(crate) fn ciphers(list: &[u8], is_client: bool, found: &mut Found<'_>) {
    let is_obsolete = |name: &[u8]| {
        name.ends_with(b"-cbc")
            || name.starts_with(b"arcfour")
            || name == b"none"
            || name == b"rijndael-cbc@lysator.liu.se"
    };
    if !list.is_empty() && list.split(|byte| *byte == b',').all(is_obsolete) {
        found.risk(risk(is_client), list);
    }
}
