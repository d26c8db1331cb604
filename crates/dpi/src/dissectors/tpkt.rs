//! ISO transport on TCP: frames of TPKT (RFC 1006, section 6) with units of class 0 (ISO 8073, section 13).

use crate::dissect::{Reader, Short};

/// A unit of the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit<'a> {
    /// Connection request or confirm.
    Connection,
    /// User data.
    Data(&'a [u8]),
}

/// Reads a unit; `None` if there is none.
pub(crate) fn unit<'a>(reader: &mut Reader<'a>) -> Result<Option<Unit<'a>>, Short> {
    if reader.u8()? != 3 || reader.u8()? != 0 {
        return Ok(None);
    }
    let Some(length) = usize::from(reader.u16()?).checked_sub(4).filter(|length| *length >= 3) else {
        return Ok(None);
    };
    let (header, kind) = (usize::from(reader.u8()?), reader.u8()?);
    Ok(match kind {
        0xd0 | 0xe0 if header + 1 == length && header >= 6 => {
            reader.skip(length - 2)?;
            Some(Unit::Connection)
        }
        0xf0 if header == 2 => {
            reader.skip(1)?;
            Some(Unit::Data(reader.take(length - 3)?))
        }
        _ => None,
    })
}
