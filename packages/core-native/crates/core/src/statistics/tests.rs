#![allow(clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::summary::{Wanted, summarize};
use super::{buckets, histogram, number::BlockSum, ranks, search};
use crate::boundary::{bucket_place, key_step};
use crate::packer::element::ElementType;

const ALL: Wanted = Wanted { extremes: true, sum: true, spread: true };

fn bytes_of<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

fn some_doubles() -> impl Strategy<Value = Vec<f64>> {
    vec(prop_oneof![8 => -1e6_f64..1e6, 1 => Just(f64::NAN), 1 => Just(0.0), 1 => Just(-0.0)], 0..3000)
}

/// Finds the number of a rank, as the caller does: step by step.
fn of_rank(kind: ElementType, bytes: &[u8], mut rank: f64) -> u64 {
    let key_bits = 8 * kind.size() as u32;
    let (mut prefix, mut known) = (0_u64, 0);
    while known < key_bits {
        let step = key_step::BITS.min(key_bits - known);
        let mut counts = vec![0.0; 1 << step];
        ranks::count_next(kind, bytes, prefix, known, &mut counts);
        let next = counts.iter().position(|count| {
            let is_here = rank < *count;
            if !is_here {
                rank -= count;
            }
            is_here
        });
        prefix = prefix << step | next.unwrap_or_default() as u64;
        known += step;
    }
    ranks::slot_of_key(kind, prefix)
}

proptest! {
    #[test]
    fn a_summary_is_that_of_plain_loops(values in some_doubles()) {
        let summary = summarize(ElementType::F64, &bytes_of(&values), ALL);
        let kept: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        let count = kept.len() as f64;
        prop_assert_eq!(summary.count, kept.len() as u64);
        if kept.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(f64::from_bits(summary.least), kept.iter().copied().fold(f64::INFINITY, f64::min));
        prop_assert_eq!(f64::from_bits(summary.greatest), kept.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        let mean = kept.iter().sum::<f64>() / count;
        let squares: f64 = kept.iter().map(|value| (value - mean).powi(2)).sum();
        prop_assert!((summary.sum.to_f64() - kept.iter().sum::<f64>()).abs() < 1e-3);
        prop_assert!((summary.mean - mean).abs() < 1e-6);
        prop_assert!((summary.squares - squares).abs() <= 1e-9 * squares + 1e-6, "{} {squares}", summary.squares);
    }

    #[test]
    fn sums_of_integers_are_exact(signed in vec(any::<i64>(), 0..3000), short in vec(any::<i16>(), 0..3000)) {
        let unsigned: Vec<u64> = signed.iter().map(|value| value.cast_unsigned()).collect();
        let sum = |kind, bytes: &[u8]| summarize(kind, bytes, ALL).sum;
        let wide = |values: &[i64]| BlockSum::Integer(values.iter().map(|value| i128::from(*value)).sum());
        prop_assert_eq!(sum(ElementType::I64, &bytes_of(&signed)), wide(&signed));
        let expected = unsigned.iter().map(|value| i128::from(*value)).sum();
        prop_assert_eq!(sum(ElementType::U64, &bytes_of(&unsigned)), BlockSum::Integer(expected));
        let expected = short.iter().map(|value| i128::from(*value)).sum();
        prop_assert_eq!(sum(ElementType::I16, &bytes_of(&short)), BlockSum::Integer(expected));
    }

    #[test]
    fn bytes_at_any_address_are_read(values in vec(any::<i32>(), 0..100)) {
        let mut bytes = vec![0];
        bytes.extend(bytes_of(&values));
        let sum = summarize(ElementType::I32, bytes.get(1..).unwrap_or_default(), ALL).sum;
        prop_assert_eq!(sum, BlockSum::Integer(values.iter().map(|value| i128::from(*value)).sum()));
    }

    #[test]
    fn every_rank_is_found(values in vec(-1e9_f64..1e9, 1..200), rank in any::<prop::sample::Index>()) {
        let rank = rank.index(values.len());
        let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let long: Vec<i64> = values.iter().map(|value| *value as i64).collect();
        let short: Vec<i8> = long.iter().map(|value| *value as i8).collect();
        let found = |kind, bytes: &[u8]| of_rank(kind, bytes, rank as f64);
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        prop_assert_eq!(f64::from_bits(found(ElementType::F64, &bytes_of(&values))), sorted[rank]);
        let mut sorted = narrow.clone();
        sorted.sort_by(f32::total_cmp);
        prop_assert_eq!(f64::from_bits(found(ElementType::F32, &bytes_of(&narrow))), f64::from(sorted[rank]));
        let mut sorted = long.clone();
        sorted.sort_unstable();
        prop_assert_eq!(found(ElementType::I64, &bytes_of(&long)).cast_signed(), sorted[rank]);
        let mut sorted = short.clone();
        sorted.sort_unstable();
        prop_assert_eq!(f64::from_bits(found(ElementType::I8, &bytes_of(&short))), f64::from(sorted[rank]));
    }

    #[test]
    fn bins_hold_what_lies_between_their_edges(values in some_doubles(), mut edges in vec(-1e6_f64..1e6, 2..40)) {
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let mut counts = vec![0.0; edges.len() - 1];
        histogram::count(ElementType::F64, &bytes_of(&values), &edges, &mut counts);
        for (bin, count) in counts.iter().enumerate() {
            let is_last = bin + 2 == edges.len();
            let within = |value: &&f64| {
                **value >= edges[bin] && (**value < edges[bin + 1] || is_last && **value == edges[bin + 1])
            };
            prop_assert_eq!(*count, values.iter().filter(within).count() as f64);
        }
    }

    #[test]
    fn the_first_number_in_a_range_is_found(values in some_doubles(), low in -1e6_f64..1e6, size in 0.0_f64..1e3) {
        let expected = values.iter().position(|value| *value >= low && *value <= low + size);
        let bounds = bytes_of(&[low, low + size]);
        prop_assert_eq!(search::find(ElementType::F64, &bytes_of(&values), &bounds), expected);
    }

    #[test]
    fn buckets_are_described_in_any_pieces(values in some_doubles(), cut in any::<prop::sample::Index>()) {
        let (length, cut) = (values.len(), cut.index(values.len() + 1));
        let bounds: Vec<f64> = [0, length / 3, length / 3, length / 2, length].map(|bound| bound as f64).to_vec();
        let mut described = vec![0.0; 4 * bucket_place::PLACES];
        let (head, tail) = values.split_at(cut);
        buckets::describe(ElementType::F64, &bytes_of(head), 0, &bounds, &mut described);
        buckets::describe(ElementType::F64, &bytes_of(tail), cut, &bounds, &mut described);
        for (nth, bucket) in described.chunks(bucket_place::PLACES).enumerate() {
            let of_bucket = values.get(bounds[nth] as usize..bounds[nth + 1] as usize).unwrap_or_default();
            let kept: Vec<f64> = of_bucket.iter().copied().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(bucket[bucket_place::COUNT], kept.len() as f64);
            if !kept.is_empty() {
                let least = kept.iter().copied().fold(f64::INFINITY, f64::min);
                prop_assert_eq!(bucket[bucket_place::LEAST], least);
                prop_assert_eq!(values[bucket[bucket_place::LEAST_AT] as usize], least);
                prop_assert!((bucket[bucket_place::SUM] - kept.iter().sum::<f64>()).abs() < 1e-3);
            }
        }
    }
}
