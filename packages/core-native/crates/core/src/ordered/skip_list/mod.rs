//! The map that threads share: crossbeam's lock-free skip list, in which each entry has a [`value_slot`].
//!
//! Two things of crossbeam-skiplist 0.1 are not used. Its `insert` unlinks the old entry before it adds the new one, so
//! a reader could miss a key that nobody removed. Here an entry is added once, vacant, and its slot does the rest. Its
//! `range()` keeps entries alive for ever. Here walks use `lower_bound` and `next`.
//!
//! The operations use the list and the slots through the traits [`Index`] and [`Cell`], so that a model checker can run
//! them on its own.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_skiplist::SkipMap;
use crossbeam_skiplist::map::Entry;

use super::key::EncodedKey;
use super::value_slot::{self, Cell, Content, Outcome, SwapCell};

/// A map from keys to cells, where each operation happens at one instant.
pub trait Index<C: Cell> {
    /// What a key is looked up by and made of.
    type Key;
    /// An entry that was found. It stays readable after it was taken out.
    type Found<'index>: AsRef<C>
    where
        Self: 'index;

    /// Returns the entry of a key.
    fn find(&self, key: &Self::Key) -> Option<Self::Found<'_>>;
    /// Returns the entry of a key. Adds one with a vacant cell if there is none.
    fn find_or_add(&self, key: &Self::Key) -> Self::Found<'_>;
    /// Takes out this very entry, if nobody else has.
    fn take_out(&self, found: &Self::Found<'_>);
}

/// Sets a value and returns what it replaced.
pub fn insert<C: Cell, I: Index<C>>(index: &I, key: &I::Key, value: &Arc<Content>) -> C::Seen {
    loop {
        let found = index.find_or_add(key);
        match value_slot::set(found.as_ref(), value) {
            Outcome::Changed(before) | Outcome::Kept(before) => return before,
            Outcome::Dead => index.take_out(&found),
        }
    }
}

/// Sets a value if there is none. Returns the value that was there.
pub fn set_default<C: Cell, I: Index<C>>(index: &I, key: &I::Key, value: &Arc<Content>) -> Option<C::Seen> {
    loop {
        let found = index.find_or_add(key);
        match value_slot::set_default(found.as_ref(), value) {
            Outcome::Changed(_) => return None,
            Outcome::Kept(present) => return Some(present),
            Outcome::Dead => index.take_out(&found),
        }
    }
}

/// Returns the value of a key.
pub fn get<C: Cell, I: Index<C>>(index: &I, key: &I::Key) -> Option<C::Seen> {
    loop {
        let found = index.find(key)?;
        let seen = found.as_ref().look();
        match C::content(&seen) {
            None => return None,
            Some(Content::Value(_)) => return Some(seen),
            // The key was removed, and may have been added again by now.
            Some(Content::Dead) => index.take_out(&found),
        }
    }
}

/// Removes a key and returns its value.
pub fn remove<C: Cell, I: Index<C>>(index: &I, key: &I::Key, dead: &Arc<Content>) -> Option<C::Seen> {
    loop {
        let found = index.find(key)?;
        match value_slot::remove(found.as_ref(), dead) {
            Outcome::Changed(before) => {
                index.take_out(&found);
                return Some(before);
            }
            Outcome::Kept(_) => return None,
            Outcome::Dead => index.take_out(&found),
        }
    }
}

type Map = SkipMap<EncodedKey, SwapCell>;

/// An entry of crossbeam's list.
pub struct Found<'list>(Entry<'list, EncodedKey, SwapCell>);

impl AsRef<SwapCell> for Found<'_> {
    fn as_ref(&self) -> &SwapCell {
        self.0.value()
    }
}

impl Index<SwapCell> for Map {
    type Key = EncodedKey;
    type Found<'index> = Found<'index>;

    fn find(&self, key: &EncodedKey) -> Option<Found<'_>> {
        SkipMap::get(self, key).map(Found)
    }

    fn find_or_add(&self, key: &EncodedKey) -> Found<'_> {
        // Copying a key costs less than a second search.
        Found(self.get_or_insert_with(key.clone(), SwapCell::default))
    }

    fn take_out(&self, found: &Found<'_>) {
        found.0.remove();
    }
}

