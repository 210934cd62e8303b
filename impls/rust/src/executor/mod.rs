//! What an executor is made of, without Python objects: programs, typed numbers, chains of them, the sampling clock.

mod block;
mod chain;
mod clock;
mod number;
mod program;
mod tiles;
mod totals;

pub use block::{Lane, Step, apply, ends, fill, line_of};
pub use chain::{Chain, Integers, Turn};
pub use clock::{Counts, Laps, Row, Tally, Watch};
pub use number::{Comparison, EXACT, Number, Op, Operand, calculate, compare};
pub use program::{Fault, Program, Routes, Rule, Source, Task, Wiring};
pub use tiles::{apply_to, turn_to};
pub use totals::{Measured, Totals};
