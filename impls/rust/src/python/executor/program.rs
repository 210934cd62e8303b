//! Reads a `paceline.pipeline.program.Program`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString, PyTuple};

use super::objects;
use crate::executor::{Comparison, Fault, Number, Op, Operand, Program, Routes, Rule, Source, Task};

/// A port's sources as they come: the node before, and its output if it is a router.
type Port = Vec<(i64, Option<i64>)>;

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
    let kinds: Vec<i64> = program.getattr("kinds")?.extract()?;
    let params = program.getattr("params")?.cast_into::<PyTuple>()?;
    let nodes = kinds.len();
    if params.len() != nodes {
        return Err(Fault::Length { what: "params", nodes, found: params.len() }.into());
    }
    let tasks = kinds.iter().zip(params.iter()).enumerate().map(|(node, (kind, param))| task(node, *kind, &param));
    let sources: Vec<Vec<Port>> = program.getattr("sources")?.extract()?;
    let sources = sources.into_iter().enumerate().map(|(node, ports)| ports_of(node, ports));
    let sinks: Vec<i64> = program.getattr("sinks")?.extract()?;
    let sinks = sinks.into_iter().map(|sink| usize::try_from(sink).map_err(|_| Fault::Sink { sink, nodes }));
    Ok(Program::new(
        tasks.collect::<PyResult<_>>()?,
        sources.collect::<Result<_, _>>()?,
        sinks.collect::<Result<_, _>>()?,
    )?)
}

/// For each node the keys of its ports.
pub fn read_keys(program: &Bound<'_, PyAny>, graph: &Program) -> PyResult<Vec<Vec<Py<PyString>>>> {
    let keys: Vec<Vec<Py<PyString>>> = program.getattr("keys")?.extract()?;
    let nodes = graph.tasks().len();
    if keys.len() != nodes {
        return Err(Fault::Length { what: "keys", nodes, found: keys.len() }.into());
    }
    for (node, keys) in keys.iter().enumerate() {
        let ports = graph.ports(node).len();
        if ports != keys.len() {
            return Err(Fault::Keys { node, ports, keys: keys.len() }.into());
        }
    }
    Ok(keys)
}

/// The sinks' ids.
pub fn read_sink_names(program: &Bound<'_, PyAny>, graph: &Program) -> PyResult<Vec<Py<PyString>>> {
    let names: Vec<Py<PyString>> = program.getattr("names")?.extract()?;
    let nodes = graph.tasks().len();
    if names.len() != nodes {
        return Err(Fault::Length { what: "names", nodes, found: names.len() }.into());
    }
    Ok(graph.sinks().iter().map(|sink| names[*sink].clone_ref(program.py())).collect())
}

fn ports_of(node: usize, ports: Vec<Port>) -> Result<Vec<Vec<Source>>, Fault> {
    let source = |(before, output)| match usize::try_from(before) {
        Ok(node) => Ok(Source { node, output }),
        Err(_) => Err(Fault::Order { node, before }),
    };
    ports.into_iter().map(|port| port.into_iter().map(source).collect()).collect()
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
