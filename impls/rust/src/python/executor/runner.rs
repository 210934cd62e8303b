//! The runner and the session of the contract, `paceline.pipeline.program`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

use super::arrays::Numbers;
use super::core::{Core, Opened};
use super::lists;
use super::walk::{State, Walk};

type Counted = (u64, u64, u64, u64, u64);

/// Makes a program ready to run.
#[pyfunction]
pub fn run_pipeline(program: &Bound<'_, PyAny>) -> PyResult<Runner> {
    Ok(Runner {
        core: Arc::new(Core::read(program)?),
        open: program.getattr("open")?.unbind(),
        whole: program.getattr("whole")?.unbind(),
    })
}

/// A program made ready.
#[pyclass(frozen, module = "paceline_rust._rust")]
pub struct Runner {
    core: Arc<Core>,
    open: Py<PyAny>,
    whole: Py<PyAny>,
}

#[pymethods]
impl Runner {
    /// Runs a whole input.
    fn __call__<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(list) = data.cast_exact::<PyList>() {
            return self.run_list(list);
        }
        if let Some(result) = self.run_array(data) {
            return Ok(result);
        }
        self.whole.bind(data.py()).call1((data,))
    }

    /// Begins a run that is fed in pieces.
    #[pyo3(name = "open")]
    fn begin(&self, opened: &Bound<'_, PyAny>) -> PyResult<Session> {
        let state = State::new(&self.core);
        Ok(Session { core: Arc::clone(&self.core), opened: Opened::read(opened)?, state })
    }

    /// One count per node, and last one for the whole runs.
    fn counts(&self) -> Vec<Counted> {
        let rows = self.core.rows();
        rows.iter().map(|row| (row.taken, row.timed, row.ns, row.shortest, row.longest)).collect()
    }

    /// A pipeline holds its runner, and the runner the pipeline's methods. Without a `__clear__`: the pipeline's dict,
    /// which every such cycle goes through, is cleared.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.open)?;
        visit.call(&self.whole)
    }
}

impl Runner {
    fn run_list<'py>(&self, list: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
        let Some(chain) = &self.core.chain else {
            let measured = self.core.begin(None);
            let output = self.walk(list)?;
            self.core.end(&measured);
            return Ok(output);
        };
        let items = list.len();
        let mut measured = self.core.begin(Some(items));
        let output = match lists::run(chain, list, measured.laps.as_mut()) {
            Ok(Some(output)) => {
                self.core.chain_ended(&mut measured);
                output.into_any()
            }
            Ok(None) => {
                self.core.not_chained(items);
                self.walk(list)?
            }
            Err(error) => {
                self.core.not_chained(items);
                return Err(error);
            }
        };
        self.core.end(&measured);
        Ok(output)
    }

    fn run_array<'py>(&self, data: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let chain = self.core.chain.as_ref()?;
        let numbers = Numbers::of(data)?;
        let items = numbers.len();
        let mut measured = self.core.begin(Some(items));
        let output = numbers.run(chain, measured.laps.as_mut());
        if output.is_none() {
            self.core.not_chained(items);
            self.core.not_run();
            return None;
        }
        self.core.chain_ended(&mut measured);
        self.core.end(&measured);
        output
    }

    fn walk<'py>(&self, list: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
        let py = list.py();
        let opened = Opened::read(&self.open.bind(py).call0()?)?;
        let mut state = State::new(&self.core);
        let mut walk = Walk::new(py, &self.core, &opened, &mut state, list.len());
        walk.feed(list, 0)?;
        walk.finish()?;
        let mut output = walk.output()?;
        if output.len() == 1 {
            return Ok(output.remove(0).into_any());
        }
        let named = PyDict::new(py);
        for (name, items) in self.core.names.iter().zip(output) {
            named.set_item(name, items)?;
        }
        Ok(named.into_any())
    }
}

/// One run, fed in pieces.
#[pyclass(module = "paceline_rust._rust")]
pub struct Session {
    core: Arc<Core>,
    opened: Opened,
    state: State,
}

#[pymethods]
impl Session {
    /// Runs a tick for each item.
    fn feed<'py>(&mut self, items: &Bound<'py, PyList>, index: i64) -> PyResult<Bound<'py, PyTuple>> {
        let mut walk = Walk::new(items.py(), &self.core, &self.opened, &mut self.state, items.len());
        walk.feed(items, index)?;
        PyTuple::new(items.py(), walk.output()?)
    }

    /// Runs the last tick.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let mut walk = Walk::new(py, &self.core, &self.opened, &mut self.state, 1);
        walk.finish()?;
        PyTuple::new(py, walk.output()?)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.opened.traverse(&visit)?;
        self.state.held.iter().try_for_each(|held| visit.call(held))?;
        self.state.queues.iter().flatten().flatten().try_for_each(|item| visit.call(item))
    }

    fn __clear__(&mut self) {
        self.state = State::new(&self.core);
    }
}
