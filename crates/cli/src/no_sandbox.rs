//! The sandbox on systems without one.

use crate::failure::Failure;

pub(crate) fn enter() -> Result<(), Failure> {
    Err(Failure::Usage("--sandbox: there is none on this system".to_owned()))
}
