//! The value of one entry of the skip list, and the protocol by which threads change it.
//!
//! A slot goes from vacant to holding values, one after another, to dead; dead it stays. Every change is one
//! compare-and-swap, so an operation on a key happens at one instant: the one at which the slot of its entry changed. An
//! entry is taken out of the list only after its slot is dead, and whoever meets a dead slot helps to take it out and
//! looks again.

use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};

/// What a slot holds at one instant.
#[derive(Debug)]
pub enum Content {
    /// A value.
    Value(Box<[u8]>),
    /// The entry was removed.
    Dead,
}

impl Content {
    /// The value's bytes; None when dead.
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        match self {
            Self::Value(bytes) => Some(bytes),
            Self::Dead => None,
        }
    }
}

/// A place for a value that threads change without locks. `None` is vacant.
pub trait Cell: Default {
    /// What it held when it was looked at. While this lives, its address is nobody else's.
    type Seen;

    /// Looks.
    fn look(&self) -> Self::Seen;
    /// The content that was seen.
    fn content(seen: &Self::Seen) -> Option<&Content>;
    /// Puts `new` in if nothing has changed since `seen`; tells whether it did.
    fn change(&self, seen: &Self::Seen, new: &Arc<Content>) -> bool;
}

/// The cell that is used; a test has another.
#[derive(Debug, Default)]
pub struct SwapCell(ArcSwapOption<Content>);

impl Cell for SwapCell {
    type Seen = Guard<Option<Arc<Content>>>;

    fn look(&self) -> Self::Seen {
        self.0.load()
    }

    fn content(seen: &Self::Seen) -> Option<&Content> {
        seen.as_deref()
    }

    fn change(&self, seen: &Self::Seen, new: &Arc<Content>) -> bool {
        let before = self.0.compare_and_swap(seen, Some(Arc::clone(new)));
        match (before.as_ref(), seen.as_ref()) {
            (Some(before), Some(seen)) => Arc::ptr_eq(before, seen),
            (None, None) => true,
            _ => false,
        }
    }
}

/// What became of a change.
#[derive(Debug)]
pub enum Outcome<S> {
    /// It happened, and this is what the slot held before.
    Changed(S),
    /// It was not to happen, because of what the slot held.
    Kept(S),
    /// The slot is dead: the entry is to be taken out, and the key looked up again.
    Dead,
}

/// Puts a value in, whatever the slot held.
pub fn set<C: Cell>(cell: &C, value: &Arc<Content>) -> Outcome<C::Seen> {
    update(cell, value, |_| true)
}

/// Puts a value in where there is none.
pub fn set_default<C: Cell>(cell: &C, value: &Arc<Content>) -> Outcome<C::Seen> {
    update(cell, value, |content| content.is_none())
}

/// Ends the slot where it holds a value. `dead` is `Content::Dead`, kept by the caller so that none is made each time.
pub fn remove<C: Cell>(cell: &C, dead: &Arc<Content>) -> Outcome<C::Seen> {
    update(cell, dead, |content| content.is_some())
}

fn update<C: Cell>(cell: &C, new: &Arc<Content>, wanted: impl Fn(Option<&Content>) -> bool) -> Outcome<C::Seen> {
    loop {
        let seen = cell.look();
        let content = C::content(&seen);
        if matches!(content, Some(Content::Dead)) {
            return Outcome::Dead;
        }
        if !wanted(content) {
            return Outcome::Kept(seen);
        }
        if cell.change(&seen, new) {
            return Outcome::Changed(seen);
        }
    }
}
