//! The level of a frame: window, transform, power of the speech band, and how flat it is.

use super::Spectrum;
use super::logarithm::{DB, exp2, log2, split_exponent};
use crate::fft::{Complex, Row, transform};
use crate::lanes::{Isa, LANES, Vector};

/// Added to every bin's power, so that its logarithm exists.
const LEAST_POWER: f32 = 1e-14;

/// Added to a level before it is put in dB: -94 dB of full scale.
const LEAST_LEVEL: f64 = 4e-10;

/// What flatness leaves of a frame at least.
const LEAST_PART: f64 = 0.05;

/// Mantissas below 2 that one lane multiplies: 16 lanes' products then stay in the range of a double, 16 · 56 < 1,023.
const FACTORS: usize = 56;

/// Frames whose logarithms are taken together.
pub const AT_ONCE: usize = 8;

/// exp(-2πi·turn/16), for turn = j·q with j = 0 … 3 and q = 1 … 3.
const SIXTEENTHS: [[f32; 2]; 10] = {
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const COS: f32 = 0.923_879_5;
    const SIN: f32 = 0.382_683_43;
    [
        [1.0, 0.0],
        [COS, -SIN],
        [HALF, -HALF],
        [SIN, -COS],
        [0.0, -1.0],
        [-SIN, -COS],
        [-HALF, -HALF],
        [-COS, -SIN],
        [-1.0, 0.0],
        [-COS, SIN],
    ]
};

/// Working memory, kept from frame to frame.
pub struct Scratch {
    rows: Vec<Row>,
    /// 16 bins a row in natural order, and one row more.
    bins: Vec<Row>,
    tiles: [[Row; LANES]; 2],
}

impl Scratch {
    pub const fn new() -> Self {
        Self { rows: vec![], bins: vec![], tiles: [[Row::ZERO; LANES]; 2] }
    }

    /// Makes room for transforms of that many points.
    pub fn reserve(&mut self, points: usize) {
        if self.rows.len() < points / LANES {
            self.rows.resize(points / LANES, Row::ZERO);
            self.bins.resize(points / LANES + 1, Row::ZERO);
        }
    }
}

/// What is left of some frames, for the last steps to be taken together.
#[derive(Default)]
struct Parts {
    energy: [f64; AT_ONCE],
    /// The product of the powers of a frame's bins is mantissa · 2^exponent.
    mantissa: [f64; AT_ONCE],
    exponent: [f64; AT_ONCE],
}

