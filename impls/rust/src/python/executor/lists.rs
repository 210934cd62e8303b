//! Chains over lists of exact ints and floats: unboxed, run block by block, boxed. No Python code runs meanwhile.

use std::cell::RefCell;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::PyList;

use super::objects;
use crate::executor::{Chain, Integers, Laps, Number, Turn, apply};
use crate::level::Level;

/// Items whose numbers stay in cache from the first node to the last.
const BLOCK: usize = 512;

/// Items after which signals are looked at. Their handlers are Python code: each part is a list of its own, so that
/// they never see one that is half made.
const PART: usize = 1 << 20;

/// The numbers of a block, ints and floats apart: all ints become floats at the same node, if at all.
struct Scratch {
    reals: [f64; BLOCK],
    integers: [i64; BLOCK],
    /// What the ints have become.
    turned: [f64; BLOCK],
}

thread_local! {
    static SCRATCH: RefCell<Box<Scratch>> =
        RefCell::new(Box::new(Scratch { reals: [0.0; BLOCK], integers: [0; BLOCK], turned: [0.0; BLOCK] }));
}

/// Runs a chain over a list; None where it takes more than exact numbers within int64.
pub fn run<'py>(
    chain: &Chain,
    list: &Bound<'py, PyList>,
    mut laps: Option<&mut Laps>,
) -> PyResult<Option<Bound<'py, PyList>>> {
    let mut run_part = |from| {
        with_critical_section(list, || {
            let items = items(list, from, PART);
            if chain.is_copy() {
                // Passing takes no node any time.
                laps.as_deref_mut().and_then(|laps| laps.block(items.len()));
                copy(list, items, from)
            } else {
                SCRATCH.with_borrow_mut(|scratch| part(chain, list.py(), items, scratch, laps.as_deref_mut()))
            }
        })
    };
    let first = run_part(0)?;
    let (Some(output), true) = (&first, list.len() > PART) else { return Ok(first) };
    for from in (PART..).step_by(PART).take_while(|from| *from < list.len()) {
        list.py().check_signals()?;
        let Some(part) = run_part(from)? else { return Ok(None) };
        output.set_slice(output.len(), output.len(), &part)?;
    }
    Ok(first)
}

/// The items of a list as they lie there, from one on, `most` of them at most.
fn items<'a, 'py>(list: &'a Bound<'py, PyList>, from: usize, most: usize) -> &'a [Borrowed<'a, 'py, PyAny>] {
    let length = list.len().saturating_sub(from).min(most);
    if length == 0 {
        return &[];
    }
    // SAFETY: the list holds that many items from there on, none of them null; a `Borrowed` is laid out as the pointer
    // it holds. The list stays as it is while the callers use the slice: they run no Python code, attached to the
    // interpreter, and in the list's critical section where the interpreter has no lock.
    unsafe {
        let list = list.as_ptr().cast::<ffi::PyListObject>();
        std::slice::from_raw_parts((*list).ob_item.add(from).cast(), length)
    }
}

/// A new list of the same items; None where a None is among them, which is not passed on.
fn copy<'py>(
    list: &Bound<'py, PyList>,
    items: &[Borrowed<'_, 'py, PyAny>],
    from: usize,
) -> PyResult<Option<Bound<'py, PyList>>> {
    // SAFETY: None always exists; it is compared only.
    let none = unsafe { ffi::Py_None() };
    // Not `any`, which would stop early instead of using vectors.
    if items.chunks(1_024).any(|block| block.iter().fold(false, |found, item| found | (item.as_ptr() == none))) {
        return Ok(None);
    }
    Ok(Some(list.get_slice(from, from + items.len())))
}

