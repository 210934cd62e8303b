//! The level of a frame: window, transform, power of the speech band, and how flat it is.

use super::logarithm::{DB, exp2, log2};
use super::{LOUD, Spectrum};
use crate::fft::{Complex, Row, transform};
use crate::lanes::{Isa, LANES, Vector};

/// Added to every bin's power, so that its logarithm exists.
const LEAST_POWER: f32 = 1e-14;

/// Added to a level before it is put in dB: -94 dB of full scale.
const LEAST_LEVEL: f64 = 4e-10;

/// What flatness leaves of a frame at least.
const LEAST_PART: f64 = 0.05;

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
    /// The real columns' bins up to the middle one, turned.
    halves: Vec<Row>,
    tile: [Row; LANES],
    /// Each frame's level, and whether it is active where that is known.
    pub found: Vec<(f32, bool)>,
}

impl Scratch {
    pub const fn new() -> Self {
        Self { rows: vec![], halves: vec![], tile: [Row::ZERO; LANES], found: vec![] }
    }

    /// Makes room for transforms of that many rows.
    pub fn reserve(&mut self, rows: usize) {
        if self.rows.len() < rows {
            self.rows.resize(rows, Row::ZERO);
            self.halves.resize(rows + 1, Row::ZERO);
        }
    }
}

