//! `paceline_rust.resample` and `paceline_rust.rubato`: the kernels of the contract.

use numpy::{Element, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::fft::{BadPlan, Transform};
use crate::lanes::Real;
use crate::level::Level;
use crate::resample::{
    BadFrame, Filters, Plan, State, resample_chunk as run_chunk, resample_with_rubato as run_rubato,
};

/// From this many products on the work is worth giving up the interpreter lock for.
const DETACH_FROM: usize = 1 << 15;

/// Adds what has no variants.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(resample_with_rubato, module)?)
}

/// The kernels of one level.
#[pyclass(frozen, module = "paceline_rust._rust")]
pub struct Resample(pub Level);

#[pymethods]
#[allow(clippy::too_many_arguments)]
impl Resample {
    fn resample(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyArray2<f32>>,
        up: usize,
        down: usize,
        hop: usize,
        guard: usize,
        response: &Bound<'_, PyArray1<f32>>,
        radices_in: &Bound<'_, PyArray1<i64>>,
        twiddles_in: &Bound<'_, PyArray2<f32>>,
        order_in: &Bound<'_, PyArray1<i64>>,
        radices_out: &Bound<'_, PyArray1<i64>>,
        twiddles_out: &Bound<'_, PyArray2<f32>>,
        order_out: &Bound<'_, PyArray1<i64>>,
        out: &Bound<'_, PyArray2<f32>>,
    ) -> PyResult<isize> {
        let channels = same_channels(x.shape(), out.shape())?;
        let (x, mut out) = (x.try_readonly()?, out.try_readwrite()?);
        let response = response.try_readonly()?;
        let (radices_in, twiddles_in) = (radices_in.try_readonly()?, twiddles_in.try_readonly()?);
        let (radices_out, twiddles_out) = (radices_out.try_readonly()?, twiddles_out.try_readonly()?);
        let (order_in, order_out) = (order_in.try_readonly()?, order_out.try_readonly()?);
        let forward = transform(radices_in.as_slice()?, twiddles_in.as_slice()?, order_in.as_slice()?)?;
        let inverse = transform(radices_out.as_slice()?, twiddles_out.as_slice()?, order_out.as_slice()?)?;
        let plan = Plan::new([up, down, hop, guard], response.as_slice()?, forward, inverse).map_err(refused)?;
        let (x, out) = (x.as_slice()?, out.as_slice_mut()?);
        Ok(index(py.detach(|| crate::resample::resample(self.0, &plan, x, channels, out))))
    }

    fn resample_chunk(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        flush: bool,
        up: u64,
        down: u64,
        coefficients: &Bound<'_, PyAny>,
        history: &Bound<'_, PyAny>,
        state: &Bound<'_, PyArray1<i64>>,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<isize> {
        if let Ok(x) = x.cast() {
            let arrays =
                Chunk::<f32> { x, coefficients: coefficients.cast()?, history: history.cast()?, out: out.cast()? };
            arrays.resample(self.0, py, flush, up, down, state)
        } else {
            let x = x.cast()?;
            let arrays =
                Chunk::<f64> { x, coefficients: coefficients.cast()?, history: history.cast()?, out: out.cast()? };
            arrays.resample(self.0, py, flush, up, down, state)
        }
    }
}

#[pyfunction]
fn resample_with_rubato(
    py: Python<'_>,
    x: &Bound<'_, PyArray2<f32>>,
    up: usize,
    down: usize,
    out: &Bound<'_, PyArray2<f32>>,
) -> PyResult<isize> {
    let channels = same_channels(x.shape(), out.shape())?;
    let (x, mut out) = (x.try_readonly()?, out.try_readwrite()?);
    let (x, out) = (x.as_slice()?, out.as_slice_mut()?);
    py.detach(|| run_rubato(Level::detect(), [up, down], x, channels, out))
        .map(index)
        .ok_or_else(|| PyValueError::new_err(format!("rubato refuses to convert {down} frames to {up}.")))
}

