//! [`End`]: how a run ended, and what Python hears of it.

use std::ffi::CString;

use nfstream::{Damage, Error};
use pyo3::prelude::*;

use crate::error::{DamageWarning, exception, shown};

/// How a run ended.
#[derive(Default)]
pub(crate) struct End {
    /// What was wrong in the captures.
    pub(crate) damages: Vec<Damage>,
    /// Why the run could not go on.
    pub(crate) error: Option<Error>,
}

impl End {
    /// Warns of what was wrong in the captures, then raises what ended the run, if anything did. That counts more than a warning
    /// that is an error.
    pub(crate) fn raise(&self, py: Python<'_>) -> PyResult<()> {
        if self.damages.is_empty() && self.error.is_none() {
            return Ok(());
        }
        let (category, level) = (py.get_type::<DamageWarning>(), levels_to_the_caller(py).unwrap_or(1));
        let mut warned = Ok(());
        for damage in &self.damages {
            // A path cannot contain a NUL, and nothing else in the sentence does.
            let message = CString::new(shown(damage)).unwrap_or_default();
            warned = warned.and(PyErr::warn(py, &category, &message, level));
        }
        match &self.error {
            Some(error) => Err(exception(py, error)),
            None => warned,
        }
    }
}

/// How many frames up the code is that called this package, for a warning to name its line; an error where no Python
/// code called.
fn levels_to_the_caller(py: Python<'_>) -> PyResult<i32> {
    let mut frame = py.import("sys")?.call_method0("_getframe")?;
    let mut level = 1;
    while is_ours(&frame)? {
        frame = frame.getattr("f_back")?;
        level += 1;
    }
    Ok(level)
}

fn is_ours(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    if frame.is_none() {
        return Ok(false);
    }
    let module = frame.getattr("f_globals")?.call_method1("get", ("__name__", ""))?;
    Ok(module.extract::<String>().is_ok_and(|name| name.starts_with("nfstream.")))
}
