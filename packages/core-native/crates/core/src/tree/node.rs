//! The nodes of B-trees, and their cells.

use crate::pages::bytes::{u16_at, u32_at};

/// SQLite's own limit.
pub(super) const MOST_LEVELS: usize = 20;

/// The kinds of nodes, as their first byte says.
pub(super) const INDEX: Kinds = Kinds { interior: 0x02, leaf: 0x0a };
pub(super) const TABLE: Kinds = Kinds { interior: 0x05, leaf: 0x0d };

#[derive(Clone, Copy)]
pub(super) struct Kinds {
    interior: u8,
    leaf: u8,
}

/// A node, parsed as far as its kind. It is not on the first page, which has the schema.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) is_leaf: bool,
    pub(super) cells: usize,
}

impl<'a> Node<'a> {
    #[inline]
    pub(super) fn parse(bytes: &'a [u8], kinds: Kinds) -> Option<Self> {
        let kind = *bytes.first()?;
        let is_leaf = kind == kinds.leaf;
        if !is_leaf && kind != kinds.interior {
            return None;
        }
        Some(Self { bytes, is_leaf, cells: u16_at(bytes, 3)? })
    }

    /// Returns where a cell begins.
    #[inline]
    pub(super) fn place(&self, number: usize) -> Option<usize> {
        u16_at(self.bytes, if self.is_leaf { 8 } else { 12 } + number * 2)
    }

    /// Returns a child of an interior node. After the last cell comes the rightmost child.
    #[inline]
    pub(super) fn child(&self, number: usize) -> Option<u32> {
        u32_at(self.bytes, if number == self.cells { 8 } else { self.place(number)? })
    }
}

/// How many bytes of a payload are in its cell. The rest is in overflow pages.
pub(super) fn local_length(payload: usize, usable: usize, most: usize) -> Option<usize> {
    if payload <= most {
        return Some(payload);
    }
    let least = (usable.checked_sub(12)? * 32 / 255).checked_sub(23)?;
    let fitting = least + payload.checked_sub(least)? % usable.checked_sub(4)?;
    Some(if fitting <= most { fitting } else { least })
}
