//! Count, extremes, sum, mean and spread.

use pulp::Simd;

use super::number::{BlockSum, Number, Work, dispatch, float_sum};
use crate::boundary::summary_place;
use crate::packer::element::ElementType;

/// The numbers that are handled at a time: so few that they are still near when they are needed again.
const BLOCK: usize = 4096;

/// What is wanted of a piece. The count is always determined.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// The least and the greatest value.
    pub extremes: bool,
    /// The sum.
    pub sum: bool,
    /// The sum, the mean, and the sum of the squared distances from the mean.
    pub spread: bool,
}

/// What was determined of a piece. Without any value, only the count says something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The numbers that are not NaN.
    pub count: u64,
    /// The least value, as its slot.
    pub least: u64,
    /// The greatest value, as its slot.
    pub greatest: u64,
    /// The sum.
    pub sum: BlockSum,
    /// The mean.
    pub mean: f64,
    /// The sum of the squared distances from the mean.
    pub squares: f64,
}

impl Summary {
    /// Returns it as JavaScript gets it: doubles and 64-bit integers, in the order of `summary_place`.
    #[must_use]
    pub const fn slots(&self) -> [u64; summary_place::PLACES] {
        let (low, high) = match self.sum {
            BlockSum::Float(sum) => (sum.to_bits(), 0),
            BlockSum::Integer(sum) => (sum as u64, (sum >> 64) as u64),
        };
        let count = (self.count as f64).to_bits();
        [count, self.least, self.greatest, low, high, self.mean.to_bits(), self.squares.to_bits()]
    }
}

/// Determines what is wanted of a piece.
#[must_use]
pub fn summarize(kind: ElementType, bytes: &[u8], wanted: Wanted) -> Summary {
    dispatch(kind, bytes, wanted)
}

impl Work for Wanted {
    type Output = Summary;

    #[inline(always)]
    fn on<T: Number, S: Simd>(self, simd: S, values: &[T]) -> Summary {
        let mut total = Total::new(T::block_sum(simd, &[]).0);
        for block in values.chunks(BLOCK) {
            if self.extremes {
                (total.least, total.greatest) = T::extremes(simd, block, total.least, total.greatest);
            }
            let count = if self.sum || self.spread {
                let (sum, count) = T::block_sum(simd, block);
                if count > 0 {
                    total.add(sum);
                    if self.spread {
                        let mean = sum.to_f64() / count as f64;
                        let squares =
                            if count < block.len() { squares(block, mean) } else { T::squares(simd, block, mean) };
                        total.spread(count as f64, mean, squares);
                    }
                }
                count
            } else {
                block.iter().map(|value| usize::from(value.is_value())).sum()
            };
            total.count += count as u64;
        }
        total.summary()
    }
}

/// What is known of the blocks so far.
struct Total<T> {
    count: u64,
    least: T,
    greatest: T,
    sum: BlockSum,
    /// What the sum of floats has lost by rounding.
    lost: f64,
    mean: f64,
    squares: f64,
}

impl<T: Number> Total<T> {
    fn new(sum: BlockSum) -> Self {
        Self { count: 0, least: T::GREATEST, greatest: T::LEAST, sum, lost: 0.0, mean: 0.0, squares: 0.0 }
    }

    fn add(&mut self, sum: BlockSum) {
        self.sum = match (self.sum, sum) {
            (BlockSum::Integer(before), BlockSum::Integer(sum)) => BlockSum::Integer(before + sum),
            (before, sum) => {
                let (before, sum) = (before.to_f64(), sum.to_f64());
                let after = before + sum;
                self.lost += if before.abs() >= sum.abs() { (before - after) + sum } else { (sum - after) + before };
                BlockSum::Float(after)
            }
        };
    }

    /// Adds the mean of more values, and their squared distances from it.
    fn spread(&mut self, count: f64, mean: f64, squares: f64) {
        let before = self.count as f64;
        let distance = mean - self.mean;
        self.mean += distance * count / (before + count);
        self.squares += squares + distance * distance * before * count / (before + count);
    }

    fn summary(self) -> Summary {
        let sum = match self.sum {
            // Nothing is known to be lost of an infinity.
            BlockSum::Float(sum) if sum.is_finite() => BlockSum::Float(sum + self.lost),
            sum => sum,
        };
        let Self { count, mean, squares, .. } = self;
        Summary { count, least: self.least.slot(), greatest: self.greatest.slot(), sum, mean, squares }
    }
}

/// Adds up the squared distances from a mean, without NaN.
#[inline(always)]
fn squares<T: Number>(block: &[T], mean: f64) -> f64 {
    float_sum(block, |value| {
        let distance = value.to_f64() - mean;
        if value.is_value() { distance * distance } else { 0.0 }
    })
}
