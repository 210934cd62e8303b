//! Any processor: arrays of four, which compilers turn into what the architecture always has (SSE2, NEON).

use std::ops::{Add, Div, Mul, Range, Sub};

use super::{Isa, LANES, Real, Vector};

/// Whether a fused multiply-add is an instruction, and not a call.
const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

const WIDTH: usize = 4;

/// The instruction set that is always there.
#[derive(Clone, Copy)]
pub struct Baseline;

#[derive(Clone, Copy)]
pub struct Four<T>([T; WIDTH]);

impl Isa for Baseline {
    type F32 = Four<f32>;
    type F64 = Four<f64>;

    #[inline(always)]
    fn run<T>(self, work: impl FnOnce() -> T) -> T {
        work()
    }

    #[inline(always)]
    fn transpose(self, from: impl Fn(usize, usize) -> Four<f32>, mut to: impl FnMut(usize, usize, Four<f32>)) {
        for row in (0..LANES).step_by(WIDTH) {
            for column in (0..LANES).step_by(WIDTH) {
                let [a, b, c, d] = [0, 1, 2, 3].map(|i| from(row + i, column).0);
                for j in 0..WIDTH {
                    to(column + j, row, Four([a[j], b[j], c[j], d[j]]));
                }
            }
        }
    }

    #[inline(always)]
    fn split_exponents(self, v: Four<f32>) -> (Four<f32>, Four<f32>) {
        let (mut mantissas, mut exponents) = (v, v);
        for i in 0..WIDTH {
            let bits = v.0[i].to_bits();
            mantissas.0[i] = f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000);
            exponents.0[i] = ((bits >> 23) as i32 - 127) as f32;
        }
        (mantissas, exponents)
    }

    #[inline(always)]
    fn select(self, range: Range<usize>, v: Four<f32>, rest: Four<f32>) -> Four<f32> {
        let (mut selected, Range { start, end }) = (rest, range);
        for i in 0..WIDTH {
            selected.0[i] = if start <= i && i < end { v.0[i] } else { rest.0[i] };
        }
        selected
    }
}

macro_rules! elementwise {
    ($($trait:ident $function:ident $operator:tt),*) => { $(
        impl<T: Real> $trait for Four<T> {
            type Output = Self;

            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
                Self([a $operator e, b $operator f, c $operator g, d $operator h])
            }
        }
    )* };
}
elementwise!(Add add +, Sub sub -, Mul mul *, Div div /);

macro_rules! vector {
    ($($float:ty),*) => { $(
        impl Vector<$float, Baseline> for Four<$float> {
            const WIDTH: usize = WIDTH;

            #[inline(always)]
            fn splat(_: Baseline, value: $float) -> Self {
                Self([value; WIDTH])
            }

            #[inline(always)]
            fn load(_: Baseline, from: &[$float]) -> Self {
                Self([from[0], from[1], from[2], from[3]])
            }

            #[inline(always)]
            fn store(self, to: &mut [$float]) {
                to[..WIDTH].copy_from_slice(&self.0);
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                if !FUSED {
                    return self * b + c;
                }
                let ([a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]) = (self.0, b.0, c.0);
                Self([a0.mul_add(b0, c0), a1.mul_add(b1, c1), a2.mul_add(b2, c2), a3.mul_add(b3, c3)])
            }

            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                if !FUSED {
                    return c - self * b;
                }
                Self(self.0.map(|a| -a)).mul_add(b, c)
            }

            #[inline(always)]
            fn fold(self) -> [$float; 4] {
                self.0
            }
        }
    )* };
}
vector!(f32, f64);
