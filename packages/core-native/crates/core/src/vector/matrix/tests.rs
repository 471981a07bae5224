use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::vector::id_set::IdSet;
use crate::vector::query::Query;

const DIMENSIONS: usize = 64;
const SHAPE: Shape = Shape { kind: VectorType::F32, dimensions: DIMENSIONS, keeps_lengths: false };

/// Makes a vector of a number.
fn vector(seed: u32) -> Vec<f32> {
    (0..DIMENSIONS as u32)
        .map(|at| ((seed.wrapping_mul(2_654_435_761) ^ at.wrapping_mul(40_503)) % 1_000) as f32)
        .collect()
}

fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn ids(found: &[Neighbor]) -> Vec<i64> {
    found.iter().map(|neighbor| neighbor.id).collect()
}

/// Finds the ids of the nearest by a plain loop and a whole sort.
fn plain(rows: &BTreeMap<i64, u32>, query: &[f32], limit: usize, only: Option<&[i64]>) -> Vec<i64> {
    let distance = |seed: u32| -> f64 {
        vector(seed).iter().zip(query).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
    };
    let mut all: Vec<_> = rows
        .iter()
        .filter(|(id, _)| only.is_none_or(|only| only.contains(id)))
        .map(|(id, seed)| (distance(*seed), *id))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    all.into_iter().take(limit).map(|(_, id)| id).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32),
    Replace(usize, u32),
    Remove(usize),
    /// Removes each row whose place is a multiple of the number.
    RemoveSome(usize),
    /// Adds new rows, and changes known ones, at once.
    Put(Vec<(usize, u32)>),
    Sketch,
    /// Somebody else, as a search in another thread, holds the blocks from here on.
    Share,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u32>().prop_map(Step::Insert),
        1 => (any::<usize>(), any::<u32>()).prop_map(|(place, seed)| Step::Replace(place, seed)),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => (2..9_usize).prop_map(Step::RemoveSome),
        1 => vec((any::<usize>(), any::<u32>()), 0..20).prop_map(Step::Put),
        1 => Just(Step::Sketch),
        1 => Just(Step::Share),
    ]
}

fn failed(error: CoreError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn a_matrix_finds_what_a_map_does_and_shared_blocks_stay_as_they_were(
        start in 0..1_300_usize,
        steps in vec(step(), 0..40),
        query in any::<u32>(),
        limit in 0..40_usize,
        every in 1..7_i64,
    ) {
        let never = AtomicBool::new(false);
        let queries = [Query::new(SHAPE, Metric::L2, &bytes(&vector(query))).map_err(failed)?];
        let mut matrix = Matrix::new(SHAPE);
        let mut rows = BTreeMap::new();
        let mut shared = Vec::new();
        let mut next = 0;
        for step in (0..start).map(|seed| Step::Insert(seed as u32)).chain(steps) {
            let id_at = |place: usize| rows.keys().nth(place % rows.len().max(1)).copied();
            match step {
                Step::Insert(seed) => {
                    next += 1;
                    matrix.insert(next, -next, &bytes(&vector(seed))).map_err(failed)?;
                    rows.insert(next, seed);
                }
                Step::Replace(place, seed) => {
                    let Some(id) = id_at(place) else { continue };
                    matrix.replace(id, &bytes(&vector(seed))).map_err(|error| TestCaseError::fail(error.to_string()))?;
                    rows.insert(id, seed);
                }
                Step::Remove(place) => {
                    let Some(id) = id_at(place) else { continue };
                    matrix.remove(id);
                    rows.remove(&id);
                }
                Step::RemoveSome(every) => {
                    let gone: Vec<i64> = rows.keys().copied().step_by(every).collect();
                    matrix.retain(|id| !gone.contains(&id));
                    gone.iter().for_each(|id| { rows.remove(id); });
                }
                Step::Put(changes) => {
                    let mut block = Block::with_room(SHAPE, 0);
                    let mut seeds = Vec::new();
                    for (place, seed) in changes {
                        let known = id_at(place).filter(|id| place % 2 == 0 && !block.ids().contains(id));
                        let id = known.unwrap_or_else(|| { next += 1; next });
                        block.push(id, -id, &bytes(&vector(seed)), None);
                        seeds.push((id, seed));
                    }
                    rows.extend(seeds);
                    matrix.put(&block).map_err(failed)?;
                }
                Step::Sketch => matrix.sketch(&AtomicBool::new(false)),
                Step::Share => shared.push((matrix.clone(), rows.clone())),
            }
        }
        shared.push((matrix, rows));
        let chosen: Vec<i64> = (0..=next).step_by(every as usize).collect();
        for (matrix, rows) in &shared {
            prop_assert_eq!(matrix.len(), rows.len());
            // A single id is looked up.
            let single = [chosen.last().copied().unwrap_or_default()];
            for chosen in [None, Some(chosen.as_slice()), Some(single.as_slice())] {
                let set = chosen.map(|chosen| IdSet::new(chosen.to_vec()));
                let search = Search { queries: &queries, limit, only: set.as_ref(), cancelled: &never };
                let expected = plain(rows, &vector(query), limit, chosen);
                for found in matrix.search(&search) {
                    prop_assert!(found.iter().all(|neighbor| neighbor.value_id == -neighbor.id));
                    prop_assert_eq!(ids(&found), expected.clone());
                }
                // With all but one row as candidates only a neighbor that no sketch has kept can be missing.
                let candidates = rows.len().saturating_sub(1).max(1);
                for found in matrix.search_approximately(&search, candidates) {
                    let missing = expected.iter().filter(|id| !ids(&found).contains(id)).count();
                    prop_assert!(missing <= 1 && found.len() <= limit, "{missing} missing");
                }
            }
        }
    }
}

#[test]
fn threads_find_what_one_does() {
    let mut matrix = Matrix::new(Shape { dimensions: 1024, ..SHAPE });
    let row = |seed: usize| -> Vec<u8> {
        (0..1024).flat_map(|at| (((seed * 7_919 + at * 31) % 997) as f32).to_le_bytes()).collect()
    };
    for seed in 0..4_200 {
        assert_eq!(matrix.insert(seed as i64, 0, &row(seed)), Ok(()));
    }
    let shape = Shape { dimensions: 1024, ..SHAPE };
    let queries: Vec<_> = (0..3).filter_map(|seed| Query::new(shape, Metric::L2, &row(seed * 100 + 3)).ok()).collect();
    let never = AtomicBool::new(false);
    let search = Search { queries: &queries, limit: 25, only: None, cancelled: &never };
    let one_by_one: Vec<_> = matrix
        .blocks
        .iter()
        .fold(search.begin(), |mut found, block| {
            search.scan(block, &mut found);
            found
        })
        .into_iter()
        .map(crate::vector::nearest::Nearest::into_sorted)
        .collect();
    assert_eq!(matrix.search(&search), one_by_one);
}

#[test]
fn a_vector_of_another_length_is_refused() {
    let mut matrix = Matrix::new(SHAPE);
    assert!(matrix.insert(1, 1, &[0; 3]).is_err());
    assert!(matrix.replace(1, &[0; 3]).is_err());
    assert!(Query::new(SHAPE, Metric::L2, &[0; 3]).is_err());
    assert!(Query::new(SHAPE, Metric::Hamming, &bytes(&vector(1))).is_err());
    assert!(matrix.is_empty());
}
