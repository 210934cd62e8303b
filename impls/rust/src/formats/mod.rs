//! Sample formats and layouts; `paceline.audio.formats` has the rules.
//!
//! Everything works on blocks of a fixed number of samples, in plain loops that compilers turn into vector code. Only
//! packed 24-bit samples are shuffled by hand, because no compiler finds out how. Nothing is ever rounded but where
//! the rules round, so every instruction set gives the same bits.

mod convert;
mod isa;
mod layout;
mod mono;
mod sample;
mod value;

pub use convert::{Mode, convert, convert_in_place};
pub use layout::{deinterleave, interleave};
pub use mono::{Mono, to_mono};
pub use sample::{F32, F64, Format, I16, I24, I32, U8};

/// Samples that are worked on at once: a few registers full, in every instruction set.
const BLOCK: usize = 64;
