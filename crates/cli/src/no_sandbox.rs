//! The sandbox on systems without one.

use crate::failure::Failure;

pub(crate) fn enter() -> Result<(), Failure> {
    Err(Failure::Usage("--sandbox: not available on this system".to_owned()))
}
