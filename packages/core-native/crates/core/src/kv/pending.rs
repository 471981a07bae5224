//! The newest record of each key, and what it was before, in case a transaction is rolled back.

use std::hash::BuildHasher;
use std::mem;
use std::ops::Bound;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::ordering::sort_by_key;
use super::records::{Record, Records};

/// Fewer bytes of dead records are not worth clearing away.
const WORTH_COMPACTING: usize = 1 << 20;

/// Where a key's record is. The hash is kept, so that a growing table does not read the keys again.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    at: usize,
}

/// What a rollback brings back.
#[derive(Default)]
struct State {
    records: Records,
    places: HashTable<Place>,
    /// The bytes of the keys and values that count.
    bytes: usize,
    /// The bytes of the records that count, with their heads.
    living: usize,
}

/// What takes back one change.
enum Undo {
    /// A key got a record. Before, it had another one or none.
    Put { at: usize, before: Option<usize> },
    /// A record stopped counting.
    Forget { at: usize },
    /// All records were cleared.
    Clear(Box<State>),
}

/// The state when a level of a transaction began.
struct Level {
    /// The number of undo records.
    undo: usize,
    /// Where the records ended. Those after it came later.
    end: usize,
}

/// The result of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// Whether nothing was pending for the key.
    pub is_new: bool,
    /// The pending bytes after it.
    pub bytes: usize,
}

/// The pending writes: the newest record of each key.
#[derive(Default)]
pub struct Pending {
    state: State,
    hasher: DefaultHashBuilder,
    undo: Vec<Undo>,
    levels: Vec<Level>,
    /// The places in the order of their keys. None after a change.
    sorted: Option<Vec<usize>>,
}

impl Pending {
    /// Returns the bytes of all pending keys and values.
    pub fn bytes(&self) -> usize {
        self.state.bytes
    }

    /// Returns how many keys have something pending.
    pub fn len(&self) -> usize {
        self.state.places.len()
    }

