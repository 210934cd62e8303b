//! A program walked tick by tick.

use std::collections::VecDeque;
use std::mem;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::calls::Calls;
use super::core::{Core, Opened};
use super::nodes::{Nodes, Sent};
use crate::executor::{Source, Tally, Task, Watch};

/// Ticks after which signals are looked at: nodes that run here leave Python no chance to.
const TICKS: usize = 1 << 16;

/// What a run keeps between ticks.
pub struct State {
    /// The items that buffers hold.
    pub held: Vec<Option<Py<PyList>>>,
    /// What waits at the ports of joins.
    pub queues: Vec<Vec<VecDeque<Py<PyAny>>>>,
}

impl State {
    pub fn new(core: &Core) -> Self {
        let ports = |node| core.program.ports(node).len();
        let queues = |node| (0..if ports(node) > 1 { ports(node) } else { 0 }).map(|_| VecDeque::new()).collect();
        let nodes = core.program.tasks().len();
        Self { held: (0..nodes).map(|_| None).collect(), queues: (0..nodes).map(queues).collect() }
    }
}

/// Some ticks of a run.
pub struct Walk<'a, 'py> {
    py: Python<'py>,
    core: &'a Core,
    opened: &'a Opened,
    nodes: Nodes<'a, 'py>,
    state: &'a mut State,
    tally: Option<Tally>,
    inbox: Vec<Bound<'py, PyAny>>,
    outboxes: Vec<Vec<Sent<'py>>>,
    /// For each sink what it sent.
    output: Vec<Vec<Bound<'py, PyAny>>>,
}

impl<'a, 'py> Walk<'a, 'py> {
    /// `ticks` is about how many there will be.
    pub fn new(py: Python<'py>, core: &'a Core, opened: &'a Opened, state: &'a mut State, ticks: usize) -> Self {
        let program = &core.program;
        let calls = Calls::new(opened.calls.bind(py), ticks);
        Self {
            py,
            core,
            opened,
            nodes: Nodes { tasks: program.tasks(), calls, recover: opened.recover.bind(py) },
            state,
            tally: core.tally(),
            inbox: Vec::new(),
            outboxes: program.tasks().iter().map(|_| Vec::new()).collect(),
            output: program.sinks().iter().map(|_| Vec::new()).collect(),
        }
    }

    /// Runs a tick for each item of a list, which may change meanwhile.
    pub fn feed(&mut self, items: &Bound<'py, PyList>, index: i64) -> PyResult<()> {
        let is_plain_line = self.core.program.is_plain_line();
        if is_plain_line {
            self.output[0].reserve(items.len());
        }
        let mut at = 0;
        while at < items.len() {
            let item = items.get_item(at)?;
            let due = self.tally.as_mut().is_some_and(|tally| tally.ticks.due());
            match (is_plain_line, due) {
                (true, false) => self.pass(item, index + at as i64)?,
                (true, true) => self.pass_timed(item, index + at as i64)?,
                (false, _) => self.tick(Some(item), index + at as i64, due)?,
            }
            at += 1;
            if at.is_multiple_of(TICKS) {
                self.py.check_signals()?;
            }
        }
        Ok(())
    }

    /// Runs the last tick.
    pub fn finish(&mut self) -> PyResult<()> {
        self.tick(None, -1, false)
    }

