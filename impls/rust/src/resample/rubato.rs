//! The same job done by the rubato crate's FFT resampler, for comparison.

use std::cell::RefCell;

use ::rubato::audioadapter_buffers::direct::InterleavedSlice;
use ::rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::finite::{self, BadFrame};
use crate::lanes::Isa;
use crate::level::{Level, Work};

/// Frames of the lower rate in a block, and in its filter, which with this window passes up to 0.94 of the lower Nyquist
/// frequency and stops by more than 120 dB from there on: the shortest that is no worse than quality "high". Longer ones
/// take longer.
const BLOCK: usize = 512;

thread_local! {
    /// The resampler of the last call: making one takes longer than a second of audio.
    static LAST: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

struct Kept {
    up: usize,
    down: usize,
    channels: usize,
    resampler: Fft<f32>,
    out: Vec<f32>,
}

impl Kept {
    fn new(up: usize, down: usize, channels: usize) -> Option<Self> {
        // With an even number the filter's middle is a frame, and the delay that rubato tells is exact.
        let units = BLOCK.div_ceil(up.min(down)).next_multiple_of(2);
        let resampler =
            Fft::new_custom(down, up, units * down, 1, channels, WindowFunction::BlackmanHarris2, FixedSync::Both);
        Some(Self { up, down, channels, resampler: resampler.ok()?, out: Vec::new() })
    }
}

/// As [`super::resample`] with another filter; `None` if rubato refuses.
pub fn resample(
    level: Level,
    [up, down]: [usize; 2],
    x: &[f32],
    channels: usize,
    out: &mut [f32],
) -> Option<Result<(), BadFrame>> {
    if out.is_empty() {
        return Some(Ok(()));
    }
    if let Err(bad) = level.run(Check { x, channels }) {
        return Some(Err(bad));
    }
    LAST.with_borrow_mut(|last| {
        let kept = match last.take() {
            Some(kept) if (kept.up, kept.down, kept.channels) == (up, down, channels) => last.insert(kept),
            _ => last.insert(Kept::new(up, down, channels)?),
        };
        let (frames, resampler) = (x.len() / channels, &mut kept.resampler);
        resampler.reset();
        let room = resampler.process_all_needed_output_len(frames);
        kept.out.resize(room * channels, 0.0);
        let input = InterleavedSlice::new(x, channels, frames).ok()?;
        let mut output = InterleavedSlice::new_mut(&mut kept.out, channels, room).ok()?;
        resampler.process_all_into_buffer(&input, &mut output, frames, None).ok()?;
        out.copy_from_slice(&kept.out[..out.len()]);
        Some(Ok(()))
    })
}

struct Check<'a> {
    x: &'a [f32],
    channels: usize,
}

impl Work for Check<'_> {
    type Output = Result<(), BadFrame>;

    fn on<S: Isa>(self, isa: S) -> Self::Output {
        finite::check(isa, self.x, self.channels)
    }
}
