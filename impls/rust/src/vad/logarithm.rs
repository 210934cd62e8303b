//! Binary logarithm and power for what is put in dB: right to 1e-12, the same everywhere, and without a call.

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// 10·log10(x) in units of log2(x).
pub const DB: f64 = 10.0 * std::f64::consts::LOG10_2;

/// Numbers from here to 2^53 have no fraction: their last bits count from 0.
const WHOLE: f64 = (1_u64 << 52) as f64;

const ONE: u64 = 1.0_f64.to_bits();
const FRACTION: u64 = (1 << 52) - 1;

/// Mantissa in [1, 2), and exponent, of a normal positive number.
#[inline(always)]
pub fn split_exponent(x: f64) -> (f64, f64) {
    let bits = x.to_bits();
    let exponent = f64::from_bits(bits >> 52 | WHOLE.to_bits()) - (WHOLE + 1023.0);
    (f64::from_bits(bits & FRACTION | ONE), exponent)
}

/// log2(x) for normal positive numbers and infinity.
#[inline(always)]
pub fn log2(x: f64) -> f64 {
    // Mantissas are taken from [√½, √2).
    const OFFSET: u64 = ONE - (SQRT_2 / 2.0).to_bits();
    let bits = x.to_bits().wrapping_add(OFFSET);
    let (_, exponent) = split_exponent(f64::from_bits(bits & !(1 << 63)));
    let mantissa = f64::from_bits((bits & FRACTION) + ONE - OFFSET);
    // ln(m) = 2·artanh(s) for s = (m - 1)/(m + 1), |s| < 0.172
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let z2 = z * z;
    let low = (1.0 + z * (1.0 / 3.0)) + z2 * (1.0 / 5.0 + z * (1.0 / 7.0));
    let high = (1.0 / 9.0 + z * (1.0 / 11.0)) + z2 * (1.0 / 13.0 + z * (1.0 / 15.0));
    let result = exponent + 2.0 * LOG2_E * s * (low + z2 * z2 * high);
    if x < f64::INFINITY { result } else { x }
}

/// 2^x for x from -1,000 to 1,000, and NaN for NaN.
#[inline(always)]
pub fn exp2(x: f64) -> f64 {
    // Leaves no room for a fraction, whatever the sign.
    const ROUND: f64 = 1.5 * WHOLE;
    let shifted = x + ROUND;
    let t = (x - (shifted - ROUND)) * LN_2;
    let t2 = t * t;
    let t4 = t2 * t2;
    let low = (1.0 + t) + t2 * (1.0 / 2.0 + t * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + t * (1.0 / 120.0)) + t2 * (1.0 / 720.0 + t * (1.0 / 5040.0));
    let high = (1.0 / 40_320.0 + t * (1.0 / 362_880.0)) + t2 * (1.0 / 3_628_800.0);
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    power * (low + t4 * (middle + t4 * high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_is_right() {
        for i in 0..10_000 {
            let x = (f64::from(i) * 0.123 - 600.0).exp2() * (1.0 + f64::from(i) * 1e-4);
            assert!((log2(x) - x.log2()).abs() < 1e-12 * x.log2().abs().max(1.0), "{x}");
        }
        assert_eq!(log2(1.0), 0.0);
        assert_eq!(log2(f64::INFINITY), f64::INFINITY);
        assert!(log2(f64::NAN).is_nan());
    }

    #[test]
    fn power_is_right() {
        for i in 0..10_000 {
            let x = f64::from(i) * 0.02 - 100.0;
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-12, "{x}");
        }
    }
}
