//! The part of a node that a range covers. The ends of the range are searched on the way down, so no key between them is
//! compared.

use std::ops::{Bound, Range};

use super::{Inner, Leaf, Limits, Node};

impl Leaf {
    /// Returns the places of the keys of a range.
    pub(super) fn places(&self, (lower, upper): Limits<'_>) -> Range<usize> {
        let start = match lower {
            Bound::Unbounded => 0,
            Bound::Included(probe) => self.keys.search(probe).unwrap_or_else(|position| position),
            Bound::Excluded(probe) => self.keys.search(probe).map_or_else(|at| at, |at| at + 1),
        };
        let end = match upper {
            Bound::Unbounded => self.slots.len(),
            Bound::Included(probe) => self.keys.search(probe).map_or_else(|at| at, |at| at + 1),
            Bound::Excluded(probe) => self.keys.search(probe).unwrap_or_else(|position| position),
        };
        start..end
    }
}

impl Inner {
    /// Returns the children that a range covers. Each comes with the limits for its keys: only the first and the last
    /// child may have others.
    pub(super) fn children_in<'node>(
        &'node self,
        (lower, upper): Limits<'node>,
    ) -> impl DoubleEndedIterator<Item = (&'node Node, Limits<'node>)> {
        let child_at = |bound, otherwise| match bound {
            Bound::Unbounded => otherwise,
            Bound::Included(probe) | Bound::Excluded(probe) => self.child_of(probe),
        };
        let first = child_at(lower, 0);
        let last = child_at(upper, self.children.len().saturating_sub(1));
        let children = self.children.get(first..last + 1).unwrap_or_default();
        children.iter().zip(first..last + 1).map(move |(child, position)| {
            let lower = if position == first { lower } else { Bound::Unbounded };
            let upper = if position == last { upper } else { Bound::Unbounded };
            (child, (lower, upper))
        })
    }
}
