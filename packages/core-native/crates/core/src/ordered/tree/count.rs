//! Counting the entries of a range. Of the nodes between its ends only the leaves' lengths are read.

use super::{Limits, Node, Tree};

impl Tree {
    /// Returns how many entries are between the limits.
    #[must_use]
    pub fn count(&self, limits: Limits<'_>) -> usize {
        self.root.count(limits)
    }
}

impl Node {
    fn count(&self, limits: Limits<'_>) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.places(limits).len(),
            Self::Inner(inner) => inner.children_in(limits).map(|(child, limits)| child.count(limits)).sum(),
        }
    }
}
