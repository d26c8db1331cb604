//! What a run can be asked for: every parameter, declared once.
//!
//! The builder's setters, the options of the command, the keyword arguments in Python, their checks and their documentation come from
//! [`PARAMETERS`].

mod declarations;
mod domain;
mod profile;
mod setting;

pub(crate) use self::declarations::setters;
pub use self::declarations::{Group, PARAMETERS, Parameter, Parameters};
pub use self::domain::{Domain, Unit};
pub use self::profile::{Profile, TunnelTypes};
pub use self::setting::Setting;
