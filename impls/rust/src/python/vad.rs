//! `paceline_rust.vad`: the kernel of the contract.

use std::ops::Range;
use std::slice;

use numpy::npyffi::NPY_ARRAY_WRITEABLE;
use numpy::{Element, PyArray1, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::level::Level;
use crate::resample::BadFrame;
use crate::vad::{Detector, State};

/// From this many samples on the work is worth giving up the interpreter lock for.
const DETACH_FROM: usize = 1 << 13;

/// The kernel of one level.
#[pyclass(frozen, module = "paceline_rust._rust")]
pub struct Vad(pub Level);

#[pymethods]
#[allow(clippy::too_many_arguments)]
impl Vad {
    fn detect_voice(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyArray1<f32>>,
        flush: bool,
        plan: &Bound<'_, PyArray1<i64>>,
        tables: &Bound<'_, PyArray1<f32>>,
        threshold: f64,
        below_peak: f64,
        history: &Bound<'_, PyArray1<f32>>,
        state: &Bound<'_, PyArray1<i64>>,
        scores: &Bound<'_, PyArray1<f32>>,
        flags: &Bound<'_, PyArray1<bool>>,
    ) -> PyResult<isize> {
        // The first four are written.
        let spans = [
            writable(history)?,
            writable(state)?,
            writable(scores)?,
            writable(flags)?,
            span(x),
            span(plan),
            span(tables),
        ];
        if (0..4).any(|i| spans[i + 1..].iter().any(|other| overlap(&spans[i], other))) {
            return Err(PyValueError::new_err("An array that is written overlaps with another one."));
        }
        let mut state = state.try_readwrite()?;
        let state = state.as_slice_mut()?;
        // SAFETY: what is written overlaps with nothing else. The borrow of `state` keeps a second call with the same
        // detector away; it stands for the other arrays, for which the registry would take longer than a frame does.
        let (x, plan, tables) = unsafe { (x.as_slice()?, plan.as_slice()?, tables.as_slice()?) };
        // SAFETY: as above, and they are writable.
        let (history, scores) = unsafe { (history.as_slice_mut()?, scores.as_slice_mut()?) };
        if !flags.is_c_contiguous() {
            return Err(PyValueError::new_err("flags are strided; accepted is a contiguous array."));
        }
        // SAFETY: as above. They are bytes here, because what a new array of bool holds need not be 0 or 1.
        let flags = unsafe { slice::from_raw_parts_mut(flags.data().cast::<u8>(), flags.len()) };
        let detector = Detector::new(plan, tables, threshold, below_peak)
            .map_err(|why| PyValueError::new_err(format!("The plan cannot be used: {}.", why.0)))?;
        let mut now = match *state {
            [seen, run, until, start, end, told] if 0 <= told && told <= seen => {
                State { seen, run, until, start, end, told }
            }
            _ => return Err(PyValueError::new_err("state is not that of a detector.")),
        };
        let due = detector.due(&now, x.len(), flush);
        if history.len() != detector.history_len() || scores.len() != due || flags.len() != due {
            return Err(PyValueError::new_err(format!(
                "history, scores and flags have {}, {} and {} numbers; accepted are {}, {due} and {due}.",
                history.len(),
                scores.len(),
                flags.len(),
                detector.history_len(),
            )));
        }
        let mut work = || detector.detect(self.0, x, flush, history, &mut now, (scores, flags));
        let result = if x.len() >= DETACH_FROM { py.detach(work) } else { work() };
        match result {
            Err(BadFrame(sample)) => Ok(sample as isize),
            Ok(()) => {
                state.copy_from_slice(&[now.seen, now.run, now.until, now.start, now.end, now.told]);
                Ok(-1)
            }
        }
    }
}

/// The addresses of an array's elements, if it has any.
fn span<T: Element>(array: &Bound<'_, PyArray1<T>>) -> Range<usize> {
    let start = array.data() as usize;
    start..start + array.len() * size_of::<T>()
}

/// The same for an array that may be written.
fn writable<T: Element>(array: &Bound<'_, PyArray1<T>>) -> PyResult<Range<usize>> {
    // SAFETY: the pointer is that of a live array.
    if unsafe { (*array.as_array_ptr()).flags } & NPY_ARRAY_WRITEABLE == 0 {
        return Err(PyTypeError::new_err("An array that would be written is read-only."));
    }
    Ok(span(array))
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start.max(b.start) < a.end.min(b.end)
}
