//! paceline's Rust backend: one module per room of the contract in `paceline.operations`.

pub mod interpolation;
mod python;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    python::interpolation::register(module)
}
