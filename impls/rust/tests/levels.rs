//! Every instruction-set level gives what the plain one gives; the accuracy of all is proved by the Python suite.

use _rust::interpolation::{BadIndex, Knots, Outside, PairStamps, Quaternion};
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

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}

struct Recording {
    stamps: Vec<i64>,
    positions: Vec<[f64; 3]>,
    quats: Vec<Quaternion>,
}

impl Recording {
    /// Knots at irregular times, some after a long gap, as far apart in angle as chance has it.
    fn new(m: usize, random: &mut Random) -> Self {
        let mut t = 1_700_000_000_000_000_000;
        let mut recording = Self { stamps: vec![], positions: vec![], quats: vec![] };
        for _ in 0..m {
            t += 1 + random.below(10_000_000) as i64;
            if random.below(50) == 0 {
                t += 12_000_000_000;
            }
            recording.stamps.push(t);
            recording.positions.push(std::array::from_fn(|_| random.unit()));
            recording.quats.push(std::array::from_fn(|_| random.unit()));
        }
        recording
    }

    fn knots(&self) -> Knots<'_> {
        Knots { stamps: &self.stamps, positions: &self.positions, quats: &self.quats }
    }

    /// Queries in no order, some outside.
    fn queries(&self, n: usize, random: &mut Random) -> Vec<i64> {
        let (first, last) = (self.stamps[0], self.stamps[self.stamps.len() - 1]);
        let span = (last - first) as u64 + 2_000_000;
        (0..n).map(|_| first - 1_000_000 + random.below(span) as i64).collect()
    }
}

fn near(a: &Quaternion, b: &Quaternion) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 2e-15 * a.abs().max(1.0))
}

#[test]
fn levels_agree_on_trajectories() {
    let mut random = Random(1);
    for (m, n) in [(1, 5), (2, 9), (3, 1), (7, 300), (1_000, 129), (5_000, 2_000)] {
        let recording = Recording::new(m, &mut random);
        let queries = recording.queries(n, &mut random);
        for outside in [Outside::Clamp, Outside::Extrapolate] {
            let mut expected = (vec![[0.0; 3]; n], vec![[0.0; 4]; n]);
            let plain = Level::Baseline;
            plain.trajectory(recording.knots(), &queries, outside, &mut expected.0, &mut expected.1).unwrap();
            for level in Level::available() {
                let mut found = (vec![[0.0; 3]; n], vec![[0.0; 4]; n]);
                level.trajectory(recording.knots(), &queries, outside, &mut found.0, &mut found.1).unwrap();
                assert_eq!(found.0, expected.0, "positions have the same bits at {level:?}");
                for (a, b) in found.1.iter().zip(&expected.1) {
                    assert!(near(a, b), "{a:?} against {b:?} at {level:?}");
                }
            }
        }
    }
}

#[test]
fn levels_agree_on_channels_and_gaps() {
    let mut random = Random(2);
    for channels in [1, 2, 3, 7] {
        let recording = Recording::new(500, &mut random);
        let values: Vec<f64> = (0..500 * channels).map(|_| random.unit()).collect();
        let queries = recording.queries(400, &mut random);
        let mut expected = vec![0.0; 400 * channels];
        Level::Baseline.linear(&recording.stamps, &values, channels, &queries, Outside::Clamp, &mut expected).unwrap();
        for level in Level::available() {
            let mut found = vec![0.0; 400 * channels];
            level.linear(&recording.stamps, &values, channels, &queries, Outside::Clamp, &mut found).unwrap();
            assert_eq!(found, expected, "{channels} channels at {level:?}");
            let mut gaps = vec![0; 400];
            level.gap(&recording.stamps, &queries, &mut gaps);
            for (t, gap) in queries.iter().zip(&gaps) {
                let nearest = recording.stamps.iter().map(|s| (s - t).abs()).min();
                assert_eq!(Some(*gap), nearest, "gap of {t} at {level:?}");
            }
        }
    }
}

#[test]
fn levels_agree_on_pairs() {
    let mut random = Random(3);
    let (a, b) = (Recording::new(333, &mut random), Recording::new(333, &mut random));
    let t1: Vec<i64> = a.stamps.iter().map(|t| t + random.below(1_000) as i64).collect();
    let t: Vec<i64> = a.stamps.iter().map(|t| t - 100 + random.below(1_200) as i64).collect();
    let stamps = PairStamps { t: &t, t0: &a.stamps, t1: &t1 };
    let mut expected = vec![[0.0; 4]; 333];
    Level::Baseline.slerp_pairs(stamps, &a.quats, &b.quats, Outside::Clamp, &mut expected).unwrap();
    for level in Level::available() {
        let mut found = vec![[0.0; 4]; 333];
        level.slerp_pairs(stamps, &a.quats, &b.quats, Outside::Clamp, &mut found).unwrap();
        for (a, b) in found.iter().zip(&expected) {
            assert!(near(a, b), "{a:?} against {b:?} at {level:?}");
        }
    }
}

#[test]
fn the_first_bad_index_is_found_at_every_level() {
    let mut random = Random(4);
    let mut recording = Recording::new(1_000, &mut random);
    let queries: Vec<i64> = recording.stamps.iter().map(|t| t + 1).collect();
    recording.quats[700][2] = f64::NAN;
    for level in Level::available() {
        let mut out = (vec![[0.0; 3]; 1_000], vec![[0.0; 4]; 1_000]);
        let found = level.trajectory(recording.knots(), &queries, Outside::Clamp, &mut out.0, &mut out.1);
        assert_eq!(found, Err(BadIndex(700)), "{level:?}");
        let found = level.check(&recording.stamps, &recording.quats);
        assert_eq!(found, Err(BadIndex(700)), "{level:?}");
    }
    recording.stamps[900] = recording.stamps[899];
    for level in Level::available() {
        let mut out = (vec![[0.0; 3]; 1_000], vec![[0.0; 4]; 1_000]);
        let found = level.trajectory(recording.knots(), &queries, Outside::Clamp, &mut out.0, &mut out.1);
        assert_eq!(found, Err(BadIndex(900)), "stamps come before quaternions at {level:?}");
    }
}
