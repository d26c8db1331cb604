//! Anonymisation: keyed digests in the place of values.

use std::borrow::Cow;

use blake2::Blake2bMac512;
use blake2::digest::{KeyInit, Mac};

use crate::column::{Value, text};
use crate::error::Error;

/// The longest key of BLAKE2b (RFC 7693, section 2.1).
const LONGEST_KEY: usize = 64;

/// Hides values of columns.
pub(crate) struct Anonymizer {
    /// For each column, whether it is hidden.
    hidden: Vec<bool>,
    /// BLAKE2b state that has taken in the key, and nothing else yet.
    keyed: Blake2bMac512,
}

impl Anonymizer {
    pub(crate) fn new(hidden: Vec<bool>, key: &[u8]) -> Result<Self, Error> {
        let refusal = || Error::AnonymizationKey(key.len());
        // Anybody can look up a digest that was made without a key.
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(refusal());
        }
        let keyed = Blake2bMac512::new_from_slice(key).map_err(|_| refusal())?;
        Ok(Self { hidden, keyed })
    }

    /// Whether a column's values are hidden.
    pub(crate) fn hides(&self, column: usize) -> bool {
        self.hidden.get(column) != Some(&false)
    }

    /// The value to show in a column: a digest, if the column is hidden.
    #[inline]
    pub(crate) fn shown<'a>(&self, column: usize, value: Value<'a>) -> Value<'a> {
        match self.hidden.get(column) {
            Some(false) => value,
            _ => Value::Text(Cow::Owned(self.digest(&value))),
        }
    }

    fn digest(&self, value: &Value<'_>) -> String {
        let mut mac = self.keyed.clone();
        match value {
            Value::Text(text) => mac.update(text.as_bytes()),
            value => mac.update(value.to_string().as_bytes()),
        }
        text::hexadecimal(&mac.finalize().into_bytes())
    }
}
