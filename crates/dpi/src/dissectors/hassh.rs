//! HASSH: MD5 over the algorithms that one side of SSH proposes (Salesforce, 2018).

use md5::{Digest, Md5};

use crate::dissect::hexadecimal::push_hexadecimal;

/// In upper case, as nfstream shows it. The lists of key exchange, encryption, authentication and compression algorithms of the
/// direction in which the side sends.
pub(crate) fn hassh(lists: [&[u8]; 4]) -> String {
    let mut text = String::new();
    push_hexadecimal(&mut text, &Md5::digest(lists.join(&b';')));
    text.make_ascii_uppercase();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_published() {
        let lists: [&[u8]; 4] = [
            b"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
              diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
              diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,ext-info-c",
            b"chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
            b"umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
              hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
              hmac-sha2-256,hmac-sha2-512,hmac-sha1",
            b"none,zlib@openssh.com,zlib",
        ];
        assert_eq!(hassh(lists), "EC7378C1A92F5A8DDE7E8B7A1DDF33D1");
    }
}
