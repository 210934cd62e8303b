//! All steps over a few registers of floats before the next ones are loaded.

use std::mem::MaybeUninit;

use crate::lanes::{Isa, Real, Vector};
use crate::level::{Level, Work};

use super::{Op, Step};

/// Registers that go through all steps together: enough to hide how long an operation takes.
const REGISTERS: usize = 8;

/// The numbers of the widest tile.
const WIDEST: usize = REGISTERS * 16;

/// Runs the steps over a block, in place.
#[inline(always)]
pub fn tiled<S: Isa, T: Real>(isa: S, steps: &[Step<T>], block: &mut [T]) {
    let mut tiles = block.chunks_exact_mut(REGISTERS * T::Vector::<S>::WIDTH);
    for tile in &mut tiles {
        let x = through(isa, steps, tile);
        store(x, tile);
    }
    let rest = tiles.into_remainder();
    if !rest.is_empty() {
        let padded = padded(isa, steps, rest);
        rest.copy_from_slice(&padded[..rest.len()]);
    }
}

/// What becomes of numbers that are too few for a tile, and of others.
#[inline(always)]
fn padded<S: Isa, T: Real>(isa: S, steps: &[Step<T>], rest: &[T]) -> [T; WIDEST] {
    let mut tile = [T::ONE; WIDEST];
    tile[..rest.len()].copy_from_slice(rest);
    let x = through(isa, steps, &tile);
    store::<S, T>(x, &mut tile);
    tile
}

#[inline(always)]
fn through<S: Isa, T: Real>(isa: S, steps: &[Step<T>], tile: &[T]) -> [T::Vector<S>; REGISTERS] {
    let mut x = [T::Vector::<S>::splat(isa, T::ONE); REGISTERS];
    for (x, from) in x.iter_mut().zip(tile.chunks_exact(T::Vector::<S>::WIDTH)) {
        *x = T::Vector::<S>::load(isa, from);
    }
    for step in steps {
        let y = T::Vector::<S>::splat(isa, step.operand);
        match step.op {
            Op::Pass => {}
            Op::Add => x.iter_mut().for_each(|x| *x = *x + y),
            Op::Subtract => x.iter_mut().for_each(|x| *x = *x - y),
            Op::Multiply => x.iter_mut().for_each(|x| *x = *x * y),
            Op::Divide => x.iter_mut().for_each(|x| *x = *x / y),
        }
    }
    x
}

#[inline(always)]
fn store<S: Isa, T: Real>(x: [T::Vector<S>; REGISTERS], tile: &mut [T]) {
    for (x, to) in x.iter().zip(tile.chunks_exact_mut(T::Vector::<S>::WIDTH)) {
        x.store(to);
    }
}

/// Runs the steps over a block and writes what becomes of it elsewhere, without a copy in between; both are equally
/// long.
pub fn apply_to<T: Real>(level: Level, steps: &[Step<T>], from: &[T], to: &mut [MaybeUninit<T>]) {
    struct StepsTo<'a, T>(&'a [Step<T>], &'a [T], &'a mut [MaybeUninit<T>]);

    impl<T: Real> Work for StepsTo<'_, T> {
        type Output = ();

        #[inline(always)]
        fn on<S: Isa>(self, isa: S) {
            let Self(steps, from, to) = self;
            isa.run(
                #[inline(always)]
                || {
                    let tile = REGISTERS * T::Vector::<S>::WIDTH;
                    let (mut from, mut to) = (from.chunks_exact(tile), to.chunks_exact_mut(tile));
                    for (from, to) in (&mut from).zip(&mut to) {
                        store(through(isa, steps, from), initialised(to));
                    }
                    let (from, to) = (from.remainder(), to.into_remainder());
                    if !from.is_empty() {
                        let padded = padded(isa, steps, from);
                        initialised(to).copy_from_slice(&padded[..from.len()]);
                    }
                },
            );
        }
    }

    level.run(StepsTo(steps, from, to));
}

/// Runs the steps over what integers have become, and writes it; both are equally long.
pub fn turn_to(
    level: Level,
    make: impl Fn(i64) -> f64,
    steps: &[Step<f64>],
    from: &[i64],
    to: &mut [MaybeUninit<f64>],
) {
    struct Turn<'a, F>(F, &'a [Step<f64>], &'a [i64], &'a mut [MaybeUninit<f64>]);

    impl<F: Fn(i64) -> f64> Work for Turn<'_, F> {
        type Output = ();

        #[inline(always)]
        fn on<S: Isa>(self, isa: S) {
            let Self(make, steps, from, to) = self;
            isa.run(
                #[inline(always)]
                || {
                    let tile = REGISTERS * S::F64::WIDTH;
                    let mut turned = [1.0; WIDEST];
                    let (mut from, mut to) = (from.chunks_exact(tile), to.chunks_exact_mut(tile));
                    for (from, to) in (&mut from).zip(&mut to) {
                        turned[..tile].iter_mut().zip(from).for_each(|(turned, x)| *turned = make(*x));
                        store::<S, f64>(through(isa, steps, &turned), initialised(to));
                    }
                    let (from, to) = (from.remainder(), to.into_remainder());
                    turned.iter_mut().zip(from).for_each(|(turned, x)| *turned = make(*x));
                    let rest = padded(isa, steps, &turned[..from.len()]);
                    initialised(to).copy_from_slice(&rest[..from.len()]);
                },
            );
        }
    }

    level.run(Turn(make, steps, from, to));
}

/// The same memory with something in it; compilers leave the writing out where the same is written again.
#[inline(always)]
fn initialised<T: Real>(to: &mut [MaybeUninit<T>]) -> &mut [T] {
    to.iter_mut().for_each(|x| {
        x.write(T::default());
    });
    // SAFETY: every element has just been written.
    unsafe { std::slice::from_raw_parts_mut(to.as_mut_ptr().cast(), to.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::apply;

    #[test]
    fn elsewhere_as_in_place() {
        let steps = [Step { op: Op::Divide, operand: 3.0 }, Step { op: Op::Add, operand: 0.1 }];
        for (level, n) in Level::available().flat_map(|level| [0, 1, 63, 64, 200].map(|n| (level, n))) {
            let from: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let mut to = vec![MaybeUninit::new(0.0); n];
            apply_to(level, &steps, &from, &mut to);
            let mut block = from.clone();
            apply(level, &steps, &mut block, 0, None);
            assert_eq!(initialised_values(&to), block);
            assert!(block.iter().zip(&from).all(|(y, x)| *y == x / 3.0 + 0.1));
        }
    }

    #[test]
    fn integers_turn_on_the_way() {
        let steps = [Step { op: Op::Divide, operand: 3.0 }, Step { op: Op::Add, operand: 0.1 }];
        for (level, n) in Level::available().flat_map(|level| [0, 1, 63, 64, 200].map(|n| (level, n))) {
            let from: Vec<i64> = (0..n).collect();
            let mut to = vec![MaybeUninit::new(0.0); from.len()];
            turn_to(level, |x| (x + 1) as f64, &steps, &from, &mut to);
            assert!(initialised_values(&to).iter().zip(&from).all(|(y, x)| *y == (x + 1) as f64 / 3.0 + 0.1));
        }
    }

    fn initialised_values(values: &[MaybeUninit<f64>]) -> Vec<f64> {
        // SAFETY: the caller has made them of numbers.
        values.iter().map(|x| unsafe { x.assume_init() }).collect()
    }
}
