//! The engine's errors and warnings as Python exceptions.

use std::fmt::Display;
use std::io;
use std::path::Path;

use nfstream::{CaptureError, Error, FilterError, told_of, visible};
use pyo3::create_exception;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyRuntimeError, PyRuntimeWarning, PyValueError};
use pyo3::prelude::*;

create_exception!(
    nfstream,
    DamageWarning,
    PyRuntimeWarning,
    "A capture could not be read to its end. The flows up to the damage were delivered; the message names the file and the byte.\n\n\
     Where warnings are errors (`-W error`), a method that returns a table raises this when the table is complete: the attribute \
     `table` holds it. Files are then complete, and a loop has got every flow."
);

/// `ENOENT`, `EACCES` and `EISDIR`, the same on every system that Python runs on.
const NO_ENTRY: i32 = 2;
const PERMISSION_DENIED: i32 = 13;
const IS_A_DIRECTORY: i32 = 21;

/// `EPERM`, `ENODEV` and `ENETDOWN`, as Linux has them.
const NOT_PERMITTED: i32 = 1;
const NO_DEVICE: i32 = 19;
const NETWORK_DOWN: i32 = 100;

/// The exception for an error: the subclass of `OSError` that fits when the operating system refused, `ValueError`
/// when an input is not a capture, or a file of rules or a feature has a mistake.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let Error::Capture(capture) = error else {
        return match error {
            Error::NoSource
            | Error::FilesAndInterface(_)
            | Error::NotLive(_)
            | Error::ReorderedInterface(_)
            | Error::ProfileVariable(_)
            | Error::DuplicateColumn(_)
            | Error::FeatureName(_)
            | Error::Feature(_)
            | Error::Rules(_)
            | Error::NoColumn(_)
            | Error::SelectedTwice(_)
            | Error::NothingSelected
            | Error::NotNumeric { .. }
            | Error::KnownAtTheEnd(_)
            | Error::TooLittleMemory { .. }
            | Error::AnonymizationKey(_) => PyValueError::new_err(shown(error)),
            Error::Filter(FilterError::NoLibpcap) => PyOSError::new_err(shown(error)),
            Error::Filter(_) => PyValueError::new_err(shown(error)),
            Error::Output { path, source } => output_exception(py, path, source),
            Error::StandardOutput(source) => output_exception(py, Path::new("standard output"), source),
            Error::RulesFile { path, source } => match source.raw_os_error() {
                Some(errno) => {
                    let message = format!("rules: {}", strerror(py, errno));
                    PyOSError::new_err((errno, message, path.display().to_string()))
                }
                None => PyValueError::new_err(shown(error)),
            },
            Error::Thread(_) | Error::Processes(_) => PyOSError::new_err(shown(error)),
            _ => PyRuntimeError::new_err(shown(error)),
        };
    };
    if let CaptureError::Open { source, .. } | CaptureError::Read { source, .. } = capture
        && let Some(failure) = source.get_ref().and_then(|failure| failure.downcast_ref::<PyErr>())
    {
        return failure.clone_ref(py);
    }
    let input = capture.input().to_owned();
    if let Some(errno) = of_interface(capture) {
        return refusal(py, errno, shown(capture), input);
    }
    if let CaptureError::InterfaceWentDown { .. } | CaptureError::InterfaceGone { .. } = capture {
        let errno = if capture.kind() == io::ErrorKind::NotFound { NO_DEVICE } else { NETWORK_DOWN };
        return PyOSError::new_err((errno, shown(capture), input));
    }
    match (capture.raw_os_error(), capture.kind()) {
        (Some(errno), _) => refusal(py, errno, strerror(py, errno), input),
        (None, io::ErrorKind::IsADirectory) => {
            refusal(py, IS_A_DIRECTORY, "Is a directory".to_owned(), input)
        }
        (None, io::ErrorKind::NotFound) => refusal(py, NO_ENTRY, without(&input, capture), input),
        (None, io::ErrorKind::InvalidData) => PyValueError::new_err(shown(capture)),
        (None, _) => PyOSError::new_err(shown(capture)),
    }
}

/// The message of an error, without the name at its beginning.
fn without(input: &str, error: &CaptureError) -> String {
    let message = shown(error);
    message
        .strip_prefix(input)
        .and_then(|rest| rest.strip_prefix(": "))
        .map_or(message.clone(), str::to_owned)
}

/// The exception for a source that cannot be used. It is a `ValueError`, too.
fn refusal(py: Python<'_>, errno: i32, message: String, input: String) -> PyErr {
    let refusal = py.import("nfstream.sources").and_then(|sources| sources.getattr("refusal"));
    match refusal.and_then(|refusal| refusal.call1((errno, message, input))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// The error number for an interface that cannot be captured from.
fn of_interface(error: &CaptureError) -> Option<i32> {
    match error {
        CaptureError::NoInterface { .. } => Some(NO_DEVICE),
        CaptureError::InterfaceDown { .. } => Some(NETWORK_DOWN),
        CaptureError::NotPermitted { .. } => Some(NOT_PERMITTED),
        CaptureError::Interface { source, .. } => source.raw_os_error(),
        _ => None,
    }
}

fn output_exception(py: Python<'_>, path: &Path, error: &io::Error) -> PyErr {
    if let Some(failure) = error.get_ref().and_then(|failure| failure.downcast_ref::<PyErr>()) {
        return failure.clone_ref(py);
    }
    let filename = path.display().to_string();
    let (errno, name) = match (error.raw_os_error(), error.kind()) {
        (Some(errno), _) => return os_error(py, errno, filename),
        (None, io::ErrorKind::NotFound) => (NO_ENTRY, filename),
        (None, io::ErrorKind::PermissionDenied) => (PERMISSION_DENIED, filename),
        (None, io::ErrorKind::InvalidInput) => {
            return PyValueError::new_err(shown(told_of(&filename, error)));
        }
        // An error of a FIFO that was waited for.
        (None, io::ErrorKind::TimedOut) => {
            return PyKeyboardInterrupt::new_err(shown(told_of(&filename, error)));
        }
        _ => return PyOSError::new_err(shown(told_of(&filename, error))),
    };
    PyOSError::new_err((errno, error.to_string(), name))
}

/// Calls `OSError` with an error number, which turns it into the right subclass.
fn os_error(py: Python<'_>, errno: i32, filename: String) -> PyErr {
    PyOSError::new_err((errno, strerror(py, errno), filename))
}

fn strerror(py: Python<'_>, errno: i32) -> String {
    let message = py.import("os").and_then(|os| os.call_method1("strerror", (errno,))?.extract());
    message.unwrap_or_else(|_| io::Error::from_raw_os_error(errno).to_string())
}

/// A message that is safe for a terminal.
pub(crate) fn shown(message: impl Display) -> String {
    visible(&message.to_string()).into_owned()
}
