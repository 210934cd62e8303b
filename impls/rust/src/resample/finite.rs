//! Search for samples that are infinite or no numbers.

use crate::lanes::{Isa, Real};

/// The first frame with a sample that is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFrame(pub usize);

/// Samples that are looked at together before anything is decided.
const AT_ONCE: usize = 256;

/// Looks at all of x, whose frames have `channels` samples.
pub fn check<S: Isa, T: Real>(isa: S, x: &[T], channels: usize) -> Result<(), BadFrame> {
    isa.run(
        #[inline(always)]
        || {
            for (i, samples) in x.chunks(AT_ONCE).enumerate() {
                let all = samples.iter().fold(true, |all, sample| all & sample.is_finite());
                if !all {
                    let within = samples.iter().position(|sample| !sample.is_finite()).unwrap_or(0);
                    return Err(BadFrame((i * AT_ONCE + within) / channels));
                }
            }
            Ok(())
        },
    )
}
