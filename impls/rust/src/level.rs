//! The instruction sets that kernels are compiled for, of which the best one that this processor has is picked.
//!
//! The build is portable: a baseline x86-64 or aarch64 wheel holds all levels.

use std::sync::OnceLock;

use crate::lanes::{self, Isa};

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Baseline,
    Avx2,
    Avx512,
}

impl Level {
    /// The best level of this processor.
    pub fn detect() -> Self {
        static DETECTED: OnceLock<Level> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                {
                    return Self::Avx512;
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    return Self::Avx2;
                }
            }
            Self::Baseline
        })
    }

    /// Every level that this processor can run, the plainest first.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Baseline, Self::Avx2, Self::Avx512].into_iter().filter(|level| *level <= Self::detect())
    }

    /// The level's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Runs work written for any instruction set on this one, or on the best that this processor has if that is less.
    #[inline]
    pub fn run<W: Work>(self, work: W) -> W::Output {
        match self.min(Self::detect()) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: detect() has seen every feature of the level.
            Self::Avx512 => work.on(unsafe { lanes::Avx512::new() }),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Self::Avx2 => work.on(unsafe { lanes::Avx2::new() }),
            _ => work.on(lanes::Baseline),
        }
    }
}

/// Something to be done that is written once for all instruction sets.
pub trait Work {
    type Output;

    fn on<S: Isa>(self, isa: S) -> Self::Output;
}
