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

/// Guesses a query's segment from the knots' mean rate and corrects the guess.
///
/// The guess counts from an anchor that stays put while guesses are good, so that the processor can work on many
/// queries at once. Where one is far off, as after a gap in a recording, a binary search moves the anchor there.
pub struct Finder<'a> {
    stamps: &'a [i64],
    anchor: usize,
    anchor_stamp: i64,
    rate: f64,
}

impl<'a> Finder<'a> {
    /// `stamps` are at least two and strictly increase.
    #[inline(always)]
    pub fn new(stamps: &'a [i64]) -> Self {
        let last = stamps.len() - 1;
        let span = stamps[last].wrapping_sub(stamps[0]) as f64;
        Self { stamps, anchor: 0, anchor_stamp: stamps[0], rate: last as f64 / span }
    }

    /// Guesses the segments of a block of queries.
    #[inline(always)]
    pub fn guess(&self, queries: &[i64], guesses: &mut [usize]) {
        let last = (self.stamps.len() - 2) as i64;
        let (anchor, stamp, rate) = (self.anchor as i64, self.anchor_stamp, self.rate);
        for (t, guess) in queries.iter().zip(guesses) {
            let ahead = t.wrapping_sub(stamp) as f64 * rate;
            *guess = anchor.wrapping_add(ahead as i64).clamp(0, last) as usize;
        }
    }

    /// Returns `i <= m - 2`, the segment of `t`, from a guess at it; of a `t` outside the knots the nearer end's.
    #[inline(always)]
    pub fn find(&mut self, t: i64, guess: usize) -> usize {
        let stamps = self.stamps;
        let last = stamps.len() - 2;
        if stamps[guess] <= t {
            // Most guesses are right, and most of the others one short.
            if guess == last || t < stamps[guess + 1] {
                return guess;
            }
            if guess + 1 == last || t < stamps[guess + 2] {
                return guess + 1;
            }
        } else if guess == 0 || stamps[guess - 1] <= t {
            return guess.saturating_sub(1);
        }
        let found = search(stamps, t, guess);
        if found.abs_diff(guess) > 4 {
            self.anchor = found;
            self.anchor_stamp = stamps[found];
        }
        found
    }
}

/// Gallops from the guess until the answer is enclosed, then halves.
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
