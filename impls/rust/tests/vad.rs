//! Levels at every instruction-set level against a plain transform in f64, and detectors fed piece by piece.

use std::f64::consts::TAU;

use _rust::level::Level;
use _rust::vad::{Detector, State};

/// SplitMix64: enough randomness for inputs, and no dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn sample(&mut self) -> f32 {
        ((self.next() >> 40) as f64 / f64::from(1 << 23) - 1.0) as f32
    }
}

const ADAPTIVE: i64 = 0;
const FIXED: i64 = 1;
const MEMORY: i64 = 20;

/// Plan and tables of a detector, from their definition.
struct Planned {
    plan: Vec<i64>,
    tables: Vec<f32>,
}

impl Planned {
    fn new(mode: i64, frame: usize, length: usize, (low, high): (usize, usize), silence: i64) -> Self {
        let rows = length / 32;
        let radices: &[usize] = match rows {
            1 => &[],
            2 => &[2],
            4 => &[4],
            8 => &[8],
            16 => &[4, 4],
            32 => &[8, 4],
            64 => &[8, 8],
            _ => unreachable!(),
        };
        let mut plan = [mode, frame as i64, length as i64, low as i64, high as i64, MEMORY, 2, 1, 3, silence].to_vec();
        plan.push(radices.len() as i64);
        plan.extend(radices.iter().map(|&radix| radix as i64));
        plan.extend((0..rows).map(|bin| row_of(bin, rows, radices) as i64));
        let turn = |k: usize, n: usize| {
            let (sin, cos) = (TAU * k as f64 / n as f64).sin_cos();
            [cos as f32, -sin as f32]
        };
        let mut tables: Vec<f32> = window(frame, length).iter().map(|&w| w as f32).collect();
        for row in 0..=rows {
            for part in 0..2 {
                tables.extend((0..16).map(|lane| 0.5 * turn(row * lane, length)[part]));
            }
        }
        for lane in 0..16 {
            for part in 0..2 {
                tables.extend((0..8).map(|k| turn(lane * k, 16)[part]));
            }
        }
        for row in 0..=rows / 2 {
            let [re, im] = turn(row, 2 * rows);
            tables.extend([im, -re]);
        }
        let mut size = rows;
        for &radix in radices {
            let part = size / radix;
            tables.extend((0..part).flat_map(|j| (1..radix).flat_map(move |q| turn(j * q, size))));
            size = part;
        }
        Self { plan, tables }
    }

    fn detector(&self, threshold: f64) -> Detector<'_> {
        Detector::new(&self.plan, &self.tables, threshold, 24.0).unwrap()
    }

    fn beginning(&self) -> State {
        State { seen: 0, run: 0, until: -1, start: 0, end: -1 - self.plan[9], told: 0 }
    }
}

/// Where decimation in frequency leaves a bin.
fn row_of(bin: usize, size: usize, radices: &[usize]) -> usize {
    match radices {
        [] => 0,
        [radix, rest @ ..] => bin % radix * (size / radix) + row_of(bin / radix, size / radix, rest),
    }
}

fn window(frame: usize, length: usize) -> Vec<f64> {
    let hann = (0..frame).map(|i| 0.5 - 0.5 * (TAU * i as f64 / frame as f64).cos());
    let energy: f64 = hann.clone().map(|w| w * w).sum();
    hann.map(|w| w * (2.0 / (length as f64 * energy)).sqrt()).collect()
}

fn level_of(frame: &[f32], length: usize, (low, high): (usize, usize)) -> f64 {
    let (window, bins) = (window(frame.len(), length), (high - low) as f64);
    let (mut energy, mut logarithms) = (0.0, 0.0);
    for k in low..high {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, (&x, w)) in frame.iter().zip(&window).enumerate() {
            let (sin, cos) = (TAU * (i * k % length) as f64 / length as f64).sin_cos();
            re += f64::from(x) * w * cos;
            im -= f64::from(x) * w * sin;
        }
        let power = re * re + im * im + 1e-14;
        energy += power;
        logarithms += power.log2();
    }
    let flatness = (logarithms / bins).exp2() / (energy / bins);
    10.0 * (energy * (1.0 - flatness).max(0.05).powi(2) + 4e-10).log10()
}

