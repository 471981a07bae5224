//! Which lists are near a query, and in which a vector belongs.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use super::groups::Groups;
use super::products::product;
use super::rounding::{self, Kept, Rounded};
use super::train::{List, centroids_of, half_squares};
use crate::CoreError;
use crate::vector::kernels::{Sum, f32_sums};
use crate::vector::query::Query;
use crate::vector::sketch::sketcher::Sketcher;

/// Among so many near lists the second one of a vector is chosen.
const NEAR: usize = 24;
/// How much it counts that the difference from the second centroid points elsewhere than that from the first.
const ELSEWHERE: f32 = 1.5;

/// The most lists that an index may have, those included that are not used any more.
pub const MOST_LISTS: usize = 1 << 17;

/// The centroids of all lists. Rows are moved and rotated before they are compared with them.
#[derive(Clone)]
pub struct Centroids {
    sketcher: Sketcher,
    dimensions: usize,
    /// Rounded, so that they are what the file has.
    rows: Vec<f32>,
    halves: Vec<f32>,
    kept: Vec<Kept>,
    live: usize,
    /// Those whose records have changed.
    changed: BTreeSet<List>,
    /// Made when the first vector is to be placed.
    groups: OnceLock<Groups>,
}

impl Centroids {
    /// Finds centroids of a sample, which is in no order. None if it was cancelled.
    pub fn train(
        dimensions: usize,
        mut sample: Vec<f32>,
        lists: usize,
        cancelled: &AtomicBool,
        progress: &dyn Fn(f64),
    ) -> Option<Self> {
        let sketcher = Sketcher::of(dimensions, sample.chunks_exact(dimensions.max(1)).map(<[f32]>::to_vec));
        sample.chunks_exact_mut(dimensions.max(1)).for_each(|row| sketcher.turn(row));
        let find = |rows: &[f32], centroids: &[f32]| Groups::find(dimensions, centroids).nearest(rows);
        let mut rows = centroids_of(dimensions, &sample, lists, &find, cancelled, progress)?;
        let scales: Vec<f32> = rows.chunks_exact_mut(dimensions.max(1)).map(rounding::round).collect();
        let groups = Groups::find(dimensions, &rows);
        let numbers = groups.numbers(scales.len());
        let kept = scales.into_iter().zip(numbers).map(|(scale, group)| Kept { scale, group: Some(group) }).collect();
        let halves = half_squares(dimensions, &rows);
        let rounded = Rounded { rows, halves, kept };
        Some(Self { groups: OnceLock::from(groups), ..Self::of(sketcher, dimensions, rounded) })
    }

    fn of(sketcher: Sketcher, dimensions: usize, Rounded { rows, halves, kept }: Rounded) -> Self {
        let live = kept.iter().filter(|kept| kept.group.is_some()).count();
        Self { sketcher, dimensions, halves, rows, kept, live, changed: BTreeSet::new(), groups: OnceLock::new() }
    }

    /// Reads what `mean` and `records` have written.
    ///
    /// # Errors
    /// If the bytes have another length, or none.
    pub fn read(dimensions: usize, mean: &[u8], records: &[u8]) -> Result<Self, CoreError> {
        let mean = floats(mean);
        if mean.len() != dimensions {
            return Err(CoreError::Corrupt(format!(
                "the mean of the centroids has {} numbers; expected {dimensions}",
                mean.len()
            )));
        }
        Ok(Self::of(Sketcher::with_mean(mean), dimensions, rounding::read(dimensions, records)?))
    }

    /// Adds a list, in the group of another one. The centroid is turned. Returns the number of the list.
    pub fn add(&mut self, mut row: Vec<f32>, beside: List) -> List {
        let list = List::try_from(self.kept.len()).unwrap_or(List::MAX);
        let scale = rounding::round(&mut row);
        let group = self.kept.get(beside as usize).and_then(|kept| kept.group).unwrap_or_default();
        self.halves.push(product(&row, &row) / 2.0);
        self.kept.push(Kept { scale, group: Some(group) });
        self.changed.insert(list);
        self.live += 1;
        if let Some(groups) = self.groups.get_mut() {
            groups.add(group, list, &row);
            if let Some((group, lists)) = groups.divide(group) {
                for list in lists {
                    if let Some(kept) = self.kept.get_mut(list as usize) {
                        kept.group = Some(group);
                    }
                    self.changed.insert(list);
                }
            }
        }
        self.rows.extend(row);
        list
    }

    /// Ends the use of a list. Codes may still belong to its centroid.
    pub fn retire(&mut self, list: List) {
        let Some(group) = self.kept.get_mut(list as usize).and_then(|kept| kept.group.take()) else { return };
        self.live -= 1;
        self.changed.insert(list);
        if let Some(groups) = self.groups.get_mut() {
            groups.remove(group, list);
        }
    }

