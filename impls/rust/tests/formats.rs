//! Every pair of formats and every layout, at every instruction-set level, against the rules spelled out.

use _rust::formats::{F32, F64, Format, I16, I24, I32, Mode, U8};
use _rust::formats::{Mono, convert, convert_in_place, deinterleave, interleave, to_mono};
use _rust::level::Level;

/// SplitMix64: enough randomness for inputs, and no dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// What a format's samples are, one at a time and in f64, which holds every value exactly.
trait Rules: Format {
    fn samples() -> Vec<Self::Sample>;
    fn exact(sample: Self::Sample) -> f64;
    /// The sample of a value; for integers one that is rounded and clamped.
    fn of(value: f64) -> Self::Sample;
    /// Equal if the samples are, and for every NaN.
    fn bits(sample: Self::Sample) -> u64;
}

/// Integers at the limits, and around the halves of all narrower formats.
fn integers(bits: u32) -> Vec<i64> {
    let (mut random, limit) = (Random(bits.into()), 1_i64 << (bits - 1));
    let mut found: Vec<i64> = (0..500).map(|_| (random.next() as i64) >> (64 - bits)).collect();
    for shift in (1..bits).filter(|shift| [7, 8, 15, 16, 23, 24].contains(shift)) {
        for whole in -4_i64..=4 {
            for near in -1..=1 {
                let middle = (whole << shift) + near;
                found.extend([middle, limit - 1 - middle.abs(), middle.abs() - limit]);
            }
        }
    }
    found.retain(|x| (-limit..limit).contains(x));
    found
}

/// Floats that are not finite, denormal, at the limits and in the middle, and their neighbours.
fn floats() -> Vec<f64> {
    let mut found =
        vec![0.0, f64::INFINITY, f64::NAN, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e-310, 1e-40, 1e-46, 3.5e38];
    let mut random = Random(7);
    for bits in [8, 16, 24, 32] {
        let scale = f64::from(bits - 1).exp2();
        for whole in
            [0.5, 1.0, 1.5, 2.5, 3.5, scale / 2.0 + 0.5, scale - 1.5, scale - 1.0, scale - 0.5, scale, scale + 0.5]
        {
            let x = whole / scale;
            let (up, down) = ((x as f32).next_up(), (x as f32).next_down());
            found.extend([x, x.next_up(), x.next_down(), up.into(), down.into()]);
        }
        let half = |random: &mut Random| ((random.next() as i64 >> (65 - bits)) as f64 + 0.5) / scale;
        found.extend((0..100).map(|_| half(&mut random)));
    }
    found.extend((0..500).map(|_| f64::from_bits(random.next())));
    found.extend((0..500).map(|_| f32::from_bits(random.next() as u32)).map(f64::from));
    found.extend((0..500).map(|_| random.next() as i64 as f64 / 2_f64.powi(62)));
    found.extend(found.clone().iter().map(|x| -x));
    found
}

macro_rules! integer {
    ($format:ident, $bits:literal, |$x:ident| $to_integer:expr, |$whole:ident| $of_integer:expr) => {
        impl Rules for $format {
            fn samples() -> Vec<Self::Sample> {
                integers($bits).into_iter().map(|$whole| $of_integer).collect()
            }

            fn exact($x: Self::Sample) -> f64 {
                i64::from($to_integer) as f64 / (1_i64 << ($bits - 1)) as f64
            }

            fn of(value: f64) -> Self::Sample {
                let $whole = value as i64;
                $of_integer
            }

            fn bits($x: Self::Sample) -> u64 {
                i64::from($to_integer) as u64
            }
        }
    };
}
integer!(I16, 16, |x| x, |whole| whole as i16);
integer!(I32, 32, |x| x, |whole| whole as i32);
integer!(I24, 24, |x| i32::from_le_bytes([0, x[0], x[1], x[2]]) >> 8, |whole| {
    let [a, b, c, ..] = whole.to_le_bytes();
    [a, b, c]
});
integer!(U8, 8, |x| i16::from(x) - 128, |whole| (whole + 128) as u8);

macro_rules! float {
    ($format:ident, $float:ident) => {
        impl Rules for $format {
            fn samples() -> Vec<$float> {
                floats().into_iter().map(|x| x as $float).collect()
            }

            fn exact(x: $float) -> f64 {
                x.into()
            }

            fn of(value: f64) -> $float {
                value as $float
            }

            fn bits(x: $float) -> u64 {
                if x.is_nan() { u64::MAX } else { x.to_bits().into() }
            }
        }
    };
}
float!(F32, f32);
float!(F64, f64);

fn expected<S: Rules, T: Rules>(x: S::Sample, mode: Mode) -> T::Sample {
    let value = S::exact(x);
    let Some(bits) = T::BITS else { return T::of(value) };
    let scale = f64::from(bits - 1).exp2();
    let whole = match mode {
        Mode::Nearest => (value * scale).round_ties_even(),
        Mode::Floor => (value * scale).floor(),
        Mode::Truncate => (value * scale).trunc(),
    };
    T::of(if whole.is_nan() { 0.0 } else { whole.clamp(-scale, scale - 1.0) })
}

