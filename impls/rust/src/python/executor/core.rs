//! What all runs of a program share, and what each one brings along.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use pyo3::{PyTraverseError, PyVisit};

use super::program;
use crate::executor::{Chain, Counts, Laps, Program, Row, Tally};

/// A program made ready.
pub struct Core {
    pub program: Program,
    pub chain: Option<Chain>,
    pub keys: Vec<Vec<Py<PyString>>>,
    /// The sinks' ids.
    pub names: Vec<Py<PyString>>,
    /// Never locked while Python code may run.
    counts: Option<Mutex<Counts>>,
}

/// What is measured of a whole run.
#[derive(Default)]
pub struct Measured {
    began: Option<Instant>,
    pub laps: Option<Laps>,
}

impl Core {
    pub fn read(of: &Bound<'_, PyAny>) -> PyResult<Self> {
        let program = program::read(of)?;
        let (keys, names) = (program::read_keys(of, &program)?, program::read_sink_names(of, &program)?);
        let metrics: bool = of.getattr("metrics")?.is_truthy()?;
        let counts = metrics.then(|| Mutex::new(Counts::new(program.tasks().len())));
        Ok(Self { chain: program.chain(), program, keys, names, counts })
    }

    fn counts(&self) -> Option<MutexGuard<'_, Counts>> {
        self.counts.as_ref().map(|counts| counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a whole run, and for a chain its items, all in one go because a short run takes not much longer.
    pub fn begin(&self, chained: Option<usize>) -> Measured {
        let Some(mut counts) = self.counts() else { return Measured::default() };
        counts.runs.taken += 1;
        let began = counts.whole.due().then(Instant::now);
        let due = chained.is_some_and(|items| {
            counts.chained += items as u64;
            counts.chains.due()
        });
        let nodes = self.program.tasks().len();
        Measured { began, laps: due.then(|| Laps::start(nodes)) }
    }

    /// Takes a chain's items back: they are run in another way.
    pub fn not_chained(&self, items: usize) {
        if let Some(mut counts) = self.counts() {
            counts.chained -= items as u64;
        }
    }

    /// Takes a whole run back.
    pub fn not_run(&self) {
        if let Some(mut counts) = self.counts() {
            counts.runs.taken -= 1;
        }
    }

    /// Adds the time of a chain's nodes.
    pub fn time_chain(&self, items: usize, laps: Option<Laps>) {
        if let (Some(laps), Some(mut counts)) = (laps, self.counts()) {
            counts.time_chain(items as u64, laps);
        }
    }

    /// Adds the time of a whole run that has succeeded.
    pub fn end(&self, measured: Measured) {
        if let (Some(began), Some(mut counts)) = (measured.began, self.counts()) {
            let ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            counts.runs.time(1, ns);
            counts.whole.ended(ns);
        }
    }

    /// A tally for some ticks.
    pub fn tally(&self) -> Option<Tally> {
        self.counts().map(|counts| counts.tally())
    }

    /// Adds a tally.
    pub fn add(&self, tally: &Tally) {
        if let Some(mut counts) = self.counts() {
            counts.add(tally);
        }
    }

    /// One row per node, and last one for the whole runs.
    pub fn rows(&self) -> Vec<Row> {
        let nodes = self.program.tasks().len();
        self.counts().map_or_else(|| vec![Row::default(); nodes + 1], |counts| counts.rows())
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
