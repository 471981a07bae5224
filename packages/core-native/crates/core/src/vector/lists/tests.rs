//! Lists as a whole.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::centroids::Centroids;
use super::directory::{Directory, Place};
use super::entries::{Code, Entries};
use super::known_ids::KnownIds;
use super::placing::place;
use super::ranking::Ranking;
use super::scan::{ListCodes, ListScan};
use crate::vector::block::Block;
use crate::vector::query::Query;
use crate::vector::shape::{Metric, Shape, VectorType};

const DIMENSIONS: usize = 48;

/// Rows around a few points, from a seed.
fn clustered(count: usize) -> Vec<f32> {
    let mut state = 7_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    let points: Vec<f32> = (0..20 * DIMENSIONS).map(|_| random() * 4.0).collect();
    let mut rows = Vec::new();
    for number in 0..count {
        let point = points.chunks(DIMENSIONS).nth(number * 7 % 20).unwrap_or_default();
        rows.extend(point.iter().map(|value| value + random()));
    }
    rows
}

fn train(rows: &[f32], lists: usize) -> Centroids {
    let never = AtomicBool::new(false);
    Centroids::train(DIMENSIONS, rows.to_vec(), lists, &never, &|_| {})
        .unwrap_or_else(|| unreachable!("it was not cancelled"))
}

#[test]
fn lists_find_nearly_all_of_the_nearest_rows() {
    let rows = clustered(3000);
    let centroids = train(&rows, 60);
    let shape = Shape { kind: VectorType::F32, dimensions: DIMENSIONS, keeps_lengths: false };
    let ids: Vec<i64> = (0..3000).collect();
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    let block = Block::of_rows(shape, &ids, &bytes);
    let mut lists: Vec<Entries> = (0..centroids.len()).map(|_| Entries::new(DIMENSIONS)).collect();
    for (id, placed) in ids.iter().zip(place(&centroids, &block)) {
        let [(first, _), (second, _)] = &placed;
        assert_ne!(first, second);
        for (list, code) in placed {
            if let Some(entries) = lists.get_mut(list as usize) {
                entries.push(*id, &code);
            }
        }
    }
    let (mut found, mut wanted) = (0, 0);
    for number in (0..3000).step_by(100) {
        let row = rows.chunks(DIMENSIONS).nth(number).unwrap_or_default();
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        let query = Query::new(shape, Metric::L2, &bytes).unwrap_or_else(|error| unreachable!("{error}"));
        let mut scan = ListScan::new(&centroids, &query, 40);
        for (list, distance) in scan.nearest(&centroids, Some(&ListCodes::of(&centroids)), 12) {
            if let Some(entries) = lists.get(list as usize) {
                scan.scan(entries, Some(distance), |_| true);
            }
        }
        let candidates = scan.into_candidates(40);
        assert!(candidates.is_sorted_by(|a, b| a.estimate <= b.estimate));
        let chosen: BTreeSet<i64> = candidates.iter().map(|candidate| candidate.id).collect();
        assert_eq!(chosen.len(), candidates.len());
        let distance = |other: &[f32]| row.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let mut all: Vec<(f32, i64)> = rows.chunks(DIMENSIONS).map(distance).zip(0..).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut ranking = Ranking::new(&query, candidates, 10);
        while let Some(ids) = ranking.next_ids() {
            let read: Vec<u8> = ids.iter().flat_map(|id| block.row(*id as usize).to_vec()).collect();
            ranking.take(&Block::of_rows(shape, &ids, &read));
        }
        let nearest = ranking.finish();
        // The query is a row of the table.
        assert_eq!(nearest.first().map(|found| (found.id, found.score)), Some((number as i64, 0.0)));
        wanted += 10;
        found += all.iter().take(10).filter(|(_, id)| nearest.iter().any(|found| found.id == *id)).count();
    }
    assert!(found * 100 >= wanted * 97, "{found} of {wanted}");
}

