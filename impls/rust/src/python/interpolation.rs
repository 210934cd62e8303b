//! `paceline_rust.interpolation`: the kernels of the contract.
//!
//! Arrays are borrowed with `try_…`: taken as `PyReadonlyArray` arguments, two that overlap would panic.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::interpolation::{BadIndex, Knots, Outside, PairStamps, Quaternion, slerp_one};
use crate::level::Level;

type Tuple4 = (f64, f64, f64, f64);

/// From this many items on the work is worth giving up the interpreter lock for.
const DETACH_FROM: usize = 1_024;

/// Adds what has no levels.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(slerp_quaternion, module)?)
}

#[pyfunction]
#[pyo3(signature = (t, t0, q0, t1, q1, extrapolate = false))]
fn slerp_quaternion(t: i64, t0: i64, q0: Tuple4, t1: i64, q1: Tuple4, extrapolate: bool) -> Tuple4 {
    let q = slerp_one(t, t0, &q0.into(), t1, &q1.into(), extrapolate);
    q.unwrap_or([f64::NAN; 4]).into()
}

/// The kernels of one level.
#[pyclass(frozen, module = "paceline_rust._rust")]
pub struct Interpolation(pub Level);

#[pymethods]
#[allow(clippy::too_many_arguments)]
impl Interpolation {
    fn slerp_quaternions_batch(
        &self,
        py: Python<'_>,
        t: &Bound<'_, PyArray1<i64>>,
        t0: &Bound<'_, PyArray1<i64>>,
        q0: &Bound<'_, PyArray2<f64>>,
        t1: &Bound<'_, PyArray1<i64>>,
        q1: &Bound<'_, PyArray2<f64>>,
        extrapolate: bool,
        out: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<isize> {
        let t = t.try_readonly()?;
        let t0 = t0.try_readonly()?;
        let q0 = q0.try_readonly()?;
        let t1 = t1.try_readonly()?;
        let q1 = q1.try_readonly()?;
        let mut out = out.try_readwrite()?;
        let stamps = PairStamps { t: t.as_slice()?, t0: t0.as_slice()?, t1: t1.as_slice()? };
        let n = stamps.t.len();
        let (q0, q1) = (rows("q0", q0.as_slice()?)?, rows("q1", q1.as_slice()?)?);
        let out = rows_mut("out", out.as_slice_mut()?)?;
        same_length(n, &[("t0", stamps.t0.len()), ("t1", stamps.t1.len())])?;
        same_length(n, &[("q0", q0.len()), ("q1", q1.len()), ("out", out.len())])?;
        Ok(index(run(py, n, || self.0.slerp_pairs(stamps, q0, q1, outside(extrapolate), out))))
    }

    fn interpolate_positions_batch(
        &self,
        py: Python<'_>,
        t: &Bound<'_, PyArray1<i64>>,
        t0: &Bound<'_, PyArray1<i64>>,
        p0: &Bound<'_, PyArray2<f64>>,
        t1: &Bound<'_, PyArray1<i64>>,
        p1: &Bound<'_, PyArray2<f64>>,
        extrapolate: bool,
        out: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<isize> {
        let t = t.try_readonly()?;
        let t0 = t0.try_readonly()?;
        let p0 = p0.try_readonly()?;
        let t1 = t1.try_readonly()?;
        let p1 = p1.try_readonly()?;
        let mut out = out.try_readwrite()?;
        let stamps = PairStamps { t: t.as_slice()?, t0: t0.as_slice()?, t1: t1.as_slice()? };
        let (n, channels) = (stamps.t.len(), p0.shape()[1]);
        let (p0, p1, out) = (p0.as_slice()?, p1.as_slice()?, out.as_slice_mut()?);
        same_length(n, &[("t0", stamps.t0.len()), ("t1", stamps.t1.len())])?;
        same_length(n * channels, &[("p0", p0.len()), ("p1", p1.len()), ("out", out.len())])?;
        Ok(index(run(py, n, || self.0.lerp_pairs(stamps, p0, p1, channels, outside(extrapolate), out))))
    }

    fn interpolate_trajectory_batch(
        &self,
        py: Python<'_>,
        stamps: &Bound<'_, PyArray1<i64>>,
        positions: &Bound<'_, PyArray2<f64>>,
        quats: &Bound<'_, PyArray2<f64>>,
        at: &Bound<'_, PyArray1<i64>>,
        extrapolate: bool,
        out_positions: &Bound<'_, PyArray2<f64>>,
        out_quats: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<isize> {
        let arrays = PoseArrays { stamps, positions, quats, at, out_positions, out_quats };
        arrays.interpolate(self.0, py, extrapolate, Level::trajectory)
    }

    fn trajectory_at(
        &self,
        py: Python<'_>,
        stamps: &Bound<'_, PyArray1<i64>>,
        positions: &Bound<'_, PyArray2<f64>>,
        quats: &Bound<'_, PyArray2<f64>>,
        at: &Bound<'_, PyArray1<i64>>,
        extrapolate: bool,
        out_positions: &Bound<'_, PyArray2<f64>>,
        out_quats: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<isize> {
        let arrays = PoseArrays { stamps, positions, quats, at, out_positions, out_quats };
        arrays.interpolate(self.0, py, extrapolate, Level::checked_trajectory)
    }

    fn interpolate_linear(
        &self,
        py: Python<'_>,
        stamps: &Bound<'_, PyArray1<i64>>,
        values: &Bound<'_, PyArray2<f64>>,
        at: &Bound<'_, PyArray1<i64>>,
        extrapolate: bool,
        out: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<isize> {
        let stamps = stamps.try_readonly()?;
        let values = values.try_readonly()?;
        let at = at.try_readonly()?;
        let mut out = out.try_readwrite()?;
        let channels = values.shape()[1];
        let (stamps, values, at) = (stamps.as_slice()?, values.as_slice()?, at.as_slice()?);
        let out = out.as_slice_mut()?;
        same_length(stamps.len() * channels, &[("values", values.len())])?;
        same_length(at.len() * channels, &[("out", out.len())])?;
        at_least_one(stamps, at)?;
        Ok(index(run(py, stamps.len() + at.len(), || {
            self.0.linear(stamps, values, channels, at, outside(extrapolate), out)
        })))
    }

    fn trajectory_check(
        &self,
        py: Python<'_>,
        stamps: &Bound<'_, PyArray1<i64>>,
        quats: &Bound<'_, PyArray2<f64>>,
    ) -> PyResult<isize> {
        let stamps = stamps.try_readonly()?;
        let quats = quats.try_readonly()?;
        let (stamps, quats) = (stamps.as_slice()?, rows("quats", quats.as_slice()?)?);
        same_length(stamps.len(), &[("quats", quats.len())])?;
        Ok(index(run(py, stamps.len(), || self.0.check(stamps, quats))))
    }

    fn trajectory_gap(
        &self,
        py: Python<'_>,
        stamps: &Bound<'_, PyArray1<i64>>,
        at: &Bound<'_, PyArray1<i64>>,
        out: &Bound<'_, PyArray1<i64>>,
    ) -> PyResult<isize> {
        let stamps = stamps.try_readonly()?;
        let at = at.try_readonly()?;
        let mut out = out.try_readwrite()?;
        let (stamps, at, out) = (stamps.as_slice()?, at.as_slice()?, out.as_slice_mut()?);
        same_length(at.len(), &[("out", out.len())])?;
        at_least_one(stamps, at)?;
        run(py, at.len(), || self.0.gap(stamps, at, out));
        Ok(-1)
    }
}

/// The arrays of both functions that give poses.
struct PoseArrays<'a, 'py> {
    stamps: &'a Bound<'py, PyArray1<i64>>,
    positions: &'a Bound<'py, PyArray2<f64>>,
    quats: &'a Bound<'py, PyArray2<f64>>,
    at: &'a Bound<'py, PyArray1<i64>>,
    out_positions: &'a Bound<'py, PyArray2<f64>>,
    out_quats: &'a Bound<'py, PyArray2<f64>>,
}

type Interpolate = fn(Level, Knots, &[i64], Outside, &mut [[f64; 3]], &mut [Quaternion]) -> Result<(), BadIndex>;

impl PoseArrays<'_, '_> {
    fn interpolate(
        &self,
        level: Level,
        py: Python<'_>,
        extrapolate: bool,
        interpolate: Interpolate,
    ) -> PyResult<isize> {
        let (stamps, at) = (self.stamps.try_readonly()?, self.at.try_readonly()?);
        let (positions, quats) = (self.positions.try_readonly()?, self.quats.try_readonly()?);
        let (mut out_positions, mut out_quats) = (self.out_positions.try_readwrite()?, self.out_quats.try_readwrite()?);
        let knots = knots(stamps.as_slice()?, positions.as_slice()?, quats.as_slice()?)?;
        let (at, positions, quats) = queries(at.as_slice()?, out_positions.as_slice_mut()?, out_quats.as_slice_mut()?)?;
        at_least_one(knots.stamps, at)?;
        Ok(index(run(py, knots.stamps.len() + at.len(), || {
            interpolate(level, knots, at, outside(extrapolate), positions, quats)
        })))
    }
}

fn run<T: Send>(py: Python<'_>, items: usize, work: impl FnOnce() -> T + Send) -> T {
    if items >= DETACH_FROM { py.detach(work) } else { work() }
}

fn outside(extrapolate: bool) -> Outside {
    if extrapolate { Outside::Extrapolate } else { Outside::Clamp }
}

fn index(result: Result<(), BadIndex>) -> isize {
    result.map_or_else(|BadIndex(i)| i as isize, |()| -1)
}

/// The public function has checked shapes; a raw kernel's caller may not have, and must get an exception, not a panic.
fn same_length(expected: usize, lengths: &[(&str, usize)]) -> PyResult<()> {
    match lengths.iter().find(|(_, length)| *length != expected) {
        None => Ok(()),
        Some((name, length)) => Err(PyValueError::new_err(format!(
            "{name} holds {length} items; accepted are {expected}, as many as the other arguments."
        ))),
    }
}

fn at_least_one(stamps: &[i64], at: &[i64]) -> PyResult<()> {
    if stamps.is_empty() && !at.is_empty() {
        return Err(PyValueError::new_err("stamps is empty; accepted is at least one knot."));
    }
    Ok(())
}

fn rows<'a, const K: usize>(name: &str, values: &'a [f64]) -> PyResult<&'a [[f64; K]]> {
    match values.as_chunks() {
        (rows, []) => Ok(rows),
        _ => Err(PyValueError::new_err(format!("{name} has rows of another length; accepted is {K}."))),
    }
}

fn rows_mut<'a, const K: usize>(name: &str, values: &'a mut [f64]) -> PyResult<&'a mut [[f64; K]]> {
    match values.as_chunks_mut() {
        (rows, []) => Ok(rows),
        _ => Err(PyValueError::new_err(format!("{name} has rows of another length; accepted is {K}."))),
    }
}

fn knots<'a>(stamps: &'a [i64], positions: &'a [f64], quats: &'a [f64]) -> PyResult<Knots<'a>> {
    let knots = Knots { stamps, positions: rows("positions", positions)?, quats: rows("quats", quats)? };
    same_length(stamps.len(), &[("positions", knots.positions.len()), ("quats", knots.quats.len())])?;
    Ok(knots)
}

type Queries<'a> = (&'a [i64], &'a mut [[f64; 3]], &'a mut [Quaternion]);

fn queries<'a>(at: &'a [i64], positions: &'a mut [f64], quats: &'a mut [f64]) -> PyResult<Queries<'a>> {
    let (positions, quats) = (rows_mut("out_positions", positions)?, rows_mut("out_quats", quats)?);
    same_length(at.len(), &[("out_positions", positions.len()), ("out_quats", quats.len())])?;
    Ok((at, positions, quats))
}
