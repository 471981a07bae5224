//! The entries of a list, which come in parts.
//!
//! Most codes of a list belong to its own centroid. After a split, the codes of the old list belong to its centroid as
//! before, so that no vector is read again. Such entries are in a segment of their own.
//!
//! A part is `| total u32 |` and segments, as [`super::entries`] writes them. The total is the number of entries of the
//! list up to the end of the part.

use std::collections::BTreeMap;

use super::centroids::Centroids;
use super::entries::{Code, Entries};
use super::halves::{Halves, halves};
use super::train::List;
use crate::CoreError;

/// The bytes of the total.
pub const TOTAL_BYTES: usize = 4;

/// All entries of a list.
#[derive(Clone)]
pub struct ListEntries {
    dimensions: usize,
    segments: BTreeMap<List, Entries>,
}

/// One half of a list.
pub struct Half {
    /// Its centre, turned.
    pub centre: Vec<f32>,
    /// What it gets.
    pub entries: ListEntries,
}

impl ListEntries {
    /// Creates a list without entries.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, segments: BTreeMap::new() }
    }

    /// Returns the entries, and the lists whose centroids their codes belong to.
    pub fn segments(&self) -> impl Iterator<Item = (List, &Entries)> {
        self.segments.iter().map(|(list, entries)| (*list, entries))
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.values().map(Entries::len).sum()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the ids of the vectors.
    pub fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        self.segments.values().flat_map(|entries| entries.ids().iter().copied())
    }

    /// Returns roughly what the entries take in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.segments.values().map(Entries::memory).sum()
    }

    /// Adds an entry whose code belongs to the centroid of a list.
    pub fn push(&mut self, list: List, id: i64, code: &Code) {
        self.segment(list).push(id, code);
    }

    fn segment(&mut self, list: List) -> &mut Entries {
        self.segments.entry(list).or_insert_with(|| Entries::new(self.dimensions))
    }

    /// Keeps the entries of some ids. Segments without entries go.
    pub fn retain(&mut self, mut keeps: impl FnMut(i64) -> bool) {
        self.segments.values_mut().for_each(|entries| entries.retain(&mut keeps));
        self.segments.retain(|_, entries| !entries.is_empty());
    }

    /// Adds the entries of a part. The codes of a list belong to centroids of `lists` lists.
    ///
    /// # Errors
    /// If its length does not fit its numbers of entries, or a list is none of these.
    pub fn read(&mut self, part: &[u8], lists: usize) -> Result<(), CoreError> {
        let mut rest =
            part.get(TOTAL_BYTES..).ok_or_else(|| CoreError::Corrupt(format!("a part has {} bytes", part.len())))?;
        let empty = Entries::new(self.dimensions);
        while !rest.is_empty() {
            let segment = empty.split_head(rest)?;
            let list = segment.list;
            if list as usize >= lists {
                return Err(CoreError::Corrupt(format!(
                    "a part has codes of list {list}, and there are {lists} lists"
                )));
            }
            self.segment(list).read(&segment);
            rest = segment.others;
        }
        Ok(())
    }

    /// Returns a part with all entries. `before` is the number of entries in the parts before it.
    #[must_use]
    pub fn write(&self, before: usize) -> Vec<u8> {
        let mut part = Vec::new();
        part.extend(u32::try_from(before + self.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.segments.iter().for_each(|(list, entries)| entries.write(*list, &mut part));
        part
    }

    /// Divides a list into two halves, of which each has a good part of the entries. None if that is not possible.
    #[must_use]
    pub fn halves(&self, centroids: &Centroids) -> Option<[Half; 2]> {
        let Halves { is_second, centres } = halves(&self.rows(centroids), self.dimensions)?;
        let mut divided = [Self::new(self.dimensions), Self::new(self.dimensions)];
        let all = self.segments.iter().flat_map(|(list, entries)| entries.iter().map(|(id, code)| (*list, id, code)));
        for ((list, id, code), is_second) in all.zip(is_second) {
            let [first, second] = &mut divided;
            (if is_second { second } else { first }).push(list, id, &code);
        }
        let ([first, second], [one, other]) = (divided, centres);
        Some([Half { centre: one, entries: first }, Half { centre: other, entries: second }])
    }

    /// Returns about what the rows are that the codes were made of, one after another. They are turned.
    fn rows(&self, centroids: &Centroids) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.len() * self.dimensions);
        for (list, entries) in &self.segments {
            let centre = centroids.row(*list);
            for (_, code) in entries.iter() {
                // What is not a number tells nothing.
                let factor = if code.factor.is_finite() { code.factor } else { 0.0 };
                rows.extend(code.levels().zip(centre).map(|(level, centre)| centre + factor * level));
            }
        }
        rows
    }
}

/// Returns the total that a part begins with.
///
/// # Errors
/// If it is cut off.
pub fn total_of(part: &[u8]) -> Result<usize, CoreError> {
    let total = part.first_chunk::<TOTAL_BYTES>();
    total
        .map(|total| u32::from_le_bytes(*total) as usize)
        .ok_or_else(|| CoreError::Corrupt(format!("a part has {} bytes", part.len())))
}