const MODES: [Mode; 3] = [Mode::Nearest, Mode::Floor, Mode::Truncate];

fn check<S: Rules, T: Rules>() {
    let names = (std::any::type_name::<S>(), std::any::type_name::<T>());
    let mut samples = S::samples();
    let fewer = samples.len();
    samples.extend(samples.clone().iter().cycle().take(80_000));
    for (level, mode) in Level::available().flat_map(|level| MODES.map(|mode| (level, mode))) {
        // Whole blocks, their ends, and every way that arrays lie to cache lines; at last more than a cache holds.
        let parts = (0..140).map(|n| (n, n % 7)).chain([(fewer - 7, 7), (fewer, 0), (samples.len() - 3, 3)]);
        for (n, skip) in parts {
            let x = &samples[skip..skip + n];
            let mut out = vec![T::Sample::default(); n + skip];
            convert::<S, T>(level, x, &mut out[skip..], mode);
            for (x, out) in x.iter().zip(&out[skip..]) {
                let want = expected::<S, T>(*x, mode);
                assert_eq!(T::bits(*out), T::bits(want), "{names:?} of {x:?} gives {out:?} at {level:?}, {mode:?}");
            }
        }
    }
}

#[test]
fn every_pair_follows_the_rules() {
    fn from<S: Rules>() {
        check::<S, I16>();
        check::<S, I32>();
        check::<S, I24>();
        check::<S, U8>();
        check::<S, F32>();
        check::<S, F64>();
    }
    from::<I16>();
    from::<I32>();
    from::<I24>();
    from::<U8>();
    from::<F32>();
    from::<F64>();
}

#[test]
fn samples_are_converted_where_they_are() {
    for (level, mode) in Level::available().flat_map(|level| MODES.map(|mode| (level, mode))) {
        for n in (0..140).chain([1_000]) {
            let mut floats = F32::samples();
            floats.truncate(n);
            let mut integers: Vec<i32> = floats.iter().map(|x| x.to_bits() as i32).collect();
            convert_in_place::<F32, I32>(level, &mut integers, mode);
            for (x, out) in floats.iter().zip(&integers) {
                assert_eq!(*out, expected::<F32, I32>(*x, mode), "{x} at {level:?}, {mode:?}");
            }
            let mut again: Vec<f32> = integers.iter().map(|x| f32::from_bits(*x as u32)).collect();
            convert_in_place::<I32, F32>(level, &mut again, mode);
            for (x, out) in integers.iter().zip(&again) {
                assert_eq!(*out, expected::<I32, F32>(*x, mode), "{x} at {level:?}, {mode:?}");
            }
        }
    }
}

#[test]
fn layouts_move_every_sample() {
    for level in Level::available() {
        for channels in (0..12).chain([33]) {
            for frames in (0..70).chain([1_000]) {
                let interleaved: Vec<u32> = (0..(frames * channels) as u32).collect();
                let planar: Vec<u32> =
                    (0..channels).flat_map(|c| (0..frames).map(move |i| (i * channels + c) as u32)).collect();
                let mut out = vec![0; interleaved.len()];
                deinterleave(level, &interleaved, channels, &mut out);
                assert_eq!(out, planar, "{frames} frames of {channels} at {level:?}");
                interleave(level, &planar, channels, &mut out);
                assert_eq!(out, interleaved, "{frames} frames of {channels} at {level:?}");
            }
        }
    }
}

fn check_mean<T: Mono + Into<f64> + PartialEq + std::fmt::Debug>(
    samples: &[T],
    round: fn(f64) -> f64,
    of: fn(f64) -> T,
) {
    for level in Level::available() {
        for channels in (1..10).chain([33]) {
            let most = samples.len() / channels;
            for frames in (0..most.min(70)).chain([most]) {
                let x = &samples[..frames * channels];
                let mut out = vec![T::default(); frames];
                to_mono(level, x, channels, &mut out);
                for (frame, out) in x.chunks_exact(channels).zip(&out) {
                    let sum = frame[1..].iter().fold(frame[0].into(), |sum, sample| sum + (*sample).into());
                    let want = of(round(sum / channels as f64));
                    assert!(*out == want || want.into().is_nan(), "{frame:?} gives {out:?} at {level:?}, not {want:?}");
                }
            }
        }
    }
}

#[test]
fn means_are_rounded_once() {
    check_mean(&I16::samples(), f64::round_ties_even, |x| x as i16);
    check_mean(&I32::samples(), f64::round_ties_even, |x| x as i32);
    check_mean(&U8::samples(), f64::round_ties_even, |x| x as u8);
    check_mean(&F32::samples(), |x| x, |x| x as f32);
    check_mean(&F64::samples(), |x| x, |x| x);
}