fn detect(
    planned: &Planned,
    threshold: f64,
    level: Level,
    pieces: &[&[f32]],
) -> Result<(Vec<u32>, Vec<u8>, State), _rust::resample::BadFrame> {
    let (detector, mut state) = (planned.detector(threshold), planned.beginning());
    let mut history = vec![0.0; detector.history_len()];
    let (mut all_scores, mut all_flags) = (vec![], vec![]);
    for (i, piece) in pieces.iter().enumerate() {
        let last = i + 1 == pieces.len();
        let due = detector.due(&state, piece.len(), last);
        let (mut scores, mut flags) = (vec![0.0; due], vec![0; due]);
        detector.detect(level, piece, last, &mut history, &mut state, (&mut scores, &mut flags))?;
        all_scores.extend(scores.into_iter().map(f32::to_bits));
        all_flags.extend(flags);
    }
    Ok((all_scores, all_flags, state))
}

/// Noise, a voice of three partials, an impulse and silence.
fn signal(frame: usize, random: &mut Random) -> Vec<f32> {
    let mut x: Vec<f32> = (0..5 * frame).map(|_| 0.1 * random.sample()).collect();
    x.extend((0..8 * frame).map(|i| {
        let t = TAU * i as f64 * 12.3 / frame as f64;
        (0.2 * t.sin() + 0.1 * (2.0 * t).sin() + 0.05 * (3.0 * t).cos()) as f32 + 1e-3 * random.sample()
    }));
    x.extend(vec![0.0; 12 * frame]);
    x[17 * frame + frame / 3] = 1.0;
    x.extend((0..11 * frame).map(|_| 1e-3 * random.sample()));
    x
}

const SIZES: [(usize, usize, (usize, usize)); 9] = [
    (17, 32, (1, 16)),
    (60, 64, (3, 29)),
    (80, 128, (4, 61)),
    (256, 256, (7, 122)),
    (331, 512, (10, 177)),
    (480, 512, (7, 122)),
    (512, 512, (1, 256)),
    (800, 1024, (26, 487)),
    (2001, 2048, (1, 1024)),
];

#[test]
fn levels_are_those_of_a_plain_transform() {
    for (frame, length, band) in SIZES {
        let x = signal(frame, &mut Random(frame as u64));
        let planned = Planned::new(FIXED, frame, length, band, 1);
        let expected: Vec<f64> = x.chunks_exact(frame).map(|frame| level_of(frame, length, band)).collect();
        for level in Level::available() {
            let (scores, _, _) = detect(&planned, -40.0, level, &[&x]).unwrap();
            assert_eq!(scores.len(), expected.len());
            for (i, (&score, expected)) in scores.iter().zip(&expected).enumerate() {
                let score = f64::from(f32::from_bits(score));
                assert!((score - expected).abs() < 0.01, "{frame} {level:?} frame {i}: {score} for {expected}");
            }
        }
    }
}

#[test]
fn pieces_change_no_bit() {
    for (frame, length, band) in SIZES {
        let mut random = Random(frame as u64);
        let x = signal(frame, &mut random);
        for (mode, silence) in [(ADAPTIVE, 1), (ADAPTIVE, 4), (FIXED, 2)] {
            let planned = Planned::new(mode, frame, length, band, silence);
            for level in Level::available() {
                let (mut pieces, mut rest) = (vec![], &x[..]);
                while !rest.is_empty() {
                    let frames = (random.next() % 12) as usize;
                    let (piece, after) = rest.split_at(rest.len().min(frames * frame));
                    pieces.push(piece);
                    rest = after;
                }
                let whole = detect(&planned, 5.5, level, &[&x]).unwrap();
                assert_eq!(detect(&planned, 5.5, level, &pieces).unwrap(), whole, "{frame} {level:?}");
                assert_eq!(whole.0.len(), x.len() / frame);
            }
        }
    }
}

#[test]
fn finds_the_first_bad_sample() {
    let planned = Planned::new(ADAPTIVE, 480, 512, (7, 122), 1);
    for level in Level::available() {
        for at in [0, 300, 479, 1000, 4000] {
            for bad in [f32::NAN, f32::NEG_INFINITY, 2e12] {
                let mut x = vec![1e12; 4800];
                x[at] = bad;
                x[4500] = f32::INFINITY;
                assert_eq!(detect(&planned, 5.5, level, &[&x]).unwrap_err().0, at);
            }
        }
    }
}
