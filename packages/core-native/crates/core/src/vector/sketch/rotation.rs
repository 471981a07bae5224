//! A random rotation in n log n steps.

use pulp::{Arch, NullaryFnOnce};

/// How often signs are flipped at random and everything is mixed. Fewer rounds leave traces of the original dimensions.
const ROUNDS: usize = 4;

/// A rotation, the same for all vectors of a matrix.
#[derive(Clone)]
pub(crate) struct Rotation {
    /// A sign for each dimension, for each round.
    signs: Vec<Vec<f32>>,
    /// The largest power of two that fits the dimensions. Rounds mix the first and the last so many in turn, which
    /// overlap.
    window: usize,
}

impl Rotation {
    pub(crate) fn new(dimensions: usize) -> Self {
        let mut random = SplitMix(0x6b6f_6861_6b75);
        let signs = (0..ROUNDS).map(|_| (0..dimensions).map(|_| random.sign()).collect()).collect();
        Self { signs, window: if dimensions == 0 { 0 } else { 1 << dimensions.ilog2() } }
    }

    pub(crate) fn turn(&self, row: &mut [f32]) {
        Arch::new().dispatch(Turn { rotation: self, row });
    }
}

struct Turn<'a> {
    rotation: &'a Rotation,
    row: &'a mut [f32],
}

impl NullaryFnOnce for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Rotation { signs, window } = self.rotation;
        let scale = 1.0 / (*window as f32).sqrt();
        for (round, signs) in signs.iter().enumerate() {
            self.row.iter_mut().zip(signs).for_each(|(value, sign)| *value *= sign);
            let start = if round % 2 == 0 { 0 } else { self.row.len() - window };
            let (_, rest) = self.row.split_at_mut(start);
            let (mixed, _) = rest.split_at_mut((*window).min(rest.len()));
            walsh_hadamard(mixed);
            mixed.iter_mut().for_each(|value| *value *= scale);
        }
    }
}

/// Sums and differences of all with all: an orthogonal matrix of ones and minus ones, applied in n log n steps.
#[inline(always)]
fn walsh_hadamard(values: &mut [f32]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(half * 2) {
            let (low, high) = pair.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                (*low, *high) = (*low + *high, *low - *high);
            }
        }
        half *= 2;
    }
}

/// Numbers that look random and are the same in every run.
struct SplitMix(u64);

impl SplitMix {
    fn sign(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        if (mixed ^ (mixed >> 31)) & 1 == 0 { 1.0 } else { -1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_angles_stay() {
        for dimensions in [1, 2, 3, 7, 8, 100, 384, 1000] {
            let rotation = Rotation::new(dimensions);
            let mut a: Vec<f32> = (0..dimensions).map(|at| (at as f32 * 0.7).sin()).collect();
            let mut b: Vec<f32> = (0..dimensions).map(|at| (at as f32 * 0.3).cos()).collect();
            let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            let before = (product(&a, &a), product(&a, &b));
            rotation.turn(&mut a);
            rotation.turn(&mut b);
            let after = (product(&a, &a), product(&a, &b));
            assert!((before.0 - after.0).abs() < 1e-3 && (before.1 - after.1).abs() < 1e-3, "{dimensions}");
        }
    }

    #[test]
    fn one_dimension_is_spread_over_all() {
        let mut row: Vec<_> = (0..384).map(|at| if at == 5 { 1.0 } else { 0.0 }).collect();
        Rotation::new(384).turn(&mut row);
        let largest = row.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(largest < 0.25, "{largest}");
    }
}
