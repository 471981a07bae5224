//! The codes and ids of a list, in memory and as bytes.
//!
//! In memory 64 entries stand side by side, as the first pass needs them. As bytes the last group of a part is as wide
//! as it has entries, so that nothing is wasted. All numbers are little-endian:
//!
//! `| count u32 | list u32 |`, then for each group of up to 64 entries: the first byte of all codes, the second, and so
//! on; the factors, f32; the constants, f32; the ids, i64. The list is the one whose centroid the codes belong to.

use super::centroids::Centroids;
use super::train::List;
use crate::CoreError;
use crate::vector::sketch::levels::{DIMENSIONS_PER_BYTE, GROUP, LEVELS, code_of};
use crate::vector::sketch::tables::QueryTables;

const HEAD_BYTES: usize = 8;
/// The bytes of an entry beside its code.
const NUMBERS_BYTES: usize = 16;

/// Entries whose codes belong to one centroid.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    pub(super) bytes: Vec<u8>,
    pub(super) factor: f32,
    pub(super) constant: f32,
}

/// Bytes of entries, and those behind them.
pub(super) struct Segment<'a> {
    /// The list whose centroid the codes belong to.
    pub(super) list: List,
    pub(super) count: usize,
    pub(super) entries: &'a [u8],
    pub(super) others: &'a [u8],
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

    /// Returns the levels of the dimensions, and of some more if the last byte is not full.
    pub(super) fn levels(&self) -> impl Iterator<Item = f32> + '_ {
        let codes = self.bytes.iter().flat_map(|byte| [byte & 3, byte >> 2 & 3, byte >> 4 & 3, byte >> 6]);
        codes.map(|code| LEVELS.get(usize::from(code)).copied().unwrap_or_default())
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

    /// Adds an entry of a list in whose place the origin is: `base` is the squared distance of the list from a query.
    pub(super) fn push_based(&mut self, id: i64, code: &Code, base: f32) {
        self.push(id, code);
        if let Some(constant) = self.constants.last_mut() {
            *constant += base;
        }
    }

    /// Removes all entries, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.codes.clear();
        self.factors.clear();
        self.constants.clear();
        self.ids.clear();
    }

    /// Returns all entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, Code)> + '_ {
        let numbers = self.factors.iter().zip(&self.constants);
        self.ids.iter().zip(numbers).enumerate().map(move |(place, (id, (factor, constant)))| {
            let first = place / GROUP * GROUP * self.code_bytes + place % GROUP;
            let bytes = self.codes.iter().skip(first).step_by(GROUP).take(self.code_bytes).copied().collect();
            (*id, Code { bytes, factor: *factor, constant: *constant })
        })
    }

    /// Keeps the entries of some ids.
    pub fn retain(&mut self, mut keeps: impl FnMut(i64) -> bool) {
        let kept: Vec<bool> = self.ids.iter().map(|id| keeps(*id)).collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        let mut left = Self { code_bytes: self.code_bytes, ..Self::new(0) };
        for ((id, code), _) in self.iter().zip(kept).filter(|(_, kept)| *kept) {
            left.push(id, &code);
        }
        *self = left;
    }

    /// Adds `count` codes, of which `bytes` has the first bytes of all, then the second, and so on.
    fn scatter(&mut self, count: usize, bytes: &[u8]) {
        if count == GROUP && self.ids.len().is_multiple_of(GROUP) {
            self.codes.extend_from_slice(bytes);
            return;
        }
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

    /// Reads the head of the entries that bytes begin with.
    pub(super) fn split_head<'a>(&self, bytes: &'a [u8]) -> Result<Segment<'a>, CoreError> {
        let head = bytes.split_first_chunk::<HEAD_BYTES>();
        let ([a, b, c, d, e, f, g, h], rest) =
            head.ok_or_else(|| CoreError::Corrupt(format!("a part ends with {} bytes", bytes.len())))?;
        let (count, list) = (u32::from_le_bytes([*a, *b, *c, *d]) as usize, u32::from_le_bytes([*e, *f, *g, *h]));
        let expected = count.saturating_mul(self.code_bytes + NUMBERS_BYTES);
        let (entries, others) = rest.split_at_checked(expected).ok_or_else(|| {
            CoreError::Corrupt(format!(
                "a part of {} bytes says that it has {count} entries, which take {expected}",
                rest.len()
            ))
        })?;
        Ok(Segment { list, count, entries, others })
    }

    /// Adds the entries of a segment.
    pub(super) fn read(&mut self, segment: &Segment<'_>) {
        let mut rest = segment.entries;
        let mut left = segment.count;
        let all = self.len() + left;
        self.codes.reserve(all.next_multiple_of(GROUP) * self.code_bytes - self.codes.len());
        self.factors.reserve(left);
        self.constants.reserve(left);
        self.ids.reserve(left);
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
    }

    /// Writes all entries behind what is there.
    pub(super) fn write(&self, list: List, part: &mut Vec<u8>) {
        part.reserve(HEAD_BYTES + self.len() * (self.code_bytes + NUMBERS_BYTES));
        part.extend(u32::try_from(self.len()).unwrap_or(u32::MAX).to_le_bytes());
        part.extend(list.to_le_bytes());
        let groups = self.codes.chunks((GROUP * self.code_bytes).max(1));
        let numbers = self.factors.chunks(GROUP).zip(self.constants.chunks(GROUP)).zip(self.ids.chunks(GROUP));
        for (codes, ((factors, constants), ids)) in groups.zip(numbers) {
            codes.chunks_exact(GROUP).for_each(|codes| part.extend(codes.iter().take(ids.len())));
            part.extend(factors.iter().flat_map(|value| value.to_le_bytes()));
            part.extend(constants.iter().flat_map(|value| value.to_le_bytes()));
            part.extend(ids.iter().flat_map(|value| value.to_le_bytes()));
        }
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
