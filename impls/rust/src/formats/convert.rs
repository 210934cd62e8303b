//! From one format to another.

use std::marker::PhantomData;

use super::BLOCK;
use super::isa::{Isa, Work, run};
use super::sample::Format;
use super::value::{Floor, Nearest, Rounding, Truncate};
use crate::level::Level;

/// How what lies between two integers is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To the nearest, and to the even one in the middle.
    Nearest,
    /// Downwards.
    Floor,
    /// Towards zero.
    Truncate,
}

/// From this many samples on it pays to align the output.
const ALIGN_FROM: usize = 8 * BLOCK;

/// From this many bytes on the output is not in the first-level cache when it is written.
const FAR_FROM: usize = 65_536;

/// How many bytes before they are written the lines of such an output are fetched.
const AHEAD: usize = 1024;

/// Converts samples; panics if `out` does not hold as many.
pub fn convert<S: Format, T: Format>(level: Level, x: &[S::Sample], out: &mut [T::Sample], mode: Mode) {
    if const { same::<S, T>() } {
        // SAFETY: it is the same format, so the samples are of one type.
        let x = unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) };
        return out.copy_from_slice(x);
    }
    // Stores of half a line each miss the first-level cache with less loss, where that is all that counts.
    let halves = const { S::BITS.is_some() && T::BITS.is_none() && size_of::<S::Sample>() != 3 };
    let level = if halves && size_of_val(out) >= FAR_FROM { level.min(Level::Avx2) } else { level };
    if !const { rounds::<S, T>() } {
        return run(level, Convert::<S, T, Nearest> { x, out, rounding: PhantomData });
    }
    match mode {
        Mode::Nearest => run(level, Convert::<S, T, Nearest> { x, out, rounding: PhantomData }),
        Mode::Floor => run(level, Convert::<S, T, Floor> { x, out, rounding: PhantomData }),
        Mode::Truncate => run(level, Convert::<S, T, Truncate> { x, out, rounding: PhantomData }),
    }
}

/// Converts samples where they are: `out` comes with the bits of samples of `S`, which have the same size.
pub fn convert_in_place<S: Format, T: Format>(level: Level, out: &mut [T::Sample], mode: Mode) {
    assert_eq!(size_of::<S::Sample>(), size_of::<T::Sample>());
    if const { same::<S, T>() } {
        return;
    }
    if !const { rounds::<S, T>() } {
        return run(level, InPlace::<S, T, Nearest> { out, rounding: PhantomData });
    }
    match mode {
        Mode::Nearest => run(level, InPlace::<S, T, Nearest> { out, rounding: PhantomData }),
        Mode::Floor => run(level, InPlace::<S, T, Floor> { out, rounding: PhantomData }),
        Mode::Truncate => run(level, InPlace::<S, T, Truncate> { out, rounding: PhantomData }),
    }
}

const fn same<S: Format, T: Format>() -> bool {
    size_of::<S::Sample>() == size_of::<T::Sample>()
        && match (S::BITS, T::BITS) {
            (Some(from), Some(to)) => from == to,
            (from, to) => from.is_none() && to.is_none(),
        }
}

/// Whether samples fall between two of the target's integers.
const fn rounds<S: Format, T: Format>() -> bool {
    match (S::BITS, T::BITS) {
        (Some(from), Some(to)) => from > to,
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

struct Convert<'a, S: Format, T: Format, R> {
    x: &'a [S::Sample],
    out: &'a mut [T::Sample],
    rounding: PhantomData<R>,
}

impl<S: Format, T: Format, R: Rounding> Work for Convert<'_, S, T, R> {
    #[inline(always)]
    fn on<I: Isa>(self) {
        assert_eq!(self.x.len(), self.out.len());
        let n = self.x.len();
        // Stores that straddle cache lines cost more than a block that is not full.
        let head = if n < ALIGN_FROM { 0 } else { self.out.as_ptr().align_offset(64).min(BLOCK) };
        let (x_head, x) = self.x.split_at(head);
        let (out_head, out) = self.out.split_at_mut(head);
        part::<S, T, R, I>(x_head, out_head);
        let ((x, x_end), (out, out_end)) = (x.as_chunks(), out.as_chunks_mut());
        if size_of_val(out) < FAR_FROM {
            for (x, out) in x.iter().zip(out) {
                block::<S, T, R, I>(x, out);
            }
        } else {
            for (x, out) in x.iter().zip(out) {
                I::fetch(out, AHEAD);
                block::<S, T, R, I>(x, out);
            }
        }
        part::<S, T, R, I>(x_end, out_end);
    }
}

/// A block that is not full.
#[inline(always)]
fn part<S: Format, T: Format, R: Rounding, I: Isa>(x: &[S::Sample], out: &mut [T::Sample]) {
    if !x.is_empty() {
        let (mut full, mut converted) = ([S::Sample::default(); BLOCK], [T::Sample::default(); BLOCK]);
        full[..x.len()].copy_from_slice(x);
        block::<S, T, R, I>(&full, &mut converted);
        out.copy_from_slice(&converted[..x.len()]);
    }
}

struct InPlace<'a, S, T: Format, R> {
    out: &'a mut [T::Sample],
    rounding: PhantomData<(S, R)>,
}

impl<S: Format, T: Format, R: Rounding> Work for InPlace<'_, S, T, R> {
    #[inline(always)]
    fn on<I: Isa>(self) {
        let (blocks, end) = self.out.as_chunks_mut();
        for out in blocks {
            block::<S, T, R, I>(&bits::<S, T>(out), out);
        }
        if !end.is_empty() {
            let mut converted = [T::Sample::default(); BLOCK];
            converted[..end.len()].copy_from_slice(end);
            block::<S, T, R, I>(&bits::<S, T>(&converted), &mut converted);
            end.copy_from_slice(&converted[..end.len()]);
        }
    }
}

#[inline(always)]
fn bits<S: Format, T: Format>(samples: &[T::Sample; BLOCK]) -> [S::Sample; BLOCK] {
    assert_eq!(size_of::<S::Sample>(), size_of::<T::Sample>());
    // SAFETY: the sizes are equal, and every pattern of bits is a sample; read_unaligned asks for no more.
    unsafe { samples.as_ptr().cast::<[S::Sample; BLOCK]>().read_unaligned() }
}

#[inline(always)]
fn block<S: Format, T: Format, R: Rounding, I: Isa>(x: &[S::Sample; BLOCK], out: &mut [T::Sample; BLOCK]) {
    let (mut x_room, mut out_room) = ([0; BLOCK], [0; BLOCK]);
    let target = T::target(out, &mut out_room);
    if !S::floats(x).is_some_and(|x| T::of_floats::<R, I>(x, target)) {
        for (out, element) in target.iter_mut().zip(S::elements::<I>(x, &mut x_room)) {
            *out = T::element::<_, R, I>(S::value(*element));
        }
    }
    T::finish::<I>(out, &out_room);
}
