//! `paceline_rust.empty`: what a call costs that does nothing.

use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;

/// Adds the functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(nothing, module)?)?;
    module.add_function(wrap_pyfunction!(number, module)?)?;
    module.add_function(wrap_pyfunction!(array, module)?)
}

#[pyfunction]
fn nothing() {}

#[pyfunction]
fn number(x: f64) -> f64 {
    x
}

#[pyfunction]
fn array(x: &Bound<'_, PyArray1<f64>>) -> PyResult<usize> {
    Ok(x.try_readonly()?.as_slice()?.len())
}
