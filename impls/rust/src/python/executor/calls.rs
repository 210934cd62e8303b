//! Calls of the nodes in Python: bound methods of Python code are called past the object that binds them.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// The entries of a run's `calls`, looked at once more before each call.
pub struct Calls<'py> {
    list: Bound<'py, PyList>,
    known: Vec<Method<'py>>,
}

/// A bound method in its parts.
struct Method<'py> {
    method: Bound<'py, PyAny>,
    parts: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
}

impl<'py> Calls<'py> {
    /// Calls that are made a few times each are made without looking into them.
    pub fn new(list: &Bound<'py, PyList>, times: usize) -> Self {
        let known = if times < 8 { Vec::new() } else { list.iter().map(Method::new).collect() };
        Self { list: list.clone(), known }
    }

    /// Calls a node with an item.
    #[inline(always)]
    pub fn call(&self, node: usize, item: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(known) = self.known.get(node)
            && let Some((function, receiver)) = &known.parts
            && self.is_still(node, &known.method)
        {
            return call_method(function, receiver, item);
        }
        self.list.get_item(node)?.call1((item,))
    }

    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    fn is_still(&self, node: usize, method: &Bound<'py, PyAny>) -> bool {
        // SAFETY: the place is within the list, which nobody changes meanwhile: attached to the interpreter.
        node < self.list.len() && unsafe { ffi::PyList_GET_ITEM(self.list.as_ptr(), node as isize) } == method.as_ptr()
    }

    #[cfg(Py_GIL_DISABLED)]
    fn is_still(&self, node: usize, method: &Bound<'py, PyAny>) -> bool {
        self.list.get_item(node).is_ok_and(|call| call.is(method))
    }
}

impl<'py> Method<'py> {
    fn new(method: Bound<'py, PyAny>) -> Self {
        let parts = parts(&method);
        Self { method, parts }
    }
}

/// The function of a bound method, and what it is bound to.
#[cfg(unix)]
fn parts<'py>(method: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    // Not in PyO3; all of CPython's API that is not limited has them.
    unsafe extern "C" {
        static mut PyMethod_Type: ffi::PyTypeObject;
        fn PyMethod_Function(method: *mut ffi::PyObject) -> *mut ffi::PyObject;
        fn PyMethod_Self(method: *mut ffi::PyObject) -> *mut ffi::PyObject;
    }

    let (py, object) = (method.py(), method.as_ptr());
    // SAFETY: the object is alive. If its type is that of bound methods, both calls return references that it owns.
    unsafe {
        if ffi::Py_TYPE(object) != &raw mut PyMethod_Type {
            return None;
        }
        let function = Bound::from_borrowed_ptr_or_opt(py, PyMethod_Function(object))?;
        Some((function, Bound::from_borrowed_ptr_or_opt(py, PyMethod_Self(object))?))
    }
}

/// Elsewhere the linker may not find them.
#[cfg(not(unix))]
fn parts<'py>(_: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    None
}

#[inline(always)]
fn call_method<'py>(
    function: &Bound<'py, PyAny>,
    receiver: &Bound<'py, PyAny>,
    item: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = [receiver.as_ptr(), item.as_ptr()];
    // SAFETY: attached to the interpreter; function and arguments are alive, two as said, without keywords. The result
    // is a new reference, or null with an exception set.
    unsafe {
        let result = ffi::PyObject_Vectorcall(function.as_ptr(), arguments.as_ptr(), 2, std::ptr::null_mut());
        Bound::from_owned_ptr_or_err(item.py(), result)
    }
}
