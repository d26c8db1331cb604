//! Cyclic redundancy checks at the ends of frames of protocols.

/// CRC-16 that goes through the bits from the highest to the lowest, without reflection.
pub(crate) fn crc16(polynomial: u16, start: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(start, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ polynomial }
        })
    })
}

/// CRC-16 that goes through the bits from the lowest to the highest. The polynomial is given
/// reversed.
pub(crate) fn crc16_reflected(polynomial: u16, start: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(start, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte),
            |crc, _| {
                if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ polynomial }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values that catalogues of CRCs give for "123456789".
    #[test]
    fn check_values() {
        let digits = b"123456789";
        assert_eq!(crc16(0x1021, 0xffff, digits), 0x29b1);
        assert_eq!(crc16(0x1021, 0, digits), 0x31c3);
        assert_eq!(crc16_reflected(0xa6bc, 0, digits) ^ 0xffff, 0xea82);
        assert_eq!(crc16_reflected(0x8408, 0xffff, digits) ^ 0xffff, 0x906e);
    }
}
