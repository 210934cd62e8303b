//! Complex FFTs with one signal per vector lane, run from the plans of `paceline.audio._fft`.
//!
//! No pass shuffles within a row or moves one: forward decimates in frequency, inverse in time. The inverse is the forward
//! arithmetic on rows whose real and imaginary halves are taken for each other.

mod butterfly;
mod passes;

use crate::lanes::{Isa, LANES};
pub(crate) use butterfly::{Complex, transform};
pub use passes::{Bin, FORWARD, INVERSE};

/// Butterflies of at most this many points.
pub const WIDEST: usize = 8;

/// Rows that a block may have for all further passes over it to stay in the first-level cache (16 KiB of it).
const NEAR: usize = 128;

/// One point of all lanes: 16 real parts, then 16 imaginary parts.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Row(pub [f32; 2 * LANES]);

impl Row {
    pub const ZERO: Self = Self([0.0; 2 * LANES]);
}

/// A plan whose parts fit together.
#[derive(Clone, Copy)]
pub struct Transform<'a> {
    size: usize,
    radices: &'a [i64],
    twiddles: &'a [[f32; 2]],
    order: &'a [i64],
}

/// One pass: its radix, how many rows are between the points of a butterfly, and its twiddles.
#[derive(Clone, Copy)]
struct Stage<'a> {
    radix: usize,
    part: usize,
    twiddles: &'a [[f32; 2]],
}

/// Why the parts of a plan do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPlan(pub &'static str);

impl<'a> Transform<'a> {
    /// Checks once what the passes then rely on.
    pub fn new(radices: &'a [i64], twiddles: &'a [[f32; 2]], order: &'a [i64]) -> Result<Self, BadPlan> {
        let size = order.len();
        let (mut length, mut needed) = (size, 0);
        for &radix in radices {
            if !matches!(radix, 2 | 3 | 4 | 5 | 7 | 8) {
                return Err(BadPlan("radices hold another value than 2, 3, 4, 5, 7 and 8"));
            }
            let radix = radix as usize;
            if !length.is_multiple_of(radix) {
                return Err(BadPlan("radices do not multiply to the length of order"));
            }
            length /= radix;
            needed += length * (radix - 1);
        }
        if length != 1 {
            return Err(BadPlan("radices do not multiply to the length of order"));
        }
        if needed != twiddles.len() {
            return Err(BadPlan("twiddles are not as many as the radices ask for"));
        }
        if order.iter().any(|&row| !(0..size as i64).contains(&row)) {
            return Err(BadPlan("order has a row that is none"));
        }
        Ok(Self { size, radices, twiddles, order })
    }

    /// Rows.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Passes.
    pub fn stages(&self) -> usize {
        self.radices.len()
    }

    /// The row in which bin k is after [`Self::forward`].
    pub fn row_of(&self, bin: usize) -> usize {
        self.order[bin] as usize
    }

    /// The first pass, and what comes after it.
    fn split(&self) -> Option<(Stage<'a>, Self)> {
        let (&radix, radices) = self.radices.split_first()?;
        let radix = radix as usize;
        let part = self.size / radix;
        let (twiddles, rest) = self.twiddles.split_at(part * (radix - 1));
        Some((Stage { radix, part, twiddles }, Self { size: part, radices, twiddles: rest, order: self.order }))
    }

    /// Radix of the first pass, and the rows between the points of its butterflies.
    pub fn first(&self) -> (usize, usize) {
        self.split().map_or((1, 1), |(stage, _)| (stage.radix, stage.part))
    }

    /// Transforms `rows`, of whole blocks of `size` rows: afterwards bin k is in row `order[k]` of its block.
    pub fn forward<S: Isa>(&self, isa: S, rows: &mut [Row]) {
        let Some((stage, rest)) = self.split() else { return };
        passes::in_place::<S, FORWARD>(isa, stage, rows);
        rest.forward_blocks(isa, rows);
    }

    fn forward_blocks<S: Isa>(&self, isa: S, rows: &mut [Row]) {
        if self.size <= NEAR {
            for near in rows.chunks_mut(NEAR / self.size * self.size) {
                self.forward(isa, near);
            }
        } else {
            for block in rows.chunks_exact_mut(self.size) {
                self.forward(isa, block);
            }
        }
    }

    /// Undoes [`Self::forward`], but for a factor of `size`.
    pub fn inverse<S: Isa>(&self, isa: S, rows: &mut [Row]) {
        let Some((stage, rest)) = self.split() else { return };
        rest.inverse_blocks(isa, rows);
        passes::in_place::<S, INVERSE>(isa, stage, rows);
    }

    fn inverse_blocks<S: Isa>(&self, isa: S, rows: &mut [Row]) {
        if self.size <= NEAR {
            for near in rows.chunks_mut(NEAR / self.size * self.size) {
                self.inverse(isa, near);
            }
        } else {
            for block in rows.chunks_exact_mut(self.size) {
                self.inverse(isa, block);
            }
        }
    }

    /// The first pass for the butterflies from `start` on, from a tile of 16 rows for each of their points, into `rows`;
    /// `count` of the 16 are used.
    pub fn first_pass<S: Isa>(&self, isa: S, tile: &[[Row; LANES]], start: usize, count: usize, rows: &mut [Row]) {
        let Some((stage, _)) = self.split() else { return };
        passes::from_tile(isa, stage, tile, start, count, rows);
    }

    /// The forward passes after the first.
    pub fn forward_rest<S: Isa>(&self, isa: S, rows: &mut [Row]) {
        let Some((_, rest)) = self.split() else { return };
        for block in rows.chunks_exact_mut(rest.size) {
            rest.forward_blocks(isa, block);
        }
    }

    /// The inverse passes but for the last one; the first takes its rows from `source` as `bins` say, with a gain.
    pub fn inverse_from<S: Isa>(&self, isa: S, source: &[Row], bins: &[Bin], rows: &mut [Row]) {
        let Some((_, rest)) = self.split() else { return };
        for (block, bins) in rows.chunks_exact_mut(rest.size).zip(bins.chunks_exact(rest.size)) {
            rest.inverse_leaves(isa, source, bins, block);
        }
    }

    fn inverse_leaves<S: Isa>(&self, isa: S, source: &[Row], bins: &[Bin], rows: &mut [Row]) {
        let Some((stage, rest)) = self.split() else { return };
        if stage.part == 1 {
            return passes::gather(isa, stage.radix, source, bins, rows);
        }
        let at_once = if rest.size <= NEAR { NEAR / rest.size * rest.size } else { rest.size };
        for (block, bins) in rows.chunks_mut(at_once).zip(bins.chunks(at_once)) {
            rest.inverse_leaves(isa, source, bins, block);
        }
        passes::in_place::<S, INVERSE>(isa, stage, rows);
    }

    /// The last inverse pass for the butterflies from `start` on, from `rows` into a tile.
    pub fn last_pass<S: Isa>(&self, isa: S, rows: &[Row], start: usize, count: usize, tile: &mut [[Row; LANES]]) {
        let Some((stage, _)) = self.split() else { return };
        passes::into_tile(isa, stage, rows, start, count, tile);
    }
}
