//! Profiles: whose numbers a run gives.

use crate::named::named;

named! {
    /// Whose numbers a run gives where nfstream 6.6.0 is wrong. A profile only sets the defaults of parameters.
    #[derive(Default)]
    pub enum Profile {
        /// What happened, by the specifications of the protocols.
        #[default]
        Accurate = "accurate",
        /// The numbers of nfstream 6.6.0.
        Nfstream = "nfstream",
    }
}

impl Profile {
    /// The environment variable with the profile of runs for which none is chosen.
    pub const VARIABLE: &str = "NFSTREAM_PROFILE";

    /// The profile that the environment chooses, or the default profile. An empty variable chooses nothing.
    ///
    /// # Errors
    /// Returns the value of the variable if it names no profile.
    pub(crate) fn of_environment() -> Result<Self, String> {
        match std::env::var_os(Self::VARIABLE).filter(|value| !value.is_empty()) {
            Some(value) => value.to_str().and_then(Self::named).ok_or(value.to_string_lossy().into_owned()),
            None => Ok(Self::default()),
        }
    }
}

named! {
    /// The tunnels that are looked into.
    pub enum TunnelTypes {
        /// Every [`Tunnel`](crate::Tunnel).
        All = "all",
        /// Those that nfstream 6.6.0 looks into: GTP-U, CAPWAP and TZSP.
        Nfstream = "nfstream",
    }
}
