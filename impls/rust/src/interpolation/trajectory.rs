//! The batch operations, compiled once for each [`super::Level`].

use super::block::{BLOCK, Fractions, Weights};
use super::bracket::{Finder, first_disorder};
use super::lerp::{is_plain, lerp, lerp_slice};
use super::quaternion::{Quaternion, SAFE, combine, dot, unit, usable};
use super::simd::Isa;
use super::slerp::slerp_exact;
use super::{BadIndex, Knots, Outside, pair_at};

type Checked = Result<(), BadIndex>;

/// Interpolates poses; `CHECKED` says that the knots are known to be in order.
#[inline(always)]
pub fn trajectory<I: Isa, const CHECKED: bool>(
    knots: Knots,
    queries: &[i64],
    outside: Outside,
    out_positions: &mut [[f64; 3]],
    out_quats: &mut [Quaternion],
) -> Checked {
    let Knots { stamps, positions, quats } = knots;
    if !CHECKED {
        in_order(stamps)?;
    }
    if stamps.len() < 2 {
        return constant_pose(knots, queries.len(), out_positions, out_quats);
    }
    let mut finder = Finder::new(stamps);
    let mut block = Bracketed::new();
    let mut weights = Weights::new();
    let out = out_positions.chunks_mut(BLOCK).zip(out_quats.chunks_mut(BLOCK));
    for (queries, (out_positions, out_quats)) in queries.chunks(BLOCK).zip(out) {
        block.bracket(&mut finder, stamps, queries, outside);
        let first = &block.first[..queries.len()];
        let pair = |k: usize| pair_at(quats, first[k]);
        rotate::<I>(&mut weights, &mut block.at, outside, pair, out_quats).map_err(|k| {
            let i = first[k];
            BadIndex(if usable(&quats[i]) { i + 1 } else { i })
        })?;
        I::positions(&block.at, |k| pair_at(positions, first[k]), out_positions);
    }
    Ok(())
}

/// Interpolates `channels` values per knot.
#[inline(always)]
pub fn linear(
    stamps: &[i64],
    values: &[f64],
    channels: usize,
    queries: &[i64],
    outside: Outside,
    out: &mut [f64],
) -> Checked {
    in_order(stamps)?;
    if channels == 0 {
        return Ok(());
    }
    if stamps.len() < 2 {
        for (i, out) in out.iter_mut().enumerate() {
            *out = values[i % channels];
        }
        return Ok(());
    }
    let mut finder = Finder::new(stamps);
    let mut block = Bracketed::new();
    for (queries, out) in queries.chunks(BLOCK).zip(out.chunks_mut(BLOCK * channels)) {
        block.bracket(&mut finder, stamps, queries, outside);
        match channels {
            1 => one_channel(&block, values, out),
            3 => linear_rows::<3>(&block, values, out),
            _ => {
                for (k, out) in out.chunks_exact_mut(channels).enumerate() {
                    let start = block.first[k] * channels;
                    let (p0, p1) = values[start..start + 2 * channels].split_at(channels);
                    lerp_slice(&block.at, k, p0, p1, out);
                }
            }
        }
    }
    Ok(())
}

/// One channel: its knots are gathered first, so that the arithmetic is vector code.
#[inline(always)]
fn one_channel(block: &Bracketed, values: &[f64], out: &mut [f64]) {
    let mut ends = [[0.0; BLOCK]; 2];
    let [p0, p1] = &mut ends;
    let n = out.len();
    let (p0, p1) = (&mut p0[..n], &mut p1[..n]);
    for ((&i, p0), p1) in block.first.iter().zip(p0.iter_mut()).zip(p1.iter_mut()) {
        let (a, b) = pair_at(values, i);
        (*p0, *p1) = (*a, *b);
    }
    let (offset, nearer) = (&block.at.offset[..n], &block.at.nearer[..n]);
    let mut plain = true;
    for k in 0..n {
        let step = offset[k] * (p1[k] - p0[k]);
        out[k] = if nearer[k] == 0.0 { p0[k] } else { p1[k] } + step;
        plain &= is_plain(step, out[k]);
    }
    if !plain {
        for k in 0..n {
            [out[k]] = lerp(&block.at, k, &[p0[k]], &[p1[k]]);
        }
    }
}

