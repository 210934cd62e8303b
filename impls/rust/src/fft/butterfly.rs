//! Discrete Fourier transforms of 2 to 8 points, each point a vector of real and one of imaginary parts.

use crate::lanes::{Isa, Vector};

/// Real and imaginary parts.
#[derive(Clone, Copy)]
pub struct Complex<V> {
    pub re: V,
    pub im: V,
}

impl<V> Complex<V> {
    #[inline(always)]
    pub fn times<S: Isa>(self, isa: S, [re, im]: [f32; 2]) -> Self
    where
        V: Vector<f32, S>,
    {
        let (c, s) = (V::splat(isa, re), V::splat(isa, im));
        Self { re: self.im.neg_mul_add(s, self.re * c), im: self.re.mul_add(s, self.im * c) }
    }

    #[inline(always)]
    fn plus<S>(self, b: Self) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: self.re + b.re, im: self.im + b.im }
    }

    #[inline(always)]
    fn minus<S>(self, b: Self) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: self.re - b.re, im: self.im - b.im }
    }

    /// self + i·b.
    #[inline(always)]
    fn plus_i<S>(self, b: Self) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: self.re - b.im, im: self.im + b.re }
    }

    /// self - i·b.
    #[inline(always)]
    fn minus_i<S>(self, b: Self) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: self.re + b.im, im: self.im - b.re }
    }

    /// self + a·b for a real a.
    #[inline(always)]
    fn plus_scaled<S>(self, a: V, b: Self) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: b.re.mul_add(a, self.re), im: b.im.mul_add(a, self.im) }
    }

    /// self - a·b for a real a.
    #[inline(always)]
    fn minus_scaled<S>(self, a: V, b: Self) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: b.re.neg_mul_add(a, self.re), im: b.im.neg_mul_add(a, self.im) }
    }

    #[inline(always)]
    fn scaled<S>(self, a: V) -> Self
    where
        V: Vector<f32, S>,
    {
        Self { re: self.re * a, im: self.im * a }
    }
}

/// The transform of R points, in place and in natural order.
#[inline(always)]
pub fn transform<S: Isa, const R: usize>(isa: S, x: &mut [Complex<S::F32>; R]) {
    match R {
        2 => two(x),
        3 => three(isa, x),
        4 => four(x),
        5 => five(isa, x),
        7 => seven(isa, x),
        8 => eight(isa, x),
        _ => unreachable!(),
    }
}

#[inline(always)]
fn two<S, V: Vector<f32, S>>(x: &mut [Complex<V>]) {
    (x[0], x[1]) = (x[0].plus(x[1]), x[0].minus(x[1]));
}

#[inline(always)]
fn three<S: Isa>(isa: S, x: &mut [Complex<S::F32>]) {
    let sin = S::F32::splat(isa, 0.866_025_4);
    let (sum, difference) = (x[1].plus(x[2]), x[1].minus(x[2]));
    let middle = x[0].minus_scaled(S::F32::splat(isa, 0.5), sum);
    x[0] = x[0].plus(sum);
    x[1] = Complex { re: difference.im.mul_add(sin, middle.re), im: difference.re.neg_mul_add(sin, middle.im) };
    x[2] = Complex { re: difference.im.neg_mul_add(sin, middle.re), im: difference.re.mul_add(sin, middle.im) };
}

#[inline(always)]
fn four<S, V: Vector<f32, S>>(x: &mut [Complex<V>]) {
    let (a, b, c, d) = (x[0].plus(x[2]), x[0].minus(x[2]), x[1].plus(x[3]), x[1].minus(x[3]));
    (x[0], x[1], x[2], x[3]) = (a.plus(c), b.minus_i(d), a.minus(c), b.plus_i(d));
}