    /// Returns whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.state.places.is_empty()
    }

    /// Returns what is pending for a key: a value, or None for a deletion.
    pub fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        if self.is_empty() {
            return None;
        }
        let place = self.state.find(self.hasher.hash_one(key), key)?;
        Some(self.state.records.at(place).1)
    }

    /// Begins a level of a transaction. Its rollback takes back what changes from here on.
    pub fn begin(&mut self) {
        self.levels.push(Level { undo: self.undo.len(), end: self.state.records.length() });
    }

    /// Ends the innermost level. Its changes belong to the level around it, or stay.
    pub fn commit(&mut self) {
        self.levels.pop();
        if self.levels.is_empty() {
            self.undo.clear();
            self.compact();
        }
    }

    /// Makes a value pending for a key, or its deletion.
    pub fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Put {
        let hash = self.hasher.hash_one(key);
        let before = self.state.find(hash, key);
        // A record that came in this level goes with it in any case, so it needs no undo record.
        let is_free = self.levels.last().is_none_or(|level| before.is_some_and(|at| at >= level.end));
        if is_free
            && let Some(at) = before
            && self.overwrite(at, value)
        {
            return Put { is_new: false, bytes: self.state.bytes };
        }
        self.sorted = None;
        let at = self.state.records.push(key, value);
        match before {
            Some(old) => self.state.replace(hash, old, at),
            None => self.state.add(hash, at),
        }
        if !is_free {
            self.undo.push(Undo::Put { at, before });
        }
        self.compact();
        Put { is_new: before.is_none(), bytes: self.state.bytes }
    }

    /// Overwrites the value of a record. Returns false if the new value does not fit there.
    fn overwrite(&mut self, at: usize, value: Option<&[u8]>) -> bool {
        if let Some(value) = value
            && self.state.records.overwrite(at, value)
        {
            return true;
        }
        if !self.state.records.is_last(at) {
            return false;
        }
        self.state.count(at, false);
        self.state.records.replace_last(at, value);
        self.state.count(at, true);
        true
    }

    /// Forgets the pending write of a key. Returns the bytes that are still pending, or None if nothing was.
    pub fn forget(&mut self, key: &[u8]) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let at = self.state.find(hash, key)?;
        self.sorted = None;
        self.state.remove(hash, at);
        if !self.levels.is_empty() {
            self.undo.push(Undo::Forget { at });
        } else {
            self.compact();
        }
        Some(self.state.bytes)
    }

    /// Forgets all pending writes.
    pub fn clear(&mut self) {
        self.sorted = None;
        let state = mem::take(&mut self.state);
        if !self.levels.is_empty() {
            self.undo.push(Undo::Clear(Box::new(state)));
        }
    }

    /// Takes back the changes of the innermost level, the newest first, and ends it.
    pub fn rollback(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        self.sorted = None;
        while self.undo.len() > level.undo {
            match self.undo.pop() {
                Some(Undo::Put { at, before }) => self.put_back(at, before),
                Some(Undo::Forget { at }) => self.put_back(at, Some(at)),
                Some(Undo::Clear(state)) => self.state = *state,
                None => {}
            }
        }
    }

    /// Makes the record at `before`, or none, count for the key of the record at `at`.
    fn put_back(&mut self, at: usize, before: Option<usize>) {
        let key = self.state.records.at(at).0;
        let hash = self.hasher.hash_one(key);
        match (self.state.find(hash, key), before) {
            (Some(now), Some(before)) => self.state.replace(hash, now, before),
            (Some(now), None) => self.state.remove(hash, now),
            (None, Some(before)) => self.state.add(hash, before),
            (None, None) => {}
        }
    }

    /// Returns the pending writes in the order in which they came.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.state.records.living().map(|(_, record)| record)
    }

    /// Returns whether `range` is ready.
    pub fn is_sorted(&self) -> bool {
        self.sorted.is_some() || self.is_empty()
    }

    /// Makes `range` ready until the next change.
    pub fn sort(&mut self) {
        if self.sorted.is_some() {
            return;
        }
        let mut rows: Vec<_> = self.state.records.living().collect();
        sort_by_key(&mut rows, |&(_, (key, _))| key);
        self.sorted = Some(rows.into_iter().map(|(at, _)| at).collect());
    }

    /// Returns the pending writes of a range, in the order of their keys. There are none before `sort`.
    pub fn range(&self, lower: Bound<&[u8]>, upper: Bound<&[u8]>) -> impl DoubleEndedIterator<Item = Record<'_>> {
        let sorted = self.sorted.as_deref().unwrap_or_default();
        let start = sorted.partition_point(|&at| match lower {
            Bound::Included(key) => self.state.records.at(at).0 < key,
            Bound::Excluded(key) => self.state.records.at(at).0 <= key,
            Bound::Unbounded => false,
        });
        let end = sorted.partition_point(|&at| match upper {
            Bound::Included(key) => self.state.records.at(at).0 <= key,
            Bound::Excluded(key) => self.state.records.at(at).0 < key,
            Bound::Unbounded => true,
        });
        sorted.get(start..end).unwrap_or_default().iter().map(|&at| self.state.records.at(at))
    }

    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.state.records.length()
    }

    /// Clears dead records away when they are the majority, but not while undo records name places.
    fn compact(&mut self) {
        let dead = self.state.records.length() - self.state.living;
        if dead < WORTH_COMPACTING || dead < self.state.living || !self.undo.is_empty() {
            return;
        }
        self.sorted = None;
        let old = mem::take(&mut self.state);
        for (_, (key, value)) in old.records.living() {
            let at = self.state.records.push(key, value);
            self.state.add(self.hasher.hash_one(key), at);
        }
    }
}

impl State {
    fn find(&self, hash: u64, key: &[u8]) -> Option<usize> {
        let found = self.places.find(hash, |place| place.hash == hash && self.records.at(place.at).0 == key);
        found.map(|place| place.at)
    }

    /// Makes a record count whose key has none.
    fn add(&mut self, hash: u64, at: usize) {
        self.places.insert_unique(hash, Place { hash, at }, |place| place.hash);
        self.count(at, true);
    }

    /// Makes a record count instead of another one of its key.
    fn replace(&mut self, hash: u64, old: usize, new: usize) {
        if let Some(place) = self.places.find_mut(hash, |place| place.at == old) {
            place.at = new;
        }
        self.count(old, false);
        self.count(new, true);
    }

    fn remove(&mut self, hash: u64, at: usize) {
        if let Ok(entry) = self.places.find_entry(hash, |place| place.at == at) {
            entry.remove();
        }
        self.count(at, false);
    }

    fn count(&mut self, at: usize, counts: bool) {
        self.records.mark(at, !counts);
        let (bytes, whole) = self.records.extent(at);
        if counts {
            self.bytes += bytes;
            self.living += whole;
        } else {
            self.bytes -= bytes;
            self.living -= whole;
        }
    }
}
