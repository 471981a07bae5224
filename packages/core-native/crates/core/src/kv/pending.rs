//! The newest record of each key, and how it was before, for the case that a transaction is rolled back.

use std::hash::BuildHasher;
use std::mem;
use std::ops::Bound;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::ordering::sort_by_key;
use super::records::{Record, Records};

/// So many bytes of dead records are not worth clearing away.
const WORTH_COMPACTING: usize = 1 << 20;

/// Where a key's record is. The hash is kept so that a table that grows need not read the keys again.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    at: usize,
}

/// What comes back with a rollback.
#[derive(Default)]
struct State {
    records: Records,
    places: HashTable<Place>,
    /// The bytes of all living keys and values.
    bytes: usize,
    /// The bytes of all living records, with their heads.
    living: usize,
}

/// How to take back one change.
enum Undo {
    /// A key came at a place, where it was at another one before, or nowhere.
    Put { at: usize, before: Option<usize> },
    /// The record at a place no longer counted.
    Forget { at: usize },
    /// All of it was let go.
    Clear(Box<State>),
}

/// How things stood when a level of a transaction began.
struct Level {
    /// How many changes could be taken back.
    undo: usize,
    /// Where the records ended. What lies behind came later.
    end: usize,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// Whether nothing was pending for the key.
    pub is_new: bool,
    /// The bytes that are pending now.
    pub bytes: usize,
}

/// What waits to be written: of each key the newest record.
#[derive(Default)]
pub struct Pending {
    state: State,
    hasher: DefaultHashBuilder,
    undo: Vec<Undo>,
    levels: Vec<Level>,
    /// The places in the order of their keys, until the next change.
    sorted: Option<Vec<usize>>,
}

impl Pending {
    /// The bytes of all keys and values that are pending.
    pub fn bytes(&self) -> usize {
        self.state.bytes
    }

    /// How many keys have something pending.
    pub fn len(&self) -> usize {
        self.state.places.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.state.places.is_empty()
    }

    /// What is pending for a key: a value, or that it is to be deleted.
    pub fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        if self.is_empty() {
            return None;
        }
        let place = self.state.find(self.hasher.hash_one(key), key)?;
        Some(self.state.records.at(place).1)
    }

    /// A level of a transaction begins: what is changed from here on its rollback takes back.
    pub fn begin(&mut self) {
        self.levels.push(Level { undo: self.undo.len(), end: self.state.records.length() });
    }

    /// What was changed in the innermost level belongs to the one around it, or stays.
    pub fn commit(&mut self) {
        self.levels.pop();
        if self.levels.is_empty() {
            self.undo.clear();
            self.compact();
        }
    }

    /// Puts a value for a key, or that it is to be deleted.
    pub fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Put {
        let hash = self.hasher.hash_one(key);
        let before = self.state.find(hash, key);
        // What has come in this level goes with it in any case.
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

    /// Puts another value in the place of one; false where it does not fit there.
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

    /// Forgets what is pending for a key: the bytes pending then, None where there was nothing.
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

    /// Lets go of everything.
    pub fn clear(&mut self) {
        self.sorted = None;
        let state = mem::take(&mut self.state);
        if !self.levels.is_empty() {
            self.undo.push(Undo::Clear(Box::new(state)));
        }
    }

    /// Takes back what was changed in the innermost level, the newest first.
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

    /// Has the record at a place count for its key, which is the key of the record at `at`, or none.
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

    /// What is pending, in the order in which it came.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.state.records.living().map(|(_, record)| record)
    }

    /// Whether `range` is ready.
    pub fn is_sorted(&self) -> bool {
        self.sorted.is_some() || self.is_empty()
    }

    /// Makes `range` ready, which holds until the next change.
    pub fn sort(&mut self) {
        if self.sorted.is_some() {
            return;
        }
        let mut rows: Vec<_> = self.state.records.living().collect();
        sort_by_key(&mut rows, |&(_, (key, _))| key);
        self.sorted = Some(rows.into_iter().map(|(at, _)| at).collect());
    }

    /// What is pending for the keys of a range, in their order; nothing before `sort`.
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

    /// Clears dead records away once they are the most. What could be taken back names places, so not while anything can.
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

    /// Has a record count whose key has none.
    fn add(&mut self, hash: u64, at: usize) {
        self.places.insert_unique(hash, Place { hash, at }, |place| place.hash);
        self.count(at, true);
    }

    /// Has a record count instead of another one of its key.
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