impl Spectrum<'_> {
    /// The levels of at most [`AT_ONCE`] frames, and how many these are.
    pub fn levels<'a, S: Isa>(
        &self,
        isa: S,
        frames: impl Iterator<Item = &'a [f32]>,
        scratch: &mut Scratch,
    ) -> ([f32; AT_ONCE], usize) {
        let rows = self.columns.size();
        let (rows, bins) = (&mut scratch.rows[..rows], &mut scratch.bins[..=rows]);
        let (mut parts, mut count) = (Parts::default(), 0);
        for frame in frames.take(AT_ONCE) {
            isa.run(
                #[inline(always)]
                || self.pack(isa, frame, rows),
            );
            self.columns.forward(isa, rows);
            (parts.energy[count], parts.mantissa[count], parts.exponent[count]) = isa.run(
                #[inline(always)]
                || {
                    self.across(isa, rows, bins, &mut scratch.tiles);
                    self.band(isa, bins)
                },
            );
            count += 1;
        }
        let width = (self.high - self.low) as f64;
        let levels = isa.run(
            #[inline(always)]
            || {
                let (Parts { energy, mantissa, exponent }, width, mut levels) = (parts, width, [0.0; AT_ONCE]);
                if count == 1 {
                    levels[0] = level(energy[0], mantissa[0], exponent[0], width);
                    return levels;
                }
                for i in 0..AT_ONCE {
                    levels[i] = level(energy[i], mantissa[i], exponent[i], width);
                }
                levels
            },
        );
        (levels, count)
    }

    /// Even samples become real parts and odd ones imaginary parts, 16 pairs to a row.
    #[inline(always)]
    fn pack<S: Isa>(&self, isa: S, frame: &[f32], rows: &mut [Row]) {
        let (whole, window) = (frame.as_chunks::<{ 2 * LANES }>(), self.window.as_chunks::<{ 2 * LANES }>());
        let (filled, empty) = rows.split_at_mut(whole.0.len());
        for ((row, x), w) in filled.iter_mut().zip(whole.0).zip(window.0) {
            pack_row(isa, x, w, row);
        }
        let mut empty = empty.iter_mut();
        if !whole.1.is_empty()
            && let Some(row) = empty.next()
        {
            let (mut x, mut w) = ([0.0; 2 * LANES], [0.0; 2 * LANES]);
            x[..whole.1.len()].copy_from_slice(whole.1);
            w[..window.1.len()].copy_from_slice(window.1);
            pack_row(isa, &x, &w, row);
        }
        for row in empty {
            *row = Row::ZERO;
        }
    }

    /// From the columns' bins to those of the whole frame, in their natural order.
    #[inline(always)]
    fn across<S: Isa>(&self, isa: S, rows: &[Row], bins: &mut [Row], [tile, turned]: &mut [[Row; LANES]; 2]) {
        let count = rows.len();
        for first in (0..count).step_by(LANES) {
            self.turn(isa, rows, first, turned);
            transpose(isa, turned, tile);
            sixteen_first(isa, tile);
            if count < LANES {
                let found = &mut *turned;
                sixteen_last(isa, tile, found, 0, 1);
                match count {
                    8 => close_up::<8>(found, bins),
                    4 => close_up::<4>(found, bins),
                    2 => close_up::<2>(found, bins),
                    _ => close_up::<1>(found, bins),
                }
            } else {
                sixteen_last(isa, tile, bins, first / LANES, count / LANES);
            }
        }
    }

    /// The rows of 16 bins from `first` on, times their turns; zeros beyond the last one.
    #[inline(always)]
    fn turn<S: Isa>(&self, isa: S, rows: &[Row], first: usize, to: &mut [Row; LANES]) {
        let used = LANES.min(rows.len());
        let turns = &self.turns[first..first + used];
        for i in 0..used {
            let (row, turns, to) = (&rows[self.columns.row_of(first + i)].0, &turns[i], &mut to[i].0);
            for lane in (0..LANES).step_by(S::F32::WIDTH) {
                let (re, im) = (S::F32::load(isa, &row[lane..]), S::F32::load(isa, &row[LANES + lane..]));
                let (c, s) = (S::F32::load(isa, &turns[lane..]), S::F32::load(isa, &turns[LANES + lane..]));
                im.neg_mul_add(s, re * c).store(&mut to[lane..]);
                im.mul_add(c, re * s).store(&mut to[LANES + lane..]);
            }
        }
        to[used..].fill(Row::ZERO);
    }

    /// The energy of the speech band's bins, then mantissa and exponent of the product of their powers.
    #[inline(always)]
    fn band<S: Isa>(&self, isa: S, bins: &[Row]) -> (f64, f64, f64) {
        let width = S::F32::WIDTH;
        let points = self.split.0.len();
        let (zero, one) = (S::F32::splat(isa, 0.0), S::F32::splat(isa, 1.0));
        let (quarter, least) = (S::F32::splat(isa, 0.25), S::F32::splat(isa, LEAST_POWER));
        let mut k = self.low / width * width;
        let mut behind = part_of(isa, bins, points - k);
        let (mut energy, mut exponents) = (zero, zero);
        let (mut mantissa, mut exponent) = (1.0, 0.0);
        while k < self.high {
            let end = self.high.min(k + FACTORS * width);
            let mut mantissas = one;
            while k < end {
                let (a, before) = (part_of(isa, bins, k), part_of(isa, bins, points - k - width));
                let b = Complex { re: isa.mirror(behind.re, before.re), im: isa.mirror(behind.im, before.im) };
                behind = before;
                let cos = S::F32::load(isa, &self.split.0[k..]);
                let sin = S::F32::load(isa, &self.split.1[k..]);
                // Twice the even samples' bins, which are those of a real signal, and the odd samples' ones.
                let (odd_re, odd_im) = (a.im + b.im, b.re - a.re);
                let re = odd_im.neg_mul_add(sin, odd_re.mul_add(cos, a.re + b.re));
                let im = odd_re.mul_add(sin, odd_im.mul_add(cos, a.im - b.im));
                let power = im.mul_add(im, re * re).mul_add(quarter, least);
                let used = self.low.saturating_sub(k)..self.high - k;
                energy = energy + isa.select(used.clone(), power, zero);
                let (m, e) = isa.split_exponents(isa.select(used, power, one));
                mantissas = mantissas * m;
                exponents = exponents + e;
                k += width;
            }
            let (m, e) = split_exponent(product(mantissas));
            mantissa *= m;
            exponent += e;
        }
        (sum(energy), mantissa, exponent + sum(exponents))
    }
}

/// A vector of bins from k on.
#[inline(always)]
fn part_of<S: Isa>(isa: S, bins: &[Row], k: usize) -> Complex<S::F32> {
    let (row, lane) = (&bins[k / LANES].0, k % LANES);
    Complex { re: S::F32::load(isa, &row[lane..LANES]), im: S::F32::load(isa, &row[LANES + lane..]) }
}

/// Fills rows with the first C bins of each.
#[inline(always)]
fn close_up<const C: usize>(found: &[Row; LANES], bins: &mut [Row]) {
    for (k, row) in found.iter().enumerate() {
        let (to, lane) = (&mut bins[k * C / LANES].0, k * C % LANES);
        to[lane..lane + C].copy_from_slice(&row.0[..C]);
        to[LANES + lane..LANES + lane + C].copy_from_slice(&row.0[LANES..LANES + C]);
    }
}

