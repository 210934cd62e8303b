//! Streams: every output is a dot product of its own, summed in an order that depends on nothing but the filter.

use super::finite::{self, BadFrame};
use crate::lanes::{Isa, Real, Vector};
use crate::level::{Level, Work};

/// Polyphase coefficients: `Bank` in `paceline.audio._filter`; `coefficients` has phases · order · taps values.
#[derive(Clone, Copy)]
pub struct Filters<'a, T> {
    pub up: u64,
    pub down: u64,
    pub phases: usize,
    pub order: usize,
    pub taps: usize,
    pub coefficients: &'a [T],
}

/// What a stream remembers beside its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Frames that went in.
    pub consumed: u64,
    /// Frames that came out.
    pub produced: u64,
    /// Frames that history holds.
    pub held: usize,
}

impl State {
    /// Whether the next output's window begins in what history holds or after it.
    pub fn fits<T>(&self, filters: &Filters<T>) -> bool {
        let next = self.produced as i128 * filters.down as i128 / filters.up as i128 - filters.taps as i128 / 2 + 1;
        next >= self.consumed as i128 - self.held as i128
    }

    /// How many frames will have come out when `frames` more have gone in.
    pub fn ready<T>(&self, filters: &Filters<T>, frames: usize) -> u64 {
        let known = (self.consumed + frames as u64).saturating_sub(filters.taps as u64 / 2);
        let ready = (known as u128 * filters.up as u128).div_ceil(filters.down as u128) as u64;
        ready.max(self.produced)
    }
}

/// Outputs that are summed at the same time, to keep the adders busy.
const AT_ONCE: usize = 4;

/// Products that are summed before they are added to the others: of 100,000 in a row the rounding would show.
const PIECE: usize = 1024;

/// Takes all of x, frames of `channels` samples, and writes the outputs that are determined.
///
/// `history` has `channels` rows; `out` has room for all outputs if not `flush`. A frame that is not finite is found before
/// anything changes.
#[allow(clippy::too_many_arguments)]
pub fn resample_chunk<T: Real>(
    level: Level,
    x: &[T],
    channels: usize,
    flush: bool,
    filters: &Filters<T>,
    history: &mut [T],
    state: &mut State,
    out: &mut [T],
) -> Result<(), BadFrame> {
    level.run(Chunk { x, channels, flush, filters, history, state, out })
}

struct Chunk<'a, T> {
    x: &'a [T],
    channels: usize,
    flush: bool,
    filters: &'a Filters<'a, T>,
    history: &'a mut [T],
    state: &'a mut State,
    out: &'a mut [T],
}

impl<T: Real> Work for Chunk<'_, T> {
    type Output = Result<(), BadFrame>;

    fn on<S: Isa>(self, isa: S) -> Self::Output {
        let Self { mut x, channels, flush, filters, history, state, mut out } = self;
        if channels == 0 {
            return Ok(());
        }
        finite::check(isa, x, channels)?;
        let (half, room) = (filters.taps / 2, history.len() / channels);
        let mut left = x.len() / channels + if flush { half } else { 0 };
        loop {
            let take = left.min(room - state.held);
            let (known, rest) = x.split_at(x.len().min(take * channels));
            append(history, room, state.held, take, known, channels);
            (x, left) = (rest, left - take);
            state.held += take;
            state.consumed += take as u64;
            let ready = (state.ready(filters, 0) - state.produced).min((out.len() / channels) as u64) as usize;
            let (now, later) = out.split_at_mut(ready * channels);
            let first = state.consumed as i64 - state.held as i64;
            if ready > 0 {
                for channel in 0..channels {
                    let row = &history[channel * room..][..state.held];
                    direct(isa, filters, row, first, state.produced, &mut now[channel..], channels, ready);
                }
            }
            out = later;
            state.produced += ready as u64;
            let next = (state.produced as u128 * filters.down as u128 / filters.up as u128) as i64 - half as i64 + 1;
            let drop = (next - first).clamp(0, state.held as i64) as usize;
            if drop > 0 {
                for row in history.chunks_exact_mut(room) {
                    row.copy_within(drop..state.held, 0);
                }
                state.held -= drop;
            }
            if left == 0 || take == 0 && ready == 0 && drop == 0 {
                return Ok(()); // the latter if `out` is full
            }
        }
    }
}

/// Puts frames behind the `held` ones: the known ones, then zeros up to `take`.
#[inline(always)]
fn append<T: Real>(history: &mut [T], room: usize, held: usize, take: usize, known: &[T], channels: usize) {
    for (channel, row) in history.chunks_exact_mut(room).enumerate() {
        let (from_input, zeros) = row[held..held + take].split_at_mut(known.len() / channels);
        if channels == 1 {
            from_input.copy_from_slice(known);
        } else {
            for (to, frame) in from_input.iter_mut().zip(known.chunks_exact(channels)) {
                *to = frame[channel];
            }
        }
        zeros.fill(T::default());
    }
}

/// Where an output's window begins and which filter it takes; moves from output to output without a division.
struct Position {
    start: usize,
    phase: u64,
    whole: usize,
    part: u64,
    up: u64,
}

