//! One-dimensional arrays as slices, checked in a few instructions.
//!
//! The numpy crate keeps a table of borrowed memory, which costs a short conversion as much as its arithmetic does. Here
//! the two arrays of a call are looked at together: their memory is either the same or apart.

use std::ffi::c_int;

use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_WRITEABLE};
use numpy::{Element, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// What a conversion reads and writes.
pub enum Flat<'a, S, T> {
    /// Two arrays that share nothing.
    Apart(&'a [S], &'a mut [T]),
    /// The same memory, which is to be read as `S` first.
    Same(&'a mut [T]),
}

/// A number that arrays can hold; every pattern of bits is one.
///
/// # Safety
/// KIND and the size describe NumPy's dtype of this type, and no other one.
pub unsafe trait Item: Element + Copy {
    const KIND: u8;
}

macro_rules! items {
    ($($item:ty: $kind:literal),*) => { $(
        // SAFETY: NumPy's letter for the type.
        unsafe impl Item for $item {
            const KIND: u8 = $kind;
        }
    )* };
}
items!(u8: b'u', i16: b'i', i32: b'i', f32: b'f', f64: b'f');

/// Takes an input and an output.
pub fn flat<'a, S: Item, T: Item>(
    x: &'a Bound<'_, PyUntypedArray>,
    out: &'a Bound<'_, PyUntypedArray>,
) -> PyResult<Flat<'a, S, T>> {
    let (n, from) = data::<S>(x, "x", 0)?;
    let (n_out, to) = data::<T>(out, "out", NPY_ARRAY_WRITEABLE)?;
    let (bytes, bytes_out) = (n * size_of::<S>(), n_out * size_of::<T>());
    if bytes > 0 && bytes == bytes_out && from.addr() == to.addr() {
        // SAFETY: data() has seen a writable array of that many aligned items, which the reference to it keeps alive,
        // and there is no slice of the input. As in all of NumPy, threads that write what another one works on race.
        return Ok(Flat::Same(unsafe { slice_mut(to, n_out) }));
    }
    if from.addr() < to.addr() + bytes_out && to.addr() < from.addr() + bytes {
        return Err(PyValueError::new_err("out shares a part of x; accepted are the same memory and another one."));
    }
    // SAFETY: as above, and they do not overlap.
    Ok(unsafe { Flat::Apart(slice(from, n), slice_mut(to, n_out)) })
}

/// The number of items and where they begin.
fn data<T: Item>(array: &Bound<'_, PyUntypedArray>, name: &str, flags: c_int) -> PyResult<(usize, *mut T)> {
    let dtype = array.dtype();
    let is_item =
        dtype.kind() == T::KIND && dtype.itemsize() == size_of::<T>() && dtype.is_native_byteorder() != Some(false);
    if !is_item || array.ndim() != 1 {
        let accepted = std::any::type_name::<T>();
        return Err(PyTypeError::new_err(format!("{name} is not what is accepted: a 1-d array of {accepted}.")));
    }
    let flags = flags | NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
    // SAFETY: a live array's own fields, read under the interpreter lock.
    let (have, data) = unsafe {
        let array = array.as_array_ptr();
        ((*array).flags, (*array).data)
    };
    if have & flags != flags {
        return Err(PyValueError::new_err(format!("{name} is strided, unaligned or, as an output, read-only.")));
    }
    Ok((array.len(), data.cast()))
}

/// # Safety
/// The same as for [`std::slice::from_raw_parts`], but that nothing may be anywhere.
unsafe fn slice<'a, T>(first: *const T, n: usize) -> &'a [T] {
    // SAFETY: the function's condition.
    if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(first, n) } }
}

/// # Safety
/// The same as for [`std::slice::from_raw_parts_mut`], but that nothing may be anywhere.
unsafe fn slice_mut<'a, T>(first: *mut T, n: usize) -> &'a mut [T] {
    // SAFETY: the function's condition.
    if n == 0 { &mut [] } else { unsafe { std::slice::from_raw_parts_mut(first, n) } }
}
