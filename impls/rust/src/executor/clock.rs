//! Counts, and times that are sampled by the rule of `paceline.pipeline.program`.

use std::time::Instant;

pub const TIMED_EVERY: u64 = 32;
pub const SLOW_NS: u64 = 20_000;

/// Says which ticks, or runs, are timed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sampler {
    seen: u64,
    slow: bool,
}

impl Sampler {
    /// Whether this one is to be timed.
    #[inline]
    pub fn due(&mut self) -> bool {
        self.seen += 1;
        self.slow || self.seen % TIMED_EVERY == 1
    }

    /// Notes how long a timed one took.
    pub fn ended(&mut self, ns: u64) {
        self.slow = ns > SLOW_NS;
    }

    /// Goes on from where another, begun as a copy of `before`, has come to.
    fn advance(&mut self, before: Self, after: Self) {
        self.seen += after.seen - before.seen;
        self.slow = after.slow;
    }
}

/// What is known of a node, or of whole runs: a `Count`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub taken: u64,
    pub timed: u64,
    pub ns: u64,
    pub shortest: u64,
    pub longest: u64,
}

impl Row {
    /// Adds the time of some items that are counted already.
    pub fn time(&mut self, items: u64, ns: u64) {
        let each = if ns == 0 { 0 } else { ns / items.max(1) }; // a chain has many nodes that take no time
        self.shortest = if self.timed == 0 { each } else { self.shortest.min(each) };
        self.longest = self.longest.max(each);
        self.timed += items;
        self.ns += ns;
    }

    fn add(&mut self, other: &Self) {
        if other.timed > 0 {
            self.shortest = if self.timed == 0 { other.shortest } else { self.shortest.min(other.shortest) };
            self.longest = self.longest.max(other.longest);
        }
        self.taken += other.taken;
        self.timed += other.timed;
        self.ns += other.ns;
    }
}

/// What a runner has counted tick by tick, and all the times that were taken.
#[derive(Debug, Default)]
pub struct Counts {
    rows: Vec<Row>,
    /// The times of whole runs; they are counted elsewhere.
    pub runs: Row,
    ticks: Sampler,
}

impl Counts {
    /// Nothing counted yet.
    pub fn new(nodes: usize) -> Self {
        Self { rows: vec![Row::default(); nodes], ..Self::default() }
    }

    /// One row per node.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Adds the times of a chain's nodes.
    pub fn time_chain(&mut self, laps: &Laps) {
        if laps.items > 0 {
            self.rows.iter_mut().zip(&laps.ns).for_each(|(row, ns)| row.time(laps.items, *ns));
        }
    }

    /// A tally to count in while the lock is given up.
    pub fn tally(&self) -> Tally {
        Tally { rows: vec![Row::default(); self.rows.len()], before: self.ticks, ticks: self.ticks }
    }

    /// Adds a tally.
    pub fn add(&mut self, tally: &Tally) {
        self.rows.iter_mut().zip(&tally.rows).for_each(|(row, other)| row.add(other));
        self.ticks.advance(tally.before, tally.ticks);
    }
}

/// What is counted during some ticks.
#[derive(Debug)]
pub struct Tally {
    pub rows: Vec<Row>,
    before: Sampler,
    pub ticks: Sampler,
}

/// Measures from lap to lap.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    began: Instant,
    last: Instant,
}

impl Watch {
    /// Begins.
    pub fn start() -> Self {
        let now = Instant::now();
        Self { began: now, last: now }
    }

    /// The time since the last lap.
    pub fn lap(&mut self) -> u64 {
        let now = Instant::now();
        let ns = nanoseconds(self.last, now);
        self.last = now;
        ns
    }

    /// The time from the beginning to the last lap.
    pub fn elapsed(&self) -> u64 {
        nanoseconds(self.began, self.last)
    }
}

/// The times of a chain's nodes, added up over the blocks.
#[derive(Clone, Debug)]
pub struct Laps {
    watch: Watch,
    ns: Vec<u64>,
    blocks: u64,
    items: u64,
}

impl Laps {
    /// Begins.
    pub fn start(nodes: usize) -> Self {
        Self { watch: Watch::start(), ns: vec![0; nodes], blocks: 0, items: 0 }
    }

    /// Adds the time since the last lap to a node's.
    pub fn lap(&mut self, node: usize) {
        self.ns[node] += self.watch.lap();
    }

    /// Itself if a block of some items is to be timed: one in as many as of ticks, because all nodes together go
    /// through a block much faster than one by one. What has gone by since the last lap was no node's.
    pub fn block(&mut self, items: usize) -> Option<&mut Self> {
        self.blocks += 1;
        if self.blocks % TIMED_EVERY != 1 {
            return None;
        }
        self.items += items as u64;
        self.watch.lap();
        Some(self)
    }

    /// The time from the beginning to now.
    pub fn ended(&mut self) -> u64 {
        self.watch.lap();
        self.watch.elapsed()
    }
}

/// The time between.
fn nanoseconds(from: Instant, to: Instant) -> u64 {
    u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_32_is_timed_and_all_while_they_are_slow() {
        let mut sampler = Sampler::default();
        let due: Vec<u64> = (1..=100).filter(|_| sampler.due()).collect();
        assert_eq!(due, [1, 33, 65, 97]);
        sampler.ended(SLOW_NS + 1);
        assert!((0..5).all(|_| sampler.due()));
        sampler.ended(SLOW_NS);
        assert!(!sampler.due());
    }

    #[test]
    fn one_block_in_32_is_timed() {
        let mut laps = Laps::start(2);
        let timed = (0..40).filter(|_| laps.block(10).is_some()).count();
        laps.lap(1);
        let mut counts = Counts::new(2);
        counts.time_chain(&laps);
        assert_eq!((timed, counts.rows()[0].timed, counts.rows()[1].timed), (2, 20, 20));
    }

    #[test]
    fn tallies_add_up() {
        let mut counts = Counts::new(1);
        let mut tally = counts.tally();
        assert!(tally.ticks.due());
        tally.rows[0].taken = 1;
        counts.add(&tally);
        assert_eq!(counts.rows()[0].shortest, 0);
        let mut tally = counts.tally();
        assert!(!tally.ticks.due());
        tally.rows[0].taken = 3;
        tally.rows[0].time(2, 20);
        counts.add(&tally);
        assert_eq!(counts.rows()[0], Row { taken: 4, timed: 2, ns: 20, shortest: 10, longest: 10 });
        tally.rows[0].time(1, 5);
        counts.add(&tally);
        assert_eq!(counts.rows()[0].shortest, 5);
    }
}
