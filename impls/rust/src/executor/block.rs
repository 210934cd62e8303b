//! Node after node over a block of numbers that stays in cache.

use std::mem::MaybeUninit;

use crate::lanes::Isa;
use crate::level::{Level, Work};

use super::tiles::tiled;
use super::{Laps, Op};

/// A node of a chain, for numbers of one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<T> {
    pub op: Op,
    pub operand: T,
}

/// A number of a block.
pub trait Lane: Copy {
    /// Runs the steps over a block, in place.
    fn run<S: Isa>(isa: S, steps: &[Step<Self>], block: &mut [Self]);
}

macro_rules! real {
    ($($real:ident),*) => { $(
        impl Lane for $real {
            #[inline(always)]
            fn run<S: Isa>(isa: S, steps: &[Step<Self>], block: &mut [Self]) {
                tiled(isa, steps, block);
            }
        }
    )* };
}
real!(f32, f64);

impl Lane for i64 {
    #[inline(always)]
    fn run<S: Isa>(_: S, steps: &[Step<Self>], block: &mut [Self]) {
        let make = line_of(steps);
        block.iter_mut().for_each(|x| *x = make(*x));
    }
}

/// All steps of integers are one product and one sum: what leaves int64 on the way comes back, if the result is within
/// it. Blocks with results that are not are not run, see `Integers::fit`; a division has made floats of them before.
pub fn line_of(steps: &[Step<i64>]) -> impl Fn(i64) -> i64 + Copy {
    let (factor, term) = steps.iter().fold((1_i64, 0_i64), |(factor, term), step| match step.op {
        Op::Pass | Op::Divide => (factor, term),
        Op::Add => (factor, term.wrapping_add(step.operand)),
        Op::Subtract => (factor, term.wrapping_sub(step.operand)),
        Op::Multiply => (factor.wrapping_mul(step.operand), term.wrapping_mul(step.operand)),
    });
    #[inline(always)]
    move |x: i64| x.wrapping_mul(factor).wrapping_add(term)
}

/// Runs the steps, in place; with laps, one by one, the first of them being
/// the node `first`; passing takes no time.
pub fn apply<T: Lane>(level: Level, steps: &[Step<T>], block: &mut [T], first: usize, laps: Option<&mut Laps>) {
    let Some(laps) = laps else { return level.run(Steps { steps, block }) };
    for (node, step) in (first..).zip(steps) {
        if step.op != Op::Pass {
            level.run(Steps { steps: std::slice::from_ref(step), block });
            laps.lap(node);
        }
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
            || T::run(isa, steps, block),
        );
    }
}

/// Writes what a function makes of each number of a block; both are equally long.
pub fn fill<T: Copy, U>(level: Level, from: &[T], to: &mut [MaybeUninit<U>], make: impl Fn(T) -> U) {
    struct Fill<'a, T, U, F>(&'a [T], &'a mut [MaybeUninit<U>], F);

    impl<T: Copy, U, F: Fn(T) -> U> Work for Fill<'_, T, U, F> {
        type Output = ();

        #[inline(always)]
        fn on<S: Isa>(self, isa: S) {
            let Self(from, to, make) = self;
            isa.run(
                #[inline(always)]
                || {
                    to.iter_mut().zip(from).for_each(|(to, x)| {
                        to.write(make(*x));
                    });
                },
            );
        }
    }

    level.run(Fill(from, to, make));
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
    fn integers_are_exact_where_the_ends_fit() {
        let step = |op, operand| Step { op, operand };
        let steps = [step(Op::Add, 5), step(Op::Multiply, -3), step(Op::Subtract, 1 << 40), step(Op::Pass, 0)];
        for level in Level::available() {
            let mut block: Vec<i64> = (-40..40).collect();
            apply(level, &steps, &mut block, 0, None);
            assert!(block.iter().zip(-40..).all(|(y, x)| *y == (x + 5) * -3 - (1 << 40)));
            apply(level, &steps[..1], &mut block, 0, None);
            assert_eq!(block[0], (-35) * -3 - (1 << 40) + 5);
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
