//! The operations on a range of the list.
//!
//! A key that is there during the whole call counts or goes, and exactly once. Keys that other threads add or remove
//! meanwhile may be missed or not.

use std::ops::{Bound, ControlFlow};

use crossbeam_skiplist::map::Entry as Listed;

use super::entry::Place;
use super::{Entry, SkipList, Value};
use crate::ordered::key::EncodedKey;
use crate::ordered::value_slot::{self, Cell, Outcome, SwapCell};

/// The codes between which a walk goes.
type Limits<'code> = (Bound<&'code [u8]>, Bound<&'code [u8]>);

impl SkipList {
    /// Removes every key that is there during the whole call.
    pub fn clear(&self) {
        self.remove_range((Bound::Unbounded, Bound::Unbounded), false, usize::MAX);
        self.map.hints.forget_all();
    }

    /// Calls `visit` with the entries between two codes, in order or in reverse. A key that is there during the whole
    /// walk is visited once. Keys that are added or removed meanwhile may be visited or not.
    pub fn walk(&self, limits: Limits<'_>, reverse: bool, mut visit: impl FnMut(&Entry, &[u8]) -> ControlFlow<()>) {
        self.each(limits, reverse, |listed| {
            let entry = listed.key().entry();
            let seen = entry.as_ref().look();
            let value = SwapCell::content(&seen).and_then(value_slot::bytes_of);
            value.map_or(ControlFlow::Continue(()), |value| visit(entry, value))
        });
    }

    /// Counts the entries between two codes, up to `most`.
    #[must_use]
    pub fn count(&self, limits: Limits<'_>, most: usize) -> usize {
        let mut count = 0;
        if most > 0 {
            self.walk(limits, false, |_, _| {
                count += 1;
                if count < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        count
    }

    /// Removes the first entries between two codes, up to `most`. Returns how many this call removed.
    pub fn remove_range(&self, limits: Limits<'_>, reverse: bool, most: usize) -> usize {
        let mut count = 0;
        if most > 0 {
            self.each(limits, reverse, |listed| {
                count += usize::from(self.take(listed).is_some());
                if count < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        count
    }

    /// Removes the first entry between two codes and returns it. No two calls return the same entry.
    pub fn pop(&self, limits: Limits<'_>, reverse: bool) -> Option<(EncodedKey, Value)> {
        let mut popped = None;
        self.each(limits, reverse, |listed| match self.take(listed) {
            Some(value) => {
                popped = Some((listed.key().entry().key(), value));
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        });
        popped
    }

    /// Removes an entry that was found. Returns its value, or None if another thread was first.
    fn take(&self, listed: &Listed<'_, Place, ()>) -> Option<Value> {
        let entry = listed.key().entry();
        let taken = match value_slot::remove(entry.as_ref(), &self.dead) {
            Outcome::Changed(before) => Some(Value(before)),
            Outcome::Kept(_) => return None,
            Outcome::Dead => None,
        };
        self.map.hints.forget(entry);
        listed.remove();
        if taken.is_some() {
            self.changes.announce(entry.code());
        }
        taken
    }

    fn each(
        &self,
        (lower, upper): Limits<'_>,
        reverse: bool,
        mut visit: impl FnMut(&Listed<'_, Place, ()>) -> ControlFlow<()>,
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
        let list = &self.map.list;
        let near = if reverse { upper } else { lower }.map(Place::of_code);
        let mut next = if reverse { list.upper_bound(near.as_ref()) } else { list.lower_bound(near.as_ref()) };
        while let Some(listed) = next {
            if !inside(listed.key().entry().code()) || visit(&listed).is_break() {
                return;
            }
            next = if reverse { listed.prev() } else { listed.next() };
        }
    }
}