/// The list.
pub struct SkipList {
    map: Map,
    len: AtomicUsize,
    dead: Arc<Content>,
}

/// A value that was found. It is kept as long as this is.
pub struct Value(<SwapCell as Cell>::Seen);

impl Value {
    /// Returns the bytes of the value.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        SwapCell::content(&self.0).and_then(Content::value).unwrap_or_default()
    }
}

impl Default for SkipList {
    fn default() -> Self {
        Self { map: SkipMap::new(), len: AtomicUsize::new(0), dead: Arc::new(Content::Dead) }
    }
}

impl SkipList {
    /// Returns how many entries there are, as long as nobody changes that.
    #[must_use]
    pub fn len(&self) -> usize {
        // A removal may be counted before the insertion of another thread. For an instant the number is below zero.
        let len = self.len.load(Ordering::Relaxed);
        if len > usize::MAX / 2 { 0 } else { len }
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets a value and returns the one that it replaced.
    pub fn insert(&self, key: &EncodedKey, value: Box<[u8]>) -> Option<Value> {
        let before = insert(&self.map, key, &Arc::new(Content::Value(value)));
        if before.is_none() {
            self.len.fetch_add(1, Ordering::Relaxed);
        }
        before.is_some().then_some(Value(before))
    }

    /// Sets a value if there is none. Returns the value that was there.
    pub fn set_default(&self, key: &EncodedKey, value: Box<[u8]>) -> Option<Value> {
        let present = set_default(&self.map, key, &Arc::new(Content::Value(value)));
        if present.is_none() {
            self.len.fetch_add(1, Ordering::Relaxed);
        }
        present.map(Value)
    }

    /// Adds an entry after all others. Returns false, and changes nothing, if its key is not above theirs. It is for a
    /// list that one thread fills before others know it.
    pub fn append(&self, key: &EncodedKey, value: Box<[u8]>) -> bool {
        let is_last = self.map.back().is_none_or(|last| last.key() < key);
        is_last && self.insert(key, value).is_none()
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &EncodedKey) -> Option<Value> {
        get(&self.map, key).map(Value)
    }

    /// Removes a key and returns its value.
    pub fn remove(&self, key: &EncodedKey) -> Option<Value> {
        let before = remove(&self.map, key, &self.dead)?;
        self.len.fetch_sub(1, Ordering::Relaxed);
        Some(Value(before))
    }

    /// Removes every key that is there during the whole call.
    pub fn clear(&self) {
        let mut next = self.map.front();
        while let Some(entry) = next {
            self.remove(entry.key());
            next = entry.next();
        }
    }

    /// Calls `visit` with the entries between two codes, in order or in reverse. A key that is there during the whole
    /// walk is visited once. Keys that are added or removed meanwhile may be visited or not.
    pub fn walk(
        &self,
        (lower, upper): (Bound<&[u8]>, Bound<&[u8]>),
        reverse: bool,
        mut visit: impl FnMut(&EncodedKey, &[u8]) -> ControlFlow<()>,
    ) {
        let inside = |code: &[u8]| {
            let far = if reverse { lower } else { upper };
            match far {
                Bound::Unbounded => true,
                Bound::Included(limit) if reverse => code >= limit,
                Bound::Included(limit) => code <= limit,
                Bound::Excluded(limit) if reverse => code > limit,
                Bound::Excluded(limit) => code < limit,
            }
        };
        let mut next = if reverse { self.map.upper_bound(upper) } else { self.map.lower_bound(lower) };
        while let Some(entry) = next {
            if !inside(entry.key().code()) {
                return;
            }
            let seen = entry.value().look();
            if let Some(value) = SwapCell::content(&seen).and_then(Content::value)
                && visit(entry.key(), value).is_break()
            {
                return;
            }
            next = if reverse { entry.prev() } else { entry.next() };
        }
    }
}

#[cfg(test)]
mod tests;