/// What is known of the bins weighed so far.
struct Sums<V> {
    energy: V,
    mantissas: V,
    exponents: V,
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
    /// The levels of at most [`AT_ONCE`] frames, and whether no sample can be bad.
    pub fn levels<'a, S: Isa>(
        &self,
        isa: S,
        frames: impl Iterator<Item = &'a [f32]>,
        scratch: &mut Scratch,
    ) -> ([f32; AT_ONCE], bool) {
        let rows = self.columns.size();
        let (halves, rows) = (&mut scratch.halves[..=rows], &mut scratch.rows[..rows]);
        let (mut parts, mut count, mut good) = (Parts::default(), 0, true);
        for frame in frames.take(AT_ONCE) {
            good &= isa.run(
                #[inline(always)]
                || self.pack(isa, frame, rows),
            );
            self.columns.forward(isa, rows);
            (parts.energy[count], parts.mantissa[count], parts.exponent[count]) = isa.run(
                #[inline(always)]
                || {
                    self.part(isa, rows, halves);
                    self.band(isa, halves, &mut scratch.tile)
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
        (levels, good)
    }

    /// Rows of 16 samples become real parts, and every second one imaginary parts. Says whether no sample can be bad.
    #[inline(always)]
    fn pack<S: Isa>(&self, isa: S, frame: &[f32], rows: &mut [Row]) -> bool {
        let (whole, window) = (frame.as_chunks::<{ 2 * LANES }>(), self.window.as_chunks::<{ 2 * LANES }>());
        let (filled, empty) = rows.split_at_mut(whole.0.len());
        let mut loud = S::F32::splat(isa, 0.0);
        for ((row, x), w) in filled.iter_mut().zip(whole.0).zip(window.0) {
            for lane in [0, LANES] {
                isa.prefetch(x[lane..].as_ptr().wrapping_add(frame.len())); // the next frame
            }
            loud = pack_row(isa, x, w, row, loud);
        }
        let mut empty = empty.iter_mut();
        if !whole.1.is_empty()
            && let Some(row) = empty.next()
        {
            let (mut x, mut w) = ([0.0; 2 * LANES], [0.0; 2 * LANES]);
            x[..whole.1.len()].copy_from_slice(whole.1);
            w[..window.1.len()].copy_from_slice(window.1);
            loud = pack_row(isa, &x, &w, row, loud);
        }
        for row in empty {
            *row = Row::ZERO;
        }
        loud.fold().iter().all(|&squares| squares < LOUD)
    }

    /// Parts the rows that were transformed as real and imaginary part, and turns what comes out.
    #[inline(always)]
    fn part<S: Isa>(&self, isa: S, rows: &[Row], halves: &mut [Row]) {
        let count = rows.len();
        for (k, &turn) in self.split.iter().enumerate() {
            let far = count - k;
            let (a, b) = (&rows[self.columns.row_of(k)], &rows[self.columns.row_of(if k == 0 { 0 } else { far })]);
            for lane in (0..LANES).step_by(S::F32::WIDTH) {
                let (a, b) = (point_of::<S>(isa, &a.0, lane), point_of::<S>(isa, &b.0, lane));
                let odd = Complex { re: a.re - b.re, im: a.im + b.im }.times(isa, turn);
                let even = Complex { re: a.re + b.re, im: a.im - b.im };
                let near = Complex { re: even.re + odd.re, im: even.im + odd.im };
                let mirrored = Complex { re: even.re - odd.re, im: odd.im - even.im };
                for (k, point) in [(k, near), (far, mirrored)] {
                    let turn = point_of::<S>(isa, &self.turns[k], lane);
                    let to = &mut halves[k].0;
                    point.im.neg_mul_add(turn.im, point.re * turn.re).store(&mut to[lane..]);
                    point.im.mul_add(turn.re, point.re * turn.im).store(&mut to[LANES + lane..]);
                }
            }
        }
    }

    /// The energy of the speech band's bins, then mantissa and exponent of the product of their powers.
    ///
    /// Column k has the bins k, k + step, k + 2 step and so on; those beyond the middle are mirror images of lower ones.
    #[inline(always)]
    fn band<S: Isa>(&self, isa: S, halves: &[Row], tile: &mut [Row; LANES]) -> (f64, f64, f64) {
        let (zero, one) = (S::F32::splat(isa, 0.0), S::F32::splat(isa, 1.0));
        let mut sums = Sums { energy: zero, mantissas: one, exponents: zero };
        self.weigh_firsts(isa, &halves[0], &mut sums);
        if self.high <= 8 * self.columns.size() {
            self.weigh_columns::<S, 4>(isa, halves, tile, &mut sums); // the lower half: other bins are not computed
        } else {
            self.weigh_columns::<S, 8>(isa, halves, tile, &mut sums);
        }
        (sum(sums.energy), product(sums.mantissas), sum(sums.exponents))
    }

    /// The bins of the first column, which is real: multiples of the number of rows of 16 samples.
    #[inline(always)]
    fn weigh_firsts<S: Isa>(&self, isa: S, first: &Row, sums: &mut Sums<S::F32>) {
        let (width, step) = (S::F32::WIDTH, 2 * self.columns.size());
        let (low, high) = (self.low.div_ceil(step), self.high.div_ceil(step).min(LANES / 2));
        let mut bins = Row::ZERO;
        for lane in (0..LANES).step_by(width) {
            let mut four = [S::F32::splat(isa, 0.0); 4];
            for (x, factors) in first.0.as_chunks::<4>().0.iter().zip(self.firsts.as_chunks::<4>().0) {
                for i in 0..4 {
                    four[i] = S::F32::splat(isa, x[i]).mul_add(S::F32::load(isa, &factors[i][lane..]), four[i]);
                }
            }
            ((four[0] + four[1]) + (four[2] + four[3])).store(&mut bins.0[lane..]);
        }
        for lane in (0..LANES / 2).step_by(width) {
            let re = S::F32::load(isa, &bins.0[lane..]);
            let im = S::F32::load(isa, &bins.0[LANES / 2 + lane..]);
            sums.weigh(isa, Complex { re, im }, low.saturating_sub(lane), high.saturating_sub(lane));
        }
    }

    /// The other bins; `WANTED` of eight ranges on each side have to be computed.
    #[inline(always)]
    fn weigh_columns<S: Isa, const WANTED: usize>(
        &self,
        isa: S,
        halves: &[Row],
        tile: &mut [Row; LANES],
        sums: &mut Sums<S::F32>,
    ) {
        let count = self.columns.size();
        let step = 2 * count;
        for begin in (1..=count).step_by(LANES) {
            for part in [0, LANES] {
                isa.transpose(
                    #[inline(always)]
                    |row, lane| S::F32::load(isa, &halves[(begin + row).min(count)].0[part + lane..]),
                    #[inline(always)]
                    |row, lane, v| v.store(&mut tile[row].0[part + lane..]),
                );
            }
            for lane in (0..LANES.min(count)).step_by(S::F32::WIDTH) {
                let mut x = [point_of::<S>(isa, &tile[0].0, lane); LANES];
                for i in 1..LANES {
                    x[i] = point_of::<S>(isa, &tile[i].0, lane);
                }
                sixteen(isa, &mut x);
                let first = begin + lane;
                // The middle column is its own mirror image.
                let inside = count.saturating_sub(first);
                for i in 0..WANTED {
                    let near = i * step + first;
                    let beyond = self.high.saturating_sub(near).min(inside + 1);
                    sums.weigh(isa, x[i], self.low.saturating_sub(near), beyond);
                    let far = (i + 1) * step - first;
                    let beyond = (far + 1).saturating_sub(self.low).min(inside);
                    sums.weigh(isa, x[LANES - 1 - i], (far + 1).saturating_sub(self.high), beyond);
                }
                sums.normalize(isa);
            }
        }
    }
}

impl<V> Sums<V> {
    /// Takes the powers |X|² + 1e-14 of the lanes in a range.
    #[inline(always)]
    fn weigh<S: Isa<F32 = V>>(&mut self, isa: S, x: Complex<V>, first: usize, beyond: usize)
    where
        V: Vector<f32, S>,
    {
        if first >= beyond.min(V::WIDTH) {
            return;
        }
        let mut power = x.re.mul_add(x.re, x.im.mul_add(x.im, V::splat(isa, LEAST_POWER)));
        let mut factor = power;
        if first > 0 || beyond < V::WIDTH {
            power = isa.select(first..beyond, power, V::splat(isa, 0.0));
            factor = isa.select(first..beyond, factor, V::splat(isa, 1.0));
        }
        self.energy = self.energy + power;
        let (m, e) = isa.split_exponents(factor);
        self.mantissas = self.mantissas * m;
        self.exponents = self.exponents + e;
    }

    /// Keeps the mantissas' product in the range of a float.
    #[inline(always)]
    fn normalize<S: Isa<F32 = V>>(&mut self, isa: S)
    where
        V: Vector<f32, S>,
    {
        let (m, e) = isa.split_exponents(self.mantissas);
        self.mantissas = m;
        self.exponents = self.exponents + e;
    }
}

#[inline(always)]
fn point_of<S: Isa>(isa: S, row: &[f32; 2 * LANES], lane: usize) -> Complex<S::F32> {
    Complex { re: S::F32::load(isa, &row[lane..LANES]), im: S::F32::load(isa, &row[LANES + lane..]) }
}

/// 10·log10(E · max(1 - F, 0.05)² + 4e-10) for the energy E and the flatness F of `width` bins.
#[inline(always)]
fn level(energy: f64, mantissa: f64, exponent: f64, width: f64) -> f32 {
    let geometric_mean = exp2((exponent + log2(mantissa)) / width);
    let part = (1.0 - geometric_mean * width / energy).max(LEAST_PART);
    (DB * log2(energy * part * part + LEAST_LEVEL)) as f32
}

#[inline(always)]
fn pack_row<S: Isa>(isa: S, x: &[f32; 2 * LANES], w: &[f32; 2 * LANES], row: &mut Row, mut loud: S::F32) -> S::F32 {
    for lane in (0..2 * LANES).step_by(S::F32::WIDTH) {
        let samples = S::F32::load(isa, &x[lane..]);
        loud = samples.mul_add(samples, loud);
        (samples * S::F32::load(isa, &w[lane..])).store(&mut row.0[lane..]);
    }
    loud
}

/// The transform of 16 points, four by four.
#[inline(always)]
fn sixteen<S: Isa>(isa: S, x: &mut [Complex<S::F32>; LANES]) {
    for j in 0..4 {
        let mut four = [x[j], x[j + 4], x[j + 8], x[j + 12]];
        transform(isa, &mut four);
        for q in 0..4 {
            x[j + 4 * q] = if j * q == 0 { four[q] } else { four[q].times(isa, SIXTEENTHS[j * q]) };
        }
    }
    let columns = *x;
    for q in 0..4 {
        let mut four = [columns[4 * q], columns[4 * q + 1], columns[4 * q + 2], columns[4 * q + 3]];
        transform(isa, &mut four);
        for j in 0..4 {
            x[q + 4 * j] = four[j];
        }
    }
}

#[inline(always)]
fn sum<S: Isa>(v: impl Vector<f32, S>) -> f64 {
    let [a, b, c, d] = v.fold();
    (f64::from(a) + f64::from(b)) + (f64::from(c) + f64::from(d))
}

/// Of numbers below 2, each.
#[inline(always)]
fn product<S: Isa, V: Vector<f32, S>>(v: V) -> f64 {
    let mut lanes = [1.0; LANES];
    v.store(&mut lanes);
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] *= lanes[half + i];
        }
    }
    f64::from(lanes[0])
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
