//! The value of one entry of the skip list, and the protocol by which threads change it.
//!
//! A slot is vacant at first, then has one value after another, and then it is dead for good. Every change is one
//! compare-and-swap, so an operation on a key happens at one instant: when the slot of its entry changes. An entry is
//! taken out of the list only after its slot is dead. An operation that meets a dead slot helps to take it out and
//! looks again.

use arc_swap::{ArcSwapAny, Guard};
use triomphe::ThinArc;

/// What a content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value. The bytes are its.
    Value,
    /// The mark that the entry was removed. It has no bytes.
    Dead,
}

/// The content of a slot at one instant: its kind and its bytes in one piece of memory, so that reading a value follows
/// one pointer.
pub type Content = ThinArc<Kind, u8>;

/// Makes a content of a value.
#[must_use]
pub fn value(bytes: &[u8]) -> Content {
    Content::from_header_and_slice(Kind::Value, bytes)
}

/// Makes the mark of a removed entry.
#[must_use]
pub fn dead() -> Content {
    Content::from_header_and_slice(Kind::Dead, &[])
}

/// Returns whether this is the mark of a removed entry.
#[must_use]
pub fn is_dead(content: &Content) -> bool {
    content.header.header == Kind::Dead
}

/// Returns the bytes of a value, or None for the mark of a removed entry.
#[must_use]
pub fn bytes_of(content: &Content) -> Option<&[u8]> {
    (!is_dead(content)).then_some(&content.slice)
}

/// Returns whether two contents are the same piece of memory.
#[must_use]
pub fn same(a: Option<&Content>, b: Option<&Content>) -> bool {
    a.map(Content::as_ptr) == b.map(Content::as_ptr)
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
    fn change(&self, seen: &Self::Seen, new: &Content) -> bool;
}

/// The cell that is used. A test has another one.
#[derive(Debug)]
pub struct SwapCell(ArcSwapAny<Option<Content>>);

impl Default for SwapCell {
    fn default() -> Self {
        Self(ArcSwapAny::new(None))
    }
}

impl Cell for SwapCell {
    type Seen = Guard<Option<Content>>;

    fn look(&self) -> Self::Seen {
        self.0.load()
    }

    fn content(seen: &Self::Seen) -> Option<&Content> {
        seen.as_ref()
    }

    fn change(&self, seen: &Self::Seen, new: &Content) -> bool {
        let before = self.0.compare_and_swap(seen, Some(new.clone()));
        same(before.as_ref(), seen.as_ref())
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
pub fn set<C: Cell>(cell: &C, value: &Content) -> Outcome<C::Seen> {
    update(cell, value, |_| true)
}

/// Sets a value if there is none.
pub fn set_default<C: Cell>(cell: &C, value: &Content) -> Outcome<C::Seen> {
    update(cell, value, |content| content.is_none())
}

/// Ends the slot if it has a value. `dead` is the mark [`dead`], which the caller keeps, so that it is made only once.
pub fn remove<C: Cell>(cell: &C, dead: &Content) -> Outcome<C::Seen> {
    update(cell, dead, |content| content.is_some())
}

/// Changes the content if `wanted` accepts it. `wanted` does not see a dead slot, and is called again if another thread
/// changed the slot meanwhile.
pub fn update<C: Cell>(cell: &C, new: &Content, wanted: impl Fn(Option<&Content>) -> bool) -> Outcome<C::Seen> {
    loop {
        let seen = cell.look();
        let content = C::content(&seen);
        if content.is_some_and(is_dead) {
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
