//! A cache-sensitive B+tree that maps keys to slots.
//!
//! The children of a node lie side by side, by value, and its keys in an array of their own, so a descent reads few
//! cache lines. All entries are in the leaves. A leaf has at most `order` keys, an inner node at most `order` children.
//! Below the root, a node from which something was removed has at least half of that. The right half of a node that was
//! filled in order begins with less. An inner node has two children or more.

mod count;
mod limits;

use std::ops::{Bound, ControlFlow};

use super::encoded_keys::EncodedKeys;
use super::key::EncodedKey;
use super::slots::Slots;
use crate::boundary::tree_order::{GREATEST, LEAST};
use crate::error::CoreError;

/// The tree.
#[derive(Debug)]
pub struct Tree {
    root: Node,
    order: usize,
    len: usize,
    slots: Slots,
}

#[derive(Debug)]
enum Node {
    Leaf(Leaf),
    Inner(Inner),
}

/// Entries: `slots[i]` belongs to the key at `i`.
#[derive(Debug)]
struct Leaf {
    keys: EncodedKeys,
    slots: Vec<u32>,
}

/// `separators[i]` is above every key of `children[i]`, and no key of `children[i + 1]` is below it.
#[derive(Debug)]
struct Inner {
    separators: EncodedKeys,
    children: Vec<Node>,
}

/// The result of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The key was there, with this slot.
    Present(u32),
    /// The key is new, and this is its slot.
    New(u32),
}

/// The keys between which a walk goes.
pub type Limits<'key> = (Bound<&'key [u8]>, Bound<&'key [u8]>);

/// A split: the first key of the right half, and that half.
type Split = Option<(EncodedKey, Node)>;

impl Tree {
    /// Creates a tree without entries.
    pub fn new(order: usize) -> Result<Self, CoreError> {
        if !(LEAST..=GREATEST).contains(&order) {
            return Err(CoreError::InvalidArgument(format!(
                "order is {order}; expected a whole number from {LEAST} to {GREATEST}"
            )));
        }
        Ok(Self { root: Node::empty(order), order, len: 0, slots: Slots::default() })
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the slot of a key.
    #[must_use]
    #[inline]
    pub fn find(&self, probe: &[u8]) -> Option<u32> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Inner(inner) => node = inner.children.get(inner.child_of(probe))?,
                Node::Leaf(leaf) => {
                    leaf.fetch_slots();
                    return leaf.keys.search(probe).ok().and_then(|position| leaf.slots.get(position)).copied();
                }
            }
        }
    }

    /// Adds a key. `own` makes it if it is not there yet.
    pub fn insert(&mut self, probe: &[u8], own: impl FnOnce() -> EncodedKey) -> Result<Inserted, CoreError> {
        let (inserted, split) = self.root.insert(probe, own, &mut self.slots, self.order)?;
        if let Some((separator, right)) = split {
            let left = std::mem::replace(&mut self.root, Node::empty(0));
            let mut separators = EncodedKeys::with_capacity(self.order);
            separators.insert(0, separator);
            let mut children = Vec::with_capacity(self.order + 1);
            children.extend([left, right]);
            self.root = Node::Inner(Inner { separators, children });
        }
        self.len += usize::from(matches!(inserted, Inserted::New(_)));
        Ok(inserted)
    }

    /// Removes a key and returns its slot, which may be given out again.
    pub fn remove(&mut self, probe: &[u8]) -> Option<u32> {
        let slot = self.root.remove(probe, self.order)?;
        if let Node::Inner(inner) = &mut self.root
            && inner.children.len() == 1
            && let Some(only) = inner.children.pop()
        {
            self.root = only;
        }
        self.slots.give_back(slot);
        self.len -= 1;
        Some(slot)
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.root = Node::empty(self.order);
        self.len = 0;
        self.slots.reset(0);
    }

    /// Calls `visit` with the entries between the limits, beginning with the least or the greatest.
    pub fn walk(&self, limits: Limits<'_>, reverse: bool, mut visit: impl FnMut(&EncodedKey, u32) -> ControlFlow<()>) {
        let _ = self.root.walk(limits, reverse, &mut visit);
    }

    /// Gives the slots 0, 1, 2 … to the entries in their order, and calls `visit` with the slot that each had.
    pub fn renumber(&mut self, mut visit: impl FnMut(u32)) {
        let mut next = 0;
        self.root.for_each_leaf(&mut |leaf| {
            for slot in &mut leaf.slots {
                visit(*slot);
                *slot = next;
                next += 1;
            }
        });
        self.slots.reset(next);
    }

    /// Builds a tree from entries in strictly ascending order, which get the slots 0, 1, 2 …. The error for an entry
    /// that is out of order has its position.
    pub fn from_sorted(order: usize, keys: impl IntoIterator<Item = EncodedKey>) -> Result<Self, CoreError> {
        let mut tree = Self::new(order)?;
        // Leaves begin a little less than full, so that the first insertions do not split all of them.
        let fill = (order - order / 8).max(order.div_ceil(2));
        let mut level: Vec<(EncodedKey, Node)> = Vec::new();
        let mut leaf = Leaf::new(order);
        let mut count = 0;
        for key in keys {
            // This comes before a full leaf is put away, so that its last key is compared with the first of the next
            // leaf.
            let last = leaf.keys.len().checked_sub(1).and_then(|last| leaf.keys.get(last));
            if last.is_some_and(|last| last.code() >= key.code()) {
                return Err(unsorted(count));
            }
            if leaf.keys.len() == fill {
                let full = std::mem::replace(&mut leaf, Leaf::new(order));
                level.extend(full.keys.get(0).cloned().map(|first| (first, Node::Leaf(full))));
            }
            leaf.keys.insert(leaf.keys.len(), key);
            leaf.slots.push(tree.slots.take()?);
            count += 1;
        }
        if let Some(first) = leaf.keys.get(0).cloned() {
            level.push((first, Node::Leaf(leaf)));
        }
        tree.len = count;
        while level.len() > 1 {
            level = group(level, fill, order);
        }
        if let Some((_, root)) = level.pop() {
            tree.root = root;
        }
        Ok(tree)
    }
}

