//! Compiles the batch operations for each instruction set and picks the best one that this processor has.
//!
//! The build is portable: a baseline x86-64 or aarch64 wheel holds all levels.

use std::sync::OnceLock;

use super::trajectory::{self, PairStamps};
use super::{BadIndex, Knots, Outside, Quaternion, simd};

/// An instruction set that the batch operations are compiled for.
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
}

/// Defines a method of [`Level`] that runs a function of [`trajectory`] compiled for that level.
macro_rules! for_each_level {
    ($(#[$doc:meta])* $name:ident => $function:ident<Isa $(, $checked:literal)?>($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)?) => {
        for_each_level!(@ $(#[$doc])* $name ($($arg: $type),*) ($($ret)?)
            trajectory::$function::<simd::Baseline $(, $checked)?>, trajectory::$function::<simd::Avx2 $(, $checked)?>);
    };
    ($(#[$doc:meta])* $name:ident => $function:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)?) => {
        for_each_level!(@ $(#[$doc])* $name ($($arg: $type),*) ($($ret)?)
            trajectory::$function, trajectory::$function);
    };
    (@ $(#[$doc:meta])* $name:ident ($($arg:ident: $type:ty),*) ($($ret:ty)?) $plain:expr, $fused:expr) => {
        impl Level {
            $(#[$doc])*
            #[allow(clippy::too_many_arguments)]
            pub fn $name(self, $($arg: $type),*) $(-> $ret)? {
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx2,fma")]
                    fn avx2($($arg: $type),*) $(-> $ret)? { $fused($($arg),*) }
                    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
                    fn avx512($($arg: $type),*) $(-> $ret)? { $fused($($arg),*) }
                    match self.min(Self::detect()) {
                        // SAFETY: detect() has seen every feature that the function is compiled for.
                        Self::Avx512 => return unsafe { avx512($($arg),*) },
                        // SAFETY: as above.
                        Self::Avx2 => return unsafe { avx2($($arg),*) },
                        Self::Baseline => {}
                    }
                }
                $plain($($arg),*)
            }
        }
    };
}

for_each_level! {
    /// Interpolates poses at the queries; a bad knot is one out of order, or one that a query touches and cannot use.
    trajectory => trajectory<Isa, false>(
        knots: Knots, queries: &[i64], outside: Outside,
        out_positions: &mut [[f64; 3]], out_quats: &mut [Quaternion],
    ) -> Result<(), BadIndex>
}
for_each_level! {
    /// The same for knots that [`Level::check`] has passed.
    checked_trajectory => trajectory<Isa, true>(
        knots: Knots, queries: &[i64], outside: Outside,
        out_positions: &mut [[f64; 3]], out_quats: &mut [Quaternion],
    ) -> Result<(), BadIndex>
}
for_each_level! {
    /// Interpolates `channels` values per knot at the queries.
    linear => linear(
        stamps: &[i64], values: &[f64], channels: usize, queries: &[i64], outside: Outside, out: &mut [f64],
    ) -> Result<(), BadIndex>
}
for_each_level! {
    /// Interpolates pairs of rotations; a bad row has t1 < t0 or an unusable quaternion.
    slerp_pairs => slerp_pairs<Isa>(
        stamps: PairStamps, q0: &[Quaternion], q1: &[Quaternion], outside: Outside, out: &mut [Quaternion],
    ) -> Result<(), BadIndex>
}
for_each_level! {
    /// Interpolates pairs of rows of `channels` values; a bad row has t1 < t0.
    lerp_pairs => lerp_pairs<Isa>(
        stamps: PairStamps, p0: &[f64], p1: &[f64], channels: usize, outside: Outside, out: &mut [f64],
    ) -> Result<(), BadIndex>
}
for_each_level! {
    /// Checks every knot: a bad one is out of order, or its quaternion is unusable.
    check => check(stamps: &[i64], quats: &[Quaternion]) -> Result<(), BadIndex>
}
for_each_level! {
    /// Writes the distance from each query to the nearest knot in ns.
    gap => gap(stamps: &[i64], queries: &[i64], out: &mut [i64])
}
