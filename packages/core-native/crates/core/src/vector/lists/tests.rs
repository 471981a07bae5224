//! Lists as a whole.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::centroids::Centroids;
use super::directory::{Directory, Place};
use super::entries::Code;
use super::known_ids::KnownIds;
use super::parts::{ListEntries, total_of};
use super::placing::place;
use super::ranking::Ranking;
use super::recent::{read_run, write_run};
use super::scan::{ListCodes, ListScan};
use crate::vector::block::{Block, Slots};
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

/// Rows in lists.
struct Filled {
    shape: Shape,
    rows: Vec<f32>,
    block: Block,
    centroids: Centroids,
    lists: Vec<ListEntries>,
}

fn filled(lists: usize) -> Filled {
    let rows = clustered(3000);
    let centroids = train(&rows, lists);
    let shape = Shape { kind: VectorType::F32, dimensions: DIMENSIONS, keeps_lengths: false };
    let ids: Vec<i64> = (0..3000).collect();
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    let block = Block::of_rows(shape, &ids, &bytes);
    let mut lists: Vec<ListEntries> = (0..centroids.len()).map(|_| ListEntries::new(DIMENSIONS)).collect();
    for (id, placed) in ids.iter().zip(place(&centroids, &block)) {
        let [(first, _), (second, _)] = &placed;
        assert_ne!(first, second);
        for (list, code) in placed {
            if let Some(entries) = lists.get_mut(list as usize) {
                entries.push(list, *id, &code);
            }
        }
    }
    Filled { shape, rows, block, centroids, lists }
}

