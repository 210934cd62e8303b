//! Voice activity with the plans and tables of `paceline.audio`: a level for every frame, then decisions.
//!
//! Every frame is computed by itself and with the same operations, so it does not matter how a signal is cut.

mod decisions;
mod levels;
mod logarithm;
mod memory;

use std::cell::RefCell;

use crate::fft::{BadPlan, Transform};
use crate::lanes::{Isa, LANES};
use crate::level::{Level, Work};
use crate::resample::BadFrame;
pub use decisions::{Durations, State};
use levels::{AT_ONCE, Scratch};
use logarithm::{DB, log2};
use memory::Memory;

/// How a frame is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Over the noise floor, and near enough to the peak.
    Adaptive,
    /// Over a fixed level in the speech band.
    Fixed,
    /// By its root mean square.
    Rms,
}

/// The spectrum of a frame: its window, its transform in two parts, and the bins of the speech band.
#[derive(Clone, Copy)]
struct Spectrum<'a> {
    window: &'a [f32],
    /// Of half as many rows as there are of 16 samples: every second one is the imaginary part.
    columns: Transform<'a>,
    /// For each row's bin 16 real and 16 imaginary parts, the turns between the two parts of the transform.
    turns: &'a [[f32; 2 * LANES]],
    /// What takes the first column's 16 numbers to their spectrum: 8 real and 8 imaginary parts each.
    firsts: &'a [[f32; LANES]],
    /// Turns that part the two rows that were real and imaginary part.
    split: &'a [[f32; 2]],
    low: usize,
    high: usize,
}

/// A detector whose parts fit together.
pub struct Detector<'a> {
    mode: Mode,
    frame: usize,
    memory: usize,
    durations: Durations,
    spectrum: Option<Spectrum<'a>>,
    threshold: f64,
    below_peak: f64,
}

/// Samples beyond are refused.
const LOUDEST: f32 = 1e12;

/// No sum of squares with one that is refused is less, however it is rounded.
const LOUD: f32 = 0.9e24;

const BAD_PLAN: BadPlan = BadPlan("plan and tables are not those of a detector");

impl<'a> Detector<'a> {
    /// Checks once what the kernel then relies on.
    pub fn new(plan: &'a [i64], tables: &'a [f32], threshold: f64, below_peak: f64) -> Result<Self, BadPlan> {
        let (head, lists) = plan.split_at_checked(11).ok_or(BAD_PLAN)?;
        if head.iter().any(|&count| !(0..=i64::from(u32::MAX)).contains(&count)) {
            return Err(BAD_PLAN);
        }
        let count = |i: usize| head[i] as usize;
        let mode = [Mode::Adaptive, Mode::Fixed, Mode::Rms].get(count(0)).copied().ok_or(BAD_PLAN)?;
        let durations = Durations { shortest: count(6), padding: count(7), hang: count(8), silence: count(9) };
        let (frame, memory) = (count(1), count(5));
        if frame == 0 || durations.shortest == 0 || durations.silence == 0 || (mode == Mode::Adaptive && memory == 0) {
            return Err(BAD_PLAN);
        }
        let spectrum = match mode {
            Mode::Rms => None,
            _ => Some(Spectrum::new(frame, [count(2), count(3), count(4)], count(10), lists, tables)?),
        };
        Ok(Self { mode, frame, memory, durations, spectrum, threshold, below_peak })
    }

    /// How many frames a decision comes after its frame.
    pub fn delay(&self) -> usize {
        self.durations.delay()
    }

    /// Numbers in the history that goes with this detector.
    pub fn history_len(&self) -> usize {
        2 * self.memory + self.delay() + 1
    }

    /// Decisions that follow from `samples` more samples.
    pub fn due(&self, state: &State, samples: usize, flush: bool) -> usize {
        let seen = state.seen as usize + samples / self.frame;
        (if flush { seen } else { seen.saturating_sub(self.delay()) }).saturating_sub(state.told as usize)
    }

    /// Judges the whole frames of `x` and tells every decision that they determine. `scores` and `flags` take as many
    /// as [`Self::due`] says, `history` has [`Self::history_len`] numbers.
    pub fn detect(
        &self,
        level: Level,
        x: &[f32],
        flush: bool,
        history: &mut [f32],
        state: &mut State,
        (scores, flags): (&mut [f32], &mut [u8]),
    ) -> Result<(), BadFrame> {
        level.run(Detect { detector: self, x, flush, history, state, scores, flags })
    }
}

