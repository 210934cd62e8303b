//! Every level's FFT against rustfft in double precision, and both resampling kernels against the sum written out.

use std::f64::consts::PI;

use _rust::fft::{Row, Transform};
use _rust::lanes::{Isa, LANES};
use _rust::level::{Level, Work};
use _rust::resample::{BadFrame, Filters, Plan, State, resample, resample_chunk};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// SplitMix64, as halves of -1 … 1.
struct Random(u64);

impl Random {
    fn sample(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn samples(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.sample()).collect()
    }
}

/// A plan as `paceline.audio._fft` makes it.
struct Planned {
    radices: Vec<i64>,
    twiddles: Vec<[f32; 2]>,
    order: Vec<i64>,
}

impl Planned {
    fn new(radices: &[i64]) -> Self {
        let size: i64 = radices.iter().product();
        let (mut twiddles, mut order, mut bins) = (vec![], vec![0; size as usize], (0..size).collect::<Vec<_>>());
        let mut length = size;
        for radix in radices {
            let part = length / radix;
            for j in 0..part {
                for q in 1..*radix {
                    let angle = -2.0 * PI * (j * q % length) as f64 / length as f64;
                    twiddles.push([angle.cos() as f32, angle.sin() as f32]);
                }
            }
            for (row, bin) in order.iter_mut().zip(&mut bins) {
                *row += *bin % radix * part;
                *bin /= radix;
            }
            length = part;
        }
        Self { radices: radices.to_vec(), twiddles, order }
    }

    fn transform(&self) -> Transform<'_> {
        Transform::new(&self.radices, &self.twiddles, &self.order).unwrap()
    }
}

struct Passes<'a>(Transform<'a>, &'a mut [Row], bool);

impl Work for Passes<'_> {
    type Output = ();

    fn on<S: Isa>(self, isa: S) {
        if self.2 { self.0.inverse(isa, self.1) } else { self.0.forward(isa, self.1) }
    }
}

#[test]
fn transforms_are_those_of_rustfft_at_every_level() {
    let mut random = Random(1);
    let sizes: [&[i64]; 12] = [
        &[],
        &[2],
        &[3],
        &[4],
        &[5],
        &[7],
        &[8],
        &[8, 7, 5, 4, 3, 2],
        &[3, 3, 3, 2],
        &[7, 8],
        &[8, 8, 8, 8],
        &[5, 4, 7],
    ];
    for radices in sizes {
        let planned = Planned::new(radices);
        let (plan, size) = (planned.transform(), planned.order.len());
        let rows: Vec<Row> = (0..size).map(|_| Row(std::array::from_fn(|_| random.sample()))).collect();
        for level in Level::available() {
            let mut bins = rows.clone();
            level.run(Passes(plan, &mut bins, false));
            for lane in [0, 5, LANES - 1] {
                let mut exact: Vec<Complex<f64>> =
                    rows.iter().map(|row| Complex::new(row.0[lane].into(), row.0[LANES + lane].into())).collect();
                FftPlanner::new().plan_fft_forward(size).process(&mut exact);
                for (k, exact) in exact.into_iter().enumerate() {
                    let row = bins[plan.row_of(k)].0;
                    let found = Complex::new(f64::from(row[lane]), f64::from(row[LANES + lane]));
                    let limit = 1e-6 * (size as f64).sqrt();
                    assert!((found - exact).norm() < limit, "{found} for {exact}, bin {k}, {radices:?}, {level:?}");
                }
            }
            level.run(Passes(plan, &mut bins, true));
            for (found, row) in bins.iter().zip(&rows) {
                for (found, exact) in found.0.iter().zip(row.0) {
                    assert!((found / size as f32 - exact).abs() < 1e-5, "back and forth, {radices:?}, {level:?}");
                }
            }
        }
    }
}

/// A smooth low-pass filter, at times in frames of the input: a raised cosine of ±HALF.
const HALF: usize = 12;

fn prototype(t: f64, up: usize, down: usize) -> f64 {
    let cutoff = 0.8 * (up as f64 / down as f64).min(1.0);
    let sinc = if t == 0.0 { 1.0 } else { (PI * cutoff * t).sin() / (PI * cutoff * t) };
    if t.abs() < HALF as f64 { cutoff * sinc * (0.5 + 0.5 * (PI * t / HALF as f64).cos()) } else { 0.0 }
}

fn frames_out(frames: usize, up: usize, down: usize) -> usize {
    (frames * up).div_ceil(down)
}

/// The sum as it is defined.
fn exact(x: &[f32], channels: usize, up: usize, down: usize) -> Vec<f64> {
    let frames = x.len() / channels;
    let sum = |n: usize, channel: usize| {
        let time = (n * down) as f64 / up as f64;
        let around = (time as usize).saturating_sub(HALF)..(time as usize + HALF + 1).min(frames);
        around.map(|k| f64::from(x[k * channels + channel]) * prototype(time - k as f64, up, down)).sum()
    };
    (0..frames_out(frames, up, down)).flat_map(|n| (0..channels).map(move |channel| sum(n, channel))).collect()
}