fn part<'py>(
    chain: &Chain,
    py: Python<'py>,
    items: &[Borrowed<'_, 'py, PyAny>],
    scratch: &mut Scratch,
    mut laps: Option<&mut Laps>,
) -> PyResult<Option<Bound<'py, PyList>>> {
    let mut output = NewList::new(py, items.len())?;
    let level = Level::detect();
    for block in items.chunks(BLOCK) {
        let Some(found) = unbox(block, scratch) else { return Ok(None) };
        let mut laps = laps.as_deref_mut().and_then(|laps| laps.block(block.len()));
        if found.reals > 0 {
            let Some(steps) = chain.reals() else { return Ok(None) };
            apply(level, steps, &mut scratch.reals[..found.reals], 0, laps.as_deref_mut());
        }
        let mut turned = false;
        if found.integers > 0 {
            let Some(integers) = chain.integers().filter(|it| it.fit(found.low, found.high)) else { return Ok(None) };
            turned = integers.turn != Turn::Never;
            run_integers(level, integers, found.integers, scratch, laps);
        }
        let reals = scratch.reals[..found.reals].iter();
        let integers = scratch.integers[..found.integers].iter();
        let turned_reals = scratch.turned[..found.integers].iter();
        match (found.reals, found.integers, turned) {
            (_, 0, _) => output.extend(reals, |x| objects::from_real(py, *x))?,
            (0, _, false) => output.extend(integers, |x| objects::from_integer(py, *x))?,
            (0, _, true) => output.extend(turned_reals, |x| objects::from_real(py, *x))?,
            _ => output
                .extend(in_order(block, reals, integers, turned_reals, turned), |x| objects::from_number(py, x))?,
        }
    }
    Ok(Some(output.finish()))
}

/// How many numbers a block has, and the ends of its ints.
struct Found {
    reals: usize,
    integers: usize,
    low: i64,
    high: i64,
}

#[inline(always)]
fn unbox(block: &[Borrowed<'_, '_, PyAny>], scratch: &mut Scratch) -> Option<Found> {
    let mut found = Found { reals: 0, integers: 0, low: i64::MAX, high: i64::MIN };
    for item in block {
        match objects::number(*item)? {
            Number::Real(x) => {
                *scratch.reals.get_mut(found.reals)? = x;
                found.reals += 1;
            }
            Number::Int(x) => {
                *scratch.integers.get_mut(found.integers)? = x;
                found.integers += 1;
                (found.low, found.high) = (found.low.min(x), found.high.max(x));
            }
        }
    }
    Some(found)
}

fn run_integers(
    level: Level,
    integers: Integers<'_>,
    found: usize,
    scratch: &mut Scratch,
    mut laps: Option<&mut Laps>,
) {
    let block = &mut scratch.integers[..found];
    apply(level, integers.steps, block, 0, laps.as_deref_mut());
    if integers.turn != Turn::Never {
        let turned = &mut scratch.turned[..found];
        turned.iter_mut().zip(block).for_each(|(turned, x)| *turned = *x as f64);
        apply(level, integers.rest, turned, integers.steps.len(), laps);
    }
}

/// The results in the order of the items that they are of.
fn in_order<'a>(
    block: &'a [Borrowed<'_, '_, PyAny>],
    mut reals: impl Iterator<Item = &'a f64>,
    mut integers: impl Iterator<Item = &'a i64>,
    mut turned_reals: impl Iterator<Item = &'a f64>,
    turned: bool,
) -> impl Iterator<Item = Number> {
    block.iter().map_while(move |item| match objects::number(*item)? {
        Number::Real(_) => reals.next().copied().map(Number::Real),
        Number::Int(_) if turned => turned_reals.next().copied().map(Number::Real),
        Number::Int(_) => integers.next().copied().map(Number::Int),
    })
}

/// A list in the making, whose items from `made` on are null; nothing else knows of it until it is finished.
struct NewList<'py> {
    list: Bound<'py, PyList>,
    made: usize,
    length: usize,
}

impl<'py> NewList<'py> {
    fn new(py: Python<'py>, length: usize) -> PyResult<Self> {
        // SAFETY: a new list, or null with an exception set; a slice's length fits.
        let list = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length as ffi::Py_ssize_t))? };
        // SAFETY: it is a list.
        let list = unsafe { list.cast_into_unchecked() };
        Ok(Self { list, made: 0, length })
    }

    /// Adds an item for each value. What is left without one if an item cannot be made is freed with the list, which
    /// may hold nulls then.
    #[inline(always)]
    fn extend<T>(
        &mut self,
        values: impl Iterator<Item = T>,
        object: impl Fn(T) -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        for value in values.take(self.length - self.made) {
            let object = object(value)?.into_ptr();
            // SAFETY: the place is within the list and empty; the reference is given to it.
            unsafe { ffi::PyList_SET_ITEM(self.list.as_ptr(), self.made as ffi::Py_ssize_t, object) };
            self.made += 1;
        }
        Ok(())
    }

    fn finish(self) -> Bound<'py, PyList> {
        debug_assert_eq!(self.made, self.length);
        self.list
    }
}
