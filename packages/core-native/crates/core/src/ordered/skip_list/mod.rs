//! The map that threads share: crossbeam's lock-free skip list, in which each entry has a [`value_slot`]. [`hints`]
//! lead to most entries without a search.
//!
//! Two things of crossbeam-skiplist 0.1 are not used. Its `insert` unlinks the old entry before it adds the new one, so
//! a reader could miss a key that nobody removed. Here an entry is added once, vacant, and its slot does the rest. Its
//! `range()` keeps entries alive forever. Here walks use `lower_bound` and `next`.
//!
//! The operations use the list and the slots through the traits [`Index`] and [`Cell`], so that a model checker can run
//! them on its own.

mod absence;
mod changes;
mod entry;
mod hints;
mod ranges;
pub mod waits;

use std::borrow::Borrow;

use crossbeam_skiplist::SkipMap;

use super::key::EncodedKey;
use super::value_slot::{self, Cell, Content, Outcome, SwapCell};
use changes::Changes;
pub use changes::Wake;
pub use entry::Entry;
use entry::Place;
use hints::Hints;

/// A map from keys to cells, where each operation happens at one instant.
pub trait Index<C: Cell> {
    /// What a key is looked up by.
    type Code: ?Sized;
    /// What a key is made of.
    type Key: Borrow<Self::Code>;
    /// An entry that was found. It stays readable after it was taken out.
    type Found<'index>: AsRef<C>
    where
        Self: 'index;

