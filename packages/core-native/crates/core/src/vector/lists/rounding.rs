//! Centroids with a byte per dimension, as the file keeps them.
//!
//! A code tells where a vector lies from the rounded centroid, so nothing is lost by the rounding. As bytes a centroid
//! is `| scale f32 | group u32 |`, and a signed byte for each dimension, which is multiplied by the scale.

use crate::CoreError;

const HEAD_BYTES: usize = 8;
const LARGEST: f32 = 127.0;
/// The group of a list that is not used any more. Codes may still belong to its centroid.
const RETIRED: u32 = u32::MAX;

/// A centroid beside its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) scale: f32,
    /// The group that it is in. None if the list is not used any more.
    pub(super) group: Option<u32>,
}

/// Rounds a centroid in place. Returns its scale.
pub(super) fn round(row: &mut [f32]) -> f32 {
    let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = if largest.is_finite() { (largest / LARGEST).max(f32::MIN_POSITIVE) } else { 1.0 };
    row.iter_mut().for_each(|value| *value = unrounded(level(*value, scale), scale));
    scale
}

/// Returns the number that a level stands for. The largest of all would become infinite.
fn unrounded(level: i8, scale: f32) -> f32 {
    (f32::from(level) * scale).clamp(f32::MIN, f32::MAX)
}

/// Returns a number from -127 to 127. What is not a number becomes 0.
fn level(value: f32, scale: f32) -> i8 {
    (value / scale).round().clamp(-LARGEST, LARGEST) as i8
}

/// Returns how many bytes a centroid takes.
pub(super) const fn record_bytes(dimensions: usize) -> usize {
    HEAD_BYTES + dimensions
}

/// Writes a rounded centroid behind what is there.
pub(super) fn write(row: &[f32], kept: Kept, bytes: &mut Vec<u8>) {
    bytes.extend(kept.scale.to_le_bytes());
    bytes.extend(kept.group.unwrap_or(RETIRED).to_le_bytes());
    bytes.extend(row.iter().map(|value| level(*value, kept.scale).cast_unsigned()));
}

/// Centroids, one after another.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rounded {
    pub(super) rows: Vec<f32>,
    /// Half of the squared length of each.
    pub(super) halves: Vec<f32>,
    pub(super) kept: Vec<Kept>,
}

/// Returns half of the squared length of a centroid.
fn half_square(levels: &[u8], scale: f32) -> f32 {
    let sum: i32 = levels.iter().map(|level| i32::from(level.cast_signed())).map(|level| level * level).sum();
    sum as f32 * scale * scale / 2.0
}

/// Reads centroids.
///
/// # Errors
/// If the bytes have another length, or none, or a scale is not a positive number.
pub(super) fn read(dimensions: usize, bytes: &[u8]) -> Result<Rounded, CoreError> {
    let record = record_bytes(dimensions);
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        return Err(CoreError::Corrupt(format!(
            "the centroids have {} bytes; expected a multiple of {record}",
            bytes.len()
        )));
    }
    let count = bytes.len() / record;
    let mut all = Rounded { rows: Vec::with_capacity(count * dimensions), ..Rounded::default() };
    for record in bytes.chunks_exact(record) {
        let Some(([a, b, c, d, e, f, g, h], levels)) = record.split_first_chunk::<HEAD_BYTES>() else { continue };
        let (scale, group) = (f32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]));
        if !(scale.is_finite() && scale > 0.0) || (group != RETIRED && group as usize >= count) {
            return Err(CoreError::Corrupt(format!("a centroid has the scale {scale} and the group {group}")));
        }
        all.rows.extend(levels.iter().map(|level| unrounded(level.cast_signed(), scale)));
        all.halves.push(half_square(levels, scale));
        all.kept.push(Kept { scale, group: (group != RETIRED).then_some(group) });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_rounded_is_read_as_it_was(mut row in vec(-3.0_f32..3.0, 1..40)) {
            let given = row.clone();
            let scale = round(&mut row);
            prop_assert!(given.iter().zip(&row).all(|(a, b)| (a - b).abs() <= scale * 0.51));
            let kept = Kept { scale, group: None };
            let mut bytes = Vec::new();
            write(&row, kept, &mut bytes);
            prop_assert_eq!(bytes.len(), record_bytes(row.len()));
            let half = row.iter().map(|value| value * value).sum::<f32>() / 2.0;
            let all = read(row.len(), &bytes).unwrap_or_default();
            prop_assert_eq!((&all.rows, &all.kept), (&row, &vec![kept]));
            prop_assert!(all.halves.iter().all(|read| (read - half).abs() <= half * 1e-5));
            prop_assert!(read(row.len(), bytes.get(1..).unwrap_or_default()).is_err());
        }
    }

    #[test]
    fn zeros_and_what_is_not_a_number_become_numbers() {
        for value in [0.0, f32::NAN, f32::INFINITY, f32::MAX] {
            let mut row = [value, 0.5];
            assert!(round(&mut row) > 0.0);
            assert!(row.iter().all(|value| value.is_finite()));
        }
    }
}
