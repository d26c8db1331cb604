//! Forks. A forked process has the memory of its parent, but none of its threads, and shares its files.

use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyCFunction, PyDict, PyTuple};

/// Number of forks between the first process and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Counts forks from now on, as far as Python knows of them.
pub(crate) fn count(py: Python<'_>) -> PyResult<()> {
    let forked = |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        FORKS.fetch_add(1, Ordering::Relaxed);
    };
    let forked = PyCFunction::new_closure(py, None, None, forked)?;
    let os = py.import("os")?;
    os.call_method("register_at_fork", (), Some(&[("after_in_child", forked)].into_py_dict(py)?)).map(drop)
}

/// The process in which something was made.
#[derive(Clone, Copy)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn this() -> Self {
        Self(FORKS.load(Ordering::Relaxed))
    }

    pub(crate) fn is_this(self) -> bool {
        self.0 == FORKS.load(Ordering::Relaxed)
    }

    /// Returns an error in any other process.
    pub(crate) fn check(self) -> PyResult<()> {
        if self.is_this() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this run began before the process was forked, and continues only in the parent: begin another run here",
        ))
    }
}

/// A thing with threads, or with a file that it removes. Only the process that made it can use it; a child leaves it
/// as it is.
pub(crate) struct Ours<T> {
    /// The thing, until it is taken.
    thing: Option<T>,
    process: Process,
}

impl<T> Ours<T> {
    pub(crate) fn new(thing: T) -> Self {
        Self { thing: Some(thing), process: Process::this() }
    }

    /// The thing, or an error in a child.
    pub(crate) fn get(&mut self) -> PyResult<&mut T> {
        self.process.check()?;
        Ok(self.thing.as_mut().expect("whoever takes it has it no more"))
    }

    /// Gives the thing away, or returns an error in a child.
    pub(crate) fn take(mut self) -> PyResult<T> {
        self.process.check()?;
        Ok(self.thing.take().expect("it is taken once"))
    }
}

impl<T> Drop for Ours<T> {
    fn drop(&mut self) {
        if !self.process.is_this() {
            // Dropping it would wait for threads, and remove files that the parent writes.
            mem::forget(self.thing.take());
        }
    }
}
