//! What all runs of a program share, and what each one brings along.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use pyo3::{PyTraverseError, PyVisit};

use super::program;
use crate::executor::{Chain, Counts, Measured, Program, Row, Tally, Totals};

/// A program made ready.
pub struct Core {
    pub program: Program,
    pub chain: Option<Chain>,
    /// For each join the keys of its ports; of other nodes none.
    pub keys: Vec<Vec<Py<PyString>>>,
    /// The sinks' ids.
    pub names: Vec<Py<PyString>>,
    metrics: Option<Metrics>,
}

struct Metrics {
    totals: Totals,
    /// Never locked while Python code may run.
    counts: Mutex<Counts>,
}

impl Metrics {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    pub fn read(of: &Bound<'_, PyAny>) -> PyResult<Self> {
        let program = program::read(of)?;
        let (keys, names) = (program::read_keys(of, &program)?, program::read_sink_names(of, &program)?);
        let counts = || Mutex::new(Counts::new(program.tasks().len()));
        let wanted = of.getattr(intern!(of.py(), "metrics"))?.is_truthy()?;
        let metrics = wanted.then(|| Metrics { totals: Totals::default(), counts: counts() });
        Ok(Self { chain: program.chain(), program, keys, names, metrics })
    }

    /// Counts a whole run, and for a chain its items.
    #[inline]
    pub fn begin(&self, chained: Option<usize>) -> Measured {
        let Some(metrics) = &self.metrics else { return Measured::default() };
        metrics.totals.begin(chained.map(|items| (self.program.tasks().len(), items as u64)))
    }

    /// Takes a chain's items back: they are run in another way.
    pub fn not_chained(&self, items: usize) {
        if let Some(metrics) = &self.metrics {
            metrics.totals.not_chained(items as u64);
        }
    }

    /// Takes a whole run back.
    pub fn not_run(&self) {
        if let Some(metrics) = &self.metrics {
            metrics.totals.not_run();
        }
    }

    /// Adds the time of a chain's nodes, if that was taken.
    #[inline]
    pub fn chain_ended(&self, measured: &mut Measured) {
        if let (Some(laps), Some(metrics)) = (&mut measured.laps, &self.metrics) {
            metrics.totals.chain_ended(laps);
            metrics.counts().time_chain(laps);
        }
    }

    /// Adds the time of a whole run that has succeeded, if that was taken.
    #[inline]
    pub fn end(&self, measured: &Measured) {
        if let Some(metrics) = &self.metrics
            && let Some(ns) = metrics.totals.end(measured)
        {
            metrics.counts().runs.time(1, ns);
        }
    }

    /// A tally for some ticks.
    pub fn tally(&self) -> Option<Tally> {
        self.metrics.as_ref().map(|metrics| metrics.counts().tally())
    }

    /// Adds a tally.
    pub fn add(&self, tally: &Tally) {
        if let Some(metrics) = &self.metrics {
            metrics.counts().add(tally);
        }
    }

    /// One row per node, and last one for the whole runs.
    pub fn rows(&self) -> Vec<Row> {
        let Some(metrics) = &self.metrics else { return vec![Row::default(); self.program.tasks().len() + 1] };
        let (counts, totals) = (metrics.counts(), &metrics.totals);
        let node = |row: &Row| Row { taken: row.taken + totals.chained(), ..*row };
        let runs = Row { taken: totals.runs(), ..counts.runs };
        counts.rows().iter().map(node).chain([runs]).collect()
    }
}

/// `paceline.pipeline.program.Opened`.
pub struct Opened {
    pub calls: Py<PyList>,
    pub flushes: Py<PyList>,
    pub recover: Py<PyAny>,
    pub leftover: Py<PyAny>,
}

impl Opened {
    pub fn read(of: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (calls, flushes, recover, leftover) = of.extract()?;
        Ok(Self { calls, flushes, recover, leftover })
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.calls)?;
        visit.call(&self.flushes)?;
        visit.call(&self.recover)?;
        visit.call(&self.leftover)
    }
}
