//! The boundary: arrays in, arrays written, the first offending index out. No arithmetic happens here.

pub mod executor;
mod flat;
pub mod formats;
pub mod interpolation;
pub mod resample;
pub mod vad;
