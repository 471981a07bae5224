//! The value of one entry of the skip list, and the protocol by which threads change it.
//!
//! A slot is vacant at first, then has one value after another, and then it is dead for good. Every change is one
//! compare-and-swap, so an operation on a key happens at one instant: when the slot of its entry changes. An entry is
//! taken out of the list only after its slot is dead. An operation that meets a dead slot helps to take it out and
//! looks again.

use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};

/// The content of a slot at one instant.
#[derive(Debug)]
pub enum Content {
    /// A value.
    Value(Box<[u8]>),
    /// The entry was removed.
    Dead,
}

impl Content {
    /// Returns the bytes of the value, or None if the slot is dead.
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
    /// The content at the time of a look. While this lives, no other content has its address.
    type Seen;

    /// Returns the present content.
    fn look(&self) -> Self::Seen;
    /// Returns the content that was seen.
    fn content(seen: &Self::Seen) -> Option<&Content>;
    /// Sets `new` if nothing has changed since `seen`. Returns whether it did.
    fn change(&self, seen: &Self::Seen, new: &Arc<Content>) -> bool;
}

/// The cell that is used. A test has another one.
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

/// The result of a change.
#[derive(Debug)]
pub enum Outcome<S> {
    /// The change was made. This is the content before it.
    Changed(S),
    /// The change was not wanted, because of this content.
    Kept(S),
    /// The slot is dead. The caller takes out the entry and looks up the key again.
    Dead,
}

/// Sets a value, whatever the slot has.
pub fn set<C: Cell>(cell: &C, value: &Arc<Content>) -> Outcome<C::Seen> {
    update(cell, value, |_| true)
}

/// Sets a value if there is none.
pub fn set_default<C: Cell>(cell: &C, value: &Arc<Content>) -> Outcome<C::Seen> {
    update(cell, value, |content| content.is_none())
}

/// Ends the slot if it has a value. `dead` is `Content::Dead`, which the caller keeps, so that it is made only once.
pub fn remove<C: Cell>(cell: &C, dead: &Arc<Content>) -> Outcome<C::Seen> {
    update(cell, dead, |content| content.is_some())
}

/// Changes the content if `wanted` accepts it. `wanted` does not see a dead slot, and is called again if another thread
/// changed the slot meanwhile.
pub fn update<C: Cell>(cell: &C, new: &Arc<Content>, wanted: impl Fn(Option<&Content>) -> bool) -> Outcome<C::Seen> {
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
