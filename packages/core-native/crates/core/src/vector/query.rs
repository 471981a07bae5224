//! A query ready to be compared, and the scores of rows.

use bytemuck::cast_slice;

use super::block::{Block, bits_as_floats};
use super::kernels::{Sum, differing_bits, f32_prefix_sums, f32_sums, int8_prefix_sums, int8_sums};
use super::shape::{EXACT_SQUARES, Metric, Shape, TILE, VectorType};
use crate::CoreError;

/// A query of one table under one metric.
pub struct Query {
    metric: Metric,
    elements: Elements,
    /// One over its length, or 0 for a zero vector.
    inverse_length: f64,
}

enum Elements {
    F32(Vec<f32>),
    Int8(Vec<i8>),
    Bit(Vec<u8>),
}

impl Query {
    /// Makes a query of the bytes that a vector of the table would have.
    ///
    /// # Errors
    /// If they are not as long, or the metric does not suit the elements.
    pub fn new(shape: Shape, metric: Metric, bytes: &[u8]) -> Result<Self, CoreError> {
        shape.check(bytes)?;
        if (metric == Metric::Hamming) != (shape.kind == VectorType::Bit) {
            return Err(CoreError::InvalidArgument(format!(
                "metric {metric:?} does not measure {:?} vectors",
                shape.kind
            )));
        }
        let elements = match shape.kind {
            VectorType::F32 => {
                Elements::F32(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
            VectorType::Int8 => Elements::Int8(cast_slice(bytes).to_vec()),
            VectorType::Bit => Elements::Bit(bytes.to_vec()),
        };
        Ok(Self::of(metric, elements))
    }

    fn of(metric: Metric, elements: Elements) -> Self {
        let query = Self { metric, elements, inverse_length: 0.0 };
        let length = query.floats().iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
        Self { inverse_length: if length > 0.0 { 1.0 / length } else { 0.0 }, ..query }
    }

    /// Returns a query of the first dimensions, for `score_prefix`.
    pub(crate) fn prefix(&self, dimensions: usize) -> Self {
        let elements = match &self.elements {
            Elements::F32(values) => Elements::F32(values.iter().take(dimensions).copied().collect()),
            Elements::Int8(values) => Elements::Int8(values.iter().take(dimensions).copied().collect()),
            Elements::Bit(bytes) => Elements::Bit(bytes.clone()),
        };
        Self::of(self.metric, elements)
    }

    /// Computes rough scores of rows by their first dimensions, as many as this query has. Of bits it looks at all.
    pub(crate) fn score_prefix(&self, block: &Block, start: usize, scores: &mut [f64]) {
        let count = scores.len().min(TILE);
        let stride = block.dimensions();
        let cosine = |product: f64, square: f64| {
            if square > 0.0 { 1.0 - product / square.sqrt() * self.inverse_length } else { 1.0 }
        };
        let score = |sum: f64, square: f64| match self.metric {
            Metric::Cosine => cosine(sum, square),
            Metric::Dot => -sum,
            _ => sum,
        };
        let needs_squares = self.metric == Metric::Cosine;
        match &self.elements {
            Elements::F32(query) => {
                let rows = block.rows().elements(start, count);
                let (mut sums, mut squares) = ([0.0_f32; TILE], [0.0_f32; TILE]);
                f32_prefix_sums(self.sum(), query, stride, rows, &mut sums);
                if needs_squares {
                    f32_prefix_sums(Sum::Squares, query, stride, rows, &mut squares);
                }
                for (kept, (sum, square)) in scores.iter_mut().zip(sums.into_iter().zip(squares)) {
                    *kept = score(f64::from(sum), f64::from(square));
                }
            }
            Elements::Int8(query) => {
                let rows = block.rows().elements(start, count);
                let (mut sums, mut squares) = ([0_i32; TILE], [0_i32; TILE]);
                int8_prefix_sums(self.sum(), query, stride, rows, &mut sums);
                if needs_squares {
                    int8_prefix_sums(Sum::Squares, query, stride, rows, &mut squares);
                }
                for (kept, (sum, square)) in scores.iter_mut().zip(sums.into_iter().zip(squares)) {
                    *kept = score(f64::from(sum), f64::from(square));
                }
            }
            Elements::Bit(_) => self.score(block, start, scores),
        }
    }

    /// Returns the metric of the query.
    #[must_use]
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Returns the elements as floats.
    pub(crate) fn floats(&self) -> Vec<f32> {
        match &self.elements {
            Elements::F32(values) => values.clone(),
            Elements::Int8(values) => values.iter().map(|value| f32::from(*value)).collect(),
            Elements::Bit(bytes) => bits_as_floats(bytes),
        }
    }

    /// Returns the elements as floats, scaled to length 1 for cosine.
    pub(crate) fn direction(&self) -> Vec<f32> {
        let mut floats = self.floats();
        if self.metric == Metric::Cosine {
            floats.iter_mut().for_each(|value| *value = (f64::from(*value) * self.inverse_length) as f32);
        }
        floats
    }

    /// Computes the scores of as many rows as `scores` has, at most `TILE`: the smaller, the nearer. NaN if a row has
    /// none.
    pub(crate) fn score(&self, block: &Block, start: usize, scores: &mut [f64]) {
        let count = scores.len().min(TILE);
        match &self.elements {
            Elements::F32(query) => {
                let mut sums = [0.0_f32; TILE];
                let (sums, _) = sums.split_at_mut(count);
                f32_sums(self.sum(), query, block.rows().elements(start, count), sums);
                for (place, (score, sum)) in (start..).zip(scores.iter_mut().zip(sums)) {
                    let fast = match self.metric {
                        Metric::Cosine => block
                            .inverse_length(place)
                            .filter(|_| sum.is_finite())
                            .map(|inverse| 1.0 - f64::from(*sum) * f64::from(inverse) * self.inverse_length),
                        Metric::Dot => Some(-f64::from(*sum)).filter(|_| sum.is_finite()),
                        _ => Some(f64::from(*sum)).filter(|_| EXACT_SQUARES.contains(sum)),
                    };
                    *score = fast.unwrap_or_else(|| self.precise(block.rows().elements::<f32>(place, 1), query));
                }
            }
            Elements::Int8(query) => {
                let mut sums = [0; TILE];
                let (sums, _) = sums.split_at_mut(count);
                int8_sums(self.sum(), query, block.rows().elements(start, count), sums);
                for (place, (score, sum)) in (start..).zip(scores.iter_mut().zip(sums)) {
                    let fast = match self.metric {
                        Metric::Cosine => block
                            .inverse_length(place)
                            .map(|inverse| 1.0 - f64::from(*sum) * f64::from(inverse) * self.inverse_length),
                        Metric::Dot => Some(-f64::from(*sum)),
                        _ => Some(f64::from(*sum)),
                    };
                    *score = fast.unwrap_or_else(|| self.precise(block.rows().elements::<i8>(place, 1), query));
                }
            }
            Elements::Bit(query) => {
                let mut counts = [0; TILE];
                let (counts, _) = counts.split_at_mut(count);
                differing_bits(query, block.rows().bytes(start, count), counts);
                scores.iter_mut().zip(counts).for_each(|(score, count)| *score = f64::from(*count));
            }
        }
    }

    const fn sum(&self) -> Sum {
        match self.metric {
            Metric::Cosine | Metric::Hamming | Metric::Dot => Sum::Products,
            Metric::L2 => Sum::SquaredDifferences,
            Metric::L1 => Sum::Differences,
        }
    }

    /// Computes the score of one row in 64 bits: if 32 bits overflow or vanish, or if the length of the row is not
    /// kept.
    #[cold]
    fn precise<T: Copy + Into<f64>>(&self, row: &[T], query: &[T]) -> f64 {
        let pairs = || row.iter().zip(query).map(|(a, b)| -> (f64, f64) { ((*a).into(), (*b).into()) });
        match self.metric {
            Metric::L2 => pairs().map(|(a, b)| (a - b) * (a - b)).sum(),
            Metric::L1 => pairs().map(|(a, b)| (a - b).abs()).sum(),
            Metric::Dot => -pairs().map(|(a, b)| a * b).sum::<f64>(),
            Metric::Cosine | Metric::Hamming => {
                let length = pairs().map(|(a, _)| a * a).sum::<f64>().sqrt();
                let product = pairs().map(|(a, b)| a * b).sum::<f64>();
                // A zero vector has no direction. It counts as at right angles to every vector.
                if length == 0.0 { 1.0 } else { 1.0 - product / length * self.inverse_length }
            }
        }
    }
}
