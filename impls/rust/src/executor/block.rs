//! Node after node over a block of numbers that stays in cache.

use crate::lanes::Isa;
use crate::level::{Level, Work};

use super::{Laps, Op};

/// A node of a chain, for numbers of one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<T> {
    pub op: Op,
    pub operand: T,
}

/// A number of a block.
pub trait Lane: Copy {
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    fn divide(self, other: Self) -> Self;
}

macro_rules! real {
    ($($real:ident),*) => { $(
        impl Lane for $real {
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }

            #[inline(always)]
            fn subtract(self, other: Self) -> Self {
                self - other
            }

            #[inline(always)]
            fn multiply(self, other: Self) -> Self {
                self * other
            }

            #[inline(always)]
            fn divide(self, other: Self) -> Self {
                self / other
            }
        }
    )* };
}
real!(f32, f64);

/// Blocks whose results do not fit are not run, see `Integers::fit`.
impl Lane for i64 {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }

    #[inline(always)]
    fn multiply(self, other: Self) -> Self {
        self.wrapping_mul(other)
    }

    /// Never asked for: integers that are divided have become floats.
    #[inline(always)]
    fn divide(self, _: Self) -> Self {
        self
    }
}

/// Runs the steps, in place; with laps, one by one, the first of them being the node `first`.
pub fn apply<T: Lane>(level: Level, steps: &[Step<T>], block: &mut [T], first: usize, laps: Option<&mut Laps>) {
    let Some(laps) = laps else { return level.run(Steps { steps, block }) };
    for (node, step) in (first..).zip(steps) {
        level.run(Steps { steps: std::slice::from_ref(step), block });
        laps.lap(node);
    }
}

struct Steps<'a, T> {
    steps: &'a [Step<T>],
    block: &'a mut [T],
}

impl<T: Lane> Work for Steps<'_, T> {
    type Output = ();

    #[inline(always)]
    fn on<S: Isa>(self, isa: S) {
        let Self { steps, block } = self;
        isa.run(
            #[inline(always)]
            || {
                for step in steps {
                    let y = step.operand;
                    match step.op {
                        Op::Pass => {}
                        Op::Add => block.iter_mut().for_each(|x| *x = x.add(y)),
                        Op::Subtract => block.iter_mut().for_each(|x| *x = x.subtract(y)),
                        Op::Multiply => block.iter_mut().for_each(|x| *x = x.multiply(y)),
                        Op::Divide => block.iter_mut().for_each(|x| *x = x.divide(y)),
                    }
                }
            },
        );
    }
}

/// The least and the greatest of a block; (MAX, MIN) of an empty one.
pub fn ends(level: Level, block: &[i64]) -> (i64, i64) {
    struct Ends<'a>(&'a [i64]);

    impl Work for Ends<'_> {
        type Output = (i64, i64);

        #[inline(always)]
        fn on<S: Isa>(self, isa: S) -> (i64, i64) {
            isa.run(
                #[inline(always)]
                || self.0.iter().fold((i64::MAX, i64::MIN), |(low, high), &x| (low.min(x), high.max(x))),
            )
        }
    }

    level.run(Ends(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_gives_the_same_bits() {
        let ops = [Op::Add, Op::Multiply, Op::Subtract, Op::Divide, Op::Pass];
        let steps: Vec<_> = ops.iter().map(|&op| Step { op, operand: 1.1 }).collect();
        let values: Vec<f64> = (0..77).map(|i| 0.3 * i as f64 - 7.0).collect();
        let expected: Vec<f64> = values.iter().map(|x| ((x + 1.1) * 1.1 - 1.1) / 1.1).collect();
        for level in Level::available() {
            let mut block = values.clone();
            apply(level, &steps, &mut block, 0, None);
            assert_eq!(block, expected);
            let (mut block, mut laps) = (values.clone(), Laps::start(steps.len()));
            apply(level, &steps, &mut block, 0, Some(&mut laps));
            assert_eq!(block, expected);
        }
    }

    #[test]
    fn ends_of_a_block() {
        for level in Level::available() {
            let block: Vec<i64> = (0..100).map(|i| (i * 37) % 100 - 50).collect();
            assert_eq!(ends(level, &block), (-50, 49));
            assert_eq!(ends(level, &[]), (i64::MAX, i64::MIN));
            assert_eq!(ends(level, &[i64::MIN, i64::MAX]), (i64::MIN, i64::MAX));
        }
    }
}
