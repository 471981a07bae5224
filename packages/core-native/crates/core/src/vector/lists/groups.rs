//! Centroids in groups, so that a vector need not be compared with all of them to find the near ones.

use std::sync::atomic::AtomicBool;

use super::products::products;
use super::train::{List, centroids_of, half_squares, nearest_of};
use crate::vector::search::in_threads;

/// With fewer lists all of them are compared.
const LEAST_LISTS: usize = 1024;
/// How many rows are compared together: enough that several of them look at the same group.
pub(super) const ROWS: usize = 512;
/// A row looks at this part of the groups, and at so many at least.
const PART: usize = 6;
const LEAST_LOOKED_AT: usize = 6;

/// A group: its centroids one after another.
struct Group {
    lists: Vec<List>,
    rows: Vec<f32>,
    halves: Vec<f32>,
}

/// All centroids, in groups around centres of their own.
pub(super) struct Groups {
    dimensions: usize,
    centres: Vec<f32>,
    halves: Vec<f32>,
    groups: Vec<Group>,
}

impl Groups {
    /// Makes groups of centroids. There is one group of few.
    pub(super) fn of(dimensions: usize, centroids: &[f32]) -> Self {
        let lists = centroids.len() / dimensions.max(1);
        let never = AtomicBool::new(false);
        let wanted = if lists < LEAST_LISTS { 1 } else { lists.isqrt() };
        let find = |rows: &[f32], centres: &[f32]| nearest_of(dimensions, rows, centres);
        let centres = centroids_of(dimensions, centroids, wanted, &find, &never, &|_| {}).unwrap_or_default();
        let places = find(centroids, &centres);
        let count = centres.len() / dimensions.max(1);
        let mut groups: Vec<Group> =
            (0..count).map(|_| Group { lists: Vec::new(), rows: Vec::new(), halves: Vec::new() }).collect();
        for ((list, row), place) in (0..).zip(centroids.chunks_exact(dimensions.max(1))).zip(places) {
            if let Some(group) = groups.get_mut(place) {
                group.lists.push(list);
                group.rows.extend(row);
            }
        }
        for group in &mut groups {
            group.halves = half_squares(dimensions, &group.rows);
        }
        Self { dimensions, halves: half_squares(dimensions, &centres), centres, groups }
    }

    /// Returns the number of a near centroid of each row.
    pub(super) fn nearest(&self, rows: &[f32]) -> Vec<usize> {
        let parts: Vec<&[f32]> = rows.chunks(self.dimensions.max(1) * ROWS).collect();
        in_threads(&parts, usize::MAX, |parts| {
            let mut all = Vec::new();
            for rows in parts {
                let mut best = vec![(f32::INFINITY, 0); rows.len() / self.dimensions.max(1)];
                self.near(rows, |row, score, list| {
                    if let Some(best) = best.get_mut(row).filter(|best| score < best.0) {
                        *best = (score, list as usize);
                    }
                });
                all.extend(best.into_iter().map(|(_, list)| list));
            }
            all
        })
        .into_iter()
        .flatten()
        .collect()
    }

    /// Calls `visit` for each of many rows with near lists: the number of the row, half of the squared distance without
    /// the part that is the row's own, and the list.
    pub(super) fn near(&self, rows: &[f32], mut visit: impl FnMut(usize, f32, List)) {
        let dimensions = self.dimensions.max(1);
        let looked_at = (self.groups.len() / PART).max(LEAST_LOOKED_AT).min(self.groups.len());
        let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); self.groups.len()];
        let mut scores = vec![0.0; rows.len() / dimensions * self.groups.len()];
        products(dimensions, rows, &self.centres, &mut scores);
        let mut order: Vec<(f32, usize)> = Vec::new();
        for (row, scores) in scores.chunks_exact(self.groups.len().max(1)).enumerate() {
            order.clear();
            order.extend(scores.iter().zip(&self.halves).map(|(score, half)| half - score).zip(0..));
            if looked_at < order.len() {
                order.select_nth_unstable_by(looked_at - 1, |a, b| a.0.total_cmp(&b.0));
            }
            for (_, group) in order.iter().take(looked_at) {
                if let Some(rows) = rows_of.get_mut(*group) {
                    rows.push(row);
                }
            }
        }
        let mut gathered = Vec::new();
        for (group, numbers) in self.groups.iter().zip(&rows_of) {
            gathered.clear();
            for number in numbers {
                gathered.extend(rows.chunks_exact(dimensions).nth(*number).unwrap_or_default());
            }
            scores.clear();
            scores.resize(numbers.len() * group.lists.len(), 0.0);
            products(dimensions, &gathered, &group.rows, &mut scores);
            for (number, scores) in numbers.iter().zip(scores.chunks_exact(group.lists.len().max(1))) {
                for ((score, half), list) in scores.iter().zip(&group.halves).zip(&group.lists) {
                    visit(*number, half - score, *list);
                }
            }
        }
    }
}