impl<'a> Spectrum<'a> {
    fn new(
        frame: usize,
        [length, low, high]: [usize; 3],
        radices: usize,
        lists: &'a [i64],
        tables: &'a [f32],
    ) -> Result<Self, BadPlan> {
        let rows = length / (2 * LANES);
        let (radices, order) = lists.split_at_checked(radices).ok_or(BAD_PLAN)?;
        let (window, tables) = tables.split_at_checked(frame).ok_or(BAD_PLAN)?;
        let (turns, tables) = tables.split_at_checked(2 * LANES * (rows + 1)).ok_or(BAD_PLAN)?;
        let (firsts, tables) = tables.split_at_checked(LANES * LANES).ok_or(BAD_PLAN)?;
        let (split, twiddles) = tables.split_at_checked(2 * (rows / 2 + 1)).ok_or(BAD_PLAN)?;
        let (twiddles, rest) = twiddles.as_chunks();
        let fits = length.is_power_of_two()
            && rows > 0
            && frame <= length
            && order.len() == rows
            && rest.is_empty()
            && 0 < low
            && low < high
            && high <= length / 2;
        if !fits {
            return Err(BAD_PLAN);
        }
        let columns = Transform::new(radices, twiddles, order)?;
        let (turns, firsts, split) = (turns.as_chunks().0, firsts.as_chunks().0, split.as_chunks().0);
        Ok(Self { window, columns, turns, firsts, split, low, high })
    }
}

#[inline(always)]
fn is_good(sample: &f32) -> bool {
    sample.abs() <= LOUDEST
}

/// Finds the first sample from `start` on whose power could leave the range of floats, or that is no number.
fn check<S: Isa>(isa: S, x: &[f32], start: usize) -> Result<(), BadFrame> {
    const AT_ONCE: usize = 256;
    isa.run(
        #[inline(always)]
        || {
            for (i, samples) in x[start..].chunks(AT_ONCE).enumerate() {
                if !samples.iter().fold(true, |all, sample| all & is_good(sample)) {
                    let within = samples.iter().position(|sample| !is_good(sample));
                    return Err(BadFrame(start + i * AT_ONCE + within.unwrap_or(0)));
                }
            }
            Ok(())
        },
    )
}

struct Detect<'a, 'b> {
    detector: &'a Detector<'a>,
    x: &'a [f32],
    flush: bool,
    history: &'b mut [f32],
    state: &'b mut State,
    scores: &'b mut [f32],
    flags: &'b mut [u8],
}

impl Work for Detect<'_, '_> {
    type Output = Result<(), BadFrame>;

    fn on<S: Isa>(self, isa: S) -> Self::Output {
        thread_local! {
            static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::new()) };
        }
        let Self { detector, state, x, .. } = self;
        let (levels, pending) = self.history.split_at_mut(2 * detector.memory);
        let mut memory = Memory::new(levels, state.seen as usize);
        let mut answers = self.scores.iter_mut().zip(self.flags);
        SCRATCH.with_borrow_mut(|scratch| {
            detector.measure(isa, x, scratch)?;
            isa.run(
                #[inline(always)]
                || {
                    for &found in &scratch.found {
                        let (score, active) = detector.judge(found, &mut memory);
                        pending[state.seen as usize % pending.len()] = score;
                        state.advance(active, &detector.durations, pending, &mut answers);
                    }
                },
            );
            Ok(())
        })?;
        if self.flush {
            for _ in 0..detector.delay() {
                state.advance(false, &detector.durations, pending, &mut answers);
            }
        }
        Ok(())
    }
}

impl Detector<'_> {
    /// Finds every frame's level, and whether it is active where that is all it takes.
    ///
    /// Bad samples are looked for meanwhile, so that a long signal goes through the cache once.
    fn measure<S: Isa>(&self, isa: S, x: &[f32], scratch: &mut Scratch) -> Result<(), BadFrame> {
        scratch.found.clear();
        if let Some(spectrum) = &self.spectrum {
            scratch.reserve(spectrum.columns.size());
        }
        let mut start = 0;
        for frames in x.chunks(AT_ONCE * self.frame) {
            match &self.spectrum {
                None => {
                    check(isa, &x[..start + frames.len()], start)?;
                    for frame in frames.chunks_exact(self.frame) {
                        let power = levels::mean_square(isa, frame);
                        let level = (DB * log2(power + 1e-30)) as f32;
                        scratch.found.push((level, power > self.threshold * self.threshold));
                    }
                }
                Some(spectrum) => {
                    let whole = frames.len() / self.frame;
                    let (levels, good) = spectrum.levels(isa, frames.chunks_exact(self.frame), scratch);
                    let checked = if good { start + whole * self.frame } else { start };
                    check(isa, &x[..start + frames.len()], checked)?;
                    scratch.found.extend(levels[..whole].iter().map(|&level| (level, false)));
                }
            }
            start += frames.len();
        }
        Ok(())
    }

    #[inline(always)]
    fn judge(&self, (level, active): (f32, bool), memory: &mut Memory) -> (f32, bool) {
        match self.mode {
            Mode::Rms => (level, active),
            Mode::Fixed => (level, f64::from(level) > self.threshold),
            Mode::Adaptive => {
                let (floor, peak) = memory.insert(level);
                let limit = (f64::from(floor) + self.threshold).max(f64::from(peak) - self.below_peak);
                (level - floor, f64::from(level) > limit)
            }
        }
    }
}
