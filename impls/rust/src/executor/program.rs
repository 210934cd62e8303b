//! A graph laid out in order: `paceline.pipeline.program.Program`, with its numbers typed.

use std::ops::Range;

use thiserror::Error;

use super::{Chain, Comparison, Number, Op, Operand};

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    Calculate(Op, Operand),
    /// None: the node in Python says whether an item is kept.
    Filter(Option<Rule>),
    /// None: the node in Python says to which output.
    Route(Option<Routes>),
    Buffer(usize),
    Call,
    CallMany,
}

impl Task {
    /// Whether an item becomes one item or none, at once.
    pub fn sends_at_most_one(&self) -> bool {
        matches!(self, Self::Calculate(..) | Self::Filter(_) | Self::Call)
    }
}

/// A comparison with a value; with None, which is no number of ours, it is Python's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub comparison: Comparison,
    pub value: Option<Number>,
}

/// A router's rules with their outputs, and the output where none holds; an output of None sends nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Routes {
    pub rules: Vec<(Rule, Option<i64>)>,
    pub default: Option<i64>,
}

/// Where a port's items come from: a node before, and the number of that router's output (None: no router).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub node: usize,
    pub output: Option<i64>,
}

/// Where all nodes' items come from: a few lists for the whole graph, because a list per port takes longer to make than
/// everything else.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
    sources: Vec<Source>,
    /// Where each port's sources end.
    ports: Vec<usize>,
    /// Where each node's ports end.
    nodes: Vec<usize>,
}

impl Wiring {
    pub fn with_capacity(nodes: usize) -> Self {
        let (sources, ports) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
        Self { sources, ports, nodes: Vec::with_capacity(nodes) }
    }

    /// Adds a source to the port that has not ended.
    pub fn source(&mut self, source: Source) {
        self.sources.push(source);
    }

    pub fn end_port(&mut self) {
        self.ports.push(self.sources.len());
    }

    pub fn end_node(&mut self) {
        self.nodes.push(self.ports.len());
    }

    fn ports(&self, node: usize) -> Range<usize> {
        let start = if node == 0 { 0 } else { self.nodes[node - 1] };
        start..self.nodes[node]
    }

    fn port(&self, port: usize) -> &[Source] {
        let start = if port == 0 { 0 } else { self.ports[port - 1] };
        &self.sources[start..self.ports[port]]
    }

    fn of_node(&self, node: usize) -> impl ExactSizeIterator<Item = &[Source]> {
        self.ports(node).map(|port| self.port(port))
    }

    /// Whether each node has the one before it as its only source.
    fn is_line(&self) -> bool {
        (0..self.nodes.len()).all(|node| match (node, self.ports(node).len()) {
            (0, ports) => ports == 0,
            (_, 1) => *self.port(self.ports(node).start) == [Source { node: node - 1, output: None }],
            _ => false,
        })
    }
}

/// A graph that never waits, in topological order.
#[derive(Clone, Debug)]
pub struct Program {
    tasks: Vec<Task>,
    wiring: Wiring,
    sinks: Vec<usize>,
    is_line: bool,
}

/// Why a program is not as the contract says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("The program has {nodes} kinds and {found} {what}; accepted are as many.")]
    Length { what: &'static str, nodes: usize, found: usize },
    #[error("The node {node} has the kind {kind}; accepted are 0 to 9.")]
    Kind { node: usize, kind: i64 },
    #[error("The operand of the node {node} is of type {found}; accepted are exact int and float.")]
    Operand { node: usize, found: String },
    #[error("The node {node} compares by {comparison}; accepted are 0 to 5.")]
    Comparison { node: usize, comparison: i64 },
    #[error("The buffer {node} has the size {size}; accepted are 1 and more.")]
    Size { node: usize, size: i64 },
    #[error("The node {node} takes items of the node {before}; accepted are those before it.")]
    Order { node: usize, before: i64 },
    #[error("A sink is {sink}; accepted are the numbers of the {nodes} nodes.")]
    Sink { sink: i64, nodes: usize },
    #[error("The node {node} has {ports} ports and {keys} keys; accepted are as many.")]
    Keys { node: usize, ports: usize, keys: usize },
}

