//! The six formats.

use std::fmt::Debug;

use super::BLOCK;
use super::isa::Isa;
use super::value::{Rounding, Value, Whole};

/// A sample format.
pub trait Format: Elements {
    /// The width of an integer; floats have none.
    const BITS: Option<u32> = <Self::Value as Value>::BITS;
}

/// How a format's samples lie in memory.
///
/// They are read and written as elements: mostly the samples themselves, and for packed ones 32-bit integers that are
/// taken out of the bytes and put back a block at a time.
pub trait Elements {
    /// A sample in memory; every pattern of bits is one.
    type Sample: Copy + Default + PartialEq + Debug + Send + Sync;
    type Element: Copy;
    type Value: Value;

    fn value(element: Self::Element) -> Self::Value;

    fn element<V: Value, R: Rounding, I: Isa>(value: V) -> Self::Element;

    /// The elements of a block of samples, which may need the room.
    fn elements<'a, I: Isa>(samples: &'a [Self::Sample; BLOCK], room: &'a mut Room) -> &'a [Self::Element; BLOCK];

    /// Where to write a block's elements: into the samples, or into the room.
    fn target<'a>(samples: &'a mut [Self::Sample; BLOCK], room: &'a mut Room) -> &'a mut [Self::Element; BLOCK];

    /// Brings elements that were written into the room to the samples.
    fn finish<I: Isa>(samples: &mut [Self::Sample; BLOCK], room: &Room);

    /// The samples themselves where they are floats of 32 bits.
    #[inline(always)]
    fn floats(_samples: &[Self::Sample; BLOCK]) -> Option<&[f32; BLOCK]> {
        None
    }

    /// The elements of floats, where the instruction set has a better way than one after the other; whether it has.
    #[inline(always)]
    fn of_floats<R: Rounding, I: Isa>(_x: &[f32; BLOCK], _elements: &mut [Self::Element; BLOCK]) -> bool {
        false
    }
}

/// A block of packed samples as elements.
pub type Room = [i32; BLOCK];

macro_rules! plain {
    ($(#[$doc:meta])* $format:ident($sample:ty) as $value:ty: |$element:ident| $load:expr, |$v:ident| $store:expr
    $(, $more:item)*) => {
        $(#[$doc])*
        pub struct $format;

        impl Format for $format {}

        impl Elements for $format {
            type Sample = $sample;
            type Element = $sample;
            type Value = $value;

            #[inline(always)]
            fn value($element: $sample) -> $value {
                $load
            }

            #[inline(always)]
            fn element<V: Value, R: Rounding, I: Isa>($v: V) -> $sample {
                $store
            }

            #[inline(always)]
            fn elements<'a, I: Isa>(samples: &'a [$sample; BLOCK], _: &'a mut Room) -> &'a [$sample; BLOCK] {
                samples
            }

            #[inline(always)]
            fn target<'a>(samples: &'a mut [$sample; BLOCK], _: &'a mut Room) -> &'a mut [$sample; BLOCK] {
                samples
            }

            #[inline(always)]
            fn finish<I: Isa>(_: &mut [$sample; BLOCK], _: &Room) {}

            $($more)*
        }
    };
}

plain! {
    /// 16-bit integers.
    I16(i16) as Whole<16>: |x| Whole(x.into()), |v| v.whole::<16, R, I>() as i16,
    #[inline(always)]
    fn of_floats<R: Rounding, I: Isa>(x: &[f32; BLOCK], out: &mut [i16; BLOCK]) -> bool {
        I::to_i16(x, out, R::MODE)
    }
}
plain! {
    /// 32-bit integers.
    I32(i32) as Whole<32>: |x| Whole(x), |v| v.whole::<32, R, I>()
}
plain! {
    /// 8-bit integers, offset by 128.
    U8(u8) as Whole<8>: |x| Whole(i32::from(x) - 128), |v| (v.whole::<8, R, I>() + 128) as u8,
    #[inline(always)]
    fn of_floats<R: Rounding, I: Isa>(x: &[f32; BLOCK], out: &mut [u8; BLOCK]) -> bool {
        I::to_u8(x, out, R::MODE)
    }
}
plain! {
    /// 32-bit floats.
    F32(f32) as f32: |x| x, |v| v.f32(),
    #[inline(always)]
    fn floats(samples: &[f32; BLOCK]) -> Option<&[f32; BLOCK]> {
        Some(samples)
    }
}
plain! {
    /// 64-bit floats.
    F64(f64) as f64: |x| x, |v| v.f64()
}

/// 24-bit integers of three bytes, the lowest one first.
pub struct I24;

impl Format for I24 {}

impl Elements for I24 {
    type Sample = [u8; 3];
    type Element = i32;
    type Value = Whole<24>;

    #[inline(always)]
    fn value(element: i32) -> Whole<24> {
        Whole(element)
    }

    #[inline(always)]
    fn element<V: Value, R: Rounding, I: Isa>(value: V) -> i32 {
        value.whole::<24, R, I>()
    }

    #[inline(always)]
    fn elements<'a, I: Isa>(samples: &'a [[u8; 3]; BLOCK], room: &'a mut Room) -> &'a Room {
        I::unpack(samples, room);
        room
    }

    #[inline(always)]
    fn target<'a>(_: &'a mut [[u8; 3]; BLOCK], room: &'a mut Room) -> &'a mut Room {
        room
    }

    #[inline(always)]
    fn finish<I: Isa>(samples: &mut [[u8; 3]; BLOCK], room: &Room) {
        I::pack(room, samples);
    }
    #[inline(always)]
    fn of_floats<R: Rounding, I: Isa>(x: &[f32; BLOCK], out: &mut [i32; BLOCK]) -> bool {
        I::to_i24(x, out, R::MODE)
    }
}
