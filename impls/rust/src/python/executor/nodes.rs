//! What a node does with one item: natively where the numbers allow it, else by a call of the node in Python.

use pyo3::exceptions::PyException;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList};

use super::calls::Calls;
use super::objects;
use crate::executor::{Op, Operand, Routes, Rule, Task, calculate, compare};

/// An item that a node has sent, and by which output if the node is a router.
pub struct Sent<'py> {
    pub output: i64,
    pub item: Bound<'py, PyAny>,
}

/// The output of a node that is no router, or of a router's result that is none of its outputs.
const NO_OUTPUT: i64 = -1;

impl<'py> Sent<'py> {
    pub fn plain(item: Bound<'py, PyAny>) -> Self {
        Self { output: NO_OUTPUT, item }
    }
}

/// The nodes of one run.
pub struct Nodes<'a, 'py> {
    pub tasks: &'a [Task],
    pub calls: Calls<'py>,
    pub recover: &'a Bound<'py, PyAny>,
}

impl<'py> Nodes<'_, 'py> {
    /// Lets a node, none that holds items back, take one.
    pub fn step(&self, node: usize, item: Bound<'py, PyAny>, index: i64, outbox: &mut Vec<Sent<'py>>) -> PyResult<()> {
        match &self.tasks[node] {
            Task::Route(rules) => {
                if let Some(output) = self.route(node, rules.as_ref(), &item, index)? {
                    outbox.push(Sent { output, item });
                }
            }
            Task::CallMany => {
                for each in self.call_many(node, &item, index)?.try_iter()? {
                    let each = each?;
                    if !each.is_none() {
                        outbox.push(Sent::plain(each));
                    }
                }
            }
            _ => outbox.extend(self.one(node, item, index)?.map(Sent::plain)),
        }
        Ok(())
    }

    /// The same for a node that sends one item or none.
    #[inline(always)]
    pub fn one(&self, node: usize, item: Bound<'py, PyAny>, index: i64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let result = match &self.tasks[node] {
            Task::Calculate(Op::Pass, _) => item,
            Task::Calculate(op, operand) => self.calculate(node, *op, *operand, &item, index)?,
            Task::Filter(rule) => return Ok(self.filter(node, *rule, &item, index)?.then_some(item)),
            _ => self.call(node, &item, index)?,
        };
        Ok(if result.is_none() { None } else { Some(result) })
    }

    #[inline(always)]
    fn calculate(
        &self,
        node: usize,
        op: Op,
        operand: Operand,
        item: &Bound<'py, PyAny>,
        index: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        match objects::number(item.as_borrowed()).and_then(|x| calculate(op, operand, x)) {
            Some(result) => objects::from_number(item.py(), result),
            None => self.call(node, item, index),
        }
    }

    fn filter(&self, node: usize, rule: Option<Rule>, item: &Bound<'py, PyAny>, index: i64) -> PyResult<bool> {
        if let Some(holds) = rule.and_then(|rule| holds(rule, item)) {
            return Ok(holds);
        }
        let result = self.call(node, item, index)?;
        match result.cast_exact::<PyBool>() {
            Ok(result) => Ok(result.is_true()),
            Err(_) => result.is_truthy(),
        }
    }

    fn route(
        &self,
        node: usize,
        routes: Option<&Routes>,
        item: &Bound<'py, PyAny>,
        index: i64,
    ) -> PyResult<Option<i64>> {
        if let Some(output) = routes.and_then(|routes| output_of(routes, item)) {
            return Ok(output);
        }
        let result = self.call(node, item, index)?;
        Ok(if result.is_none() { None } else { Some(result.extract().unwrap_or(NO_OUTPUT)) })
    }

    /// Calls the node in Python; an error's result is what `recover` makes of it.
    #[inline(always)]
    fn call(&self, node: usize, item: &Bound<'py, PyAny>, index: i64) -> PyResult<Bound<'py, PyAny>> {
        match self.calls.call(node, item) {
            Ok(result) => Ok(result),
            Err(error) => self.recovered(node, item, index, error),
        }
    }

    fn call_many(&self, node: usize, item: &Bound<'py, PyAny>, index: i64) -> PyResult<Bound<'py, PyAny>> {
        let result = self.calls.call(node, item);
        let listed = result.and_then(|result| match result.cast_exact::<PyList>() {
            Ok(_) => Ok(result),
            Err(_) => item.py().get_type::<PyList>().call1((result,)),
        });
        listed.or_else(|error| self.recovered(node, item, index, error))
    }

    #[cold]
    fn recovered(
        &self,
        node: usize,
        item: &Bound<'py, PyAny>,
        index: i64,
        error: PyErr,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = item.py();
        if !error.is_instance_of::<PyException>(py) {
            return Err(error);
        }
        let error = error.into_value(py).into_bound(py);
        let _handling = Handling::begin(&error);
        self.recover.call1((node, index, item, &error))
    }
}

/// Whether a rule holds; None where only the node in Python can say.
#[inline(always)]
fn holds(rule: Rule, item: &Bound<'_, PyAny>) -> Option<bool> {
    compare(rule.comparison, objects::number(item.as_borrowed())?, rule.value?)
}

/// The output of the first rule that holds; None where only the node in Python can say.
fn output_of(routes: &Routes, item: &Bound<'_, PyAny>) -> Option<Option<i64>> {
    for (rule, output) in &routes.rules {
        if holds(*rule, item)? {
            return Some(*output);
        }
    }
    // Without a rule that looked at it, an item of any type may be refused.
    objects::number(item.as_borrowed()).map(|_| routes.default)
}

/// While this lives, an exception is the one that is handled, as in an `except` clause: errors that are raised
/// meanwhile have it as their context.
struct Handling<'py> {
    before: Option<Bound<'py, PyAny>>,
}

impl<'py> Handling<'py> {
    fn begin(error: &Bound<'py, impl Sized>) -> Self {
        // SAFETY: attached to the interpreter; a new reference, or null where nothing is handled.
        let before = unsafe { Bound::from_owned_ptr_or_opt(error.py(), ffi::PyErr_GetHandledException()) };
        // SAFETY: an exception, which the call takes a reference of its own to.
        unsafe { ffi::PyErr_SetHandledException(error.as_ptr()) };
        Self { before }
    }
}

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        let before = self.before.as_ref().map_or(std::ptr::null_mut(), Bound::as_ptr);
        // SAFETY: attached to the interpreter; null says that nothing is handled.
        unsafe { ffi::PyErr_SetHandledException(before) };
    }
}