impl Program {
    /// Puts a program together whose parts are as many as its tasks.
    pub fn new(tasks: Vec<Task>, wiring: Wiring, sinks: Vec<usize>) -> Result<Self, Fault> {
        let nodes = tasks.len();
        if wiring.nodes.len() != nodes {
            return Err(Fault::Length { what: "sources", nodes, found: wiring.nodes.len() });
        }
        for node in 0..nodes {
            if let Some(source) = wiring.of_node(node).flatten().find(|source| source.node >= node) {
                return Err(Fault::Order { node, before: source.node as i64 });
            }
        }
        if let Some(sink) = sinks.iter().find(|sink| **sink >= nodes) {
            return Err(Fault::Sink { sink: *sink as i64, nodes });
        }
        let is_line = nodes > 0 && sinks == [nodes - 1] && wiring.is_line();
        Ok(Self { tasks, wiring, sinks, is_line })
    }

    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Where a node's items come from, port by port.
    pub fn ports(&self, node: usize) -> impl ExactSizeIterator<Item = &[Source]> {
        self.wiring.of_node(node)
    }

    pub fn sinks(&self) -> &[usize] {
        &self.sinks
    }

    /// Whether it is a line in which an item stays one item as long as there is something of it.
    pub fn is_plain_line(&self) -> bool {
        self.is_line && self.tasks.iter().all(Task::sends_at_most_one)
    }

    /// The chain, if this is a line of pass-through and arithmetic alone.
    pub fn chain(&self) -> Option<Chain> {
        let node = |task: &Task| match task {
            Task::Calculate(op, operand) => Some((*op, *operand)),
            _ => None,
        };
        let nodes: Option<Vec<_>> = self.tasks.iter().map(node).collect();
        nodes.filter(|_| self.is_line).map(|nodes| Chain::new(&nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes with one port of one source, or none.
    fn wired(befores: &[Option<usize>]) -> Wiring {
        let mut wiring = Wiring::default();
        for before in befores {
            if let Some(node) = *before {
                wiring.source(Source { node, output: None });
                wiring.end_port();
            }
            wiring.end_node();
        }
        wiring
    }

    fn line(tasks: Vec<Task>) -> Program {
        let befores: Vec<_> = (0..tasks.len()).map(|node| node.checked_sub(1)).collect();
        let last = tasks.len() - 1;
        Program::new(tasks, wired(&befores), vec![last]).unwrap()
    }

    #[test]
    fn lines_and_chains() {
        let pass = || Task::Calculate(Op::Pass, Operand::Int(0));
        assert_eq!(line(vec![pass(), pass()]).chain().unwrap().nodes(), 2);
        let called = line(vec![pass(), Task::Call, Task::Filter(None)]);
        assert!(called.is_plain_line() && called.chain().is_none());
        assert!(!line(vec![Task::CallMany]).is_plain_line());
        let fork = Program::new(vec![pass(), pass(), pass()], wired(&[None, Some(0), Some(0)]), vec![1, 2]).unwrap();
        assert!(!fork.is_plain_line() && fork.chain().is_none());
    }

    #[test]
    fn ports_have_their_sources() {
        let [first, second] = [0, 1].map(|node| Source { node, output: None });
        let mut wiring = wired(&[None, None]);
        for port in [&[first, second][..], &[], &[second]] {
            port.iter().for_each(|source| wiring.source(*source));
            wiring.end_port();
        }
        wiring.end_node();
        let join = Program::new(vec![Task::Call, Task::Call, Task::Call], wiring, vec![2]).unwrap();
        assert_eq!(join.ports(0).len(), 0);
        assert_eq!(join.ports(2).collect::<Vec<_>>(), [&[first, second][..], &[], &[second]]);
    }

    #[test]
    fn faults_say_what_would_be_accepted() {
        let ahead = Program::new(vec![Task::Call], wired(&[Some(0)]), vec![0]);
        assert_eq!(
            ahead.unwrap_err().to_string(),
            "The node 0 takes items of the node 0; accepted are those before it."
        );
        let sink = Program::new(vec![Task::Call], wired(&[None]), vec![1]);
        assert_eq!(sink.unwrap_err().to_string(), "A sink is 1; accepted are the numbers of the 1 nodes.");
        let short = Program::new(vec![Task::Call], wired(&[]), vec![0]);
        assert_eq!(short.unwrap_err(), Fault::Length { what: "sources", nodes: 1, found: 0 });
    }
}
