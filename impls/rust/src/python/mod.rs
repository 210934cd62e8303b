//! The boundary: arrays in, arrays written, the first offending index out. No arithmetic happens here.

pub mod empty;
pub mod executor;
mod flat;
mod formats;
pub mod interpolation;
pub mod levels;
pub mod resample;
mod vad;