/// 10·log10(E · max(1 - F, 0.05)² + 4e-10) for the energy E and the flatness F of `width` bins.
#[inline(always)]
fn level(energy: f64, mantissa: f64, exponent: f64, width: f64) -> f32 {
    let geometric_mean = exp2((exponent + log2(mantissa)) / width);
    let part = (1.0 - geometric_mean * width / energy).max(LEAST_PART);
    (DB * log2(energy * part * part + LEAST_LEVEL)) as f32
}

#[inline(always)]
fn pack_row<S: Isa>(isa: S, x: &[f32; 2 * LANES], w: &[f32; 2 * LANES], row: &mut Row) {
    let width = S::F32::WIDTH;
    for lane in (0..LANES).step_by(width) {
        let a = S::F32::load(isa, &x[2 * lane..]) * S::F32::load(isa, &w[2 * lane..]);
        let b = S::F32::load(isa, &x[2 * lane + width..]) * S::F32::load(isa, &w[2 * lane + width..]);
        let (even, odd) = isa.unzip(a, b);
        even.store(&mut row.0[lane..]);
        odd.store(&mut row.0[LANES + lane..]);
    }
}

#[inline(always)]
fn transpose<S: Isa>(isa: S, from: &[Row; LANES], to: &mut [Row; LANES]) {
    for part in [0, LANES] {
        isa.transpose(
            #[inline(always)]
            |row, lane| S::F32::load(isa, &from[row].0[part + lane..]),
            #[inline(always)]
            |row, lane, v| v.store(&mut to[row].0[part + lane..]),
        );
    }
}

/// The first of two passes of a transform of 16 rows, in place.
#[inline(always)]
fn sixteen_first<S: Isa>(isa: S, rows: &mut [Row; LANES]) {
    for j in 0..4 {
        for lane in (0..LANES).step_by(S::F32::WIDTH) {
            let mut x = four_of(isa, [&rows[j], &rows[j + 4], &rows[j + 8], &rows[j + 12]], lane);
            transform(isa, &mut x);
            for q in 0..4 {
                let x = if j * q == 0 { x[q] } else { x[q].times(isa, SIXTEENTHS[j * q]) };
                x.re.store(&mut rows[j + 4 * q].0[lane..]);
                x.im.store(&mut rows[j + 4 * q].0[LANES + lane..]);
            }
        }
    }
}

/// The second pass: bin k goes to row `first + k * step`.
#[inline(always)]
fn sixteen_last<S: Isa>(isa: S, rows: &[Row; LANES], to: &mut [Row], first: usize, step: usize) {
    for (q, [a, b, c, d]) in rows.as_chunks::<4>().0.iter().enumerate() {
        for lane in (0..LANES).step_by(S::F32::WIDTH) {
            let mut x = four_of(isa, [a, b, c, d], lane);
            transform(isa, &mut x);
            for j in 0..4 {
                let row = &mut to[first + (q + 4 * j) * step].0;
                x[j].re.store(&mut row[lane..]);
                x[j].im.store(&mut row[LANES + lane..]);
            }
        }
    }
}

#[inline(always)]
fn four_of<S: Isa>(isa: S, rows: [&Row; 4], lane: usize) -> [Complex<S::F32>; 4] {
    let zero = S::F32::splat(isa, 0.0);
    let mut x = [Complex { re: zero, im: zero }; 4];
    for i in 0..4 {
        let row = &rows[i].0;
        x[i] = Complex { re: S::F32::load(isa, &row[lane..]), im: S::F32::load(isa, &row[LANES + lane..]) };
    }
    x
}

#[inline(always)]
fn sum<S: Isa>(v: impl Vector<f32, S>) -> f64 {
    let [a, b, c, d] = v.fold();
    (f64::from(a) + f64::from(b)) + (f64::from(c) + f64::from(d))
}

#[inline(always)]
fn product<S: Isa, V: Vector<f32, S>>(v: V) -> f64 {
    let mut lanes = [1.0; LANES];
    v.store(&mut lanes);
    let mut factors = [1.0; 8];
    for i in 0..8 {
        factors[i] = f64::from(lanes[i]) * f64::from(lanes[8 + i]);
    }
    ((factors[0] * factors[1]) * (factors[2] * factors[3])) * ((factors[4] * factors[5]) * (factors[6] * factors[7]))
}

/// The mean of the squares, in double precision.
pub fn mean_square<S: Isa>(isa: S, frame: &[f32]) -> f64 {
    isa.run(
        #[inline(always)]
        || {
            let (whole, rest) = frame.as_chunks::<LANES>();
            let mut lanes = [0.0_f64; LANES];
            for chunk in whole {
                for (lane, &x) in lanes.iter_mut().zip(chunk) {
                    *lane += f64::from(x) * f64::from(x);
                }
            }
            for (lane, &x) in lanes.iter_mut().zip(rest) {
                *lane += f64::from(x) * f64::from(x);
            }
            lanes.into_iter().sum::<f64>() / frame.len() as f64
        },
    )
}
