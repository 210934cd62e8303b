//! Trajectory interpolation: linear for positions and channels, slerp for rotations.
//!
//! A batch goes through in blocks: bracket the queries, take fractions, then cosines and weights for rotations, then
//! apply. Each stage is a plain loop over a block that a compiler can turn into vector code; [`level`] compiles the
//! whole of it for each instruction set and picks one at run time.

mod block;
mod bracket;
mod lerp;
mod level;
mod quaternion;
mod simd;
mod slerp;
mod trajectory;

pub use quaternion::Quaternion;
pub use slerp::slerp_one;
pub use trajectory::PairStamps;

/// The first index at which an input cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadIndex(pub usize);

/// Knots of a trajectory: `stamps`, `positions` and `quats` have one length.
#[derive(Clone, Copy)]
pub struct Knots<'a> {
    pub stamps: &'a [i64],
    pub positions: &'a [[f64; 3]],
    pub quats: &'a [Quaternion],
}

/// What becomes of a query outside the knots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    Clamp,
    Extrapolate,
}

/// The two knots of a segment.
#[inline(always)]
fn pair_at<T>(rows: &[T], first: usize) -> (&T, &T) {
    let pair = &rows[first..first + 2];
    (&pair[0], &pair[1])
}
