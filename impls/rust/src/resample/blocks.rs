//! Overlap-save in the frequency domain, 32 blocks at a time in 16 lanes.
//!
//! The response is real and even, so two blocks share a lane as the real and the imaginary part of one transform and need
//! no separation: what goes in as real comes out as real. The first forward pass reads the signal and the last inverse
//! pass writes it, 16 rows at a time; the first inverse pass fetches its bins from where the forward passes left them.

use std::cell::RefCell;

use super::finite::{self, BadFrame};
use super::tiles::{self, STREAMS, Streams, Targets, Tile};
use crate::fft::{BadPlan, Bin, Row, Transform, WIDEST};
use crate::lanes::{Isa, LANES};
use crate::level::{Level, Work};

/// How a signal is cut into blocks and what is done to their bins: `Blocks` in `paceline.audio._filter`.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    up: usize,
    down: usize,
    hop: usize,
    guard: usize,
    response: &'a [f32],
    forward: Transform<'a>,
    inverse: Transform<'a>,
}

impl<'a> Plan<'a> {
    /// Checks once what the kernel then relies on.
    pub fn new(
        [up, down, hop, guard]: [usize; 4],
        response: &'a [f32],
        forward: Transform<'a>,
        inverse: Transform<'a>,
    ) -> Result<Self, BadPlan> {
        let size = |rate: usize| guard.checked_mul(2)?.checked_add(hop)?.checked_mul(rate);
        if hop == 0 || up == 0 || down == 0 {
            return Err(BadPlan("up, down or hop is 0"));
        }
        if size(down) != Some(forward.size()) || size(up) != Some(inverse.size()) {
            return Err(BadPlan("orders have other lengths than (hop + 2 * guard) * down and (hop + 2 * guard) * up"));
        }
        if forward.stages() < 2 || inverse.stages() < 2 || forward.size() >= u32::MAX as usize {
            return Err(BadPlan("a transform has less than two radices, or 2**32 rows"));
        }
        if 2 * response.len() > forward.size().min(inverse.size()) + 1 {
            return Err(BadPlan("response has more bins than the smaller transform's half"));
        }
        Ok(Self { up, down, hop, guard, response, forward, inverse })
    }
}

/// Buffers that a thread keeps, so that calls do not wait for fresh pages.
#[derive(Default)]
struct Scratch {
    input: Vec<Row>,
    output: Vec<Row>,
    bins: Vec<Bin>,
    edges: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Resamples x, frames of `channels` samples, into `out`, which has as many frames as the ratio gives.
pub fn resample(level: Level, plan: &Plan, x: &[f32], channels: usize, out: &mut [f32]) -> Result<(), BadFrame> {
    if out.is_empty() || x.is_empty() {
        out.fill(0.0);
        return Ok(());
    }
    SCRATCH.with_borrow_mut(|scratch| level.run(Conversion { plan, x, channels, out, scratch }))
}

struct Conversion<'a> {
    plan: &'a Plan<'a>,
    x: &'a [f32],
    channels: usize,
    out: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Work for Conversion<'_> {
    type Output = Result<(), BadFrame>;

    fn on<S: Isa>(self, isa: S) -> Self::Output {
        let Self { plan, x, channels, out, scratch } = self;
        let Scratch { input, output, bins, edges } = scratch;
        let (size_in, size_out) = (plan.forward.size(), plan.inverse.size());
        grow(input, size_in + 1, Row::ZERO);
        grow(output, size_out, Row::ZERO);
        let (input, output) = (&mut input[..=size_in], &mut output[..size_out]);
        input[size_in] = Row::ZERO;
        place_bins(plan, bins);

        let blocks = (out.len() / channels).div_ceil(plan.hop * plan.up);
        let end = blocks * channels;
        let mut finite = true;
        for first in (0..end).step_by(STREAMS) {
            let streams = Streams { first, end, channels };
            if channels <= 2 {
                first_pass_of_runs(isa, plan, x, streams, edges, input);
            } else {
                first_pass(isa, plan, x, streams, input);
            }
            plan.forward.forward_rest(isa, &mut input[..size_in]);
            plan.inverse.inverse_from(isa, input, bins, output);
            finite &= last_pass(isa, plan, output, streams, out);
        }
        // A sum that is too large for a float is not the input's fault.
        if finite { Ok(()) } else { finite::check(isa, x, channels) }
    }
}

fn grow<T: Clone>(buffer: &mut Vec<T>, length: usize, value: T) {
    if buffer.len() < length {
        buffer.resize(length, value);
    }
}

/// For each row of the inverse transform, the row of the forward transform that becomes it; the row of zeros after the
/// last for those that the response does not reach.
fn place_bins(plan: &Plan, bins: &mut Vec<Bin>) {
    let (size_in, size_out) = (plan.forward.size(), plan.inverse.size());
    bins.clear();
    bins.resize(size_out, Bin { row: size_in as u32, gain: 0.0 });
    for (k, &gain) in plan.response.iter().enumerate() {
        bins[plan.inverse.row_of(k)] = Bin { row: plan.forward.row_of(k) as u32, gain };
        if k > 0 {
            let row = plan.forward.row_of(size_in - k) as u32;
            bins[plan.inverse.row_of(size_out - k)] = Bin { row, gain };
        }
    }
}

