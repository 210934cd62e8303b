//! Arithmetic and comparisons of exact ints and floats, where int64 and float64 give what Python does.

use std::cmp::Ordering;

/// Up to here a double holds every integer, so that the quotient of two is rounded once.
pub const EXACT: i64 = 1 << 53;

/// An int within int64, or a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Int(i64),
    Real(f64),
}

/// What a node of a chain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Pass,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What an arithmetic node calculates with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    Int(i64),
    Real(f64),
    /// An int beyond int64, and the float nearest to it, if there is one.
    Beyond(Option<f64>),
}

impl Operand {
    /// The float that Python turns it into when it meets one.
    pub fn real(self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(value as f64),
            Self::Real(value) => Some(value),
            Self::Beyond(value) => value,
        }
    }

    /// The same where the operation is one that floats do without an error.
    pub fn real_for(self, op: Op) -> Option<f64> {
        self.real().filter(|value| op != Op::Divide || *value != 0.0)
    }
}

/// Whether a double holds every integer up to this one.
pub fn is_exact(value: i64) -> bool {
    (-EXACT..=EXACT).contains(&value)
}

/// The result of a node for one number; None where only Python knows it.
#[inline]
pub fn calculate(op: Op, operand: Operand, x: Number) -> Option<Number> {
    let x = match (x, operand) {
        (x, _) if op == Op::Pass => return Some(x),
        (Number::Int(x), Operand::Int(y)) => return integers(op, x, y),
        (Number::Int(_), Operand::Beyond(_)) => return None,
        (Number::Int(x), Operand::Real(_)) => x as f64,
        (Number::Real(x), _) => x,
    };
    let y = operand.real_for(op)?;
    Some(Number::Real(match op {
        Op::Pass => x,
        Op::Add => x + y,
        Op::Subtract => x - y,
        Op::Multiply => x * y,
        Op::Divide => x / y,
    }))
}

fn integers(op: Op, x: i64, y: i64) -> Option<Number> {
    match op {
        Op::Pass => Some(x),
        Op::Add => x.checked_add(y),
        Op::Subtract => x.checked_sub(y),
        Op::Multiply => x.checked_mul(y),
        Op::Divide => {
            return (y != 0 && is_exact(x) && is_exact(y)).then(|| Number::Real(x as f64 / y as f64));
        }
    }
    .map(Number::Int)
}

/// How a filter or a router's rule compares an item with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// In the order of `paceline.pipeline.program.Comparison`.
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// Whether it holds; None is the order of a NaN and anything.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Whether a comparison holds; None where only Python knows it, which compares ints of any size exactly.
#[inline]
pub fn compare(comparison: Comparison, x: Number, value: Number) -> Option<bool> {
    let order = match (x, value) {
        (Number::Int(x), Number::Int(y)) => Some(x.cmp(&y)),
        (Number::Real(x), Number::Real(y)) => x.partial_cmp(&y),
        (Number::Int(x), Number::Real(y)) if is_exact(x) => (x as f64).partial_cmp(&y),
        (Number::Real(x), Number::Int(y)) if is_exact(y) => x.partial_cmp(&(y as f64)),
        _ => return None,
    };
    Some(comparison.holds(order))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stay_integers_until_they_leave_int64_or_are_divided() {
        let at = |op, y, x| calculate(op, Operand::Int(y), Number::Int(x));
        assert_eq!(at(Op::Add, 1, i64::MAX - 1), Some(Number::Int(i64::MAX)));
        assert_eq!(at(Op::Add, 1, i64::MAX), None);
        assert_eq!(at(Op::Subtract, 1, i64::MIN), None);
        assert_eq!(at(Op::Multiply, -1, i64::MIN), None);
        assert_eq!(at(Op::Divide, 2, 7), Some(Number::Real(3.5)));
        assert_eq!(at(Op::Divide, 0, 7), None);
        assert_eq!(at(Op::Divide, 1, EXACT), Some(Number::Real(EXACT as f64)));
        assert_eq!(at(Op::Divide, 1, EXACT + 1), None);
        assert_eq!(at(Op::Divide, EXACT + 1, 1), None);
    }

    #[test]
    fn a_float_on_either_side_makes_a_float() {
        assert_eq!(calculate(Op::Add, Operand::Real(0.5), Number::Int(i64::MAX)), Some(Number::Real(2f64.powi(63))));
        assert_eq!(calculate(Op::Add, Operand::Int(1), Number::Real(0.5)), Some(Number::Real(1.5)));
        assert_eq!(calculate(Op::Divide, Operand::Real(-0.0), Number::Real(1.0)), None);
        assert_eq!(calculate(Op::Multiply, Operand::Beyond(Some(1e20)), Number::Int(1)), None);
        assert_eq!(calculate(Op::Multiply, Operand::Beyond(Some(1e20)), Number::Real(2.0)), Some(Number::Real(2e20)));
        assert_eq!(calculate(Op::Multiply, Operand::Beyond(None), Number::Real(2.0)), None);
        assert_eq!(calculate(Op::Pass, Operand::Int(0), Number::Int(3)), Some(Number::Int(3)));
    }

    #[test]
    fn comparisons_are_those_of_exact_values() {
        use Number::{Int, Real};
        for comparison in Comparison::ALL {
            let nan = compare(comparison, Real(f64::NAN), Int(1));
            assert_eq!(nan, Some(comparison == Comparison::NotEqual));
            assert_eq!(compare(comparison, Int(EXACT + 1), Real(2f64.powi(53))), None);
            assert_eq!(compare(comparison, Real(2f64.powi(53)), Int(EXACT + 1)), None);
        }
        assert_eq!(compare(Comparison::Less, Int(1), Real(1.5)), Some(true));
        assert_eq!(compare(Comparison::GreaterOrEqual, Real(1.5), Int(2)), Some(false));
        assert_eq!(compare(Comparison::LessOrEqual, Int(i64::MIN), Int(i64::MIN)), Some(true));
        assert_eq!(compare(Comparison::Equal, Real(-0.0), Int(0)), Some(true));
    }
}
