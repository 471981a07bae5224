//! Element types, metrics, and what one vector takes.

use crate::CoreError;

/// What one vector is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorType {
    /// 32-bit floats, little-endian.
    F32,
    /// Signed bytes.
    Int8,
    /// Bits, eight a byte, the lowest first.
    Bit,
}

/// How far apart two vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// 1 - cos of the angle.
    Cosine,
    /// The Euclidean distance.
    L2,
    /// The sum of the absolute differences.
    L1,
    /// How many bits differ.
    Hamming,
}

impl VectorType {
    /// The type of a code that the TypeScript face gives.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::F32),
            1 => Some(Self::Int8),
            2 => Some(Self::Bit),
            _ => None,
        }
    }
}

impl Metric {
    /// The metric of a code that the TypeScript face gives.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::Cosine),
            1 => Some(Self::L2),
            2 => Some(Self::L1),
            3 => Some(Self::Hamming),
            _ => None,
        }
    }

    /// The distance of a score: scores order rows as distances do, and cost less.
    #[must_use]
    pub fn distance(self, score: f64) -> f64 {
        match self {
            Self::L2 => score.sqrt(),
            // Rounding may put the same direction a hair below nothing.
            Self::Cosine => score.max(0.0),
            Self::L1 | Self::Hamming => score,
        }
    }
}

/// What every vector of a table has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What they are made of.
    pub kind: VectorType,
    /// How many elements they have.
    pub dimensions: usize,
    /// Whether the table measures by cosine, so that the lengths of its vectors are kept beside them.
    pub keeps_lengths: bool,
}

impl Shape {
    /// The bytes of one vector.
    #[must_use]
    pub const fn row_bytes(&self) -> usize {
        match self.kind {
            VectorType::F32 => self.dimensions * 4,
            VectorType::Int8 => self.dimensions,
            VectorType::Bit => self.dimensions.div_ceil(8),
        }
    }

    /// What one row takes in memory, roughly, its sketch included.
    #[must_use]
    pub const fn resident_bytes(&self) -> usize {
        self.row_bytes() + self.dimensions / 4 + 32
    }

    pub(crate) fn check(&self, row: &[u8]) -> Result<(), CoreError> {
        if row.len() == self.row_bytes() {
            return Ok(());
        }
        Err(CoreError::InvalidArgument(format!(
            "a vector has {} bytes; one of {} dimensions has {}",
            row.len(),
            self.dimensions,
            self.row_bytes()
        )))
    }
}
