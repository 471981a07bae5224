//! The codes and ids of a list, in memory and as bytes.
//!
//! In memory 64 entries stand side by side, as the first pass needs them. As bytes the last group of a part is as wide
//! as it has entries, so that nothing is wasted. All numbers are little-endian:
//!
//! `| count u32 |`, then for each group of up to 64 entries: the first byte of all codes, the second, and so on; the
//! factors, f32; the constants, f32; the ids, i64.

use super::centroids::Centroids;
use super::train::List;
use crate::CoreError;
use crate::vector::sketch::levels::{DIMENSIONS_PER_BYTE, GROUP, LEVELS, code_of};
use crate::vector::sketch::tables::QueryTables;

const COUNT_BYTES: usize = 4;
/// The bytes of an entry beside its code.
const NUMBERS_BYTES: usize = 16;

/// Entries of one list.
#[derive(Clone)]
pub struct Entries {
    code_bytes: usize,
    codes: Vec<u8>,
    factors: Vec<f32>,
    constants: Vec<f32>,
    ids: Vec<i64>,
}

/// What tells the distance of a vector from a query roughly, if that of its centroid is known: that distance squared,
/// plus the constant, minus twice the factor times the product of query and code.
pub struct Code {
    bytes: Vec<u8>,
    factor: f32,
    constant: f32,
}

impl Code {
    /// Makes the code of a row that was turned. Without a list it is that of its difference from the origin.
    #[must_use]
    pub fn of(centroids: &Centroids, list: Option<List>, row: &[f32]) -> Self {
        let origin = vec![0.0; if list.is_some() { 0 } else { row.len() }];
        let centre = list.map_or(origin.as_slice(), |list| centroids.row(list));
        let square: f32 = row.iter().zip(centre).map(|(value, centre)| (value - centre) * (value - centre)).sum();
        let size = (square / row.len() as f32).sqrt();
        let (mut product, mut across) = (0.0, 0.0);
        let groups = row.chunks(DIMENSIONS_PER_BYTE).zip(centre.chunks(DIMENSIONS_PER_BYTE));
        let bytes = groups
            .map(|(row, centre)| {
                row.iter().zip(centre).enumerate().fold(0, |byte, (at, (value, centre))| {
                    let difference = value - centre;
                    let code = code_of(difference / size);
                    let level = LEVELS.get(code).copied().unwrap_or_default();
                    product += difference * level;
                    across += centre * level;
                    byte | (code as u8) << (at * 2)
                })
            })
            .collect();
        let factor = if product > 0.0 { square / product } else { 0.0 };
        Self { bytes, factor, constant: square + 2.0 * factor * across }
    }
}

