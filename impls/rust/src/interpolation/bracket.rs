//! Finds the segment of a query: the last knot at or before it, but for the last knot itself.

/// Returns the first `i` with `stamps[i] <= stamps[i - 1]`.
#[inline(always)]
pub fn first_disorder(stamps: &[i64]) -> Option<usize> {
    // Whole chunks without an early exit become vector code; only a chunk that has a fault is looked at again.
    const CHUNK: usize = 512;
    let mut start = 1;
    while start < stamps.len() {
        let end = (start + CHUNK).min(stamps.len());
        let (before, after) = (&stamps[start - 1..end - 1], &stamps[start..end]);
        let fault = before.iter().zip(after).fold(false, |fault, (a, b)| fault | (b <= a));
        if fault {
            let inside = before.iter().zip(after).position(|(a, b)| b <= a);
            return inside.map(|i| start + i);
        }
        start = end;
    }
    None
}

/// Queries that are guessed from one anchor.
const GUESSES: usize = 32;

/// Guesses queries' segments from the pace of the knots and corrects the guesses.
///
/// Guesses count from an anchor that stays put while they are good, so that the processor works on many queries at
/// once. Where one was off, as after a gap in a recording, the search goes on from there, at the pace found there.
pub struct Finder<'a> {
    stamps: &'a [i64],
    anchor: usize,
    rate: f64,
}

impl<'a> Finder<'a> {
    /// `stamps` are at least two and strictly increase.
    #[inline(always)]
    pub fn new(stamps: &'a [i64]) -> Self {
        let mut finder = Self { stamps, anchor: 0, rate: 0.0 };
        finder.anchor_at(0, stamps.len() - 1);
        finder
    }

    /// Finds each query's segment, `i <= m - 2`; of a query outside the knots the nearer end's.
    #[inline(always)]
    pub fn find(&mut self, queries: &[i64], segments: &mut [usize]) {
        for (queries, segments) in queries.chunks(GUESSES).zip(segments.chunks_mut(GUESSES)) {
            self.find_chunk(queries, segments);
        }
    }

    #[inline(always)]
    fn find_chunk(&mut self, queries: &[i64], segments: &mut [usize]) {
        let stamps = self.stamps;
        let segments = &mut segments[..queries.len()];
        let last = stamps.len() - 2;
        // Taken as inside the knots, a query has a segment that ends after it, and no end needs a case of its own.
        let (low, high) = (stamps[0], stamps[last + 1] - 1);
        let (anchor, anchor_stamp, rate) = (self.anchor as i64, stamps[self.anchor], self.rate);
        for (t, segment) in queries.iter().zip(segments.iter_mut()) {
            let ahead = t.clamp(&low, &high).wrapping_sub(anchor_stamp) as f64 * rate;
            *segment = anchor.wrapping_add(ahead as i64).clamp(0, last as i64) as usize;
        }
        let mut missed = false;
        for (t, segment) in queries.iter().zip(segments.iter_mut()) {
            let t = *t.clamp(&low, &high);
            let guess = *segment;
            // Jitter puts one guess in ten a knot off; what is further off is rare.
            let i = if stamps[guess] > t {
                if guess > 0 && stamps[guess - 1] <= t { Some(guess - 1) } else { None }
            } else if t < stamps[guess + 1] {
                Some(guess)
            } else if guess < last && t < stamps[guess + 2] {
                Some(guess + 1)
            } else {
                None
            };
            let i = i.unwrap_or_else(|| {
                missed = true;
                search(stamps, t, guess)
            });
            *segment = i;
        }
        if missed {
            self.anchor_at(segments[0], segments[segments.len() - 1]);
        }
    }

    /// Counts on from knot `to`, at the pace of the knots from `from` on.
    #[inline(always)]
    fn anchor_at(&mut self, from: usize, to: usize) {
        self.anchor = to;
        if from != to {
            let time = self.stamps[to].wrapping_sub(self.stamps[from]) as f64;
            self.rate = (to as f64 - from as f64) / time;
        }
    }
}

/// Gallops from a guess until the answer is enclosed, then halves.
#[cold]
#[inline(never)]
fn search(stamps: &[i64], t: i64, guess: usize) -> usize {
    let last = stamps.len() - 2;
    let (mut low, mut high, mut step) = (guess, guess, 1);
    if stamps[guess] > t {
        while low > 0 && stamps[low] > t {
            high = low;
            low = low.saturating_sub(step);
            step *= 2;
        }
    } else {
        while high < last && stamps[high + 1] <= t {
            low = high + 1;
            high = (high + step).min(last);
            step *= 2;
        }
    }
    low + stamps[low + 1..=high].partition_point(|&s| s <= t)
}