#[inline(always)]
fn linear_rows<const K: usize>(block: &Bracketed, values: &[f64], out: &mut [f64]) {
    let (rows, _) = values.as_chunks::<K>();
    let (out, _) = out.as_chunks_mut::<K>();
    for (k, out) in out.iter_mut().enumerate() {
        let (p0, p1) = pair_at(rows, block.first[k]);
        *out = lerp(&block.at, k, p0, p1);
    }
}

/// Stamps of n independent pairs: a query and its two knots' times in each row.
#[derive(Clone, Copy)]
pub struct PairStamps<'a> {
    pub t: &'a [i64],
    pub t0: &'a [i64],
    pub t1: &'a [i64],
}

impl PairStamps<'_> {
    /// Takes the fractions of the block of rows that starts at `start`; a row whose knots are in the wrong order, or
    /// too far apart for int64, is bad.
    #[inline(always)]
    fn fractions(&self, start: usize, n: usize, outside: Outside, at: &mut Fractions) -> Option<usize> {
        let mut bad = None;
        let rows = self.t[start..start + n].iter().zip(&self.t0[start..start + n]).zip(&self.t1[start..start + n]);
        for (k, ((&t, &t0), &t1)) in rows.enumerate() {
            let length = t1.wrapping_sub(t0);
            if t1 < t0 || length < 0 {
                bad = bad.or(Some(k));
                continue;
            }
            let t = match outside {
                Outside::Clamp => t.clamp(t0, t1),
                Outside::Extrapolate if length == 0 => t0,
                Outside::Extrapolate => t,
            };
            at.set(k, t.wrapping_sub(t0), length);
        }
        at.divide(n);
        bad
    }
}

/// Interpolates n pairs of rotations.
#[inline(always)]
pub fn slerp_pairs<I: Isa>(
    stamps: PairStamps,
    q0: &[Quaternion],
    q1: &[Quaternion],
    outside: Outside,
    out: &mut [Quaternion],
) -> Checked {
    let mut at = Fractions::new();
    let mut weights = Weights::new();
    for (b, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = b * BLOCK;
        let disorder = stamps.fractions(start, out.len(), outside, &mut at);
        let pair = |k: usize| (&q0[start + k], &q1[start + k]);
        let unusable = rotate::<I>(&mut weights, &mut at, outside, pair, out).err();
        if let Some(k) = disorder.into_iter().chain(unusable).min() {
            return Err(BadIndex(start + k));
        }
    }
    Ok(())
}

/// Interpolates n pairs of rows of `channels` values linearly.
#[inline(always)]
pub fn lerp_pairs<I: Isa>(
    stamps: PairStamps,
    p0: &[f64],
    p1: &[f64],
    channels: usize,
    outside: Outside,
    out: &mut [f64],
) -> Checked {
    let mut at = Fractions::new();
    for start in (0..stamps.t.len()).step_by(BLOCK) {
        let n = BLOCK.min(stamps.t.len() - start);
        if let Some(k) = stamps.fractions(start, n, outside, &mut at) {
            return Err(BadIndex(start + k));
        }
        let block = start * channels..(start + n) * channels;
        let (p0, p1, out) = (&p0[block.clone()], &p1[block.clone()], &mut out[block]);
        if channels == 3 {
            let (p0, p1) = (p0.as_chunks().0, p1.as_chunks().0);
            I::positions(&at, |k| (&p0[k], &p1[k]), out.as_chunks_mut().0);
        } else if channels > 0 {
            let rows = p0.chunks_exact(channels).zip(p1.chunks_exact(channels)).zip(out.chunks_exact_mut(channels));
            for (k, ((p0, p1), out)) in rows.enumerate() {
                lerp_slice(&at, k, p0, p1, out);
            }
        }
    }
    Ok(())
}

