//! Interleaved and planar samples.

use super::isa::{Isa, Work, run};
use crate::level::Level;

/// Writes planar samples, one channel after the other, frame after frame; both hold as many.
pub fn interleave<T: Copy>(level: Level, x: &[T], channels: usize, out: &mut [T]) {
    run(level, Transpose::<T, true> { x, channels, out });
}

/// Writes interleaved samples, frame after frame, one channel after the other; both hold as many.
pub fn deinterleave<T: Copy>(level: Level, x: &[T], channels: usize, out: &mut [T]) {
    run(level, Transpose::<T, false> { x, channels, out });
}

struct Transpose<'a, T, const INTERLEAVE: bool> {
    x: &'a [T],
    channels: usize,
    out: &'a mut [T],
}

impl<T: Copy, const INTERLEAVE: bool> Work for Transpose<'_, T, INTERLEAVE> {
    #[inline(always)]
    fn on<I: Isa>(self) {
        assert_eq!(self.x.len(), self.out.len());
        match self.channels {
            0 => {}
            1 => self.out.copy_from_slice(self.x),
            2 => self.few::<2>(),
            3 => self.few::<3>(),
            4 => self.few::<4>(),
            5 => self.few::<5>(),
            6 => self.few::<6>(),
            8 => self.few::<8>(),
            _ => self.many(),
        }
    }
}

impl<T: Copy, const INTERLEAVE: bool> Transpose<'_, T, INTERLEAVE> {
    /// A number of channels that is known, so that frames become shuffles.
    #[inline(always)]
    fn few<const C: usize>(self) {
        let frames = self.x.len() / C;
        if INTERLEAVE {
            let planes: [&[T]; C] = std::array::from_fn(|c| &self.x[c * frames..][..frames]);
            for (i, frame) in self.out.as_chunks_mut::<C>().0[..frames].iter_mut().enumerate() {
                for (sample, plane) in frame.iter_mut().zip(planes) {
                    *sample = plane[i];
                }
            }
        } else {
            let mut rest = self.out;
            let mut planes: [&mut [T]; C] = std::array::from_fn(|_| rest.split_off_mut(..frames).unwrap_or_default());
            for (i, frame) in self.x.as_chunks::<C>().0[..frames].iter().enumerate() {
                for (sample, plane) in frame.iter().zip(&mut planes) {
                    plane[i] = *sample;
                }
            }
        }
    }

    /// Tiles that stay in the first cache, of as many frames as make use of whole cache lines.
    #[inline(always)]
    fn many(self) {
        let frames = self.x.len() / self.channels;
        let tile = 64 / size_of::<T>();
        for first in (0..frames).step_by(tile) {
            let last = (first + tile).min(frames);
            for c in 0..self.channels {
                let plane = c * frames + first..c * frames + last;
                let block = first * self.channels + c..last * self.channels;
                if INTERLEAVE {
                    let samples = self.out[block].iter_mut().step_by(self.channels);
                    samples.zip(&self.x[plane]).for_each(|(out, x)| *out = *x);
                } else {
                    let samples = self.x[block].iter().step_by(self.channels);
                    self.out[plane].iter_mut().zip(samples).for_each(|(out, x)| *out = *x);
                }
            }
        }
    }
}
