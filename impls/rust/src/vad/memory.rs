//! The levels of the last seconds, in order of time and in ascending order.

/// Both orders in one piece of memory: frame i at i % size of the first half, all of them sorted in the second.
pub struct Memory<'a> {
    ring: &'a mut [f32],
    ordered: &'a mut [f32],
    /// Levels that have come, also those forgotten.
    seen: usize,
}

impl<'a> Memory<'a> {
    pub fn new(halves: &'a mut [f32], seen: usize) -> Self {
        let (ring, ordered) = halves.split_at_mut(halves.len() / 2);
        Self { ring, ordered, seen }
    }

    /// Takes a level in place of the oldest, and returns the lower quartile and the 95th percentile.
    #[inline(always)]
    pub fn insert(&mut self, level: f32) -> (f32, f32) {
        let size = self.ring.len();
        let at = self.seen % size;
        let known = self.seen.min(size);
        let old = self.ring[at];
        // Counting all of them takes less time than two searches whose branches nobody can foresee.
        let (mut place, mut gone) = (0_u32, 0_u32);
        for &other in &self.ordered[..known] {
            place += u32::from(other < level);
            gone += u32::from(other < old);
        }
        let (place, gone) = (place as usize, if known == size { gone as usize } else { known });
        if gone < place {
            self.ordered.copy_within(gone + 1..place, gone);
            self.ordered[place - 1] = level;
        } else {
            self.ordered.copy_within(place..gone, place + 1);
            self.ordered[place] = level;
        }
        self.ring[at] = level;
        self.seen += 1;
        let count = self.seen.min(size);
        (self.ordered[count / 4], self.ordered[count * 19 / 20])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_orders() {
        let mut halves = [0.0; 14];
        let mut all: Vec<f32> = vec![];
        let mut x = 12_345_u32;
        for seen in 0..100 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            all.push((x >> 29) as f32);
            let found = Memory::new(&mut halves, seen).insert(all[seen]);
            let mut known = all[all.len().saturating_sub(7)..].to_vec();
            known.sort_by(f32::total_cmp);
            assert_eq!(found, (known[known.len() / 4], known[known.len() * 19 / 20]));
            assert_eq!(halves[7..7 + known.len()], known);
        }
    }
}