#[test]
fn centroids_are_read_as_they_were_written() {
    let centroids = train(&clustered(500), 10);
    let read = Centroids::read(DIMENSIONS, &centroids.mean(), &centroids.rows());
    let read = read.unwrap_or_else(|error| unreachable!("{error}"));
    assert_eq!((read.mean(), read.rows()), (centroids.mean(), centroids.rows()));
    assert!(Centroids::read(DIMENSIONS, &centroids.mean(), &[]).is_err());
    assert!(Centroids::read(DIMENSIONS, &centroids.rows(), &centroids.rows()).is_err());
}

#[test]
fn rows_that_are_no_numbers_belong_somewhere() {
    let centroids = train(&clustered(500), 10);
    for value in [f32::NAN, f32::INFINITY, f32::MAX, 0.0] {
        assert_eq!(centroids.assign(&[value; DIMENSIONS]).len(), 1);
    }
}

proptest! {
    #[test]
    fn parts_are_read_as_they_were_written(sizes in vec(0..150_usize, 1..4), seed in 0..1000_i64) {
        let centroids = train(&clustered(100), 3);
        let rows = clustered(150);
        let mut all = Entries::new(DIMENSIONS);
        let mut read = Entries::new(DIMENSIONS);
        for size in sizes {
            let mut part = Entries::new(DIMENSIONS);
            for (row, id) in rows.chunks(DIMENSIONS).take(size).zip(seed..) {
                part.push(id, &Code::of(&centroids, Some(1), row));
                all.push(id, &Code::of(&centroids, Some(1), row));
            }
            let bytes = part.write();
            prop_assert!(read.read(&bytes).is_ok());
            prop_assert!(read.clone().read(bytes.get(1..).unwrap_or_default()).is_err());
        }
        prop_assert_eq!(read.write(), all.write());
        read.retain(|id| id % 3 == 0);
        let expected: Vec<_> = all.ids().iter().copied().filter(|id| id % 3 == 0).collect();
        prop_assert_eq!(read.ids(), expected);
    }

    #[test]
    fn known_ids_are_a_set(ids in btree_set(prop_oneof![-70_000..70_000_i64, any::<i64>()], 0..60), gone in vec(any::<prop::sample::Index>(), 0..20)) {
        let mut known = KnownIds::default();
        ids.iter().for_each(|id| known.insert(*id));
        let mut left = ids.clone();
        let listed: Vec<_> = ids.iter().copied().collect();
        if !listed.is_empty() {
            for index in gone {
                let id = *index.get(&listed);
                prop_assert_eq!(known.remove(id), left.remove(&id));
            }
        }
        let mut read = KnownIds::default();
        for block in known.take_changed() {
            prop_assert!(read.read(block, &known.write(block)).is_ok());
        }
        let mut unknown = Vec::new();
        read.unknown(ids.iter().copied(), |id| unknown.push(id));
        prop_assert_eq!(unknown, ids.difference(&left).copied().collect::<Vec<_>>());
        prop_assert!(ids.iter().all(|id| read.has(*id) == left.contains(id)));
    }

    #[test]
    fn a_directory_finds_each_id_where_it_is(ids in btree_set(prop_oneof![0..1000_i64, any::<i64>()], 0..200)) {
        let mut directory = Directory::starting_at(ids.first().copied().unwrap_or_default());
        let listed: Vec<_> = ids.iter().rev().copied().collect();
        for (chunk, ids) in (5..).zip(listed.chunks(7)) {
            directory.add_chunk(chunk, ids.iter().copied().enumerate());
        }
        prop_assert_eq!(directory.len(), ids.len());
        for (chunk, ids) in (5..).zip(listed.chunks(7)) {
            for (slot, id) in ids.iter().enumerate() {
                prop_assert_eq!(directory.get(*id), Some(Place { chunk, slot }));
                directory.remove(*id);
                prop_assert!(!directory.has(*id));
            }
        }
        prop_assert!(directory.is_empty());
    }
}
