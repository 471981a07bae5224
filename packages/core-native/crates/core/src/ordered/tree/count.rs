//! Counting the entries of a range. Both ends are searched. Of the nodes between them only the leaves' lengths are read.

use std::ops::Bound;

use super::{Leaf, Limits, Node, Tree};

impl Tree {
    /// Returns how many entries are between the limits.
    #[must_use]
    pub fn count(&self, limits: Limits<'_>) -> usize {
        self.root.count(limits)
    }
}

impl Leaf {
    /// Returns the places of the first key of a range and of the first behind it.
    pub(super) fn places(&self, (lower, upper): Limits<'_>) -> (usize, usize) {
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
        (start, end)
    }
}

impl Node {
    fn count(&self, (lower, upper): Limits<'_>) -> usize {
        match self {
            Self::Leaf(leaf) => {
                let (start, end) = leaf.places((lower, upper));
                end.saturating_sub(start)
            }
            Self::Inner(inner) => {
                let child_at = |bound, otherwise| match bound {
                    Bound::Unbounded => otherwise,
                    Bound::Included(probe) | Bound::Excluded(probe) => inner.child_of(probe),
                };
                let first = child_at(lower, 0);
                let last = child_at(upper, inner.children.len().saturating_sub(1));
                let between = inner.children.iter().enumerate().take(last + 1).skip(first);
                let counts = between.map(|(position, child)| {
                    let lower = if position == first { lower } else { Bound::Unbounded };
                    let upper = if position == last { upper } else { Bound::Unbounded };
                    child.count((lower, upper))
                });
                counts.sum()
            }
        }
    }
}
