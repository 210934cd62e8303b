//! Chains over one-dimensional arrays of float64, float32 and int64: a new array, each block in cache for all nodes.

use std::mem::MaybeUninit;
use std::slice;

use numpy::npyffi::PyArray_CheckExact;
use numpy::{Element, PyArray1, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::executor::{Chain, Integers, Lane, Laps, Step, Turn, apply, apply_to, ends, fill, line_of, turn_to};
use crate::lanes::Real;
use crate::level::Level;

/// Numbers that stay in cache from the first node to the last.
const BLOCK: usize = 1_024;

/// From this many numbers on the work is worth giving up the interpreter lock for.
const DETACH_FROM: usize = 50_000;

/// An array that a chain takes.
pub enum Numbers<'a, 'py> {
    Reals(&'a Bound<'py, PyArray1<f64>>),
    Singles(&'a Bound<'py, PyArray1<f32>>),
    Integers(&'a Bound<'py, PyArray1<i64>>),
}

impl<'a, 'py> Numbers<'a, 'py> {
    /// None for everything else.
    pub fn of(data: &'a Bound<'py, PyAny>) -> Option<Self> {
        // SAFETY: attached to the interpreter, and the object is alive.
        if unsafe { PyArray_CheckExact(data.py(), data.as_ptr()) } == 0 {
            return None;
        }
        if let Ok(array) = data.cast() {
            Some(Self::Reals(array))
        } else if let Ok(array) = data.cast() {
            Some(Self::Integers(array))
        } else {
            data.cast().ok().map(Self::Singles)
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Reals(array) => array.len(),
            Self::Singles(array) => array.len(),
            Self::Integers(array) => array.len(),
        }
    }

    /// Runs a chain; None where a result would not be an array's, or the numbers do not lie side by side.
    pub fn run(&self, chain: &Chain, laps: Option<&mut Laps>) -> Option<Bound<'py, PyAny>> {
        match self {
            Self::Reals(array) => real(array, chain.reals()?, laps),
            Self::Singles(array) => real(array, chain.singles()?, laps),
            Self::Integers(array) => {
                let integers = chain.integers()?;
                match integers.turn {
                    Turn::Never => whole(array, integers, laps),
                    Turn::Rounded | Turn::Exact => turned(array, integers, laps),
                }
            }
        }
    }
}

fn real<'py, T: Element + Lane + Real>(
    array: &Bound<'py, PyArray1<T>>,
    steps: &[Step<T>],
    laps: Option<&mut Laps>,
) -> Option<Bound<'py, PyAny>> {
    blockwise(array, laps, |level, from, to, laps| {
        match laps {
            None => apply_to(level, steps, from, to),
            laps => apply(level, steps, write(level, from, to, |x| x), 0, laps),
        }
        Some(())
    })
}

fn whole<'py>(
    array: &Bound<'py, PyArray1<i64>>,
    integers: Integers<'_>,
    laps: Option<&mut Laps>,
) -> Option<Bound<'py, PyAny>> {
    let line = line_of(integers.steps);
    blockwise(array, laps, |level, from, to, laps| {
        let (low, high) = ends(level, from);
        integers.fit(low, high).then(|| match laps {
            None => fill(level, from, to, line),
            laps => apply(level, integers.steps, write(level, from, to, |x| x), 0, laps),
        })
    })
}

fn turned<'py>(
    array: &Bound<'py, PyArray1<i64>>,
    integers: Integers<'_>,
    laps: Option<&mut Laps>,
) -> Option<Bound<'py, PyAny>> {
    let line = line_of(integers.steps);
    blockwise(array, laps, |level, from, to, mut laps| {
        let (low, high) = ends(level, from);
        if !integers.fit(low, high) {
            return None;
        }
        if laps.is_none() {
            turn_to(level, |x| line(x) as f64, integers.rest, from, to);
            return Some(());
        }
        let mut block = from.to_vec();
        apply(level, integers.steps, &mut block, 0, laps.as_deref_mut());
        apply(level, integers.rest, write(level, &block, to, |x| x as f64), integers.steps.len(), laps);
        Some(())
    })
}

/// Makes a new array, block by block.
fn blockwise<'py, T: Element + Sync, U: Element + Send>(
    array: &Bound<'py, PyArray1<T>>,
    mut laps: Option<&mut Laps>,
    mut run: impl FnMut(Level, &[T], &mut [MaybeUninit<U>], Option<&mut Laps>) -> Option<()> + Send,
) -> Option<Bound<'py, PyAny>> {
    let (py, n) = (array.py(), array.len());
    // SAFETY: read only. Another thread that writes meanwhile gets what it would get of NumPy, which reads unlocked too.
    let from = unsafe { array.as_slice() }.ok()?;
    // SAFETY: a new array, of which every element is written before it is given away.
    let output = unsafe { PyArray1::<U>::new(py, n, false) };
    // SAFETY: it has n elements, side by side, and nobody else knows of it.
    let to = unsafe { slice::from_raw_parts_mut(output.data().cast::<MaybeUninit<U>>(), n) };
    let level = Level::detect();
    let mut work = || {
        from.chunks(BLOCK).zip(to.chunks_mut(BLOCK)).try_for_each(|(from, to)| {
            let laps = laps.as_deref_mut().and_then(|laps| laps.block(from.len()));
            run(level, from, to, laps)
        })
    };
    if n >= DETACH_FROM { py.detach(work) } else { work() }?;
    Some(output.into_any())
}

/// Writes what a function makes of each number of a block.
fn write<'a, T: Copy, U>(level: Level, from: &[T], to: &'a mut [MaybeUninit<U>], make: impl Fn(T) -> U) -> &'a mut [U] {
    assert_eq!(from.len(), to.len());
    fill(level, from, to, make);
    // SAFETY: every element has just been written.
    unsafe { slice::from_raw_parts_mut(to.as_mut_ptr().cast(), to.len()) }
}
