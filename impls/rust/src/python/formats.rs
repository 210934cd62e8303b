//! `paceline_rust.formats`: the kernels of the contract.

use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::formats::{self, F32, F64, Format, I16, I24, I32, Mode, Mono, U8};
use crate::level::Level;
use crate::python::flat::{Flat, Item, flat};

/// From this many bytes on the work is worth giving up the interpreter lock for.
const DETACH_FROM: usize = 16_384;

/// A format as arrays hold it.
trait Array: Format {
    type Item: Item + Sync;

    /// None if the last sample is not whole.
    fn samples(items: &[Self::Item]) -> Option<&[Self::Sample]>;

    fn samples_mut(items: &mut [Self::Item]) -> Option<&mut [Self::Sample]>;
}

macro_rules! plain {
    ($($format:ident),*) => { $(
        impl Array for $format {
            type Item = Self::Sample;

            fn samples(items: &[Self::Item]) -> Option<&[Self::Sample]> {
                Some(items)
            }

            fn samples_mut(items: &mut [Self::Item]) -> Option<&mut [Self::Sample]> {
                Some(items)
            }
        }
    )* };
}
plain!(I16, I32, U8, F32, F64);

impl Array for I24 {
    type Item = u8;

    fn samples(items: &[u8]) -> Option<&[[u8; 3]]> {
        let (samples, rest) = items.as_chunks();
        rest.is_empty().then_some(samples)
    }

    fn samples_mut(items: &mut [u8]) -> Option<&mut [[u8; 3]]> {
        let (samples, rest) = items.as_chunks_mut();
        rest.is_empty().then_some(samples)
    }
}

/// Calls a function for the format of a code, by the order of `paceline.audio.formats.FORMATS`.
macro_rules! by_code {
    ($name:literal, $code:expr, $function:ident::<$($known:ident)?, _>($($argument:expr),*)) => {
        match $code {
            0 => $function::<$($known,)? I16>($($argument),*),
            1 => $function::<$($known,)? I32>($($argument),*),
            2 => $function::<$($known,)? I24>($($argument),*),
            3 => $function::<$($known,)? U8>($($argument),*),
            4 => $function::<$($known,)? F32>($($argument),*),
            5 => $function::<$($known,)? F64>($($argument),*),
            code => Err(PyValueError::new_err(format!("{} is {code}; accepted are 0 to 5.", $name))),
        }
    };
}

/// Calls a function for the type of an array's items.
macro_rules! by_type {
    ($level:expr, $py:ident, $x:ident, $out:ident, $function:ident, $($item:ident)*) => {
        $(if let Ok(x) = $x.cast::<PyArray2<$item>>() {
            $function($level, $py, x, $out.cast()?)
        } else)* {
            let accepted = [$(stringify!($item)),*].join(", ");
            Err(PyTypeError::new_err(format!("x is none of the 2-d arrays accepted: {accepted}.")))
        }
    };
}

/// The kernels of one level.
#[pyclass(frozen, module = "paceline_rust._rust")]
pub struct Formats(pub Level);

#[pymethods]
impl Formats {
    fn convert_format(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyUntypedArray>,
        source: usize,
        out: &Bound<'_, PyUntypedArray>,
        target: usize,
        rounding: usize,
    ) -> PyResult<isize> {
        let mode = match rounding {
            0 => Mode::Nearest,
            1 => Mode::Floor,
            2 => Mode::Truncate,
            code => return Err(PyValueError::new_err(format!("rounding is {code}; accepted are 0 to 2."))),
        };
        by_code!("source", source, convert_from::<, _>(self.0, py, x, out, target, mode))?;
        Ok(-1)
    }

    fn interleave(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyUntypedArray>,
        out: &Bound<'_, PyUntypedArray>,
    ) -> PyResult<isize> {
        by_type!(self.0, py, x, out, interleave_items, u32 u16 u8 u64)
    }

    fn deinterleave(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyUntypedArray>,
        out: &Bound<'_, PyUntypedArray>,
    ) -> PyResult<isize> {
        by_type!(self.0, py, x, out, deinterleave_items, u32 u16 u8 u64)
    }