    /// What the sinks sent, each one's as a list.
    pub fn output(&mut self) -> PyResult<Vec<Bound<'py, PyList>>> {
        self.output.iter_mut().map(|items| PyList::new(self.py, items.drain(..))).collect()
    }

    /// Runs an item through a line of nodes that send one or none.
    #[inline]
    fn pass(&mut self, mut item: Bound<'py, PyAny>, index: i64) -> PyResult<()> {
        for node in 0..self.nodes.tasks.len() {
            if let Some(tally) = &mut self.tally {
                tally.rows[node].taken += 1;
            }
            match self.nodes.one(node, item, index)? {
                Some(result) => item = result,
                None => return Ok(()),
            }
        }
        self.output[0].push(item);
        Ok(())
    }

    fn pass_timed(&mut self, item: Bound<'py, PyAny>, index: i64) -> PyResult<()> {
        let Some(tally) = &mut self.tally else { return Ok(()) };
        let (mut item, mut watch) = (Some(item), Watch::start());
        for node in 0..self.nodes.tasks.len() {
            let Some(x) = item.take() else { break };
            tally.rows[node].taken += 1;
            item = self.nodes.one(node, x, index)?;
            tally.rows[node].time(1, watch.lap());
        }
        tally.ticks.ended(watch.elapsed());
        self.output[0].extend(item);
        Ok(())
    }

    fn tick(&mut self, item: Option<Bound<'py, PyAny>>, index: i64, timed: bool) -> PyResult<()> {
        let mut watch = timed.then(Watch::start);
        for node in 0..self.nodes.tasks.len() {
            let (mut inbox, mut outbox) = (mem::take(&mut self.inbox), mem::take(&mut self.outboxes[node]));
            outbox.clear();
            self.gather(node, item.as_ref(), &mut inbox)?;
            let taken = inbox.len() as u64;
            for item in inbox.drain(..) {
                if let Some(tally) = &mut self.tally {
                    tally.rows[node].taken += 1;
                }
                match self.nodes.tasks[node] {
                    Task::Buffer(size) => self.hold(node, size, item, &mut outbox)?,
                    _ => self.nodes.step(node, item, index, &mut outbox)?,
                }
            }
            if let (Some(watch), Some(tally)) = (&mut watch, &mut self.tally) {
                let ns = watch.lap();
                if taken > 0 {
                    tally.rows[node].time(taken, ns);
                }
            }
            if item.is_none() {
                self.flush(node, &mut outbox)?;
            }
            (self.inbox, self.outboxes[node]) = (inbox, outbox);
        }
        if let (Some(watch), Some(tally)) = (watch, &mut self.tally) {
            tally.ticks.ended(watch.elapsed());
        }
        for (sink, output) in self.core.program.sinks().iter().zip(&mut self.output) {
            output.extend(self.outboxes[*sink].drain(..).map(|sent| sent.item));
        }
        Ok(())
    }

    /// Puts together what a node takes in this tick.
    fn gather(
        &mut self,
        node: usize,
        item: Option<&Bound<'py, PyAny>>,
        inbox: &mut Vec<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let mut ports = self.core.program.ports(node);
        match ports.len() {
            0 => inbox.extend(item.cloned()),
            1 => inbox.extend(ports.next().into_iter().flat_map(|port| sent(&self.outboxes, port)).cloned()),
            _ => {
                let queues = &mut self.state.queues[node];
                for (queue, port) in queues.iter_mut().zip(ports) {
                    queue.extend(sent(&self.outboxes, port).map(|item| item.clone().unbind()));
                }
                for _ in 0..queues.iter().map(VecDeque::len).min().unwrap_or(0) {
                    let joined = PyDict::new(self.py);
                    for (queue, key) in queues.iter_mut().zip(&self.core.keys[node]) {
                        joined.set_item(key, queue.pop_front())?;
                    }
                    inbox.push(joined.into_any());
                }
            }
        }
        Ok(())
    }

    fn hold(&mut self, node: usize, size: usize, item: Bound<'py, PyAny>, outbox: &mut Vec<Sent<'py>>) -> PyResult<()> {
        let place = &mut self.state.held[node];
        let held = place.get_or_insert_with(|| PyList::empty(self.py).unbind()).bind(self.py);
        held.append(item)?;
        if held.len() == size {
            outbox.extend(place.take().map(|held| Sent::plain(held.into_bound(self.py).into_any())));
        }
        Ok(())
    }

    /// Lets a node send what it has kept.
    fn flush(&mut self, node: usize, outbox: &mut Vec<Sent<'py>>) -> PyResult<()> {
        let left: Vec<usize> = self.state.queues[node].iter().map(VecDeque::len).collect();
        if left.iter().any(|length| *length > 0) {
            self.opened.leftover.bind(self.py).call1((node, PyTuple::new(self.py, left)?))?;
        }
        if let Some(held) = self.state.held[node].take() {
            outbox.push(Sent::plain(held.into_bound(self.py).into_any()));
        }
        let flush = self.opened.flushes.bind(self.py).get_item(node)?;
        if !flush.is_none() {
            for item in flush.call0()?.try_iter()? {
                outbox.push(Sent::plain(item?));
            }
        }
        Ok(())
    }
}

impl Drop for Walk<'_, '_> {
    /// Counts, whether or not the ticks went well.
    fn drop(&mut self) {
        if let Some(tally) = &self.tally {
            self.core.add(tally);
        }
    }
}

/// What has been sent to a port in this tick, source by source.
fn sent<'a, 'py>(outboxes: &'a [Vec<Sent<'py>>], port: &'a [Source]) -> impl Iterator<Item = &'a Bound<'py, PyAny>> {
    port.iter().flat_map(|source| {
        let at = |sent: &&Sent<'_>| source.output.is_none_or(|output| output == sent.output);
        outboxes[source.node].iter().filter(at).map(|sent| &sent.item)
    })
}
