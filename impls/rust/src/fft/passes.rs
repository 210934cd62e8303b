//! Passes over rows: in place, from or into a tile that is about to be transposed, or gathering the bins of another buffer.
//!
//! Every function is compiled once for each instruction set and radix. Rows are reached through pointers, because a
//! butterfly's points lie in one slice; each function first asserts what its pointers rely on.

use super::butterfly::{self, Complex};
use super::{Row, Stage};
use crate::lanes::{Isa, LANES, Vector};

/// Decimation in frequency: twiddles after the butterfly.
pub const FORWARD: bool = false;

/// Decimation in time with conjugate twiddles, before the butterfly.
pub const INVERSE: bool = true;

/// Where a bin comes from, and what it is multiplied with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bin {
    pub row: u32,
    pub gain: f32,
}

/// Runs `$body` with the constant `$R` equal to the radix.
macro_rules! with_radix {
    ($radix:expr, $R:ident => $body:expr) => {
        match $radix {
            2 => {
                const $R: usize = 2;
                $body
            }
            3 => {
                const $R: usize = 3;
                $body
            }
            4 => {
                const $R: usize = 4;
                $body
            }
            5 => {
                const $R: usize = 5;
                $body
            }
            7 => {
                const $R: usize = 7;
                $body
            }
            8 => {
                const $R: usize = 8;
                $body
            }
            radix => unreachable!("no butterfly of {radix} points: plans are checked"),
        }
    };
}

/// The first lanes' offset of real and of imaginary parts in a row: an inverse pass takes them for each other.
#[inline(always)]
const fn parts(direction: bool) -> (usize, usize) {
    if direction == INVERSE { (LANES, 0) } else { (0, LANES) }
}

#[inline(always)]
fn load<S: Isa, const D: bool>(isa: S, row: &Row, lane: usize) -> Complex<S::F32> {
    let (re, im) = parts(D);
    Complex { re: S::F32::load(isa, &row.0[re + lane..]), im: S::F32::load(isa, &row.0[im + lane..]) }
}

#[inline(always)]
fn store<S: Isa, const D: bool>(value: Complex<S::F32>, row: &mut Row, lane: usize) {
    let (re, im) = parts(D);
    value.re.store(&mut row.0[re + lane..]);
    value.im.store(&mut row.0[im + lane..]);
}

/// One butterfly of all lanes, from rows `from_step` apart into rows `to_step` apart.
///
/// # Safety
/// R rows can be read from `from` on and written from `to` on; `twiddles`, if given, has R - 1.
#[inline(always)]
unsafe fn butterfly<S: Isa, const R: usize, const D: bool>(
    isa: S,
    from: *const Row,
    from_step: usize,
    to: *mut Row,
    to_step: usize,
    twiddles: Option<&[[f32; 2]]>,
) {
    let zero = S::F32::splat(isa, 0.0);
    for lane in (0..LANES).step_by(S::F32::WIDTH) {
        let mut x = [Complex { re: zero, im: zero }; R];
        for (q, x) in x.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *x = load::<S, D>(isa, unsafe { &*from.add(q * from_step) }, lane);
        }
        if let (Some(twiddles), INVERSE) = (twiddles, D) {
            for q in 1..R {
                x[q] = x[q].times(isa, twiddles[q - 1]);
            }
        }
        butterfly::transform(isa, &mut x);
        if let (Some(twiddles), FORWARD) = (twiddles, D) {
            for q in 1..R {
                x[q] = x[q].times(isa, twiddles[q - 1]);
            }
        }
        for (q, x) in x.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            store::<S, D>(x, unsafe { &mut *to.add(q * to_step) }, lane);
        }
    }
}

