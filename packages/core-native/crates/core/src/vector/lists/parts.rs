//! The entries of a list, which come in parts.
//!
//! Most codes of a list belong to its own centroid. After a split, the codes of the old list belong to its centroid as
//! before, so that no vector is read again. Such entries are in a segment of their own.
//!
//! A part is `| total u32 |` and segments, as [`super::entries`] writes them. The total is the number of entries of the
//! list up to the end of the part.

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
    /// Side by side, no matter to which centroids their codes belong.
    entries: Entries,
    /// How many successive codes belong to the centroid of a list.
    segments: Vec<(List, usize)>,
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
        Self { dimensions, entries: Entries::new(dimensions), segments: Vec::new() }
    }

    /// Returns the entries, and for how many successive ones the codes belong to the centroid of a list.
    pub(super) fn all(&self) -> (&Entries, &[(List, usize)]) {
        (&self.entries, &self.segments)
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the ids of the vectors.
    #[must_use]
    pub fn ids(&self) -> &[i64] {
        self.entries.ids()
    }

    /// Returns roughly what the entries take in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.entries.memory()
    }

    /// Adds an entry whose code belongs to the centroid of a list.
    pub fn push(&mut self, list: List, id: i64, code: &Code) {
        self.entries.push(id, code);
        self.extend_segment(list, 1);
    }

    fn extend_segment(&mut self, list: List, count: usize) {
        match self.segments.last_mut() {
            Some((last, length)) if *last == list => *length += count,
            _ if count > 0 => self.segments.push((list, count)),
            _ => {}
        }
    }

    /// Returns all entries, each with the list whose centroid its code belongs to.
    fn iter(&self) -> impl Iterator<Item = (List, i64, Code)> + '_ {
        let lists = self.segments.iter().flat_map(|(list, count)| std::iter::repeat_n(*list, *count));
        lists.zip(self.entries.iter()).map(|(list, (id, code))| (list, id, code))
    }

    /// Keeps the entries of some ids.
    pub fn retain(&mut self, mut keeps: impl FnMut(i64) -> bool) {
        let kept: Vec<bool> = self.ids().iter().map(|id| keeps(*id)).collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        let mut left = Self::new(self.dimensions);
        for ((list, id, code), _) in self.iter().zip(kept).filter(|(_, kept)| *kept) {
            left.push(list, id, &code);
        }
        *self = left;
    }

    /// Adds the entries of a part. The codes of a list belong to centroids of `lists` lists.
    ///
    /// # Errors
    /// If its length does not fit its numbers of entries, or a list is none of these.
    pub fn read(&mut self, part: &[u8], lists: usize) -> Result<(), CoreError> {
        let mut rest =
            part.get(TOTAL_BYTES..).ok_or_else(|| CoreError::Corrupt(format!("a part has {} bytes", part.len())))?;
        while !rest.is_empty() {
            let segment = self.entries.split_head(rest)?;
            let list = segment.list;
            if list as usize >= lists {
                return Err(CoreError::Corrupt(format!(
                    "a part has codes of list {list}, and there are {lists} lists"
                )));
            }
            self.entries.read(&segment);
            self.extend_segment(list, segment.count);
            rest = segment.others;
        }
        Ok(())
    }

    /// Returns a part with all entries. `before` is the number of entries in the parts before it.
    #[must_use]
    pub fn write(&self, before: usize) -> Vec<u8> {
        let mut part = Vec::new();
        part.extend(u32::try_from(before + self.len()).unwrap_or(u32::MAX).to_le_bytes());
        if let [(list, _)] = self.segments.as_slice() {
            self.entries.write(*list, &mut part);
            return part;
        }
        let mut all = self.entries.iter();
        for (list, count) in &self.segments {
            let mut segment = Entries::new(self.dimensions);
            all.by_ref().take(*count).for_each(|(id, code)| segment.push(id, &code));
            segment.write(*list, &mut part);
        }
        part
    }

    /// Divides a list into two halves, of which each has a good part of the entries. None if that is not possible.
    #[must_use]
    pub fn halves(&self, centroids: &Centroids) -> Option<[Half; 2]> {
        let Halves { is_second, centres } = halves(&self.rows(centroids), self.dimensions)?;
        let mut divided = [Self::new(self.dimensions), Self::new(self.dimensions)];
        for ((list, id, code), is_second) in self.iter().zip(is_second) {
            let [first, second] = &mut divided;
            (if is_second { second } else { first }).push(list, id, &code);
        }
        let ([first, second], [one, other]) = (divided, centres);
        Some([Half { centre: one, entries: first }, Half { centre: other, entries: second }])
    }

    /// Returns about what the rows are that the codes were made of, one after another. They are turned.
    fn rows(&self, centroids: &Centroids) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.len() * self.dimensions);
        for (list, _, code) in self.iter() {
            // What is not a number tells nothing.
            let factor = if code.factor.is_finite() { code.factor } else { 0.0 };
            rows.extend(code.levels().zip(centroids.row(list)).map(|(level, centre)| centre + factor * level));
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
