//! paceline's Rust backend: one module per room of the contract in `paceline.operations`.

pub mod executor;
pub mod fft;
pub mod formats;
pub mod interpolation;
pub mod lanes;
pub mod level;
mod python;
pub mod resample;
pub mod vad;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    python::empty::register(module)?;
    python::executor::register(module)?;
    python::interpolation::register(module)?;
    python::levels::register(module)?;
    python::resample::register(module)
}