#[inline(always)]
fn five<S: Isa>(isa: S, x: &mut [Complex<S::F32>]) {
    let (c1, c2) = (S::F32::splat(isa, 0.309_017), S::F32::splat(isa, -0.809_017));
    let (s1, s2) = (S::F32::splat(isa, 0.951_056_5), S::F32::splat(isa, 0.587_785_25));
    let (sum1, difference1) = (x[1].plus(x[4]), x[1].minus(x[4]));
    let (sum2, difference2) = (x[2].plus(x[3]), x[2].minus(x[3]));
    let a1 = x[0].plus_scaled(c1, sum1).plus_scaled(c2, sum2);
    let a2 = x[0].plus_scaled(c2, sum1).plus_scaled(c1, sum2);
    let b1 = difference1.scaled(s1).plus_scaled(s2, difference2);
    let b2 = difference1.scaled(s2).minus_scaled(s1, difference2);
    x[0] = x[0].plus(sum1).plus(sum2);
    (x[1], x[4]) = (a1.minus_i(b1), a1.plus_i(b1));
    (x[2], x[3]) = (a2.minus_i(b2), a2.plus_i(b2));
}

#[inline(always)]
fn seven<S: Isa>(isa: S, x: &mut [Complex<S::F32>]) {
    let (c1, s1) = (S::F32::splat(isa, 0.623_489_8), S::F32::splat(isa, 0.781_831_5));
    let (c2, s2) = (S::F32::splat(isa, -0.222_520_93), S::F32::splat(isa, 0.974_927_9));
    let (c3, s3) = (S::F32::splat(isa, -0.900_968_85), S::F32::splat(isa, 0.433_883_73));
    let (sum1, difference1) = (x[1].plus(x[6]), x[1].minus(x[6]));
    let (sum2, difference2) = (x[2].plus(x[5]), x[2].minus(x[5]));
    let (sum3, difference3) = (x[3].plus(x[4]), x[3].minus(x[4]));
    let a1 = x[0].plus_scaled(c1, sum1).plus_scaled(c2, sum2).plus_scaled(c3, sum3);
    let a2 = x[0].plus_scaled(c2, sum1).plus_scaled(c3, sum2).plus_scaled(c1, sum3);
    let a3 = x[0].plus_scaled(c3, sum1).plus_scaled(c1, sum2).plus_scaled(c2, sum3);
    let b1 = difference1.scaled(s1).plus_scaled(s2, difference2).plus_scaled(s3, difference3);
    let b2 = difference1.scaled(s2).minus_scaled(s3, difference2).minus_scaled(s1, difference3);
    let b3 = difference1.scaled(s3).minus_scaled(s1, difference2).plus_scaled(s2, difference3);
    x[0] = x[0].plus(sum1).plus(sum2).plus(sum3);
    (x[1], x[6]) = (a1.minus_i(b1), a1.plus_i(b1));
    (x[2], x[5]) = (a2.minus_i(b2), a2.plus_i(b2));
    (x[3], x[4]) = (a3.minus_i(b3), a3.plus_i(b3));
}

/// Two transforms of four; the second one's factors of (1 - i)/√2 and (-1 - i)/√2 are multiplied in after its first sums.
#[inline(always)]
fn eight<S: Isa>(isa: S, x: &mut [Complex<S::F32>]) {
    let half = S::F32::splat(isa, std::f32::consts::FRAC_1_SQRT_2);
    let mut even = [x[0].plus(x[4]), x[1].plus(x[5]), x[2].plus(x[6]), x[3].plus(x[7])];
    four(&mut even);
    let (b0, b1, b2, b3) = (x[0].minus(x[4]), x[1].minus(x[5]), x[2].minus(x[6]), x[3].minus(x[7]));
    let u = Complex { re: b1.re + b1.im, im: b1.im - b1.re };
    let v = Complex { re: b3.im - b3.re, im: b3.im + b3.re };
    let (t0, t1) = (b0.minus_i(b2), b0.plus_i(b2));
    // v stands for (v.re, -v.im)
    let sum = Complex { re: u.re + v.re, im: u.im - v.im };
    let difference = Complex { re: u.im + v.im, im: u.re - v.re }; // -i (u - v), but for the sign of im
    (x[0], x[2], x[4], x[6]) = (even[0], even[1], even[2], even[3]);
    x[1] = t0.plus_scaled(half, sum);
    x[5] = t0.minus_scaled(half, sum);
    x[3] = Complex { re: difference.re.mul_add(half, t1.re), im: difference.im.neg_mul_add(half, t1.im) };
    x[7] = Complex { re: difference.re.neg_mul_add(half, t1.re), im: difference.im.mul_add(half, t1.im) };
}
