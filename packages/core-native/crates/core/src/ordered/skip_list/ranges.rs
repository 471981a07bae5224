//! The operations on a range of the list.
//!
//! A key that is there during the whole call counts or goes, and exactly once. Keys that other threads add or remove
//! meanwhile may be missed or not.

use std::ops::{Bound, ControlFlow};

use crossbeam_skiplist::map::Entry;

use super::{SkipList, Value};
use crate::ordered::key::EncodedKey;
use crate::ordered::value_slot::{self, Cell, Content, Outcome, SwapCell};

/// The codes between which a walk goes.
type Limits<'code> = (Bound<&'code [u8]>, Bound<&'code [u8]>);

impl SkipList {
    /// Removes every key that is there during the whole call.
    pub fn clear(&self) {
        self.remove_range((Bound::Unbounded, Bound::Unbounded), false, usize::MAX);
    }

    /// Calls `visit` with the entries between two codes, in order or in reverse. A key that is there during the whole
    /// walk is visited once. Keys that are added or removed meanwhile may be visited or not.
    pub fn walk(
        &self,
        limits: Limits<'_>,
        reverse: bool,
        mut visit: impl FnMut(&EncodedKey, &[u8]) -> ControlFlow<()>,
    ) {
        self.each(limits, reverse, |entry| {
            let seen = entry.value().look();
            let value = SwapCell::content(&seen).and_then(Content::value);
            value.map_or(ControlFlow::Continue(()), |value| visit(entry.key(), value))
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
            self.each(limits, reverse, |entry| {
                count += usize::from(self.take(entry).is_some());
                if count < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        count
    }

    /// Removes the first entry between two codes and returns it. No two calls return the same entry.
    pub fn pop(&self, limits: Limits<'_>, reverse: bool) -> Option<(EncodedKey, Value)> {
        let mut popped = None;
        self.each(limits, reverse, |entry| match self.take(entry) {
            Some(value) => {
                popped = Some((entry.key().clone(), value));
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        });
        popped
    }

    /// Removes an entry that was found. Returns its value, or None if another thread was first.
    fn take(&self, entry: &Entry<'_, EncodedKey, SwapCell>) -> Option<Value> {
        match value_slot::remove(entry.value(), &self.dead) {
            Outcome::Changed(before) => {
                entry.remove();
                self.removed(entry.key());
                Some(Value(before))
            }
            Outcome::Kept(_) => None,
            Outcome::Dead => {
                entry.remove();
                None
            }
        }
    }

    fn each(
        &self,
        (lower, upper): Limits<'_>,
        reverse: bool,
        mut visit: impl FnMut(&Entry<'_, EncodedKey, SwapCell>) -> ControlFlow<()>,
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
            if !inside(entry.key().code()) || visit(&entry).is_break() {
                return;
            }
            next = if reverse { entry.prev() } else { entry.next() };
        }
    }
}
