//! The working memory of a block of queries: one array per quantity, so that each stage runs along one.

/// Queries per block: the arrays stay in the first-level cache.
pub const BLOCK: usize = 128;

/// Where each query of a block lies in its segment.
pub struct Fractions {
    /// Time in ns from the segment's first knot, and the segment's length.
    since: [i64; BLOCK],
    span: [i64; BLOCK],
    /// 1 where the second knot is the nearer one, else 0.
    pub nearer: [f64; BLOCK],
    /// Time in ns from the nearer knot, negative from the second one.
    pub elapsed: [f64; BLOCK],
    /// The segment's length in ns; 1 where it has none.
    pub length: [f64; BLOCK],
    /// `elapsed / length`: the linear rule's fraction, from the nearer knot.
    pub offset: [f64; BLOCK],
    /// The fraction of the segment before the query, and after it.
    pub before: [f64; BLOCK],
    pub after: [f64; BLOCK],
}

impl Fractions {
    pub const fn new() -> Self {
        Self {
            since: [0; BLOCK],
            span: [0; BLOCK],
            nearer: [0.0; BLOCK],
            elapsed: [0.0; BLOCK],
            length: [1.0; BLOCK],
            offset: [0.0; BLOCK],
            before: [0.0; BLOCK],
            after: [1.0; BLOCK],
        }
    }

    /// Notes a query `since` ns after the first knot of a segment of `span` ns.
    #[inline(always)]
    pub fn set(&mut self, k: usize, since: i64, span: i64) {
        self.since[k] = since;
        self.span[k] = span;
    }

    /// Takes the fractions of the first `n`, as the linear rule wants them.
    #[inline(always)]
    pub fn divide(&mut self, n: usize) {
        let (since, span) = (&self.since[..n], &self.span[..n]);
        let (nearer, elapsed) = (&mut self.nearer[..n], &mut self.elapsed[..n]);
        let (length, offset) = (&mut self.length[..n], &mut self.offset[..n]);
        for k in 0..n {
            let left = span[k].wrapping_sub(since[k]);
            let second = since[k] > left;
            nearer[k] = if second { 1.0 } else { 0.0 };
            elapsed[k] = if second { left.wrapping_neg() } else { since[k] } as f64;
            length[k] = span[k].max(1) as f64;
            offset[k] = elapsed[k] / length[k];
        }
    }

    /// Turns them into the fractions before and after the query, which rotations weigh with.
    #[inline(always)]
    pub fn split(&mut self, n: usize) {
        let (nearer, offset) = (&self.nearer[..n], &self.offset[..n]);
        let (before, after) = (&mut self.before[..n], &mut self.after[..n]);
        for k in 0..n {
            before[k] = nearer[k] + offset[k];
            after[k] = (1.0 - nearer[k]) - offset[k];
        }
    }
}

/// A block's pairs of quaternions, and the weights that they get.
pub struct Weights {
    pub norm0: [f64; BLOCK],
    pub norm1: [f64; BLOCK],
    pub dot: [f64; BLOCK],
    pub first: [f64; BLOCK],
    pub second: [f64; BLOCK],
}

impl Weights {
    pub const fn new() -> Self {
        Self { norm0: [1.0; BLOCK], norm1: [1.0; BLOCK], dot: [1.0; BLOCK], first: [0.0; BLOCK], second: [0.0; BLOCK] }
    }
}