    fn to_mono(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyUntypedArray>,
        out: &Bound<'_, PyUntypedArray>,
    ) -> PyResult<isize> {
        by_type!(self.0, py, x, out, mix, i16 f32 i32 u8 f64)
    }
}

fn convert_from<S: Array>(
    level: Level,
    py: Python<'_>,
    x: &Bound<'_, PyUntypedArray>,
    out: &Bound<'_, PyUntypedArray>,
    target: usize,
    mode: Mode,
) -> PyResult<()> {
    by_code!("target", target, convert::<S, _>(level, py, x, out, mode))
}

fn convert<S: Array, T: Array>(
    level: Level,
    py: Python<'_>,
    x: &Bound<'_, PyUntypedArray>,
    out: &Bound<'_, PyUntypedArray>,
    mode: Mode,
) -> PyResult<()> {
    match flat::<S::Item, T::Item>(x, out)? {
        Flat::Same(out) => {
            let samples = T::samples_mut(out).ok_or_else(|| not_whole("out"))?;
            if size_of::<S::Sample>() != size_of::<T::Sample>() {
                return Err(PyValueError::new_err("out is x, but its samples have another size."));
            }
            run(py, size_of_val(samples), || formats::convert_in_place::<S, T>(level, samples, mode));
        }
        Flat::Apart(x, out) => {
            let samples = T::samples_mut(out).ok_or_else(|| not_whole("out"))?;
            let x = S::samples(x).ok_or_else(|| not_whole("x"))?;
            same_length(x.len(), samples.len(), "samples")?;
            let bytes = size_of_val(x) + size_of_val(samples);
            run(py, bytes, || formats::convert::<S, T>(level, x, samples, mode));
        }
    }
    Ok(())
}

fn interleave_items<T: Element + Copy + Sync>(
    level: Level,
    py: Python<'_>,
    x: &Bound<'_, PyArray2<T>>,
    out: &Bound<'_, PyArray2<T>>,
) -> PyResult<isize> {
    let (x, mut out) = (x.try_readonly()?, out.try_readwrite()?);
    let channels = x.shape()[0];
    let (x, out) = (x.as_slice()?, out.as_slice_mut()?);
    same_length(x.len(), out.len(), "samples")?;
    run(py, 2 * size_of_val(x), || formats::interleave(level, x, channels, out));
    Ok(-1)
}

fn deinterleave_items<T: Element + Copy + Sync>(
    level: Level,
    py: Python<'_>,
    x: &Bound<'_, PyArray2<T>>,
    out: &Bound<'_, PyArray2<T>>,
) -> PyResult<isize> {
    let (x, mut out) = (x.try_readonly()?, out.try_readwrite()?);
    let channels = x.shape()[1];
    let (x, out) = (x.as_slice()?, out.as_slice_mut()?);
    same_length(x.len(), out.len(), "samples")?;
    run(py, 2 * size_of_val(x), || formats::deinterleave(level, x, channels, out));
    Ok(-1)
}

fn mix<T: Element + Mono + Send + Sync>(
    level: Level,
    py: Python<'_>,
    x: &Bound<'_, PyArray2<T>>,
    out: &Bound<'_, PyArray1<T>>,
) -> PyResult<isize> {
    let (x, mut out) = (x.try_readonly()?, out.try_readwrite()?);
    let [frames, channels] = [x.shape()[0], x.shape()[1]];
    let (x, out) = (x.as_slice()?, out.as_slice_mut()?);
    same_length(frames, out.len(), "frames")?;
    run(py, size_of_val(x), || formats::to_mono(level, x, channels, out));
    Ok(-1)
}

fn run(py: Python<'_>, bytes: usize, work: impl FnOnce() + Send) {
    if bytes >= DETACH_FROM { py.detach(work) } else { work() }
}

/// The public function has checked shapes; a raw kernel's caller may not have, and must get an exception, not a panic.
fn same_length(x: usize, out: usize, what: &str) -> PyResult<()> {
    if x == out {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("out holds {out} {what}; accepted are {x}, as many as x.")))
}

fn not_whole(name: &str) -> PyErr {
    PyValueError::new_err(format!("{name} ends within a sample; accepted are 3 bytes for each."))
}
