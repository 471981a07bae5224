//! Where the vectors of a table are: the chunk and the slot of each id.

use std::collections::HashMap;

/// Ids as far from the first one as so many times their number are still looked up in one piece of memory.
const SPREAD: usize = 8;
const LEAST_SPREAD: usize = 1 << 16;
const NOWHERE: u64 = u64::MAX;
const BITS: usize = u64::BITS as usize;

/// A chunk and a slot of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the chunk.
    pub chunk: i64,
    /// The slot in it.
    pub slot: usize,
}

/// The places of all ids.
#[derive(Clone, Default)]
pub struct Directory {
    chunks: Vec<i64>,
    first: i64,
    /// The places of ids from the first on: the place of the chunk in `chunks`, and the slot.
    dense: Vec<u64>,
    /// A bit for each of those, which says whether there is one: a search asks that of all ids that look near.
    present: Vec<u64>,
    /// Those of other ids.
    others: HashMap<i64, u64>,
    count: usize,
}

impl Directory {
    /// Creates a directory without ids, whose least id will be this one.
    #[must_use]
    pub fn starting_at(first: i64) -> Self {
        Self { first, ..Self::default() }
    }

    /// Adds one vector.
    pub fn add(&mut self, id: i64, Place { chunk, slot }: Place) {
        let number = match self.chunks.iter().rposition(|known| *known == chunk) {
            Some(number) => number,
            None => {
                self.chunks.push(chunk);
                self.chunks.len() - 1
            }
        };
        self.set(id, (number as u64) << 32 | slot as u64);
    }

    /// Adds the vectors of a chunk, each with its slot and its id.
    pub fn add_chunk(&mut self, chunk: i64, used: impl Iterator<Item = (usize, i64)>) {
        let number = (self.chunks.len() as u64) << 32;
        self.chunks.push(chunk);
        for (slot, id) in used {
            self.set(id, number | slot as u64);
        }
    }

    /// Adds the vectors of a chunk whose slots are all used, by successive ids.
    pub fn add_full_chunk(&mut self, chunk: i64, first: i64, count: usize) {
        let offset = first.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        let end = offset.and_then(|offset| offset.checked_add(count));
        let room = self.count.saturating_add(count).saturating_mul(SPREAD).max(LEAST_SPREAD);
        let Some((offset, end)) = offset.zip(end).filter(|(_, end)| *end <= room) else {
            return self.add_chunk(chunk, (0..count).zip(first..));
        };
        if end > self.dense.len() {
            self.dense.resize(end, NOWHERE);
        }
        let Some(places) = self.dense.get_mut(offset..end) else { return };
        if places.iter().any(|place| *place != NOWHERE) || !self.others.is_empty() {
            return self.add_chunk(chunk, (0..count).zip(first..));
        }
        let number = (self.chunks.len() as u64) << 32;
        self.chunks.push(chunk);
        places.iter_mut().zip(number..).for_each(|(kept, place)| *kept = place);
        (offset..end).for_each(|offset| self.mark(offset, true));
        self.count += count;
    }

    fn set(&mut self, id: i64, place: u64) {
        let room = self.count.saturating_mul(SPREAD).max(LEAST_SPREAD);
        let offset = id.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        let previous = match offset.filter(|offset| *offset < room.max(self.dense.len())) {
            Some(offset) => {
                if offset >= self.dense.len() {
                    self.dense.resize(offset + 1, NOWHERE);
                }
                self.mark(offset, true);
                self.dense.get_mut(offset).map(|kept| std::mem::replace(kept, place)).filter(|kept| *kept != NOWHERE)
            }
            None => self.others.insert(id, place),
        };
        // An id that was set among the others keeps its place there until it is removed.
        if previous.is_none() {
            self.count += 1;
        }
    }

    /// Notes whether there is an id, so many after the first one.
    fn mark(&mut self, offset: usize, is_there: bool) {
        let (word, bit) = (offset / BITS, 1 << (offset % BITS));
        if word >= self.present.len() {
            self.present.resize(self.dense.len().div_ceil(BITS), 0);
        }
        match self.present.get_mut(word) {
            Some(word) if is_there => *word |= bit,
            Some(word) => *word &= !bit,
            None => {}
        }
    }

    /// Returns whether an id is there.
    #[must_use]
    #[inline]
    pub fn has(&self, id: i64) -> bool {
        let offset = id.wrapping_sub(self.first) as u64;
        let word = usize::try_from(offset / BITS as u64).ok().and_then(|word| self.present.get(word));
        let is_dense = word.is_some_and(|word| word >> (offset % BITS as u64) & 1 == 1);
        is_dense || (!self.others.is_empty() && self.others.contains_key(&id))
    }

    #[inline]
    fn find(&self, id: i64) -> Option<u64> {
        let offset = id.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        let dense = offset.and_then(|offset| self.dense.get(offset)).copied().filter(|place| *place != NOWHERE);
        dense.or_else(|| if self.others.is_empty() { None } else { self.others.get(&id).copied() })
    }

    /// Returns the place of an id.
    #[must_use]
    pub fn get(&self, id: i64) -> Option<Place> {
        let place = self.find(id)?;
        let chunk = *self.chunks.get(usize::try_from(place >> 32).ok()?)?;
        Some(Place { chunk, slot: usize::try_from(place & 0xffff_ffff).ok()? })
    }

    /// Removes an id.
    pub fn remove(&mut self, id: i64) {
        let offset = id.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        if let Some(place) = offset.and_then(|offset| self.dense.get_mut(offset)).filter(|place| **place != NOWHERE) {
            *place = NOWHERE;
            self.mark(offset.unwrap_or_default(), false);
            self.count -= 1;
        } else if self.others.remove(&id).is_some() {
            self.count -= 1;
        }
    }

    /// Returns all ids.
    pub fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        let dense = (self.first..).zip(&self.dense).filter(|(_, place)| **place != NOWHERE).map(|(id, _)| id);
        dense.chain(self.others.keys().copied())
    }

    /// Returns how many ids there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