    /// Returns the lists whose records have changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<List> {
        std::mem::take(&mut self.changed)
    }

    /// Returns whether a list is in use.
    #[must_use]
    pub fn is_live(&self, list: List) -> bool {
        self.kept.get(list as usize).is_some_and(|kept| kept.group.is_some())
    }

    /// Returns how many lists are in use.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live
    }

    /// Returns the mean as bytes.
    #[must_use]
    pub fn mean(&self) -> Vec<u8> {
        bytes(self.sketcher.mean())
    }

    /// Returns up to so many centroids from a list on, as bytes.
    #[must_use]
    pub fn records(&self, first: usize, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count * rounding::record_bytes(self.dimensions));
        let rows = self.rows.chunks_exact(self.dimensions.max(1)).zip(&self.kept);
        rows.skip(first).take(count).for_each(|(row, kept)| rounding::write(row, *kept, &mut bytes));
        bytes
    }

    /// Returns how many lists there are, those included that are not used any more.
    #[must_use]
    pub fn len(&self) -> usize {
        self.halves.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.halves.is_empty()
    }

    /// Returns the number of dimensions.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Returns roughly what the centroids take in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.len() * size_of::<f32>()
    }

    /// Moves and rotates a row.
    pub fn turn(&self, row: &mut [f32]) {
        self.sketcher.turn(row);
    }

    /// Returns a centroid, moved and rotated.
    pub(crate) fn row(&self, list: List) -> &[f32] {
        self.rows.chunks_exact(self.dimensions.max(1)).nth(list as usize).unwrap_or_default()
    }

    /// Returns half of the squared length of a centroid.
    pub(super) fn half_square(&self, list: List) -> f32 {
        self.halves.get(list as usize).copied().unwrap_or_default()
    }

    /// Returns the squared distance of a list from a row that was turned, whose squared length is `square`.
    pub(super) fn distance(&self, list: List, row: &[f32], square: f32) -> f32 {
        square + 2.0 * (self.half_square(list) - product(row, self.row(list)))
    }

    /// Returns so many lists that are nearest to a row that was turned, nearest first, with their squared distances.
    pub(super) fn nearest(&self, row: &[f32], count: usize) -> Vec<(List, f32)> {
        let mut scores = vec![0.0; self.len()];
        f32_sums(Sum::Products, row, &self.rows, &mut scores);
        let square = product(row, row);
        let distances = scores.iter().zip(&self.halves).map(|(product, half)| square + 2.0 * (half - product));
        let mut lists: Vec<(List, f32)> = (0..).zip(distances).filter(|(list, _)| self.is_live(*list)).collect();
        let order = |a: &(List, f32), b: &(List, f32)| a.1.total_cmp(&b.1);
        if let Some(last) = count.checked_sub(1)
            && count < lists.len()
        {
            lists.select_nth_unstable_by(last, order);
        }
        lists.truncate(count);
        lists.sort_unstable_by(order);
        lists
    }

    /// Returns all lists, those that are nearest to a query first.
    #[must_use]
    pub fn order(&self, query: &Query) -> Vec<List> {
        let mut row = query.direction();
        self.turn(&mut row);
        self.nearest(&row, self.len()).into_iter().map(|(list, _)| list).collect()
    }

    /// Returns the two lists of each of some rows, which were turned. They are the same if there is only one. A row that
    /// is not all numbers belongs in the first.
    pub(super) fn assign(&self, rows: &[f32]) -> Vec<[List; 2]> {
        let mut near: Vec<NearLists> = rows.chunks_exact(self.dimensions).map(|_| NearLists::new()).collect();
        let groups = self
            .groups
            .get_or_init(|| Groups::of(self.dimensions, &self.rows, self.kept.iter().map(|kept| kept.group)));
        groups.near(rows, |row, score, list| {
            if let Some(near) = near.get_mut(row) {
                near.offer(score, list);
            }
        });
        rows.chunks_exact(self.dimensions).zip(near).map(|(row, near)| self.choose(row, &near.found)).collect()
    }

    fn any_live(&self) -> List {
        (0..).zip(&self.kept).find(|(_, kept)| kept.group.is_some()).map_or(0, |(list, _)| list)
    }

    /// Chooses the two lists among near ones.
    fn choose(&self, row: &[f32], near: &[(f32, List)]) -> [List; 2] {
        let Some((_, first)) = near.first().copied() else { return [self.any_live(); 2] };
        let difference: Vec<f32> = row.iter().zip(self.row(first)).map(|(value, centre)| value - centre).collect();
        let square = product(&difference, &difference);
        if square <= 0.0 || !square.is_finite() {
            return [first, near.get(1).map_or(first, |(_, list)| *list)];
        }
        let along = product(&difference, row);
        let half_square = product(row, row) / 2.0;
        let cost = |(score, list): &(f32, List)| {
            // The part of the second difference that points where the first one does.
            let parallel = along - product(&difference, self.row(*list));
            2.0 * (score + half_square) + ELSEWHERE * parallel * parallel / square
        };
        let others = near.iter().skip(1).map(|candidate| (cost(candidate), candidate.1));
        let second = others.min_by(|a, b| a.0.total_cmp(&b.0));
        [first, second.map_or(first, |(_, list)| list)]
    }
}

/// The nearest lists of one row, nearest first.
struct NearLists {
    found: Vec<(f32, List)>,
    worst: f32,
}

impl NearLists {
    fn new() -> Self {
        Self { found: Vec::with_capacity(NEAR + 1), worst: f32::INFINITY }
    }

    #[inline]
    fn offer(&mut self, score: f32, list: List) {
        if score < self.worst {
            self.insert(score, list);
        }
    }

    fn insert(&mut self, score: f32, list: List) {
        let place = self.found.partition_point(|(other, _)| *other <= score);
        self.found.insert(place, (score, list));
        if self.found.len() > NEAR {
            self.found.pop();
        }
        if let Some((last, _)) = self.found.last().filter(|_| self.found.len() == NEAR) {
            self.worst = *last;
        }
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|value| value.to_le_bytes()).collect()
}
