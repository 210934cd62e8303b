//! Slerp weights without acos or sin.
//!
//! With c the cosine between two unit quaternions, x = 1 - c and theta their angle, the second weight is
//! sin(f theta) / sin(theta). Near parallel that is f times a product series in x, a few terms of it; else two
//! polynomials. c comes from the dot product: its rounding, though large against a small x, moves both weights by
//! less than the last bit, as they depend on x smoothly.

use super::block::{BLOCK, Fractions, Weights};
use super::quaternion::{Quaternion, SAFE, combine, dot, in_range, unit, usable};
use super::simd::{Baseline, Isa};

/// Interpolates one pair at fraction `f` of `1 = f + g` by the definition, whatever its norms and fraction; the pair is
/// usable.
///
/// The angle comes from the chord, which keeps its digits between near rotations however far they are carried on.
pub fn slerp_exact(q0: &Quaternion, q1: &Quaternion, f: f64, g: f64) -> Quaternion {
    let (q0, q1) = (in_range(q0), in_range(q1));
    let negative = dot(&q0, &q1) < 0.0;
    let (q0, q1) = (unit(&q0), unit(&q1).map(|c| if negative { -c } else { c }));
    let chord: Quaternion = std::array::from_fn(|c| q1[c] - q0[c]);
    let theta = 2.0 * (0.5 * dot(&chord, &chord).sqrt()).min(1.0).asin();
    if theta == 0.0 {
        return combine(&q0, &q1, g, f);
    }
    let sine = theta.sin();
    combine(&q0, &q1, (g * theta).sin() / sine, (f * theta).sin() / sine)
}

/// Interpolates one pair; None where t1 < t0 or a quaternion is unusable.
pub fn slerp_one(t: i64, t0: i64, q0: &Quaternion, t1: i64, q1: &Quaternion, extrapolate: bool) -> Option<Quaternion> {
    if t1 < t0 {
        return None;
    }
    let (norm0, norm1, d) = (dot(q0, q0), dot(q1, q1), dot(q0, q1));
    let t = if extrapolate { t } else { t.clamp(t0, t1) };
    // 128 bits: a single pair may lie further apart than int64 can say.
    let length = (i128::from(t1) - i128::from(t0)).max(1) as f64;
    let f = if t0 == t1 { 0.0 } else { (i128::from(t) - i128::from(t0)) as f64 / length };
    let g = if t0 == t1 { 1.0 } else { (i128::from(t1) - i128::from(t)) as f64 / length };
    if !(SAFE.contains(&norm0) && SAFE.contains(&norm1) && (0.0..=1.0).contains(&f)) {
        return (usable(q0) && usable(q1)).then(|| slerp_exact(q0, q1, f, g));
    }
    let (scale0, scale1) = (1.0 / norm0.sqrt(), 1.0 / norm1.sqrt());
    let c = (d.abs() * scale0 * scale1).min(1.0);
    let x = 1.0 - c;
    let (first, second) = if x < NEAR {
        (g * series::<Baseline, 4>(g, x), f * series::<Baseline, 4>(f, x))
    } else if x < MIDDLE {
        (g * series::<Baseline, 8>(g, x), f * series::<Baseline, 8>(f, x))
    } else {
        let angle = Angle::of::<Baseline>(x);
        (angle.weight::<Baseline>(g), angle.weight::<Baseline>(f))
    };
    let second = if d < 0.0 { -second } else { second };
    Some(combine(q0, q1, first * scale0, second * scale1))
}

/// Up to this x four terms of the series are exact to the last bit, up to [`MIDDLE`] eight.
const NEAR: f64 = 8e-4;
const MIDDLE: f64 = 2.8e-2;

/// Up to this distance from 1 a squared norm's inverse root is a short series.
const NEARLY_UNIT: f64 = 2e-4;

#[inline(always)]
fn multiply_add<I: Isa>(a: f64, b: f64, c: f64) -> f64 {
    if I::FMA { a.mul_add(b, c) } else { a * b + c }
}

/// sin(f theta) / (f sin(theta)) = 1 + c1 x (1 + c2 x (...)), c_j = (j^2 - f^2) / (j (2 j + 1)), x = 1 - cos(theta).
#[inline(always)]
fn series<I: Isa, const TERMS: usize>(f: f64, x: f64) -> f64 {
    let square = f * f;
    let mut sum = 1.0;
    for i in 0..TERMS {
        let j = (TERMS - i) as f64;
        let c = multiply_add::<I>(-1.0 / (j * (2.0 * j + 1.0)), square, j / (2.0 * j + 1.0));
        sum = multiply_add::<I>(c * x, sum, 1.0);
    }
    sum
}