#[cold]
fn unsorted(position: usize) -> CoreError {
    CoreError::InvalidArgument(format!(
        "entries are not in order: the key of entry {position} is not above the one before; sort them, each key once, \
         or use the constructor's entries"
    ))
}

/// Puts the nodes of a level under as few parents as possible, which have at most `fill` children and about equally
/// many.
fn group(level: Vec<(EncodedKey, Node)>, fill: usize, order: usize) -> Vec<(EncodedKey, Node)> {
    let count = level.len().div_ceil(fill);
    let (share, longer) = (level.len() / count, level.len() % count);
    let mut parents = Vec::with_capacity(count);
    let mut nodes = level.into_iter();
    while let Some((first, child)) = nodes.next() {
        let size = share + usize::from(parents.len() < longer);
        let mut inner =
            Inner { separators: EncodedKeys::with_capacity(order), children: Vec::with_capacity(order + 1) };
        inner.children.push(child);
        for (separator, child) in nodes.by_ref().take(size - 1) {
            inner.separators.insert(inner.separators.len(), separator);
            inner.children.push(child);
        }
        parents.push((first, Node::Inner(inner)));
    }
    parents
}

impl Leaf {
    fn new(order: usize) -> Self {
        // One more than it keeps, because it is split after it has overflowed.
        Self { keys: EncodedKeys::with_capacity(order + 1), slots: Vec::with_capacity(order + 1) }
    }

    /// Starts loading the slots from memory while the keys are searched.
    #[inline]
    fn fetch_slots(&self) {
        const LINE: usize = 64 / size_of::<u32>();
        for slot in self.slots.iter().step_by(LINE) {
            std::hint::black_box(*slot);
        }
    }
}

impl Inner {
    #[inline]
    fn child_of(&self, probe: &[u8]) -> usize {
        match self.separators.search(probe) {
            Ok(position) => position + 1,
            Err(position) => position,
        }
    }

    /// Fills up the child at `position`: from a neighbor that has more than enough, or by joining the two.
    fn mend(&mut self, position: usize, order: usize) {
        // The pair of neighbors, and the separator between them.
        let left_position = position.saturating_sub(1);
        let mut right_half = self.children.split_off((left_position + 1).min(self.children.len()));
        if let (Some(left), Some(right)) = (self.children.last_mut(), right_half.first_mut())
            && left_position < self.separators.len()
        {
            let both = left.len() + right.len();
            let separator = self.separators.remove(left_position);
            if both <= order {
                let right = right_half.remove(0);
                left.join(separator, right);
            } else {
                let separator = left.share(separator, right, both / 2, order);
                self.separators.insert(left_position, separator);
            }
        }
        self.children.append(&mut right_half);
    }
}

impl Node {
    fn empty(order: usize) -> Self {
        Self::Leaf(Leaf::new(order))
    }

