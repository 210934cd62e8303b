//! A line of pass-through and arithmetic nodes, made ready for numbers of each type.

use super::block::Step;
use super::number::{Op, Operand, is_exact};

/// A chain, and what each type of number meets in it.
#[derive(Clone, Debug)]
pub struct Chain {
    reals: Vec<Step<f64>>,
    singles: Vec<Step<f32>>,
    ints: Vec<Step<i64>>,
    /// The nodes from here on are for floats; those before have an operand that is not.
    reals_from: usize,
    /// None: there is a node that integers cannot pass.
    turn: Option<Turn>,
}

/// Where integers become floats; the same for all of them, because only the nodes decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Never,
    /// At a float operand.
    Rounded,
    /// At the division by an integer: beyond 2**53 a quotient would be rounded twice.
    Exact,
}

/// What integers meet.
#[derive(Clone, Copy, Debug)]
pub struct Integers<'a> {
    pub steps: &'a [Step<i64>],
    pub turn: Turn,
    /// The nodes from the turn on.
    pub rest: &'a [Step<f64>],
}

impl Chain {
    /// Makes a chain of its nodes.
    pub fn new(nodes: &[(Op, Operand)]) -> Self {
        let reals_from = nodes
            .iter()
            .rposition(|&(op, operand)| op != Op::Pass && operand.real_for(op).is_none())
            .map_or(0, |node| node + 1);
        let real = |(op, operand): &(Op, Operand)| (*op, operand.real().unwrap_or_default());
        let reals = nodes.iter().map(real).map(|(op, y)| without_quotient(op, y)).collect();
        let singles = nodes.iter().map(real).map(|(op, y)| single_without_quotient(op, y as f32)).collect();
        let ints: Vec<_> = nodes.iter().map_while(|&(op, operand)| whole(op, operand)).collect();
        let turn = match nodes.get(ints.len()) {
            None => Some(Turn::Never),
            Some((_, Operand::Real(_))) => Some(Turn::Rounded),
            Some((Op::Divide, Operand::Int(divisor))) if is_exact(*divisor) => Some(Turn::Exact),
            Some(_) => None,
        };
        let turn = turn.filter(|_| reals_from <= ints.len());
        Self { reals, singles, ints, reals_from, turn }
    }

    /// Whether items only pass.
    pub fn is_copy(&self) -> bool {
        self.reals.iter().all(|step| step.op == Op::Pass)
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.reals.len()
    }

    /// What floats meet; None where a node is not for them.
    pub fn reals(&self) -> Option<&[Step<f64>]> {
        (self.reals_from == 0).then_some(&self.reals)
    }

    /// What floats of single precision meet, each operand rounded to it.
    pub fn singles(&self) -> Option<&[Step<f32>]> {
        (self.reals_from == 0).then_some(&self.singles)
    }

    /// What integers meet; None where a node is not for them.
    pub fn integers(&self) -> Option<Integers<'_>> {
        let rest = &self.reals[self.ints.len()..];
        self.turn.map(|turn| Integers { steps: &self.ints, turn, rest })
    }
}

/// A division by a power of two is a product with its reciprocal: the same number, rounded once.
fn without_quotient(op: Op, operand: f64) -> Step<f64> {
    let reciprocal = 1.0 / operand;
    let is_power = |y: f64| y.is_normal() && y.to_bits() << 12 == 0;
    if op == Op::Divide && is_power(operand) && is_power(reciprocal) {
        return Step { op: Op::Multiply, operand: reciprocal };
    }
    Step { op, operand }
}

/// The same; a reciprocal that is not normal in single precision is left alone.
fn single_without_quotient(op: Op, operand: f32) -> Step<f32> {
    let reciprocal = 1.0 / operand;
    let is_power = |y: f32| y.is_normal() && y.to_bits() << 9 == 0;
    if op == Op::Divide && is_power(operand) && is_power(reciprocal) {
        return Step { op: Op::Multiply, operand: reciprocal };
    }
    Step { op, operand }
}

