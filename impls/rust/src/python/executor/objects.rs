//! Exact ints and floats of Python: read where they lie, and made with one call.

use std::ffi::c_long;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::executor::Number;

/// Whether ints are made of digits of 30 bits, which is all that [`digits`] knows.
static WIDE_DIGITS: AtomicBool = AtomicBool::new(false);

/// Looks at how this Python lays ints out.
pub fn learn_layout(py: Python<'_>) -> PyResult<()> {
    let bits: u32 = py.import("sys")?.getattr("int_info")?.getattr("bits_per_digit")?.extract()?;
    WIDE_DIGITS.store(bits == 30, Ordering::Relaxed);
    Ok(())
}

/// The number that an object is; None where it is neither an exact float nor an exact int within int64.
#[inline(always)]
pub fn number(item: Borrowed<'_, '_, PyAny>) -> Option<Number> {
    let object = item.as_ptr();
    // SAFETY: the object is alive, as borrowed.
    let kind = unsafe { ffi::Py_TYPE(object) };
    if kind == &raw mut ffi::PyFloat_Type {
        // SAFETY: it is a float.
        Some(Number::Real(unsafe { ffi::PyFloat_AS_DOUBLE(object) }))
    } else if kind == &raw mut ffi::PyLong_Type {
        integer(item).map(Number::Int)
    } else {
        None
    }
}

#[inline(always)]
fn integer(item: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    digits(item).or_else(|| any_integer(item))
}

#[cold]
fn any_integer(item: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: the object is an int, and alive as borrowed; of an int this raises nothing.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(item.as_ptr(), &mut overflow) };
    (overflow == 0).then_some(value)
}

/// An exact int of at most two digits.
#[cfg(all(not(Py_3_12), target_pointer_width = "64"))]
#[inline(always)]
fn digits(item: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    /// `PyLongObject` up to CPython 3.11; the size has the sign.
    #[repr(C)]
    struct Digits {
        base: ffi::PyVarObject,
        digits: [u32; 2],
    }

    if !WIDE_DIGITS.load(Ordering::Relaxed) {
        return None;
    }
    let long = item.as_ptr().cast::<Digits>();
    // SAFETY: the object is an int, and alive as borrowed. Of its digits there are as many as the size says, at least
    // one; each is read through a pointer of its own, not a reference to both.
    unsafe {
        let first = || i64::from((&raw const (*long).digits).cast::<u32>().read());
        let second = || i64::from((&raw const (*long).digits).cast::<u32>().add(1).read()) << 30;
        match (*long).base.ob_size {
            1 => Some(first()),
            -1 => Some(-first()),
            0 => Some(0),
            2 => Some(first() | second()),
            -2 => Some(-(first() | second())),
            _ => None,
        }
    }
}

/// Later ones have another layout, and a call that is nearly as fast.
#[cfg(not(all(not(Py_3_12), target_pointer_width = "64")))]
#[inline(always)]
fn digits(_: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    None
}

/// A new int.
#[inline(always)]
pub fn from_integer(py: Python<'_>, value: i64) -> PyResult<Bound<'_, PyAny>> {
    let object = if size_of::<c_long>() == size_of::<i64>() {
        // SAFETY: attached to the interpreter; a long is 64 bits here. It has a shorter way for ints of one digit.
        unsafe { ffi::PyLong_FromLong(value as c_long) }
    } else {
        // SAFETY: attached to the interpreter.
        unsafe { ffi::PyLong_FromLongLong(value) }
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, object) }
}

/// A new float.
#[inline(always)]
pub fn from_real(py: Python<'_>, value: f64) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: attached to the interpreter; a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyFloat_FromDouble(value)) }
}

/// A new object for a number.
#[inline(always)]
pub fn from_number(py: Python<'_>, value: Number) -> PyResult<Bound<'_, PyAny>> {
    match value {
        Number::Int(value) => from_integer(py, value),
        Number::Real(value) => from_real(py, value),
    }
}