/// Starts of tiles of up to 16 rows that cover `part`; the last one may overlap the one before.
fn tile_starts(part: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = part.min(LANES);
    (0..part.div_ceil(LANES)).map(move |i| ((i * LANES).min(part - count), count))
}

/// The signal's blocks through the first forward pass; runs that reach beyond the signal are first copied to `edges`.
fn first_pass_of_runs<S: Isa>(
    isa: S,
    plan: &Plan,
    x: &[f32],
    streams: Streams,
    edges: &mut Vec<f32>,
    rows: &mut [Row],
) {
    let width = streams.channels;
    let (size, step, before) =
        (plan.forward.size() * width, plan.hop * plan.down * width, plan.guard * plan.down * width);
    let count = STREAMS / width;
    let blocks = streams.first / width..(streams.end / width).min(streams.first / width + count);
    let inside = |block: usize| {
        let start = (block * step).checked_sub(before)?;
        x.get(start..start + size)
    };
    edges.clear();
    edges.resize(size, 0.0);
    for block in blocks.clone().filter(|&block| inside(block).is_none()) {
        let (start, skip) = ((block * step).saturating_sub(before), before.saturating_sub(block * step).min(size));
        let known = &x[start.min(x.len())..(start + size - skip).min(x.len())];
        edges.resize(edges.len() + skip, 0.0);
        edges.extend_from_slice(known);
        edges.resize(edges.len() + size - skip - known.len(), 0.0);
    }
    let mut copies = edges.chunks_exact(size);
    let nothing = copies.next().unwrap_or_default();
    let mut runs = [nothing; STREAMS];
    for (run, block) in runs.iter_mut().zip(blocks) {
        *run = inside(block).or_else(|| copies.next()).unwrap_or(nothing);
    }
    let (radix, part) = plan.forward.first();
    let mut tile = [[Row::ZERO; LANES]; WIDEST];
    for (start, count) in tile_starts(part) {
        fill_all(isa, &runs[..], width, start, part, count, &mut tile[..radix]);
        plan.forward.first_pass(isa, &tile, start, count, rows);
    }
}

fn fill_all<S: Isa>(
    isa: S,
    runs: &[&[f32]],
    width: usize,
    start: usize,
    part: usize,
    count: usize,
    tiles: &mut [Tile],
) {
    isa.run(
        #[inline(always)]
        || {
            for (q, tile) in tiles.iter_mut().enumerate() {
                tiles::fill(isa, runs, width, start + q * part, count, tile);
            }
        },
    );
}

/// The same for any number of channels.
fn first_pass<S: Isa>(isa: S, plan: &Plan, x: &[f32], streams: Streams, rows: &mut [Row]) {
    let (radix, part) = plan.forward.first();
    let mut tile = [[Row::ZERO; LANES]; WIDEST];
    for (start, count) in tile_starts(part) {
        for (q, tile) in tile[..radix].iter_mut().enumerate() {
            streams.fill(x, plan.hop * plan.down, plan.guard * plan.down, start + q * part, count, tile);
        }
        plan.forward.first_pass(isa, &tile, start, count, rows);
    }
}

/// The last inverse pass, into the output. Returns whether the blocks' sums are finite: one sample that is not makes every
/// bin and so every output of its block not finite, so the first output tells.
fn last_pass<S: Isa>(isa: S, plan: &Plan, rows: &[Row], streams: Streams, out: &mut [f32]) -> bool {
    let (radix, part) = plan.inverse.first();
    let (kept, step) = (plan.guard * plan.up..(plan.guard + plan.hop) * plan.up, plan.hop * plan.up);
    let width = streams.channels;
    let mut targets = Targets { first: kept.start, runs: [(0, 0); STREAMS] };
    if width <= 2 {
        let blocks = streams.first / width..streams.end / width;
        for (target, block) in targets.runs.iter_mut().zip(blocks).take(STREAMS / width) {
            let start = block * step * width;
            *target = (start, (step * width).min(out.len() - start));
        }
    }
    let mut finite = true;
    let mut tile = [[Row::ZERO; LANES]; WIDEST];
    for (start, count) in tile_starts(part) {
        plan.inverse.last_pass(isa, rows, start, count, &mut tile);
        if start == 0 {
            finite = tile[0][0].0.iter().all(|sample| sample.is_finite());
        }
        isa.run(
            #[inline(always)]
            || {
                for (q, tile) in tile[..radix].iter().enumerate() {
                    let row = start + q * part;
                    if row + count <= kept.start || kept.end <= row {
                        continue;
                    }
                    if width <= 2 {
                        tiles::drain(isa, tile, width, row, count, &targets, out);
                    } else {
                        streams.drain(tile, kept.clone(), step, row, count, out);
                    }
                }
            },
        );
    }
    finite
}
