//! Options that a side offers with its SYN.

/// Option kinds of the IANA registry "TCP Option Kind Numbers".
mod kind {
    pub(super) const END: u8 = 0;
    pub(super) const NO_OPERATION: u8 = 1;
    pub(super) const MAXIMUM_SEGMENT_SIZE: u8 = 2;
    pub(super) const WINDOW_SCALE: u8 = 3;
    pub(super) const SACK_PERMITTED: u8 = 4;
    pub(super) const TIMESTAMPS: u8 = 8;
}

/// The largest shift count; a larger one is to be taken for it (RFC 7323, section 2.3).
const LARGEST_SCALE: u8 = 14;

/// Options of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Maximum segment size (RFC 9293, section 3.7.1).
    pub(super) mss: Option<u16>,
    /// Shift count of the window (RFC 7323, section 2).
    pub(super) window_scale: Option<u8>,
    /// Whether selective acknowledgments may be sent (RFC 2018).
    pub(super) sack_permitted: bool,
    /// Whether there is a timestamps option (RFC 7323, section 3).
    pub(super) timestamps: bool,
}

impl Options {
    /// Reads options up to the first that is malformed or was not captured.
    pub(super) fn read(mut bytes: &[u8]) -> Self {
        let mut options = Self::default();
        while let Some((&kind, rest)) = bytes.split_first() {
            match kind {
                kind::END => break,
                kind::NO_OPERATION => bytes = rest,
                _ => {
                    let Some(length) = rest.first().map(|&length| usize::from(length)) else { break };
                    let Some(value) = bytes.get(2..length) else { break };
                    options.take(kind, value);
                    bytes = &bytes[length..];
                }
            }
        }
        options
    }

    fn take(&mut self, kind: u8, value: &[u8]) {
        match (kind, value) {
            (kind::MAXIMUM_SEGMENT_SIZE, &[high, low]) => self.mss = Some(u16::from_be_bytes([high, low])),
            (kind::WINDOW_SCALE, &[scale]) => self.window_scale = Some(scale.min(LARGEST_SCALE)),
            (kind::SACK_PERMITTED, []) => self.sack_permitted = true,
            (kind::TIMESTAMPS, value) if value.len() == 8 => self.timestamps = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_up_to_the_first_that_is_malformed() {
        let bytes = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 200];
        let all = Options { mss: Some(1460), window_scale: Some(14), sack_permitted: true, timestamps: true };
        assert_eq!(Options::read(&bytes), all);
        assert_eq!(
            Options::read(&[1, 4, 2, 3, 1, 2, 4, 5, 0xb4]),
            Options { sack_permitted: true, ..Options::default() }
        );
        assert_eq!(Options::read(&[2, 40, 1]), Options::default());
        assert_eq!(Options::read(&[0, 4, 2]), Options::default());
    }
}