/// A pass over whole blocks.
pub fn in_place<S: Isa, const D: bool>(isa: S, stage: Stage, rows: &mut [Row]) {
    with_radix!(stage.radix, R => isa.run(#[inline(always)] || {
        let part = stage.part;
        assert!(rows.len().is_multiple_of(R * part) && stage.twiddles.len() >= part * (R - 1));
        if part == 1 {
            for block in rows.as_chunks_mut::<R>().0 {
                let row = block.as_mut_ptr();
                // SAFETY: the block has R rows.
                unsafe { butterfly::<S, R, D>(isa, row, 1, row, 1, None) };
            }
            return;
        }
        for block in rows.chunks_exact_mut(R * part) {
            let first = block.as_mut_ptr();
            for (j, twiddles) in stage.twiddles.chunks_exact(R - 1).enumerate().take(part) {
                // SAFETY: j + (R - 1) part is less than R part, which the block has.
                unsafe {
                    let row = first.add(j);
                    butterfly::<S, R, D>(isa, row, part, row, part, Some(twiddles));
                }
            }
        }
    }));
}

/// The first forward pass, of `count` butterflies from `start` on: point q of butterfly i is row i of `tile[q]`.
pub fn from_tile<S: Isa>(isa: S, stage: Stage, tile: &[[Row; LANES]], start: usize, count: usize, rows: &mut [Row]) {
    with_radix!(stage.radix, R => isa.run(#[inline(always)] || {
        let part = stage.part;
        assert!(tile.len() >= R && rows.len() >= R * part && count <= LANES && start + count <= part);
        let (from, to) = (tile.as_ptr().cast::<Row>(), rows.as_mut_ptr());
        let twiddles = stage.twiddles[start * (R - 1)..].chunks_exact(R - 1);
        for (i, twiddles) in twiddles.enumerate().take(count) {
            // SAFETY: row i of every tile is one of its 16; start + i + (R - 1) part is less than R part.
            unsafe {
                butterfly::<S, R, FORWARD>(isa, from.add(i), LANES, to.add(start + i), part, Some(twiddles));
            }
        }
    }));
}

/// The last inverse pass, likewise the other way.
pub fn into_tile<S: Isa>(isa: S, stage: Stage, rows: &[Row], start: usize, count: usize, tile: &mut [[Row; LANES]]) {
    with_radix!(stage.radix, R => isa.run(#[inline(always)] || {
        let part = stage.part;
        assert!(tile.len() >= R && rows.len() >= R * part && count <= LANES && start + count <= part);
        let (from, to) = (rows.as_ptr(), tile.as_mut_ptr().cast::<Row>());
        let twiddles = stage.twiddles[start * (R - 1)..].chunks_exact(R - 1);
        for (i, twiddles) in twiddles.enumerate().take(count) {
            // SAFETY: as in from_tile.
            unsafe {
                butterfly::<S, R, INVERSE>(isa, from.add(start + i), part, to.add(i), LANES, Some(twiddles));
            }
        }
    }));
}

/// The first inverse pass: row i comes from `source` as bin i says.
pub fn gather<S: Isa>(isa: S, radix: usize, source: &[Row], bins: &[Bin], rows: &mut [Row]) {
    with_radix!(radix, R => isa.run(#[inline(always)] || {
        let zero = S::F32::splat(isa, 0.0);
        for (block, bins) in rows.as_chunks_mut::<R>().0.iter_mut().zip(bins.as_chunks::<R>().0) {
            let from = bins.map(|bin| &source[bin.row as usize]);
            for lane in (0..LANES).step_by(S::F32::WIDTH) {
                let mut x = [Complex { re: zero, im: zero }; R];
                for q in 0..R {
                    let (gain, bin) = (S::F32::splat(isa, bins[q].gain), load::<S, INVERSE>(isa, from[q], lane));
                    x[q] = Complex { re: bin.re * gain, im: bin.im * gain };
                }
                butterfly::transform(isa, &mut x);
                for q in 0..R {
                    store::<S, INVERSE>(x[q], &mut block[q], lane);
                }
            }
        }
    }));
}
