//! Sampling-rate conversion with the plans and coefficients of `paceline.audio`.
//!
//! [`blocks`] takes whole signals through the frequency domain, [`chunk`] takes streams through a direct polyphase sum.

mod blocks;
mod chunk;
mod finite;
mod rubato;
mod tiles;

pub use blocks::{Plan, resample};
pub use chunk::{Filters, State, resample_chunk};
pub use finite::BadFrame;
pub use rubato::resample as resample_with_rubato;
