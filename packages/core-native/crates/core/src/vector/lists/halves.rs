//! Dividing rows into two halves that differ.

use super::products::product;

/// Rounds of finding the direction in which the rows differ most, and of moving the two centres.
const DIRECTION_ROUNDS: usize = 3;
const CENTRE_ROUNDS: usize = 3;
/// A half has at least this part of the rows.
const LEAST_PART: usize = 6;

/// Rows in two halves.
pub(super) struct Halves {
    /// Whether each row is in the second half.
    pub(super) is_second: Vec<bool>,
    pub(super) centres: [Vec<f32>; 2],
}

/// Divides rows into two halves, of which each has a good part of the rows. None if there are too few of them, or some
/// are not all numbers.
pub(super) fn halves(rows: &[f32], dimensions: usize) -> Option<Halves> {
    let rows: Vec<&[f32]> = rows.chunks_exact(dimensions.max(1)).collect();
    if rows.len() < 2 || rows.iter().any(|row| row.iter().any(|value| !value.is_finite())) {
        return None;
    }
    let by_median = median_sides(&rows, dimensions);
    let mut sides = by_median.clone();
    for _ in 0..CENTRE_ROUNDS {
        let [one, other] = centres(&rows, &sides, dimensions);
        let (half_one, half_other) = (product(&one, &one) / 2.0, product(&other, &other) / 2.0);
        let next: Vec<bool> =
            rows.iter().map(|row| product(row, &other) - half_other > product(row, &one) - half_one).collect();
        let count = next.iter().filter(|side| **side).count();
        if count.min(rows.len() - count) * LEAST_PART < rows.len() {
            sides = by_median;
            break;
        }
        if next == sides {
            break;
        }
        sides = next;
    }
    let centres = centres(&rows, &sides, dimensions);
    Some(Halves { is_second: sides, centres })
}

/// Divides rows in the middle, along the direction in which they differ most.
fn median_sides(rows: &[&[f32]], dimensions: usize) -> Vec<bool> {
    let mean = mean(rows.iter().copied(), dimensions);
    let mut direction: Vec<f32> = rows
        .iter()
        .map(|row| row.iter().zip(&mean).map(|(value, mean)| value - mean).collect::<Vec<f32>>())
        .max_by(|a, b| product(a, a).total_cmp(&product(b, b)))
        .unwrap_or_default();
    for _ in 0..DIRECTION_ROUNDS {
        let offset = product(&direction, &mean);
        let mut sum = vec![0.0_f32; dimensions];
        for row in rows {
            let along = product(&direction, row) - offset;
            sum.iter_mut().zip(row.iter().zip(&mean)).for_each(|(sum, (value, mean))| *sum += along * (value - mean));
        }
        let length = product(&sum, &sum).sqrt();
        if length.is_normal() {
            sum.iter_mut().for_each(|value| *value /= length);
            direction = sum;
        }
    }
    let mut order: Vec<(f32, usize)> = rows.iter().map(|row| product(&direction, row)).zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut sides = vec![false; rows.len()];
    for (_, place) in order.iter().skip(rows.len() / 2) {
        if let Some(side) = sides.get_mut(*place) {
            *side = true;
        }
    }
    sides
}

/// Returns the means of both sides.
fn centres(rows: &[&[f32]], sides: &[bool], dimensions: usize) -> [Vec<f32>; 2] {
    [false, true].map(|wanted| {
        let some = rows.iter().zip(sides).filter(|(_, side)| **side == wanted).map(|(row, _)| *row);
        mean(some, dimensions)
    })
}

fn mean<'a>(rows: impl Iterator<Item = &'a [f32]>, dimensions: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f32; dimensions];
    let mut count = 0.0;
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    if count > 0.0 {
        sum.iter_mut().for_each(|value| *value /= count);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_heaps_become_two_halves() {
        let rows: Vec<f32> =
            (0..40).flat_map(|row| [if row % 4 == 0 { 9.0 } else { 1.0 }, row as f32 / 40.0]).collect();
        let halves = halves(&rows, 2).unwrap_or_else(|| unreachable!("there are enough rows"));
        let [first, second] = halves.centres;
        let far = [first, second].map(|centre| centre.first().copied().unwrap_or_default());
        assert!(far.contains(&9.0) && far.contains(&1.0), "{far:?}");
        let rows_of_one = halves.is_second.iter().enumerate().filter(|(row, side)| (row % 4 == 0) == **side).count();
        assert!(rows_of_one == 0 || rows_of_one == 40);
    }

    #[test]
    fn equal_rows_are_divided_in_the_middle() {
        let halves = halves(&[1.0; 60], 2).unwrap_or_else(|| unreachable!("there are enough rows"));
        assert_eq!(halves.is_second.iter().filter(|side| **side).count(), 15);
        assert!(super::halves(&[1.0, f32::NAN, 3.0, 4.0], 2).is_none());
        assert!(super::halves(&[1.0, 2.0], 2).is_none());
    }
}