/// Expects that a look at so many lists finds nearly all of the ten nearest rows.
fn expect_nearly_all(Filled { shape, rows, block, centroids, lists }: &Filled, probes: usize, share: usize) {
    let (mut found, mut wanted) = (0, 0);
    for number in (0..3000).step_by(100) {
        let row = rows.chunks(DIMENSIONS).nth(number).unwrap_or_default();
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        let query = Query::new(*shape, Metric::L2, &bytes).unwrap_or_else(|error| unreachable!("{error}"));
        let mut scan = ListScan::new(centroids, &query, 40);
        let near = scan.nearest(centroids, Some(&ListCodes::of(centroids)), probes);
        assert!(near.iter().all(|(list, _)| centroids.is_live(*list)));
        for (list, distance) in near {
            if let Some(entries) = lists.get(list as usize) {
                scan.scan_list(centroids, (list, distance), entries, |_| true);
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
            ranking.take(&Block::of_rows(*shape, &ids, &read));
        }
        let nearest = ranking.finish();
        // The query is a row of the table.
        assert_eq!(nearest.first().map(|found| (found.id, found.score)), Some((number as i64, 0.0)));
        wanted += 10;
        found += all.iter().take(10).filter(|(_, id)| nearest.iter().any(|found| found.id == *id)).count();
    }
    assert!(found * 100 >= wanted * share, "{found} of {wanted}");
}

#[test]
fn lists_find_nearly_all_of_the_nearest_rows() {
    expect_nearly_all(&filled(60), 12, 97);
}

#[test]
fn lists_that_were_divided_find_them_too() {
    let mut filled = filled(6);
    let mut next = 0;
    while let Some(entries) = filled.lists.get(next).cloned() {
        let list = u32::try_from(next).unwrap_or_default();
        next += 1;
        if entries.len() <= 150 {
            continue;
        }
        let halves = entries.halves(&filled.centroids).unwrap_or_else(|| unreachable!("there are enough entries"));
        let lengths = halves.each_ref().map(|half| half.entries.len());
        assert!(lengths.iter().all(|length| length * 6 >= entries.len()), "{lengths:?}");
        for half in halves {
            let new = filled.centroids.add(half.centre, list);
            assert_eq!(new as usize, filled.lists.len());
            filled.lists.push(half.entries);
        }
        filled.centroids.retire(list);
    }
    assert!(filled.centroids.live() > 50 && filled.centroids.live() < filled.centroids.len());
    assert_eq!(filled.centroids.take_changed().len(), filled.centroids.len());
    // The codes are those of lists ten times as long, so they tell less.
    expect_nearly_all(&filled, 20, 80);
    // New rows go into lists that are in use.
    for placed in place(&filled.centroids, &filled.block) {
        assert!(placed.iter().all(|(list, _)| filled.centroids.is_live(*list)));
    }
}

#[test]
fn groups_of_many_lists_are_divided() {
    let mut centroids = train(&clustered(3000), 40);
    assert!(centroids.assign(&[0.5; DIMENSIONS]).len() == 1);
    for row in clustered(400).chunks(DIMENSIONS) {
        centroids.add(row.to_vec(), 3);
    }
    let records = centroids.records(0, centroids.len());
    let read = Centroids::read(DIMENSIONS, &centroids.mean(), &records).unwrap_or_else(|error| unreachable!("{error}"));
    let rows = clustered(400);
    let rows = rows.get(..DIMENSIONS * 60).unwrap_or_default();
    let [one, other] = [&centroids, &read].map(|centroids| centroids.assign(rows));
    let same = one.iter().zip(&other).filter(|(one, other)| one == other).count();
    assert!(same > 50, "{same}");
}

#[test]
fn centroids_are_read_as_they_were_written() {
    let mut centroids = train(&clustered(500), 10);
    centroids.add(vec![0.25; DIMENSIONS], 2);
    centroids.retire(4);
    let (mean, records) = (centroids.mean(), centroids.records(0, 11));
    let read = Centroids::read(DIMENSIONS, &mean, &records);
    let read = read.unwrap_or_else(|error| unreachable!("{error}"));
    assert_eq!((read.mean(), read.records(0, 11)), (mean.clone(), records.clone()));
    assert_eq!((read.len(), read.live(), read.is_live(4)), (11, 10, false));
    assert_eq!([centroids.records(0, 3), centroids.records(3, 99)].concat(), records);
    for damaged in [&[] as &[u8], records.get(1..).unwrap_or_default(), &mean] {
        assert!(Centroids::read(DIMENSIONS, &mean, damaged).is_err());
    }
    assert!(Centroids::read(DIMENSIONS, &records, &records).is_err());
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
        let (mut all, mut read) = (ListEntries::new(DIMENSIONS), ListEntries::new(DIMENSIONS));
        let mut listed = Vec::new();
        for (size, list) in sizes.into_iter().zip([1, 2, 1]) {
            let mut part = ListEntries::new(DIMENSIONS);
            for (row, id) in rows.chunks(DIMENSIONS).take(size).zip(seed..) {
                part.push(list, id, &Code::of(&centroids, Some(list), row));
                all.push(list, id, &Code::of(&centroids, Some(list), row));
                listed.push((list, id, Code::of(&centroids, Some(list), row)));
            }
            let bytes = part.write(read.len());
            prop_assert!(read.read(&bytes, 3).is_ok());
            prop_assert_eq!(total_of(&bytes), Ok(read.len()));
            prop_assert!(size == 0 || read.clone().read(bytes.get(..bytes.len() - 1).unwrap_or_default(), 3).is_err());
            prop_assert!(size == 0 || read.clone().read(&bytes, 1).is_err());
        }
        prop_assert_eq!(read.write(0), all.write(0));
        let mut again = ListEntries::new(DIMENSIONS);
        prop_assert!(again.read(&all.write(7), 3).is_ok());
        prop_assert_eq!(again.write(0), all.write(0));
        let mut runs = Vec::new();
        let run = write_run(&listed);
        let visit = |list, id, code| {
            runs.push((list, id, code));
            Ok(())
        };
        prop_assert_eq!(read_run(DIMENSIONS, &run, visit), Ok(()));
        prop_assert_eq!(runs, listed);
        prop_assert!(read_run(DIMENSIONS, run.get(1..).unwrap_or_default(), |_, _, _| Ok(())).is_err());
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
        for first in [-200, 65_400, ids.first().copied().unwrap_or_default() / 2] {
            let mut unknown = Vec::new();
            read.unknown_of_run(first, 300, |id| unknown.push(id));
            prop_assert_eq!(unknown, (first..first + 300).filter(|id| !left.contains(id)).collect::<Vec<_>>());
        }
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

    #[test]
    fn full_chunks_are_like_others(firsts in vec(prop_oneof![-50..400_i64, 1_000_000..1_000_100_i64], 1..6)) {
        let (mut fast, mut slow) = (Directory::starting_at(0), Directory::starting_at(0));
        for (chunk, first) in (1..).zip(&firsts) {
            fast.add_full_chunk(chunk, *first, 64);
            slow.add_chunk(chunk, (0..64).zip(*first..));
            let bytes: Vec<u8> = (*first..first + 64).flat_map(i64::to_le_bytes).collect();
            prop_assert_eq!(Slots::first_of_run(64, &[255; 8], &bytes), Some(*first));
            prop_assert_eq!(Slots::first_of_run(64, &[255, 255, 255, 255, 255, 255, 255, 254], &bytes), None);
            prop_assert_eq!(Slots::first_of_run(64, &[255; 7], &bytes), None);
        }
        prop_assert_eq!(fast.len(), slow.len());
        for id in (-60..500).chain(999_990..1_000_200) {
            prop_assert_eq!(fast.get(id), slow.get(id));
        }
    }
}
