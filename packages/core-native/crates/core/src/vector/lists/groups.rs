//! Centroids in groups, so that a vector need not be compared with all of them to find the near ones.

use std::sync::atomic::AtomicBool;

use super::halves::{Halves, halves};
use super::products::{product, products};
use super::train::{List, centroids_of, half_squares, nearest_of};
use crate::vector::search::in_threads;

/// With fewer lists all of them are compared.
const LEAST_LISTS: usize = 1024;
/// A group of more lists, and of more than twice as many as there are groups, is divided.
const LARGE: usize = 64;
/// How many rows are compared together: enough that several of them look at the same group.
pub(super) const ROWS: usize = 512;
/// A row looks at this part of the groups, and at so many at least.
const PART: usize = 6;
const LEAST_LOOKED_AT: usize = 6;

/// A group: its centroids one after another.
#[derive(Clone, Default)]
struct Group {
    lists: Vec<List>,
    rows: Vec<f32>,
    halves: Vec<f32>,
}

/// All centroids, in groups around centres of their own.
#[derive(Clone)]
pub(super) struct Groups {
    dimensions: usize,
    centres: Vec<f32>,
    halves: Vec<f32>,
    groups: Vec<Group>,
}

impl Groups {
    /// Finds groups of centroids. There is one group of few.
    pub(super) fn find(dimensions: usize, centroids: &[f32]) -> Self {
        let lists = centroids.len() / dimensions.max(1);
        let never = AtomicBool::new(false);
        let wanted = if lists < LEAST_LISTS { 1 } else { lists.isqrt() };
        let find = |rows: &[f32], centres: &[f32]| nearest_of(dimensions, rows, centres);
        let centres = centroids_of(dimensions, centroids, wanted, &find, &never, &|_| {}).unwrap_or_default();
        let places = find(centroids, &centres);
        let numbers = places.into_iter().map(|place| u32::try_from(place).ok());
        Self::of(dimensions, centroids, numbers)
    }

    /// Makes groups whose numbers are known. A centroid without a number is in none.
    pub(super) fn of(dimensions: usize, centroids: &[f32], numbers: impl Iterator<Item = Option<u32>>) -> Self {
        let (mut groups, mut centres): (Vec<Group>, Vec<f32>) = (Vec::new(), Vec::new());
        for ((list, row), number) in (0..).zip(centroids.chunks_exact(dimensions.max(1))).zip(numbers) {
            let Some(number) = number else { continue };
            let number = number as usize;
            if number >= groups.len() {
                groups.resize_with(number + 1, Group::default);
                centres.resize((number + 1) * dimensions, 0.0);
            }
            if let Some(group) = groups.get_mut(number) {
                group.lists.push(list);
                group.rows.extend(row);
            }
            let centre = centres.chunks_exact_mut(dimensions.max(1)).nth(number).unwrap_or_default();
            centre.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        for (group, centre) in groups.iter_mut().zip(centres.chunks_exact_mut(dimensions.max(1))) {
            group.halves = half_squares(dimensions, &group.rows);
            centre.iter_mut().for_each(|value| *value /= group.lists.len().max(1) as f32);
        }
        Self { dimensions, halves: half_squares(dimensions, &centres), centres, groups }
    }

    /// Returns the number of the group of each list.
    pub(super) fn numbers(&self, lists: usize) -> Vec<u32> {
        let mut numbers = vec![0; lists];
        for (number, group) in (0..).zip(&self.groups) {
            for list in &group.lists {
                if let Some(place) = numbers.get_mut(*list as usize) {
                    *place = number;
                }
            }
        }
        numbers
    }

    /// Adds a centroid to a group.
    pub(super) fn add(&mut self, group: u32, list: List, row: &[f32]) {
        if let Some(group) = self.groups.get_mut(group as usize) {
            group.lists.push(list);
            group.rows.extend(row);
            group.halves.extend(half_squares(row.len(), row));
        }
    }

    /// Divides a group that has become large. Returns the number of the new group, and the lists in it.
    pub(super) fn divide(&mut self, group: u32) -> Option<(u32, Vec<List>)> {
        let dimensions = self.dimensions.max(1);
        let new = u32::try_from(self.groups.len()).ok()?;
        let large = self.groups.get_mut(group as usize)?;
        if large.lists.len() <= LARGE.max(self.halves.len() * 2) {
            return None;
        }
        let Halves { is_second, centres: [first, second] } = halves(&large.rows, dimensions)?;
        let mut divided = [Group::default(), Group::default()];
        let lists = large.lists.iter().zip(large.rows.chunks_exact(dimensions)).zip(&large.halves);
        for (((list, row), half), is_second) in lists.zip(is_second) {
            let [one, other] = &mut divided;
            let place = if is_second { other } else { one };
            place.lists.push(*list);
            place.rows.extend(row);
            place.halves.push(*half);
        }
        let [one, other] = divided;
        *large = one;
        let centre = self.centres.chunks_exact_mut(dimensions).nth(group as usize)?;
        centre.iter_mut().zip(&first).for_each(|(place, value)| *place = *value);
        *self.halves.get_mut(group as usize)? = product(&first, &first) / 2.0;
        self.halves.push(product(&second, &second) / 2.0);
        self.centres.extend(second);
        let lists = other.lists.clone();
        self.groups.push(other);
        Some((new, lists))
    }

    /// Removes a centroid from its group.
    pub(super) fn remove(&mut self, group: u32, list: List) {
        let dimensions = self.dimensions;
        let Some(group) = self.groups.get_mut(group as usize) else { return };
        if let Some(place) = group.lists.iter().position(|known| *known == list) {
            group.lists.remove(place);
            group.halves.remove(place);
            group.rows.drain(place * dimensions..(place + 1) * dimensions);
        }
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