impl Entries {
    /// Creates a list without entries.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Self {
            code_bytes: dimensions.div_ceil(DIMENSIONS_PER_BYTE),
            codes: Vec::new(),
            factors: Vec::new(),
            constants: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns the ids of the vectors.
    #[must_use]
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// Returns roughly what the entries take in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.codes.capacity() + self.ids.capacity() * NUMBERS_BYTES
    }

    /// Adds an entry.
    pub fn push(&mut self, id: i64, code: &Code) {
        self.scatter(1, &code.bytes);
        self.factors.push(code.factor);
        self.constants.push(code.constant);
        self.ids.push(id);
    }

    /// Keeps the entries of some ids.
    pub fn retain(&mut self, mut keeps: impl FnMut(i64) -> bool) {
        let mut kept = Self { code_bytes: self.code_bytes, ..Self::new(0) };
        for (place, id) in self.ids.iter().enumerate() {
            if !keeps(*id) {
                continue;
            }
            let first = place / GROUP * GROUP * self.code_bytes + place % GROUP;
            let bytes: Vec<u8> = self.codes.iter().skip(first).step_by(GROUP).take(self.code_bytes).copied().collect();
            let number = |numbers: &[f32]| numbers.get(place).copied().unwrap_or_default();
            let (factor, constant) = (number(&self.factors), number(&self.constants));
            kept.push(*id, &Code { bytes, factor, constant });
        }
        *self = kept;
    }

    /// Adds `count` codes, of which `bytes` has the first bytes of all, then the second, and so on.
    fn scatter(&mut self, count: usize, bytes: &[u8]) {
        let mut done = 0;
        while done < count {
            let place = self.ids.len() + done;
            let (start, within) = (place / GROUP * GROUP * self.code_bytes, place % GROUP);
            let some = (GROUP - within).min(count - done);
            if within == 0 {
                self.codes.resize(start + GROUP * self.code_bytes, 0);
            }
            let group = self.codes.get_mut(start..).unwrap_or_default();
            for (target, source) in group.chunks_exact_mut(GROUP).zip(bytes.chunks_exact(count)) {
                if let (Some(target), Some(source)) =
                    (target.get_mut(within..within + some), source.get(done..done + some))
                {
                    target.copy_from_slice(source);
                }
            }
            done += some;
        }
    }

    /// Adds the entries of a part.
    ///
    /// # Errors
    /// If its length does not fit its number of entries.
    pub fn read(&mut self, part: &[u8]) -> Result<(), CoreError> {
        let count = part.first_chunk::<COUNT_BYTES>().map_or(0, |count| u32::from_le_bytes(*count) as usize);
        let expected = count.saturating_mul(self.code_bytes + NUMBERS_BYTES).saturating_add(COUNT_BYTES);
        if part.len() != expected {
            return Err(CoreError::Corrupt(format!(
                "a part of {} bytes says that it has {count} entries, which take {expected}",
                part.len()
            )));
        }
        let (_, mut rest) = part.split_at(COUNT_BYTES);
        let mut left = count;
        while left > 0 {
            let some = left.min(GROUP);
            let mut take = |bytes: usize| {
                let (taken, after) = rest.split_at_checked(bytes).unwrap_or_default();
                rest = after;
                taken
            };
            let codes = take(some * self.code_bytes);
            let (factors, constants, ids) = (take(some * 4), take(some * 4), take(some * 8));
            self.scatter(some, codes);
            self.factors.extend(factors.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            self.constants.extend(constants.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            self.ids.extend(ids.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)));
            left -= some;
        }
        Ok(())
    }

    /// Returns a part with all entries.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut part = Vec::with_capacity(COUNT_BYTES + self.len() * (self.code_bytes + NUMBERS_BYTES));
        part.extend(u32::try_from(self.len()).unwrap_or(u32::MAX).to_le_bytes());
        let groups = self.codes.chunks((GROUP * self.code_bytes).max(1));
        let numbers = self.factors.chunks(GROUP).zip(self.constants.chunks(GROUP)).zip(self.ids.chunks(GROUP));
        for (codes, ((factors, constants), ids)) in groups.zip(numbers) {
            codes.chunks_exact(GROUP).for_each(|codes| part.extend(codes.iter().take(ids.len())));
            part.extend(factors.iter().flat_map(|value| value.to_le_bytes()));
            part.extend(constants.iter().flat_map(|value| value.to_le_bytes()));
            part.extend(ids.iter().flat_map(|value| value.to_le_bytes()));
        }
        part
    }

    /// Computes roughly the squared distance of each entry from a query, whose squared distance from the centroid is
    /// `base`.
    pub(crate) fn estimate(&self, query: &QueryTables, base: f32, estimates: &mut Vec<f32>) {
        estimates.resize(self.codes.len() / self.code_bytes.max(1), 0.0);
        query.sums(&self.codes, self.code_bytes, estimates);
        estimates.truncate(self.len());
        for ((estimate, factor), constant) in estimates.iter_mut().zip(&self.factors).zip(&self.constants) {
            *estimate = base + constant - 2.0 * factor * *estimate;
        }
    }
}