    /// Returns the number of keys or children.
    fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.slots.len(),
            Self::Inner(inner) => inner.children.len(),
        }
    }

    fn insert(
        &mut self,
        probe: &[u8],
        own: impl FnOnce() -> EncodedKey,
        slots: &mut Slots,
        order: usize,
    ) -> Result<(Inserted, Split), CoreError> {
        match self {
            Self::Leaf(leaf) => {
                leaf.fetch_slots();
                let position = match leaf.keys.search(probe) {
                    Ok(position) => {
                        let slot = leaf.slots.get(position).copied().unwrap_or_default();
                        return Ok((Inserted::Present(slot), None));
                    }
                    Err(position) => position,
                };
                let slot = slots.take()?;
                leaf.keys.insert(position, own());
                leaf.slots.insert(position, slot);
                if leaf.slots.len() <= order {
                    return Ok((Inserted::New(slot), None));
                }
                let right = leaf.split(split_point(leaf.slots.len(), position), order);
                Ok((Inserted::New(slot), right.keys.get(0).cloned().map(|first| (first, Self::Leaf(right)))))
            }
            Self::Inner(inner) => {
                let position = inner.child_of(probe);
                let Some(child) = inner.children.get_mut(position) else { return Err(broken()) };
                let (inserted, split) = child.insert(probe, own, slots, order)?;
                let Some((separator, right)) = split else { return Ok((inserted, None)) };
                inner.separators.insert(position, separator);
                inner.children.insert(position + 1, right);
                if inner.children.len() <= order {
                    return Ok((inserted, None));
                }
                let half = split_point(inner.children.len(), position + 1);
                let (separator, right) = inner.split(half, order);
                Ok((inserted, Some((separator, Self::Inner(right)))))
            }
        }
    }

    fn remove(&mut self, probe: &[u8], order: usize) -> Option<u32> {
        match self {
            Self::Leaf(leaf) => {
                let position = leaf.keys.search(probe).ok()?;
                leaf.keys.remove(position);
                Some(leaf.slots.remove(position))
            }
            Self::Inner(inner) => {
                let position = inner.child_of(probe);
                let child = inner.children.get_mut(position)?;
                let slot = child.remove(probe, order)?;
                if child.len() < order.div_ceil(2) {
                    inner.mend(position, order);
                }
                Some(slot)
            }
        }
    }

    /// Takes over everything of its right neighbor.
    fn join(&mut self, separator: EncodedKey, right: Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => {
                left.keys.append(right.keys);
                left.slots.extend(right.slots);
            }
            (Self::Inner(left), Self::Inner(right)) => {
                left.separators.insert(left.separators.len(), separator);
                left.separators.append(right.separators);
                left.children.extend(right.children);
            }
            // All leaves are equally deep, so neighbors are of one kind.
            _ => {}
        }
    }

    /// Divides what both have, so that `keep` stay here, and returns the new separator.
    fn share(&mut self, separator: EncodedKey, right: &mut Self, keep: usize, order: usize) -> EncodedKey {
        let taken = std::mem::replace(right, Self::empty(0));
        self.join(separator.clone(), taken);
        match self {
            Self::Leaf(left) => {
                let half = left.split(keep, order);
                let first = half.keys.get(0).cloned();
                *right = Self::Leaf(half);
                first.unwrap_or(separator)
            }
            Self::Inner(left) => {
                let (separator, half) = left.split(keep, order);
                *right = Self::Inner(half);
                separator
            }
        }
    }

    fn for_each_leaf(&mut self, visit: &mut impl FnMut(&mut Leaf)) {
        match self {
            Self::Leaf(leaf) => visit(leaf),
            Self::Inner(inner) => inner.children.iter_mut().for_each(|child| child.for_each_leaf(visit)),
        }
    }

    /// Calls `visit` with the entries of a range.
    fn walk(
        &self,
        limits: Limits<'_>,
        reverse: bool,
        visit: &mut impl FnMut(&EncodedKey, u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match self {
            Self::Leaf(leaf) => in_direction(leaf.places(limits), reverse, |position| leaf.visit(position, visit)),
            Self::Inner(inner) => {
                in_direction(inner.children_in(limits), reverse, |(child, limits)| child.walk(limits, reverse, visit))
            }
        }
    }
}

fn in_direction<T>(
    mut parts: impl DoubleEndedIterator<Item = T>,
    reverse: bool,
    visit: impl FnMut(T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if reverse { parts.rev().try_for_each(visit) } else { parts.try_for_each(visit) }
}

impl Leaf {
    fn visit(&self, position: usize, visit: &mut impl FnMut(&EncodedKey, u32) -> ControlFlow<()>) -> ControlFlow<()> {
        match (self.keys.get(position), self.slots.get(position)) {
            (Some(key), Some(slot)) => visit(key, *slot),
            _ => ControlFlow::Break(()),
        }
    }

    fn split(&mut self, position: usize, order: usize) -> Self {
        let keys = self.keys.split_off(position, order + 1);
        let mut slots = Vec::with_capacity(order + 1);
        slots.extend(self.slots.drain(position..));
        Self { keys, slots }
    }
}

impl Inner {
    /// Moves out the children from `position` on, and returns them with the separator before them, which goes to the
    /// parent.
    fn split(&mut self, position: usize, order: usize) -> (EncodedKey, Self) {
        let separators = self.separators.split_off(position, order);
        let separator = self.separators.remove(position - 1);
        let mut children = Vec::with_capacity(order + 1);
        children.extend(self.children.drain(position..));
        (separator, Self { separators, children })
    }
}

/// Returns where to split `len` keys if the one at `inserted` came last. Keys that come in order leave full nodes,
/// where splitting in the middle would leave halves.
fn split_point(len: usize, inserted: usize) -> usize {
    if inserted + 1 == len { len - (len / 8).max(2) } else { len / 2 }
}

#[cold]
fn broken() -> CoreError {
    CoreError::Corrupt("a tree is not in order, which is a defect; please report it".into())
}

#[cfg(test)]
mod tests;