/// A node that leaves integers integers.
fn whole(op: Op, operand: Operand) -> Option<Step<i64>> {
    match operand {
        _ if op == Op::Pass => Some(Step { op, operand: 0 }),
        Operand::Int(operand) if op != Op::Divide => Some(Step { op, operand }),
        _ => None,
    }
}

impl Integers<'_> {
    /// Whether the exact results of all integers from low to high are int64's: every node is monotonic, so that the
    /// ends stay the ends.
    pub fn fit(&self, low: i64, high: i64) -> bool {
        let through = |end: i64| {
            self.steps.iter().try_fold(end, |x, step| match step.op {
                Op::Add => x.checked_add(step.operand),
                Op::Subtract => x.checked_sub(step.operand),
                Op::Multiply => x.checked_mul(step.operand),
                Op::Pass | Op::Divide => Some(x),
            })
        };
        let fits = |end| through(end).is_some_and(|x| self.turn != Turn::Exact || is_exact(x));
        fits(low) && fits(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(nodes: &[(Op, Operand)]) -> Chain {
        Chain::new(nodes)
    }

    #[test]
    fn integers_turn_at_the_first_quotient_or_float() {
        let never = chain(&[(Op::Pass, Operand::Int(0)), (Op::Multiply, Operand::Int(3))]);
        assert_eq!(never.integers().unwrap().turn, Turn::Never);
        let exact = chain(&[(Op::Add, Operand::Int(1)), (Op::Divide, Operand::Int(2)), (Op::Add, Operand::Int(1))]);
        let integers = exact.integers().unwrap();
        assert_eq!((integers.turn, integers.steps.len(), integers.rest.len()), (Turn::Exact, 1, 2));
        let rounded = chain(&[(Op::Add, Operand::Real(0.5))]);
        assert_eq!(rounded.integers().unwrap().turn, Turn::Rounded);
    }

    #[test]
    fn what_only_python_can_do_is_refused() {
        let zero = chain(&[(Op::Divide, Operand::Int(0))]);
        assert!(zero.reals().is_none() && zero.integers().is_none() && zero.singles().is_none());
        let zero = chain(&[(Op::Add, Operand::Int(1)), (Op::Divide, Operand::Real(-0.0))]);
        assert!(zero.reals().is_none() && zero.integers().is_none());
        let large = chain(&[(Op::Add, Operand::Beyond(Some(1e20)))]);
        assert!(large.reals().is_some() && large.integers().is_none());
        let larger = chain(&[(Op::Add, Operand::Beyond(None))]);
        assert!(larger.reals().is_none() && larger.integers().is_none());
        let after = chain(&[(Op::Add, Operand::Real(1.0)), (Op::Add, Operand::Beyond(Some(1e20)))]);
        assert!(after.integers().is_some());
    }

    #[test]
    fn quotients_by_powers_of_two_are_products() {
        let by = |y: f64| chain(&[(Op::Divide, Operand::Real(y))]).reals().unwrap()[0];
        assert_eq!(by(-4.0), Step { op: Op::Multiply, operand: -0.25 });
        for y in [3.0, f64::MIN_POSITIVE / 2.0, f64::INFINITY, 2f64.powi(1023), f64::NAN] {
            assert_eq!(by(y).op, Op::Divide);
        }
        for y in [2f64.powi(-1022), 2f64.powi(1022), 0.5] {
            for x in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.1, f64::INFINITY] {
                assert_eq!(x * by(y).operand, x / y);
            }
        }
    }

    #[test]
    fn ends_tell_whether_all_results_fit() {
        let integers = chain(&[(Op::Multiply, Operand::Int(-2)), (Op::Add, Operand::Int(1))]);
        let integers = integers.integers().unwrap();
        assert!(integers.fit(-(1 << 61), 1 << 62));
        assert!(!integers.fit(0, (1 << 62) + 1));
        assert!(!integers.fit(-(1 << 62), 0));
        let quotient = chain(&[(Op::Subtract, Operand::Int(1)), (Op::Divide, Operand::Int(3))]);
        assert!(quotient.integers().unwrap().fit(-(1 << 53) + 1, (1 << 53) + 1));
        assert!(!quotient.integers().unwrap().fit(-(1 << 53), 0));
    }
}
