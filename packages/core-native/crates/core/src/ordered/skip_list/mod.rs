//! The map that threads share: crossbeam's lock-free skip list, in which each entry has a [`value_slot`].
//!
//! Two things of crossbeam-skiplist 0.1 are not used. Its `insert` unlinks the old entry before it adds the new one, so
//! a reader could miss a key that nobody removed. Here an entry is added once, vacant, and its slot does the rest. Its
//! `range()` keeps entries alive forever. Here walks use `lower_bound` and `next`.
//!
//! The operations use the list and the slots through the traits [`Index`] and [`Cell`], so that a model checker can run
//! them on its own.

mod changes;
mod ranges;
pub mod waits;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_skiplist::SkipMap;
use crossbeam_skiplist::map::Entry;

use super::key::EncodedKey;
use super::value_slot::{self, Cell, Content, Outcome, SwapCell};
use changes::Changes;
pub use changes::Wake;

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

/// What a key must have before a change.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'value> {
    /// The bytes of the value.
    pub bytes: &'value [u8],
    /// Whether the key may also be absent.
    pub or_absent: bool,
}

impl Expected<'_> {
    fn accepts(self, content: Option<&Content>) -> bool {
        content.and_then(Content::value).map_or(self.or_absent, |value| value == self.bytes)
    }
}

/// Sets a value if the key has what is expected. Returns what it replaced, or None if it changed nothing.
pub fn replace<C: Cell, I: Index<C>>(
    index: &I,
    key: &I::Key,
    expected: Expected<'_>,
    value: &Arc<Content>,
) -> Option<C::Seen> {
    loop {
        let found = if expected.or_absent { index.find_or_add(key) } else { index.find(key)? };
        match value_slot::update(found.as_ref(), value, |content| expected.accepts(content)) {
            Outcome::Changed(before) => return Some(before),
            Outcome::Kept(_) => return None,
            Outcome::Dead => index.take_out(&found),
        }
    }
}

/// The result of a conditional removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The key had the expected value, and was removed.
    Removed,
    /// The key was absent.
    Absent,
    /// The key has another value.
    Refused,
}

/// Removes a key if it has the expected value.
pub fn remove_if<C: Cell, I: Index<C>>(
    index: &I,
    key: &I::Key,
    expected: Expected<'_>,
    dead: &Arc<Content>,
) -> Removal {
    loop {
        let Some(found) = index.find(key) else { return Removal::Absent };
        let wanted = |content: Option<&Content>| content.is_some() && expected.accepts(content);
        match value_slot::update(found.as_ref(), dead, wanted) {
            Outcome::Changed(_) => {
                index.take_out(&found);
                return Removal::Removed;
            }
            Outcome::Kept(seen) if C::content(&seen).is_none() => return Removal::Absent,
            Outcome::Kept(_) => return Removal::Refused,
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
    changes: Changes,
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
        Self {
            map: SkipMap::new(),
            len: AtomicUsize::new(0),
            dead: Arc::new(Content::Dead),
            changes: Changes::default(),
        }
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
        self.changes.announce(key);
        before.is_some().then_some(Value(before))
    }

    /// Sets a value if there is none. Returns the value that was there.
    pub fn set_default(&self, key: &EncodedKey, value: Box<[u8]>) -> Option<Value> {
        let present = set_default(&self.map, key, &Arc::new(Content::Value(value)));
        if present.is_none() {
            self.len.fetch_add(1, Ordering::Relaxed);
            self.changes.announce(key);
        }
        present.map(Value)
    }

    /// Sets a value, or removes the key if there is none to set, if the key has what is expected. Returns whether it
    /// had.
    pub fn compare_and_set(&self, key: &EncodedKey, expected: Expected<'_>, value: Option<Box<[u8]>>) -> bool {
        match value {
            Some(value) => {
                let Some(before) = replace(&self.map, key, expected, &Arc::new(Content::Value(value))) else {
                    return false;
                };
                if before.is_none() {
                    self.len.fetch_add(1, Ordering::Relaxed);
                }
                self.changes.announce(key);
                true
            }
            None => match remove_if(&self.map, key, expected, &self.dead) {
                Removal::Removed => {
                    self.removed(key);
                    true
                }
                Removal::Absent => expected.or_absent,
                Removal::Refused => false,
            },
        }
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
        self.removed(key);
        Some(Value(before))
    }

    /// Counts a removal and reports it.
    fn removed(&self, key: &EncodedKey) {
        self.len.fetch_sub(1, Ordering::Relaxed);
        self.changes.announce(key);
    }
}

#[cfg(test)]
mod tests;