/// The arrays of a stream, all of one type.
struct Chunk<'a, 'py, T> {
    x: &'a Bound<'py, PyArray2<T>>,
    coefficients: &'a Bound<'py, PyArray3<T>>,
    history: &'a Bound<'py, PyArray2<T>>,
    out: &'a Bound<'py, PyArray2<T>>,
}

impl<T: Element + Real> Chunk<'_, '_, T> {
    fn resample(
        &self,
        level: Level,
        py: Python<'_>,
        flush: bool,
        up: u64,
        down: u64,
        state: &Bound<'_, PyArray1<i64>>,
    ) -> PyResult<isize> {
        let channels = same_channels(self.x.shape(), self.out.shape())?;
        let &[phases, order, taps] = self.coefficients.shape() else { unreachable!("three dimensions") };
        let &[rows, room] = self.history.shape() else { unreachable!("two dimensions") };
        let (x, coefficients) = (self.x.try_readonly()?, self.coefficients.try_readonly()?);
        let (mut history, mut out) = (self.history.try_readwrite()?, self.out.try_readwrite()?);
        let mut state = state.try_readwrite()?;
        let (x, history, out) = (x.as_slice()?, history.as_slice_mut()?, out.as_slice_mut()?);
        let filters = Filters { up, down, phases, order, taps, coefficients: coefficients.as_slice()? };
        if up == 0 || down == 0 || !(order == 1 && phases as u64 == up || order == 4 && phases > 0) {
            return Err(PyValueError::new_err(format!(
                "coefficients have shape ({phases}, {order}, {taps}); accepted are ({up}, 1, taps) and (phases, 4, taps)."
            )));
        }
        if rows != channels || room <= taps || taps < 2 || !taps.is_multiple_of(2) {
            return Err(PyValueError::new_err(format!(
                "history has shape ({rows}, {room}); accepted are {channels} rows of more frames than the {taps} taps."
            )));
        }
        let values = state.as_slice_mut()?;
        let mut now = match *values {
            [consumed, produced, held] if consumed >= 0 && produced >= 0 && (0..=room as i64).contains(&held) => {
                State { consumed: consumed as u64, produced: produced as u64, held: held as usize }
            }
            _ => return Err(PyValueError::new_err("state is not that of a stream with this history.")),
        };
        if !now.fits(&filters) {
            return Err(PyValueError::new_err("state is not that of a stream with these filters."));
        }
        let (frames, places) = (x.len() / channels.max(1), out.len() / channels.max(1));
        let due = now.ready(&filters, frames) - now.produced;
        if !flush && due > places as u64 {
            return Err(PyValueError::new_err(format!("out has {places} frames; accepted is room for {due}.")));
        }
        let mut work = || run_chunk(level, x, channels, flush, &filters, history, &mut now, out);
        let products = places.saturating_mul(channels * taps * order);
        let result = if products >= DETACH_FROM { py.detach(work) } else { work() };
        if result.is_ok() {
            values.copy_from_slice(&[now.consumed as i64, now.produced as i64, now.held as i64]);
        }
        Ok(index(result))
    }
}

fn transform<'a>(radices: &'a [i64], twiddles: &'a [f32], order: &'a [i64]) -> PyResult<Transform<'a>> {
    let (pairs, []) = twiddles.as_chunks() else {
        return Err(PyValueError::new_err("twiddles have rows of another length; accepted is 2."));
    };
    Transform::new(radices, pairs, order).map_err(refused)
}

fn refused(BadPlan(why): BadPlan) -> PyErr {
    PyValueError::new_err(format!("The plan cannot be used: {why}."))
}

fn same_channels(x: &[usize], out: &[usize]) -> PyResult<usize> {
    if x[1] != out[1] {
        return Err(PyValueError::new_err(format!("out has {} channels; accepted are {}, as x has.", out[1], x[1])));
    }
    Ok(x[1])
}

fn index(result: Result<(), BadFrame>) -> isize {
    result.map_or_else(|BadFrame(i)| i as isize, |()| -1)
}
