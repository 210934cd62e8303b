//! Vectors of floats, one type per instruction set, for kernels that are written once.
//!
//! A token such as [`Avx512`] proves that the processor has the instruction set: it is made where that was detected, and
//! every vector is made from a token. [`Isa::run`] is where machine code for the set begins: what is inlined into its
//! closure is compiled for it, so everything below must be `#[inline(always)]`.

mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::{Add, Div, Mul, Range, Sub};

pub use plain::Baseline;
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

/// Signals that go through a transform side by side.
pub const LANES: usize = 16;

/// Proof that an instruction set is there.
pub trait Isa: Copy {
    type F32: Vector<f32, Self>;
    type F64: Vector<f64, Self>;

    /// Runs a closure that is compiled for this instruction set.
    fn run<T>(self, work: impl FnOnce() -> T) -> T;

    /// Asks for the cache line of an address that may be read or written soon; any address will do.
    fn prefetch(self, _address: *const f32) {}

    /// Transposes 16 x 16 floats: `from(i, c)` loads what begins at column c of row i, `to(j, r, v)` stores from column
    /// r of the new row j on.
    fn transpose(self, from: impl Fn(usize, usize) -> Self::F32, to: impl FnMut(usize, usize, Self::F32));

    /// Mantissas in [1, 2), and exponents, of normal positive numbers.
    fn split_exponents(self, v: Self::F32) -> (Self::F32, Self::F32);

    /// The elements of v within the range, the others of `rest`.
    fn select(self, range: Range<usize>, v: Self::F32, rest: Self::F32) -> Self::F32;
}

/// As many floats as a register holds.
pub trait Vector<T, S>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    const WIDTH: usize;

    fn splat(isa: S, value: T) -> Self;

    /// The first of the slice; panics if there are not enough.
    fn load(isa: S, from: &[T]) -> Self;

    fn store(self, to: &mut [T]);

    /// self * b + c, in one rounding where the instruction set can.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// c - self * b, likewise.
    fn neg_mul_add(self, b: Self, c: Self) -> Self;

    /// Halves are added until four are left.
    fn fold(self) -> [T; 4];
}

/// A float that comes in vectors.
pub trait Real:
    Copy
    + Default
    + PartialEq
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    type Vector<S: Isa>: Vector<Self, S>;

    const ONE: Self;

    /// Nearest to a / b.
    fn ratio(a: u64, b: u64) -> Self;
    fn is_finite(self) -> bool;
}

impl Real for f32 {
    type Vector<S: Isa> = S::F32;

    const ONE: Self = 1.0;

    #[inline(always)]
    fn ratio(a: u64, b: u64) -> Self {
        (a as f64 / b as f64) as f32
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

impl Real for f64 {
    type Vector<S: Isa> = S::F64;

    const ONE: Self = 1.0;

    #[inline(always)]
    fn ratio(a: u64, b: u64) -> Self {
        a as f64 / b as f64
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}
