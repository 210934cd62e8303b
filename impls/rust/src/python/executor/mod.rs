//! `paceline_rust.executor`: the kernel of the contract.

mod arrays;
mod calls;
mod core;
mod lists;
mod nodes;
mod objects;
mod program;
mod runner;
mod walk;

use pyo3::prelude::*;

/// Adds the function and its classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    objects::learn_layout(module.py())?;
    module.add_class::<runner::Runner>()?;
    module.add_class::<runner::Session>()?;
    module.add_function(wrap_pyfunction!(runner::run_pipeline, module)?)
}