/// asin(sqrt y) / sqrt y on 0..1/2, sin(sqrt u) / sqrt u on 0..(pi/2)^2: Chebyshev fits made with 40 digits.
const ARCSINE: [f64; 20] = [
    1.0,
    0.166_666_666_666_669_63,
    0.074_999_999_999_216_01,
    0.044_642_857_225_198_236,
    0.030_381_939_881_651_884,
    0.022_372_313_173_181_127,
    0.017_349_310_312_271_254,
    0.014_019_172_263_170_341,
    0.010_929_346_635_853_876,
    0.015_091_814_736_796_418,
    -0.026_316_445_734_553_3,
    0.180_958_032_456_650_62,
    -0.664_125_693_210_628_6,
    2.001_609_832_222_466,
    -4.535_803_857_777_441_6,
    7.768_184_319_478_474_5,
    -9.669_680_895_984_88,
    8.325_000_162_955_533,
    -4.438_824_542_769_799,
    1.126_420_992_686_533_6,
];
const SINE: [f64; 9] = [
    1.0,
    -0.166_666_666_666_666_66,
    0.008_333_333_333_333_186,
    -0.000_198_412_698_412_086_38,
    2.755_731_921_122_325_7e-06,
    -2.505_210_688_997_513e-08,
    1.605_894_084_783_249_2e-10,
    -7.643_025_738_964_345e-13,
    2.721_566_092_112_559_7e-15,
];

/// The angle between two unit quaternions, as the weights need it.
struct Angle {
    square: f64,
    over_sine: f64,
}

impl Angle {
    /// Takes x = 1 - cos(theta) in 0..=1.
    #[inline(always)]
    fn of<I: Isa>(x: f64) -> Self {
        let y = 0.5 * x; // sin^2(theta / 2)
        let a = polynomial::<I, 20>(&ARCSINE, y);
        Self { square: 4.0 * y * a * a, over_sine: a / (1.0 - y).sqrt() }
    }

    /// sin(f theta) / sin(theta), f in 0..=1.
    #[inline(always)]
    fn weight<I: Isa>(&self, f: f64) -> f64 {
        f * self.over_sine * polynomial::<I, 9>(&SINE, f * f * self.square)
    }
}

#[inline(always)]
fn polynomial<I: Isa, const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for j in (0..N - 1).rev() {
        sum = multiply_add::<I>(sum, x, coefficients[j]);
    }
    sum
}

impl Weights {
    /// Turns the first `n` norms and dots into weights for the quaternions as stored. They are not valid outside a
    /// segment, nor, where this returns false, for a pair with a squared norm outside [`SAFE`].
    #[inline(always)]
    pub fn weigh<I: Isa>(&mut self, at: &Fractions, n: usize) -> bool {
        let mut distance = [0.0; BLOCK];
        let x = &mut distance[..n];
        let dot = &self.dot[..n];
        let (scale0, scale1) = (&mut self.norm0[..n], &mut self.norm1[..n]);
        let safe = invert_roots::<I>(scale0, scale1);
        for k in 0..n {
            x[k] = 1.0 - (dot[k].abs() * scale0[k] * scale1[k]).min(1.0);
        }
        let near = x.iter().fold(true, |all, x| all & (*x < NEAR));
        let middle = x.iter().fold(true, |all, x| all & (*x < MIDDLE));
        let (f, g) = (&at.before[..n], &at.after[..n]);
        let (first, second) = (&mut self.first[..n], &mut self.second[..n]);
        if near {
            for k in 0..n {
                first[k] = g[k] * series::<I, 4>(g[k], x[k]);
                second[k] = f[k] * series::<I, 4>(f[k], x[k]);
            }
        } else if middle {
            for k in 0..n {
                first[k] = g[k] * series::<I, 8>(g[k], x[k]);
                second[k] = f[k] * series::<I, 8>(f[k], x[k]);
            }
        } else {
            for k in 0..n {
                let angle = Angle::of::<I>(x[k]);
                first[k] = angle.weight::<I>(g[k]);
                second[k] = angle.weight::<I>(f[k]);
            }
        }
        for k in 0..n {
            first[k] *= scale0[k];
            second[k] *= if dot[k] < 0.0 { -scale1[k] } else { scale1[k] };
        }
        safe
    }
}

/// Replaces squared norms by inverse norms; false if one is outside [`SAFE`].
#[inline(always)]
fn invert_roots<I: Isa>(norm0: &mut [f64], norm1: &mut [f64]) -> bool {
    let nearly_unit = |n: &f64| (n - 1.0).abs() < NEARLY_UNIT;
    if norm0.iter().fold(true, |all, n| all & nearly_unit(n)) & norm1.iter().fold(true, |all, n| all & nearly_unit(n)) {
        norm0.iter_mut().for_each(|n| *n = inverse_root_near_one::<I>(*n));
        norm1.iter_mut().for_each(|n| *n = inverse_root_near_one::<I>(*n));
        return true;
    }
    let is_safe = |n: &f64| (*n > SAFE.start) & (*n < SAFE.end);
    let safe = norm0.iter().fold(true, |all, n| all & is_safe(n)) & norm1.iter().fold(true, |all, n| all & is_safe(n));
    norm0.iter_mut().for_each(|n| *n = 1.0 / n.sqrt());
    norm1.iter_mut().for_each(|n| *n = 1.0 / n.sqrt());
    safe
}

/// 1 / sqrt(n) for n within [`NEARLY_UNIT`] of 1: five terms of the binomial series, the next is below 1e-19.
#[inline(always)]
fn inverse_root_near_one<I: Isa>(n: f64) -> f64 {
    let e = n - 1.0;
    let s = multiply_add::<I>(e, 35.0 / 128.0, -5.0 / 16.0);
    let s = multiply_add::<I>(e, s, 3.0 / 8.0);
    let s = multiply_add::<I>(e, s, -0.5);
    multiply_add::<I>(e, s, 1.0)
}
