//! The mean of every frame's channels.

use super::BLOCK;
use super::isa::{Isa, Work, run};
use super::value::Float;
use crate::level::Level;

/// A sample that can be mixed down.
pub trait Mono: Copy + Default {
    fn f64(self) -> f64;

    /// The sample nearest to a mean.
    fn nearest<I: Isa>(mean: f64) -> Self;

    /// The mean of a frame's channels.
    #[inline(always)]
    fn mean<const C: usize, I: Isa>(frame: [Self; C]) -> Self {
        let mut sum = frame[0].f64();
        for sample in &frame[1..] {
            sum += sample.f64();
        }
        Self::nearest::<I>(sum / C as f64)
    }
}

macro_rules! integer {
    ($integer:ident in $wide:ident) => {
        impl Mono for $integer {
            #[inline(always)]
            fn f64(self) -> f64 {
                self.into()
            }

            #[inline(always)]
            fn nearest<I: Isa>(mean: f64) -> Self {
                // SAFETY: a mean lies between samples, which 32 bits hold.
                (unsafe { mean.nearest::<32, I>() }) as Self
            }

            #[inline(always)]
            fn mean<const C: usize, I: Isa>(frame: [Self; C]) -> Self {
                let mut sum = $wide::from(frame[0]);
                for sample in &frame[1..] {
                    sum += $wide::from(*sample);
                }
                if C == 2 {
                    return ((sum + ((sum >> 1) & 1)) >> 1) as Self;
                }
                Self::nearest::<I>(sum as f64 / C as f64)
            }
        }
    };
}
integer!(u8 in i16);
integer!(i16 in i32);
integer!(i32 in i64);

macro_rules! float {
    ($float:ident) => {
        impl Mono for $float {
            #[inline(always)]
            fn f64(self) -> f64 {
                self.into()
            }

            #[inline(always)]
            fn nearest<I: Isa>(mean: f64) -> Self {
                mean as Self
            }
        }
    };
}
float!(f32);
float!(f64);

/// Writes the mean of every frame, whose channels are added from first to last in f64; `out` holds as many as x frames.
pub fn to_mono<T: Mono>(level: Level, x: &[T], channels: usize, out: &mut [T]) {
    run(level, Mix { x, channels, out });
}

struct Mix<'a, T> {
    x: &'a [T],
    channels: usize,
    out: &'a mut [T],
}

impl<T: Mono> Work for Mix<'_, T> {
    #[inline(always)]
    fn on<I: Isa>(self) {
        assert_eq!(self.x.len(), self.out.len() * self.channels);
        match self.channels {
            0 => {}
            1 => self.out.copy_from_slice(self.x),
            2 => self.few::<2, I>(),
            3 => self.few::<3, I>(),
            4 => self.few::<4, I>(),
            6 => self.few::<6, I>(),
            8 => self.few::<8, I>(),
            _ => self.many::<I>(),
        }
    }
}

impl<T: Mono> Mix<'_, T> {
    /// A number of channels that is known, so that frames are worked on side by side.
    #[inline(always)]
    fn few<const C: usize, I: Isa>(self) {
        for (out, frame) in self.out.iter_mut().zip(self.x.as_chunks::<C>().0) {
            *out = T::mean::<C, I>(*frame);
        }
    }

    /// Sums of a block of frames grow side by side, so that no addition waits for the one before.
    #[inline(always)]
    fn many<I: Isa>(self) {
        let channels = self.channels as f64;
        for (out, x) in self.out.chunks_mut(BLOCK).zip(self.x.chunks(BLOCK * self.channels)) {
            let mut sums = [0.0; BLOCK];
            for (sum, frame) in sums.iter_mut().zip(x.chunks_exact(self.channels)) {
                *sum = frame[0].f64();
            }
            for c in 1..self.channels {
                for (sum, frame) in sums.iter_mut().zip(x.chunks_exact(self.channels)) {
                    *sum += frame[c].f64();
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = T::nearest::<I>(sum / channels);
            }
        }
    }
}