    /// Returns the entry of a key.
    fn find(&self, code: &Self::Code) -> Option<Self::Found<'_>>;
    /// Returns the entry of a key. Adds one with a vacant cell if there is none.
    fn find_or_add(&self, key: &Self::Key) -> Self::Found<'_>;
    /// Takes out this very entry, if nobody else has.
    fn take_out(&self, found: &Self::Found<'_>);
}

/// Sets a value and returns what it replaced.
pub fn insert<C: Cell, I: Index<C>>(index: &I, key: &I::Key, value: &Content) -> C::Seen {
    loop {
        let found = index.find_or_add(key);
        match value_slot::set(found.as_ref(), value) {
            Outcome::Changed(before) | Outcome::Kept(before) => return before,
            Outcome::Dead => index.take_out(&found),
        }
    }
}

/// Sets a value if there is none. Returns the value that was there.
pub fn set_default<C: Cell, I: Index<C>>(index: &I, key: &I::Key, value: &Content) -> Option<C::Seen> {
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
pub fn get<C: Cell, I: Index<C>>(index: &I, code: &I::Code) -> Option<C::Seen> {
    loop {
        let found = index.find(code)?;
        let seen = found.as_ref().look();
        match C::content(&seen) {
            None => return None,
            // The key was removed, and may have been added again by now.
            Some(content) if value_slot::is_dead(content) => index.take_out(&found),
            Some(_) => return Some(seen),
        }
    }
}

/// Removes a key and returns its value.
pub fn remove<C: Cell, I: Index<C>>(index: &I, code: &I::Code, dead: &Content) -> Option<C::Seen> {
    loop {
        let found = index.find(code)?;
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
        content.and_then(value_slot::bytes_of).map_or(self.or_absent, |value| value == self.bytes)
    }
}

/// Sets a value if the key has what is expected. Returns what it replaced, or None if it changed nothing.
pub fn replace<C: Cell, I: Index<C>>(
    index: &I,
    key: &I::Key,
    expected: Expected<'_>,
    value: &Content,
) -> Option<C::Seen> {
    loop {
        let found = if expected.or_absent { index.find_or_add(key) } else { index.find(key.borrow())? };
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
pub fn remove_if<C: Cell, I: Index<C>>(index: &I, code: &I::Code, expected: Expected<'_>, dead: &Content) -> Removal {
    loop {
        let Some(found) = index.find(code) else { return Removal::Absent };
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

/// crossbeam's list, and the hints that spare a search.
#[derive(Default)]
struct Map {
    list: SkipMap<Place, ()>,
    hints: Hints,
}

impl Index<SwapCell> for Map {
    type Code = [u8];
    type Key = EncodedKey;
    type Found<'index> = Entry;

    fn find(&self, code: &[u8]) -> Option<Entry> {
        let hinted = if absence::is_likely() { None } else { self.hints.find(code) };
        let found = hinted.or_else(|| {
            let entry = self.list.get(&Place::of_code(code))?.key().entry().clone();
            // The hints may have an entry that they were not asked for, and need not have it twice.
            if !absence::is_likely() {
                self.hints.put(&entry, self.list.len());
            }
            Some(entry)
        });
        absence::note(found.is_none());
        found
    }

    fn find_or_add(&self, key: &EncodedKey) -> Entry {
        self.hints.find(key.code()).unwrap_or_else(|| {
            // Making an entry in vain costs less than a second search.
            let entry = self.list.get_or_insert(Place::of_key(key), ()).key().entry().clone();
            self.hints.put(&entry, self.list.len());
            entry
        })
    }

    fn take_out(&self, found: &Entry) {
        self.hints.forget(found);
        let listed = self.list.get(&Place::of_entry(found));
        if let Some(listed) = listed.filter(|listed| listed.key().entry().is(found)) {
            listed.remove();
        }
    }
}

/// The list.
pub struct SkipList {
    map: Map,
    dead: Content,
    changes: Changes,
}

/// A value that was found. It is kept as long as this is.
pub struct Value(<SwapCell as Cell>::Seen);

impl Value {
    /// Returns the bytes of the value.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        SwapCell::content(&self.0).and_then(value_slot::bytes_of).unwrap_or_default()
    }
}

impl Default for SkipList {
    fn default() -> Self {
        Self { map: Map::default(), dead: value_slot::dead(), changes: Changes::default() }
    }
}

impl SkipList {
    /// Returns how many entries there are, as long as nobody changes that.
    #[must_use]
    pub fn len(&self) -> usize {
        // An entry is in the list from just before its first value until just after its last, so without calls under
        // way these are the entries that have values.
        self.map.list.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets a value and returns the one that it replaced.
    pub fn insert(&self, key: &EncodedKey, value: &[u8]) -> Option<Value> {
        let before = insert(&self.map, key, &value_slot::value(value));
        self.changes.announce(key.code());
        before.is_some().then_some(Value(before))
    }

    /// Sets a value if there is none. Returns the value that was there.
    pub fn set_default(&self, key: &EncodedKey, value: &[u8]) -> Option<Value> {
        let present = set_default(&self.map, key, &value_slot::value(value));
        if present.is_none() {
            self.changes.announce(key.code());
        }
        present.map(Value)
    }

    /// Sets a value, or removes the key if there is none to set, if the key has what is expected. Returns whether it
    /// had.
    pub fn compare_and_set(&self, key: &EncodedKey, expected: Expected<'_>, value: Option<&[u8]>) -> bool {
        let Some(value) = value else {
            return match remove_if(&self.map, key.code(), expected, &self.dead) {
                Removal::Removed => {
                    self.changes.announce(key.code());
                    true
                }
                Removal::Absent => expected.or_absent,
                Removal::Refused => false,
            };
        };
        let is_set = replace(&self.map, key, expected, &value_slot::value(value)).is_some();
        if is_set {
            self.changes.announce(key.code());
        }
        is_set
    }

    /// Adds an entry after all others. Returns false, and changes nothing, if its key is not above theirs. It is for a
    /// list that one thread fills before others know it.
    pub fn append(&self, key: &EncodedKey, value: &[u8]) -> bool {
        let is_last = self.map.list.back().is_none_or(|last| last.key().entry().code() < key.code());
        is_last && self.insert(key, value).is_none()
    }

    /// Returns the value of the key with this code.
    #[must_use]
    pub fn get(&self, code: &[u8]) -> Option<Value> {
        get(&self.map, code).map(Value)
    }

    /// Removes the key with this code and returns its value.
    pub fn remove(&self, code: &[u8]) -> Option<Value> {
        let before = remove(&self.map, code, &self.dead)?;
        self.changes.announce(code);
        Some(Value(before))
    }
}

#[cfg(test)]
mod tests;
