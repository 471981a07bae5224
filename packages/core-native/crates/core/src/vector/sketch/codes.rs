//! Rows as codes, 64 side by side.

use super::levels::{DIMENSIONS_PER_BYTE, GROUP, LEVELS, code_of};
use super::sketcher::Sketcher;
use super::tables::QueryTables;

/// The sketches of a block's rows.
#[derive(Clone)]
pub(crate) struct Sketch {
    /// Groups of rows. Each has the first byte of all its rows, then the second of all, and so on.
    codes: Vec<u8>,
    bytes_per_row: usize,
    /// The factors that turn the product of codes and query into that of row and query.
    factors: Vec<f32>,
    /// The squared lengths.
    squares: Vec<f32>,
}

impl Sketch {
    pub(crate) fn new(sketcher: &Sketcher) -> Self {
        Self {
            codes: Vec::new(),
            bytes_per_row: sketcher.dimensions().div_ceil(DIMENSIONS_PER_BYTE),
            factors: Vec::new(),
            squares: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn push(&mut self, sketcher: &Sketcher, row: &[f32]) {
        let place = self.factors.len();
        if place.is_multiple_of(GROUP) {
            self.codes.resize(self.codes.len() + GROUP * self.bytes_per_row, 0);
        }
        self.factors.push(0.0);
        self.squares.push(0.0);
        self.set(place, sketcher, row);
    }

    pub(crate) fn set(&mut self, place: usize, sketcher: &Sketcher, row: &[f32]) {
        let mut row = row.to_vec();
        sketcher.turn(&mut row);
        let square: f32 = row.iter().map(|value| value * value).sum();
        let size = (square / row.len() as f32).sqrt();
        let mut product = 0.0;
        let places = self.places_of(place);
        for (place, values) in places.into_iter().zip(row.chunks(DIMENSIONS_PER_BYTE)) {
            let mut byte = 0;
            for (at, value) in values.iter().enumerate() {
                let code = code_of(value / size);
                byte |= (code as u8) << (at * 2);
                product += value * LEVELS.get(code).copied().unwrap_or_default();
            }
            if let Some(place) = self.codes.get_mut(place) {
                *place = byte;
            }
        }
        let factor = if product > 0.0 { square / product } else { 0.0 };
        if let (Some(kept), Some(kept_square)) = (self.factors.get_mut(place), self.squares.get_mut(place)) {
            (*kept, *kept_square) = (factor, square);
        }
    }

    pub(crate) fn swap_remove(&mut self, place: usize) {
        let last = self.factors.len() - 1;
        for (from, to) in self.places_of(last).into_iter().zip(self.places_of(place)) {
            self.codes.copy_within(from..=from, to);
        }
        self.factors.swap_remove(place);
        self.squares.swap_remove(place);
        self.codes.truncate(last.div_ceil(GROUP) * GROUP * self.bytes_per_row);
    }

    /// Returns where the bytes of a row are.
    fn places_of(&self, row: usize) -> Vec<usize> {
        let first = row / GROUP * GROUP * self.bytes_per_row + row % GROUP;
        (0..self.bytes_per_row).map(|byte| first + byte * GROUP).collect()
    }

    /// Computes numbers that order the rows roughly as their distances from the query do.
    pub(crate) fn estimate(&self, query: &QueryTables, estimates: &mut Vec<f32>) {
        self.products(query, estimates);
        for ((estimate, factor), square) in estimates.iter_mut().zip(&self.factors).zip(&self.squares) {
            *estimate = square - 2.0 * factor * *estimate;
        }
    }

    /// Computes numbers that order the rows roughly as their products with the query do, the greatest first.
    pub(crate) fn estimate_products(&self, query: &QueryTables, estimates: &mut Vec<f32>) {
        self.products(query, estimates);
        estimates.iter_mut().zip(&self.factors).for_each(|(estimate, factor)| *estimate *= -factor);
    }

    fn products(&self, query: &QueryTables, products: &mut Vec<f32>) {
        products.resize(self.codes.len() / self.bytes_per_row.max(1), 0.0);
        query.sums(&self.codes, self.bytes_per_row, products);
        products.truncate(self.factors.len());
    }
}
