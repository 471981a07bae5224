//! Measuring how many lists a search must look at.

use std::collections::HashMap;

use kohakuvault_core::vector::lists::calibration::Calibration;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::placing::place;
use kohakuvault_core::vector::lists::train::List;
use kohakuvault_core::vector::query::Query;

use super::rows::{KnownRows, RowReader};
use super::state::stored_place;
use super::tables::Tables;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::vector::layout::Layout;

/// So many bytes of vectors are placed at a time.
const BLOCK_BYTES: usize = 2 * 1024 * 1024;

/// Returns for several numbers of lists the share of the neighbors of queries that are in so many lists.
pub(super) fn calibrate(
    db: Db,
    layout: &Layout,
    tables: &Tables,
    centroids: &Centroids,
    neighbors: &[(&Query, Vec<i64>)],
) -> SeamResult<Calibration> {
    let ids = neighbors.iter().flat_map(|(_, ids)| ids.iter().copied());
    let places = places_of(db, layout, tables, centroids, ids)?;
    let mut ranks = Vec::new();
    for (query, ids) in neighbors {
        let rank_of = ranks_of(centroids, query);
        let rank = |list: &List| rank_of.get(*list as usize).copied().unwrap_or(u32::MAX);
        let lists = ids.iter().filter_map(|id| places.get(id));
        ranks.extend(lists.filter_map(|lists| lists.iter().map(rank).min()));
    }
    Ok(calibration_of(&ranks, centroids.len()))
}

/// Returns the lists of some vectors.
fn places_of(
    db: Db,
    layout: &Layout,
    tables: &Tables,
    centroids: &Centroids,
    ids: impl Iterator<Item = i64>,
) -> SeamResult<HashMap<i64, [List; 2]>> {
    let mut places = Vec::new();
    for id in ids {
        places.extend(stored_place(db, tables, id)?.map(|place| (place, id)));
    }
    places.sort_unstable_by_key(|(place, _)| (place.chunk, place.slot));
    places.dedup();
    let mut lists = HashMap::new();
    let (mut known, bytes) = (KnownRows::default(), layout.shape.row_bytes());
    let mut reader = RowReader::new(db, layout, tables, &mut known, None)?;
    for places in places.chunks(BLOCK_BYTES / bytes.max(1)) {
        let placed = place(centroids, &reader.vectors(places)?);
        let ids = places.iter().map(|(_, id)| *id);
        lists.extend(ids.zip(placed.iter().map(|[(first, _), (second, _)]| [*first, *second])));
    }
    Ok(lists)
}

/// Returns how many lists are nearer to a query, for each list.
fn ranks_of(centroids: &Centroids, query: &Query) -> Vec<u32> {
    let mut ranks = vec![u32::MAX; centroids.len()];
    for (rank, list) in (0..).zip(centroids.order(query)) {
        if let Some(place) = ranks.get_mut(list as usize) {
            *place = rank;
        }
    }
    ranks
}

/// Returns for several numbers of lists the share of neighbors that are in them. `ranks` has how many lists are nearer
/// than that of a neighbor.
fn calibration_of(ranks: &[u32], lists: usize) -> Calibration {
    let mut calibration = Calibration::default();
    let total = ranks.len();
    if total == 0 {
        return calibration;
    }
    let mut probes = 1_u32;
    loop {
        let found = ranks.iter().filter(|rank| **rank < probes).count();
        calibration.push(probes, found as f32 / total as f32);
        if found == total || probes as usize >= lists {
            return calibration;
        }
        probes = (probes + (probes / 4).max(1)).min(u32::try_from(lists).unwrap_or(u32::MAX));
    }
}
