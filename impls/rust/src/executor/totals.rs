//! What a runner counts of whole inputs. A short chain takes little longer than a lock, so there is none.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::Laps;
use super::clock::{SLOW_NS, TIMED_EVERY};

/// A number that all threads add to.
#[derive(Debug, Default)]
struct Total(AtomicU64);

impl Total {
    /// Adds, and returns the sum.
    #[inline]
    fn add(&self, by: u64) -> u64 {
        if cfg!(Py_GIL_DISABLED) {
            return self.0.fetch_add(by, Ordering::Relaxed).wrapping_add(by);
        }
        // The interpreter's lock keeps the other threads away.
        let sum = self.get().wrapping_add(by);
        self.0.store(sum, Ordering::Relaxed);
        sum
    }

    fn subtract(&self, by: u64) {
        self.add(by.wrapping_neg());
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A `Sampler` for all threads.
#[derive(Debug, Default)]
struct Sampler {
    seen: Total,
    slow: AtomicBool,
}

impl Sampler {
    #[inline]
    fn due(&self) -> bool {
        self.seen.add(1) % TIMED_EVERY == 1 || self.slow.load(Ordering::Relaxed)
    }

    fn ended(&self, ns: u64) {
        self.slow.store(ns > SLOW_NS, Ordering::Relaxed);
    }
}

/// The counts of whole runs, and of what went through a chain in them.
#[derive(Debug, Default)]
pub struct Totals {
    runs: Total,
    chained: Total,
    whole: Sampler,
    chains: Sampler,
}

/// What is measured of a whole run.
#[derive(Debug, Default)]
pub struct Measured {
    began: Option<Instant>,
    /// There if a chain's nodes are to be timed.
    pub laps: Option<Laps>,
}

impl Totals {
    /// Begins a run; `chain` has the number of nodes and that of the items which each of them takes.
    #[inline]
    pub fn begin(&self, chain: Option<(usize, u64)>) -> Measured {
        self.runs.add(1);
        let began = self.whole.due().then(Instant::now);
        let laps = chain.and_then(|(nodes, items)| {
            self.chained.add(items);
            self.chains.due().then(|| Laps::start(nodes))
        });
        Measured { began, laps }
    }

    /// Takes a chain's items back: they are run in another way.
    pub fn not_chained(&self, items: u64) {
        self.chained.subtract(items);
    }

    /// Takes a run back.
    pub fn not_run(&self) {
        self.runs.subtract(1);
    }

    /// Ends the timing of a chain's nodes.
    pub fn chain_ended(&self, laps: &mut Laps) {
        self.chains.ended(laps.ended());
    }

    /// Ends a run that has succeeded, and returns its time if that was taken.
    #[inline]
    pub fn end(&self, measured: &Measured) -> Option<u64> {
        let began = measured.began?;
        let ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.whole.ended(ns);
        Some(ns)
    }

    /// How many runs there were.
    pub fn runs(&self) -> u64 {
        self.runs.get()
    }

    /// What every node took in chains.
    pub fn chained(&self) -> u64 {
        self.chained.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_chains_are_timed_by_counts_of_their_own() {
        let totals = Totals::default();
        let first = totals.begin(None);
        assert!(first.began.is_some() && first.laps.is_none());
        let second = totals.begin(Some((2, 10)));
        assert!(second.began.is_none() && second.laps.is_some());
        totals.not_chained(4);
        totals.not_run();
        assert_eq!((totals.runs(), totals.chained()), (1, 6));
    }
}
