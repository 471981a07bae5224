//! What the sketches of one matrix have in common.

use super::rotation::Rotation;

/// A larger sample tells no more about the mean.
const SAMPLED_ROWS: usize = 8192;

/// The mean and the rotation of one matrix.
#[derive(Clone)]
pub(crate) struct Sketcher {
    mean: Vec<f32>,
    rotation: Rotation,
}

impl Sketcher {
    /// Makes a sketcher of a sample of rows.
    pub(crate) fn of(dimensions: usize, sample: impl Iterator<Item = Vec<f32>>) -> Self {
        let mut sums = vec![0.0_f64; dimensions];
        let mut count = 0.0;
        for row in sample {
            // What Python stored there may not be a number, and must not spoil the other rows.
            if row.iter().all(|value| value.is_finite()) {
                sums.iter_mut().zip(&row).for_each(|(sum, value)| *sum += f64::from(*value));
                count += 1.0;
            }
        }
        let mean = sums.iter().map(|sum| if count > 0.0 { (sum / count) as f32 } else { 0.0 }).collect();
        Self { mean, rotation: Rotation::new(dimensions) }
    }

    /// Makes a sketcher of a mean that is known.
    pub(crate) fn with_mean(mean: Vec<f32>) -> Self {
        let rotation = Rotation::new(mean.len());
        Self { mean, rotation }
    }

    pub(crate) fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Returns how far apart the sampled rows of so many are.
    pub(crate) fn stride(rows: usize) -> usize {
        rows.div_ceil(SAMPLED_ROWS).max(1)
    }

    /// Moves and rotates a row.
    pub(crate) fn turn(&self, row: &mut [f32]) {
        row.iter_mut().zip(&self.mean).for_each(|(value, mean)| *value -= mean);
        self.rotation.turn(row);
    }

    /// Rotates a direction, of which only the products with moved rows count.
    pub(crate) fn rotate(&self, direction: &mut [f32]) {
        self.rotation.turn(direction);
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.mean.len()
    }
}
