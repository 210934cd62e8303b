//! What samples stand for, and how that becomes a float or an integer.

use super::convert::Mode;
use super::isa::Isa;

/// A sample's exact value: an integer in units of its least bit, or a float.
pub trait Value: Copy {
    /// The width of an integer; floats have none.
    const BITS: Option<u32>;

    fn f32(self) -> f32;

    fn f64(self) -> f64;

    /// The integer of so many bits: rounded, and clamped.
    fn whole<const BITS: u32, R: Rounding, I: Isa>(self) -> i32;
}

/// How what lies between two integers is rounded.
pub trait Rounding {
    const MODE: Mode;

    /// # Safety
    /// x lies between -2^(BITS - 1) and 2^(BITS - 1) - 1.
    unsafe fn float<const BITS: u32, F: Float, I: Isa>(x: F) -> i32;

    /// x / 2^by; by is at least 1, and x small enough for half of 2^by to be added.
    fn shift(x: i32, by: u32) -> i32;
}

/// What rounding needs of a float.
pub trait Float: PartialOrd + Copy {
    fn from_whole(whole: i32) -> Self;

    /// # Safety
    /// The same as for [`Rounding::float`].
    unsafe fn truncate(self) -> i32;

    /// To nearest, half to even.
    ///
    /// # Safety
    /// The same as for [`Rounding::float`].
    unsafe fn nearest<const BITS: u32, I: Isa>(self) -> i32;
}

/// A signed integer of so many bits, the value of every integer format.
#[derive(Clone, Copy)]
pub struct Whole<const BITS: u32>(pub i32);

impl<const FROM: u32> Value for Whole<FROM> {
    const BITS: Option<u32> = Some(FROM);

    #[inline(always)]
    fn f32(self) -> f32 {
        self.0 as f32 * (1.0 / (1_u64 << (FROM - 1)) as f32)
    }

    #[inline(always)]
    fn f64(self) -> f64 {
        f64::from(self.0) * (1.0 / (1_u64 << (FROM - 1)) as f64)
    }

    #[inline(always)]
    fn whole<const BITS: u32, R: Rounding, I: Isa>(self) -> i32 {
        if BITS >= FROM {
            return self.0 << (BITS - FROM);
        }
        // The largest one that is rounded to the largest result in all modes: only from there on is there a difference.
        let by = FROM - BITS;
        let most = (((1_i64 << (FROM - 1)) - 1) - (1 << (by - 1))) as i32;
        R::shift(self.0.min(most), by)
    }
}

macro_rules! float {
    ($float:ident) => {
        impl Value for $float {
            const BITS: Option<u32> = None;

            #[inline(always)]
            fn f32(self) -> f32 {
                self as f32
            }

            #[inline(always)]
            fn f64(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn whole<const BITS: u32, R: Rounding, I: Isa>(self) -> i32 {
                let scale = (1_u64 << (BITS - 1)) as $float;
                let largest = if BITS > $float::MANTISSA_DIGITS { scale.next_down() } else { scale - 1.0 };
                let x = if self.is_nan() { 0.0 } else { self * scale };
                // Plain comparisons are one instruction each; clamp, min and max are more, for NaN.
                let clamped = if x < largest { x } else { largest };
                let clamped = if clamped > -scale { clamped } else { -scale };
                // SAFETY: the comparisons have seen to it.
                let whole = unsafe { R::float::<BITS, $float, I>(clamped) };
                if largest < scale - 1.0 && x >= scale { i32::MAX } else { whole }
            }
        }

        impl Float for $float {
            #[inline(always)]
            fn from_whole(whole: i32) -> Self {
                whole as Self
            }

            #[inline(always)]
            unsafe fn truncate(self) -> i32 {
                // SAFETY: the function's condition.
                unsafe { self.to_int_unchecked() }
            }

            #[inline(always)]
            unsafe fn nearest<const BITS: u32, I: Isa>(self) -> i32 {
                // From here on floats are integers, so adding it rounds.
                let whole = 1.0 / $float::EPSILON;
                if BITS < $float::MANTISSA_DIGITS - 1 {
                    let anchor = 1.5 * whole;
                    return (self + anchor).to_bits().wrapping_sub(anchor.to_bits()) as i32;
                }
                let shift = whole.copysign(self);
                let rounded = match I::ROUNDS {
                    true => self.round_ties_even(),
                    false if self.abs() < whole => (self + shift) - shift,
                    false => self,
                };
                // SAFETY: the function's condition; the limits are integers.
                unsafe { rounded.to_int_unchecked() }
            }
        }
    };
}
float!(f32);
float!(f64);

/// To the nearest, half to even.
pub struct Nearest;

/// Downwards.
pub struct Floor;

/// Towards zero.
pub struct Truncate;

impl Rounding for Nearest {
    const MODE: Mode = Mode::Nearest;

    #[inline(always)]
    unsafe fn float<const BITS: u32, F: Float, I: Isa>(x: F) -> i32 {
        // SAFETY: the same condition.
        unsafe { x.nearest::<BITS, I>() }
    }

    #[inline(always)]
    fn shift(x: i32, by: u32) -> i32 {
        let odd = (x >> by) & 1;
        (x + ((1 << (by - 1)) - 1) + odd) >> by
    }
}

impl Rounding for Floor {
    const MODE: Mode = Mode::Floor;

    #[inline(always)]
    unsafe fn float<const BITS: u32, F: Float, I: Isa>(x: F) -> i32 {
        // SAFETY: the same condition.
        let whole = unsafe { x.truncate() };
        whole - i32::from(F::from_whole(whole) > x)
    }

    #[inline(always)]
    fn shift(x: i32, by: u32) -> i32 {
        x >> by
    }
}

impl Rounding for Truncate {
    const MODE: Mode = Mode::Truncate;

    #[inline(always)]
    unsafe fn float<const BITS: u32, F: Float, I: Isa>(x: F) -> i32 {
        // SAFETY: the same condition.
        unsafe { x.truncate() }
    }

    #[inline(always)]
    fn shift(x: i32, by: u32) -> i32 {
        let below = (x >> 31) & ((1 << by) - 1);
        (x + below) >> by
    }
}