#[test]
fn blocks_give_the_sum_at_every_level() {
    // Units are hop + 2 guard; the second case's first stages have fewer rows than a tile.
    let cases: [([usize; 3], [&[i64]; 2]); 3] = [
        ([1, 3, 10], [&[8, 7, 3], &[8, 7]]),
        ([3, 2, 7], [&[7, 4, 2], &[7, 4, 3]]),
        ([5, 7, 3], [&[8, 7, 2], &[8, 5, 2]]),
    ];
    let mut random = Random(2);
    for ([up, down, guard], [radices_in, radices_out]) in cases {
        let (forward, inverse) = (Planned::new(radices_in), Planned::new(radices_out));
        let (size_in, size_out) = (forward.order.len(), inverse.order.len());
        let hop = size_in / down - 2 * guard;
        // Beyond the bins that are kept, this short filter still passes something: it is part of the definition.
        let bins = size_in.min(size_out).div_ceil(2);
        let response: Vec<f32> = (0..bins)
            .map(|k| {
                let reach = -((HALF * up) as isize)..=(HALF * up) as isize;
                let turn = |t: isize| 2.0 * PI * (k as f64) * (t as f64) / (up * size_in) as f64;
                let sum: f64 = reach.map(|t| prototype(t as f64 / up as f64, up, down) * turn(t).cos()).sum();
                (sum / (up * size_in) as f64) as f32
            })
            .collect();
        let plan = Plan::new([up, down, hop, guard], &response, forward.transform(), inverse.transform()).unwrap();
        for (frames, channels) in [(1, 1), (31, 2), (4_000, 1), (4_000, 2), (3_000, 3), (40, 8), (1, 40)] {
            let x = random.samples(frames * channels);
            let exact = exact(&x, channels, up, down);
            for level in Level::available() {
                let mut out = vec![f32::NAN; exact.len()];
                assert_eq!(resample(level, &plan, &x, channels, &mut out), Ok(()));
                for (found, exact) in out.iter().zip(&exact) {
                    let error = (f64::from(*found) - exact).abs();
                    assert!(error < 0.05, "{found} for {exact}, {up}/{down}, {frames} x {channels} at {level:?}");
                }
                let mut plain = vec![0.0; exact.len()];
                resample(Level::Baseline, &plan, &x, channels, &mut plain).unwrap();
                for (found, plain) in out.iter().zip(plain) {
                    assert!((found - plain).abs() < 1e-6, "{found} for {plain}, {frames} x {channels} at {level:?}");
                }
                let mut bad = x.clone();
                bad[x.len() / 2] = f32::INFINITY;
                *bad.last_mut().unwrap() = f32::NAN;
                let found = resample(level, &plan, &bad, channels, &mut out);
                assert_eq!(found, Err(BadFrame(x.len() / 2 / channels)), "{level:?}");
                let huge = vec![f32::MAX; x.len()];
                assert_eq!(resample(level, &plan, &huge, channels, &mut out), Ok(()), "finite at {level:?}");
            }
        }
    }
}

#[test]
fn chunks_give_the_sum_and_the_same_bits_however_cut_at_every_level() {
    let (taps, room) = (2 * HALF, 2 * HALF + 5);
    let mut random = Random(3);
    for (up, down) in [(1, 3), (3, 2), (5, 7), (7, 1)] {
        let coefficients: Vec<f32> = (0..up)
            .flat_map(|phase| {
                let at = move |k: usize| HALF as f64 - 1.0 - k as f64 + phase as f64 / up as f64;
                (0..taps).map(move |k| prototype(at(k), up, down) as f32)
            })
            .collect();
        let filters =
            Filters { up: up as u64, down: down as u64, phases: up, order: 1, taps, coefficients: &coefficients };
        for channels in [1, 2, 3] {
            let x = random.samples(300 * channels);
            let exact = exact(&x, channels, up, down);
            for level in Level::available() {
                let mut found: Vec<Vec<f32>> = vec![];
                for cut in [1, 2, 37, 300] {
                    let mut history = vec![0.0; room * channels];
                    let mut state = State { consumed: 0, produced: 0, held: HALF - 1 };
                    let mut all = vec![];
                    for (i, chunk) in x.chunks(cut * channels).enumerate() {
                        let last = (i + 1) * cut >= 300;
                        let due = if last {
                            exact.len() / channels
                        } else {
                            state.ready(&filters, chunk.len() / channels) as usize
                        };
                        let mut out = vec![f32::NAN; (due - state.produced as usize) * channels];
                        let mut stream = |chunk: &[f32], state: &mut State| {
                            resample_chunk(level, chunk, channels, last, &filters, &mut history, state, &mut out)
                        };
                        let before = state;
                        let mut bad = chunk.to_vec();
                        bad[chunk.len() / 2] = f32::NAN;
                        assert_eq!(stream(&bad, &mut state), Err(BadFrame(chunk.len() / 2 / channels)));
                        assert_eq!(state, before, "nothing changes");
                        stream(chunk, &mut state).unwrap();
                        all.extend_from_slice(&out);
                    }
                    for (found, exact) in all.iter().zip(&exact) {
                        let error = (f64::from(*found) - exact).abs();
                        assert!(error < 1e-6, "{found} for {exact}, {up}/{down} at {level:?}, {channels} channels");
                    }
                    found.push(all);
                }
                assert!(found.iter().all(|all| *all == found[0]), "same bits, {up}/{down} at {level:?}");
            }
        }
    }
}