/// Checks every knot.
#[inline(always)]
pub fn check(stamps: &[i64], quats: &[Quaternion]) -> Checked {
    in_order(stamps)?;
    // A squared norm in the safe range vouches for all four components.
    let doubtful = |q: &Quaternion| !SAFE.contains(&dot(q, q)) && !usable(q);
    quats.iter().position(doubtful).map_or(Ok(()), |i| Err(BadIndex(i)))
}

/// Writes the distance from each query to the nearest knot in ns.
#[inline(always)]
pub fn gap(stamps: &[i64], queries: &[i64], out: &mut [i64]) {
    if stamps.len() < 2 {
        for (t, out) in queries.iter().zip(out) {
            *out = t.wrapping_sub(stamps[0]).wrapping_abs();
        }
        return;
    }
    let mut finder = Finder::new(stamps);
    let mut segments = [0; BLOCK];
    for (queries, out) in queries.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        finder.find(queries, &mut segments);
        for ((t, &i), out) in queries.iter().zip(&segments).zip(out) {
            let (before, after) = pair_at(stamps, i);
            *out = t.wrapping_sub(*before).wrapping_abs().min(after.wrapping_sub(*t).wrapping_abs());
        }
    }
}

/// Where the queries of a block lie: the first knot of each one's segment, and the fractions.
struct Bracketed {
    first: [usize; BLOCK],
    at: Fractions,
}

impl Bracketed {
    fn new() -> Self {
        Self { first: [0; BLOCK], at: Fractions::new() }
    }

    #[inline(always)]
    fn bracket(&mut self, finder: &mut Finder, stamps: &[i64], queries: &[i64], outside: Outside) {
        let (start, end) = (stamps[0], stamps[stamps.len() - 1]);
        finder.find(queries, &mut self.first);
        for (k, (&query, &i)) in queries.iter().zip(&self.first).enumerate() {
            let t = match outside {
                Outside::Clamp => query.clamp(start, end),
                Outside::Extrapolate => query,
            };
            let (before, after) = pair_at(stamps, i);
            self.at.set(k, t.wrapping_sub(*before), after.wrapping_sub(*before));
        }
        self.at.divide(queries.len());
    }
}

/// Interpolates a block of rotations; an unusable pair is returned by its place in the block.
#[inline(always)]
fn rotate<'a, I: Isa>(
    weights: &mut Weights,
    at: &mut Fractions,
    outside: Outside,
    pair: impl Fn(usize) -> (&'a Quaternion, &'a Quaternion),
    out: &mut [Quaternion],
) -> Result<(), usize> {
    let n = out.len();
    at.split(n);
    I::products(n, &pair, weights);
    let safe = weights.weigh::<I>(at, n);
    if !safe {
        // Rare: a zero, a NaN, or norms whose squares leave the range of a double.
        let unusable = (0..n).find(|&k| !usable(pair(k).0) || !usable(pair(k).1));
        unusable.map_or(Ok(()), Err)?;
    }
    for (k, out) in out.iter_mut().enumerate() {
        let (q0, q1) = pair(k);
        *out = combine(q0, q1, weights.first[k], weights.second[k]);
    }
    if !safe || outside == Outside::Extrapolate {
        for (k, out) in out.iter_mut().enumerate() {
            let (q0, q1) = pair(k);
            let inside = (0.0..=1.0).contains(&at.before[k]);
            if !(inside && SAFE.contains(&dot(q0, q0)) && SAFE.contains(&dot(q1, q1))) {
                *out = slerp_exact(q0, q1, at.before[k], at.after[k]);
            }
        }
    }
    Ok(())
}

fn constant_pose(knots: Knots, n: usize, out_positions: &mut [[f64; 3]], out_quats: &mut [Quaternion]) -> Checked {
    let (Some(position), Some(q)) = (knots.positions.first(), knots.quats.first()) else {
        return Ok(());
    };
    if n > 0 && !usable(q) {
        return Err(BadIndex(0));
    }
    out_positions.fill(*position);
    if n > 0 {
        out_quats.fill(unit(q));
    }
    Ok(())
}

fn in_order(stamps: &[i64]) -> Checked {
    first_disorder(stamps).map_or(Ok(()), |i| Err(BadIndex(i)))
}
