//! Between samples in time order and rows of 32 blocks side by side, 16 rows at a time.
//!
//! A run is what stays together in memory: a block of mono, or both channels of a block of stereo, whose left and right
//! become real and imaginary parts. Other numbers of channels go sample by sample.

use std::ops::Range;

use crate::fft::Row;
use crate::lanes::{Isa, LANES, Vector};

/// Real signals in a batch.
pub const STREAMS: usize = 2 * LANES;

/// Rows that are turned at a time, each with its 32 streams.
pub type Tile = [Row; LANES];

/// Rows from `row` on of runs that interleave `width` = 1 or 2 channels; run i of mono is stream i.
#[inline(always)]
pub fn fill<S: Isa>(isa: S, runs: &[&[f32]], width: usize, row: usize, count: usize, tile: &mut Tile) {
    if count < LANES {
        for (i, row) in (row..row + count).enumerate() {
            for slot in 0..STREAMS {
                tile[i].0[slot] = if width == 2 { runs[slot % LANES][2 * row + slot / LANES] } else { runs[slot][row] };
            }
        }
    } else if width == 2 {
        for half in [0, LANES / 2] {
            isa.transpose(
                #[inline(always)]
                |lane, c| load(isa, runs, lane, 2 * (row + half) + c),
                #[inline(always)]
                |j, lane, v| v.store(&mut tile[half + j / 2].0[j % 2 * LANES + lane..]),
            );
        }
    } else {
        for part in [0, LANES] {
            isa.transpose(
                #[inline(always)]
                |lane, c| load(isa, runs, part + lane, row + c),
                #[inline(always)]
                |j, lane, v| v.store(&mut tile[j].0[part + lane..]),
            );
        }
    }
}

/// Samples of a run from `at` on; those that follow, which the next tile takes, are asked for.
#[inline(always)]
fn load<S: Isa>(isa: S, runs: &[&[f32]], run: usize, at: usize) -> S::F32 {
    let samples = &runs[run][at..];
    isa.prefetch(samples.as_ptr().wrapping_add(2 * LANES));
    S::F32::load(isa, samples)
}

/// Where the runs of a batch end up.
#[derive(Clone)]
pub struct Targets {
    /// The first row that is kept.
    pub first: usize,
    /// Of each run: where its first row goes in the output, and how many of its samples are kept.
    pub runs: [(usize, usize); STREAMS],
}

impl Targets {
    /// Stores a vector of samples from the run's sample `at` on, as far as they are kept.
    #[inline(always)]
    fn place<S: Isa>(&self, isa: S, run: usize, at: usize, width: usize, v: S::F32, out: &mut [f32]) {
        let (start, length) = self.runs[run];
        let at = at as isize - (width * self.first) as isize;
        if at >= 0 && at as usize + S::F32::WIDTH <= length {
            let place = &mut out[start + at as usize..];
            isa.prefetch(place.as_ptr().wrapping_add(2 * LANES));
            v.store(place);
        } else {
            let mut some = [0.0; LANES];
            v.store(&mut some);
            for (i, sample) in some.into_iter().enumerate().take(S::F32::WIDTH) {
                let at = (at + i as isize) as usize; // before the first row: beyond any length
                if at < length {
                    out[start + at] = sample;
                }
            }
        }
    }
}

/// The other way for `count` rows from `row` on; rows that are not kept go nowhere.
#[inline(always)]
pub fn drain<S: Isa>(isa: S, tile: &Tile, width: usize, row: usize, count: usize, targets: &Targets, out: &mut [f32]) {
    if count < LANES {
        for (i, row) in (row..row + count).enumerate() {
            for slot in 0..STREAMS {
                let (run, part) = if width == 2 { (slot % LANES, slot / LANES) } else { (slot, 0) };
                let (start, length) = targets.runs[run];
                let at = (width * row + part).wrapping_sub(width * targets.first);
                if at < length {
                    out[start + at] = tile[i].0[slot];
                }
            }
        }
        return;
    }
    if width == 2 {
        for half in [0, LANES / 2] {
            isa.transpose(
                #[inline(always)]
                |i, lane| S::F32::load(isa, &tile[half + i / 2].0[i % 2 * LANES + lane..]),
                #[inline(always)]
                |run, i, v| targets.place(isa, run, width * (row + half) + i, width, v, out),
            );
        }
    } else {
        for part in [0, LANES] {
            isa.transpose(
                #[inline(always)]
                |i, lane| S::F32::load(isa, &tile[i].0[part + lane..]),
                #[inline(always)]
                |lane, i, v| targets.place(isa, part + lane, row + i, width, v, out),
            );
        }
    }
}

/// Streams `first`, `first` + 1, …, of which number s is channel s % channels of block s / channels.
#[derive(Clone, Copy)]
pub struct Streams {
    pub first: usize,
    /// One after the last of all batches.
    pub end: usize,
    pub channels: usize,
}

impl Streams {
    /// (slot, block, channel) of each.
    #[inline(always)]
    fn iter(self) -> impl Iterator<Item = (usize, usize, usize)> {
        let streams = self.first..self.end.min(self.first + STREAMS);
        streams.enumerate().map(move |(slot, s)| (slot, s / self.channels, s % self.channels))
    }

    /// Fills rows from `row` on; block b starts at frame b · `step` - `before`.
    #[inline(always)]
    pub fn fill(self, x: &[f32], step: usize, before: usize, row: usize, count: usize, tile: &mut Tile) {
        tile[..count].fill(Row::ZERO);
        for (slot, block, channel) in self.iter() {
            for (i, tile) in tile[..count].iter_mut().enumerate() {
                let frame = (block * step + row + i).wrapping_sub(before);
                // A frame before the first is past the end of any slice, too; the product must not wrap around to 0.
                if let Some(&sample) = frame.checked_mul(self.channels).and_then(|at| x.get(at + channel)) {
                    tile.0[slot] = sample;
                }
            }
        }
    }

    /// Takes rows from `row` on, of which those in `kept` are the block's frames from b · `step` on.
    #[inline(always)]
    pub fn drain(self, tile: &Tile, kept: Range<usize>, step: usize, row: usize, count: usize, out: &mut [f32]) {
        for (slot, block, channel) in self.iter() {
            for (i, tile) in tile[..count].iter().enumerate() {
                if kept.contains(&(row + i)) {
                    let frame = block * step + row + i - kept.start;
                    if let Some(place) = out.get_mut(frame * self.channels + channel) {
                        *place = tile.0[slot];
                    }
                }
            }
        }
    }
}
