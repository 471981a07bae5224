//! What blocks, queries, searches and sketches share: element types, metrics, sizes.

use std::ops::RangeInclusive;

use crate::CoreError;
use crate::boundary::{metric, vector_type};

/// Sums of squares outside these lose digits in 32 bits, or overflow.
pub(crate) const EXACT_SQUARES: RangeInclusive<f32> = 1e-30..=1e37;

/// How many rows are scored at a time: few enough to stay in the processor's caches while several queries meet them.
pub(crate) const TILE: usize = 64;

/// What one vector is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorType {
    /// 32-bit floats, little-endian.
    F32,
    /// Signed bytes.
    Int8,
    /// Bits, eight to a byte, the lowest first.
    Bit,
}

/// How far apart two vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// 1 minus the cosine of the angle.
    Cosine,
    /// The Euclidean distance.
    L2,
    /// The sum of the absolute differences.
    L1,
    /// The number of different bits.
    Hamming,
    /// The negative of the product.
    Dot,
}

impl VectorType {
    /// Returns the type of a code of `boundary::vector_type`.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            vector_type::F32 => Some(Self::F32),
            vector_type::INT8 => Some(Self::Int8),
            vector_type::BIT => Some(Self::Bit),
            _ => None,
        }
    }
}

impl Metric {
    /// Returns the metric of a code of `boundary::metric`.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            metric::COSINE => Some(Self::Cosine),
            metric::L2 => Some(Self::L2),
            metric::L1 => Some(Self::L1),
            metric::HAMMING => Some(Self::Hamming),
            metric::DOT => Some(Self::Dot),
            _ => None,
        }
    }

    /// Returns the distance of a score. Scores order rows as distances do, and cost less.
    #[must_use]
    pub fn distance(self, score: f64) -> f64 {
        match self {
            Self::L2 => score.sqrt(),
            // Rounding may put the same direction a little below 0.
            Self::Cosine => score.max(0.0),
            // The negative of 0 is 0.
            Self::Dot => score + 0.0,
            Self::L1 | Self::Hamming => score,
        }
    }
}

/// What every vector of a table has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The type of their elements.
    pub kind: VectorType,
    /// The number of their elements.
    pub dimensions: usize,
    /// Whether the lengths of the vectors are kept beside them, because the table measures by cosine.
    pub keeps_lengths: bool,
}

impl Shape {
    /// Returns the bytes of one vector.
    #[must_use]
    pub const fn row_bytes(&self) -> usize {
        match self.kind {
            VectorType::F32 => self.dimensions * 4,
            VectorType::Int8 => self.dimensions,
            VectorType::Bit => self.dimensions.div_ceil(8),
        }
    }

    /// Returns roughly what one row takes in memory, including its sketch.
    #[must_use]
    pub const fn resident_bytes(&self) -> usize {
        self.row_bytes() + self.dimensions / 4 + 32
    }

    pub(crate) fn check(&self, row: &[u8]) -> Result<(), CoreError> {
        if row.len() == self.row_bytes() {
            return Ok(());
        }
        Err(CoreError::InvalidArgument(format!(
            "a vector has {} bytes; with {} dimensions expected {}",
            row.len(),
            self.dimensions,
            self.row_bytes()
        )))
    }
}
