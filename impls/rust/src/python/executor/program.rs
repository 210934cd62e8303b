//! Reads a `paceline.pipeline.program.Program`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString, PyTuple};

use super::objects;
use crate::executor::{Comparison, Fault, Number, Op, Operand, Program, Routes, Rule, Source, Task, Wiring};

/// A router's rule as it comes.
type RawRule<'py> = (i64, Bound<'py, PyAny>, Option<i64>);

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Operand { .. } => PyTypeError::new_err(fault.to_string()),
            _ => PyValueError::new_err(fault.to_string()),
        }
    }
}

/// The graph with its numbers typed.
pub fn read(program: &Bound<'_, PyAny>) -> PyResult<Program> {
    let py = program.py();
    let kinds = tuple(program, intern!(py, "kinds"))?;
    let params = tuple(program, intern!(py, "params"))?;
    let nodes = kinds.len();
    if params.len() != nodes {
        return Err(Fault::Length { what: "params", nodes, found: params.len() }.into());
    }
    let both = kinds.iter_borrowed().zip(params.iter_borrowed()).enumerate();
    let tasks = both.map(|(node, (kind, param))| task(node, kind.extract()?, &param)).collect::<PyResult<_>>()?;
    let sinks: Vec<i64> = program.getattr(intern!(py, "sinks"))?.extract()?;
    let sinks = sinks.into_iter().map(|sink| usize::try_from(sink).map_err(|_| Fault::Sink { sink, nodes }));
    Ok(Program::new(tasks, wiring(program)?, sinks.collect::<Result<_, _>>()?)?)
}

/// For each node that joins, which alone asks for them, the keys of its ports.
pub fn read_keys(program: &Bound<'_, PyAny>, graph: &Program) -> PyResult<Vec<Vec<Py<PyString>>>> {
    let all = tuple(program, intern!(program.py(), "keys"))?;
    let nodes = graph.tasks().len();
    if all.len() != nodes {
        return Err(Fault::Length { what: "keys", nodes, found: all.len() }.into());
    }
    let keys = all.iter_borrowed().enumerate().map(|(node, keys)| {
        let (ports, found) = (graph.ports(node).len(), keys.len()?);
        match ports {
            _ if ports != found => Err(Fault::Keys { node, ports, keys: found }.into()),
            0 | 1 => Ok(Vec::new()),
            _ => Ok(keys.extract()?),
        }
    });
    keys.collect()
}

/// The sinks' ids.
pub fn read_sink_names(program: &Bound<'_, PyAny>, graph: &Program) -> PyResult<Vec<Py<PyString>>> {
    let names = tuple(program, intern!(program.py(), "names"))?;
    let nodes = graph.tasks().len();
    if names.len() != nodes {
        return Err(Fault::Length { what: "names", nodes, found: names.len() }.into());
    }
    graph.sinks().iter().map(|sink| Ok(names.get_item(*sink)?.extract()?)).collect()
}

fn tuple<'py>(program: &Bound<'py, PyAny>, field: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyTuple>> {
    Ok(program.getattr(field)?.cast_into()?)
}

fn wiring(program: &Bound<'_, PyAny>) -> PyResult<Wiring> {
    let nodes = tuple(program, intern!(program.py(), "sources"))?;
    let mut wiring = Wiring::with_capacity(nodes.len());
    for (node, ports) in nodes.iter_borrowed().enumerate() {
        for port in ports.cast::<PyTuple>()?.iter_borrowed() {
            for source in port.cast::<PyTuple>()?.iter_borrowed() {
                let (before, output): (i64, Option<i64>) = source.extract()?;
                match usize::try_from(before) {
                    Ok(node) => wiring.source(Source { node, output }),
                    Err(_) => return Err(Fault::Order { node, before }.into()),
                }
            }
            wiring.end_port();
        }
        wiring.end_node();
    }
    Ok(wiring)
}

fn task(node: usize, kind: i64, param: &Bound<'_, PyAny>) -> PyResult<Task> {
    Ok(match kind {
        0 => Task::Calculate(Op::Pass, Operand::Int(0)),
        1 => Task::Calculate(Op::Add, operand(node, param)?),
        2 => Task::Calculate(Op::Subtract, operand(node, param)?),
        3 => Task::Calculate(Op::Multiply, operand(node, param)?),
        4 => Task::Calculate(Op::Divide, operand(node, param)?),
        5 if param.is_none() => Task::Filter(None),
        5 => {
            let (comparison, value) = param.extract()?;
            Task::Filter(Some(rule(node, comparison, &value)?))
        }
        6 if param.is_none() => Task::Route(None),
        6 => {
            let (rules, default): (Vec<RawRule<'_>>, Option<i64>) = param.extract()?;
            let rules = rules.iter().map(|(by, value, output)| Ok((rule(node, *by, value)?, *output)));
            Task::Route(Some(Routes { rules: rules.collect::<PyResult<_>>()?, default }))
        }
        7 => {
            let size: i64 = param.extract()?;
            match usize::try_from(size) {
                Ok(size @ 1..) => Task::Buffer(size),
                _ => return Err(Fault::Size { node, size }.into()),
            }
        }
        8 => Task::Call,
        9 => Task::CallMany,
        _ => return Err(Fault::Kind { node, kind }.into()),
    })
}

fn operand(node: usize, param: &Bound<'_, PyAny>) -> PyResult<Operand> {
    match objects::number(param.as_borrowed()) {
        Some(Number::Int(value)) => Ok(Operand::Int(value)),
        Some(Number::Real(value)) => Ok(Operand::Real(value)),
        None if param.is_exact_instance_of::<PyInt>() => Ok(Operand::Beyond(param.extract().ok())),
        None => {
            debug_assert!(!param.is_exact_instance_of::<PyFloat>());
            Err(Fault::Operand { node, found: param.get_type().name()?.to_string() }.into())
        }
    }
}

fn rule(node: usize, comparison: i64, value: &Bound<'_, PyAny>) -> PyResult<Rule> {
    let known = usize::try_from(comparison).ok().and_then(|index| Comparison::ALL.get(index).copied());
    let comparison = known.ok_or(Fault::Comparison { node, comparison })?;
    Ok(Rule { comparison, value: objects::number(value.as_borrowed()) })
}
