//! Compiles the batch operations for each instruction set.

use super::trajectory::{self, PairStamps};
use super::{BadIndex, Knots, Outside, Quaternion, simd};
use crate::level::Level;

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