impl Position {
    #[inline(always)]
    fn step(&mut self) {
        self.start += self.whole;
        self.phase += self.part;
        if self.phase >= self.up {
            self.phase -= self.up;
            self.start += 1;
        }
    }
}

/// Writes `count` outputs from number `number` on to every `stride`-th place; `history` begins with frame `first`.
#[allow(clippy::too_many_arguments)]
fn direct<S: Isa, T: Real>(
    isa: S,
    filters: &Filters<T>,
    history: &[T],
    first: i64,
    number: u64,
    out: &mut [T],
    stride: usize,
    count: usize,
) {
    let &Filters { up, down, phases, order, taps, coefficients } = filters;
    let time = number as u128 * down as u128;
    let mut at = Position {
        start: ((time / up as u128) as i64 - taps as i64 / 2 + 1 - first) as usize,
        phase: (time % up as u128) as u64,
        whole: (down / up) as usize,
        part: down % up,
        up,
    };
    isa.run(
        #[inline(always)]
        || {
            let mut n = 0;
            while n < count {
                if order == 1 {
                    let some = AT_ONCE.min(count - n);
                    let (mut windows, mut rows) = ([&history[..0]; AT_ONCE], [&history[..0]; AT_ONCE]);
                    for i in 0..AT_ONCE {
                        if i < some {
                            windows[i] = &history[at.start..][..taps];
                            rows[i] = &coefficients[at.phase as usize * taps..][..taps];
                            at.step();
                        } else {
                            (windows[i], rows[i]) = (windows[0], rows[0]);
                        }
                    }
                    let sums = if up == 1 {
                        dots::<S, T, true>(isa, windows, rows, taps)
                    } else {
                        dots::<S, T, false>(isa, windows, rows, taps)
                    };
                    for (i, sum) in sums.into_iter().enumerate().take(some) {
                        out[(n + i) * stride] = sum;
                    }
                    n += some;
                } else {
                    let window = &history[at.start..][..taps];
                    let fine = at.phase * phases as u64;
                    let cubics = &coefficients[(fine / up) as usize * 4 * taps..][..4 * taps];
                    let u = T::ratio(fine % up, up);
                    let mut rows = [&cubics[..0]; AT_ONCE];
                    for (row, power) in rows.iter_mut().zip(cubics.chunks_exact(taps)) {
                        *row = power;
                    }
                    let [d0, d1, d2, d3] = dots::<S, T, false>(isa, [window; AT_ONCE], rows, taps);
                    out[n * stride] = d0 + u * (d1 + u * (d2 + u * d3));
                    at.step();
                    n += 1;
                }
            }
        },
    );
}

/// Sums of products of windows and rows of coefficients; if `SAME_ROW`, all rows are the first. Each lane sums every
/// WIDTH-th product; the last lanes of a last, overlapping vector sum those that are left over.
#[inline(always)]
fn dots<S: Isa, T: Real, const SAME_ROW: bool>(
    isa: S,
    windows: [&[T]; AT_ONCE],
    rows: [&[T]; AT_ONCE],
    taps: usize,
) -> [T; AT_ONCE] {
    let width = T::Vector::<S>::WIDTH;
    let mut results = [T::default(); AT_ONCE];
    if taps < width {
        for (result, (a, b)) in results.iter_mut().zip(windows.into_iter().zip(rows)) {
            *result = a.iter().zip(b).fold(T::default(), |sum, (&a, &b)| sum + a * b);
        }
        return results;
    }
    for i in 0..AT_ONCE {
        assert!(windows[i].len() == taps && rows[i].len() == taps);
    }
    let zero = [T::Vector::<S>::splat(isa, T::default()); AT_ONCE];
    let (mut sums, mut k) = (zero, 0);
    while k + width <= taps {
        let (mut piece, end) = (zero, taps.min(k + PIECE));
        while k + width <= end {
            let first = T::Vector::<S>::load(isa, &rows[0][k..]);
            for i in 0..AT_ONCE {
                let row = if SAME_ROW { first } else { T::Vector::<S>::load(isa, &rows[i][k..]) };
                piece[i] = T::Vector::<S>::load(isa, &windows[i][k..]).mul_add(row, piece[i]);
            }
            k += width;
        }
        for i in 0..AT_ONCE {
            sums[i] = sums[i] + piece[i];
        }
    }
    let left = taps - k;
    if left > 0 {
        let mut mask = [T::default(); 16];
        mask[width - left..width].fill(T::ONE);
        let mask = T::Vector::<S>::load(isa, &mask);
        for i in 0..AT_ONCE {
            let row = T::Vector::<S>::load(isa, &rows[i][taps - width..]) * mask;
            sums[i] = T::Vector::<S>::load(isa, &windows[i][taps - width..]).mul_add(row, sums[i]);
        }
    }
    for (result, sum) in results.iter_mut().zip(sums) {
        let [a, b, c, d] = sum.fold();
        *result = (a + c) + (b + d);
    }
    results
}
