//! Kernels are methods that are bound once, to a room at a level: called they are as fast as functions.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use pyo3::{PyClass, PyClassInitializer};

use super::formats::Formats;
use super::interpolation::Interpolation;
use super::resample::Resample;
use super::vad::Vad;
use crate::level::Level;

/// Adds the kernels of this processor's best level, and the functions.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(level, module)?)?;
    module.add_function(wrap_pyfunction!(lesser_kernels, module)?)?;
    add_kernels(&module.dict(), Level::detect())
}

/// The instruction set that the kernels run on here.
#[pyfunction]
fn level() -> &'static str {
    Level::detect().name()
}

/// The kernels of a level below that, by name; none if the level is not below it.
#[pyfunction]
fn lesser_kernels<'py>(py: Python<'py>, level: &str) -> PyResult<Bound<'py, PyDict>> {
    let kernels = PyDict::new(py);
    match Level::available().find(|each| each.name() == level) {
        Some(level) if level < Level::detect() => add_kernels(&kernels, level)?,
        _ => {}
    }
    Ok(kernels)
}

fn add_kernels(to: &Bound<'_, PyDict>, level: Level) -> PyResult<()> {
    add_methods(to, Formats(level))?;
    add_methods(to, Interpolation(level))?;
    add_methods(to, Resample(level))?;
    add_methods(to, Vad(level))
}

/// Adds what a room's class defines, bound to this one.
fn add_methods<T: PyClass + Into<PyClassInitializer<T>>>(to: &Bound<'_, PyDict>, room: T) -> PyResult<()> {
    let room = Bound::new(to.py(), room)?.into_any();
    for name in room.dir()? {
        let name = name.cast_into::<PyString>()?;
        if !name.to_str()?.starts_with("__") {
            to.set_item(&name, room.getattr(&name)?)?;
        }
    }
    Ok(())
}
