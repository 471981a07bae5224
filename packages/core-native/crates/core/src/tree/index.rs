//! The index of a table's keys: BLOBs, in the order of their bytes, each with the rowid of its row.

use std::cmp::Ordering;
use std::ops::Bound;

use super::node::{INDEX, MOST_LEVELS, Node, local_length};
use super::page::{Page, Pages};
use super::record::{Column, number_at, two_columns};

/// An entry of the index.
struct Entry<'a> {
    /// What is in the cell of the record.
    local: &'a [u8],
    key: Column,
    rowid: Column,
    is_whole: bool,
}

impl<'a> Entry<'a> {
    #[inline]
    fn read(node: &Node<'a>, number: usize) -> Option<Self> {
        let start = node.place(number)? + if node.is_leaf { 0 } else { 4 };
        let (payload, at) = number_at(node.bytes, start)?;
        let usable = node.bytes.len();
        let payload = usize::try_from(payload).ok()?;
        let most = (usable.checked_sub(12)? * 64 / 255).checked_sub(23)?;
        let length = local_length(payload, usable, most)?;
        let local = node.bytes.get(at..at.checked_add(length)?)?;
        let [key, rowid] = two_columns(local)?;
        Some(Self { local, key, rowid, is_whole: length == payload })
    }

    /// Returns the bytes of the key that are in the cell.
    #[inline]
    fn key(&self) -> &'a [u8] {
        let end = (self.key.start + self.key.length).min(self.local.len());
        self.local.get(self.key.start..end).unwrap_or_default()
    }

    /// Compares the key with another. None if that takes bytes that are not in the cell.
    #[cold]
    fn compare(&self, other: &[u8]) -> Option<Ordering> {
        // NULL, numbers and text come before all BLOBs.
        if !self.key.is_blob() {
            return Some(Ordering::Less);
        }
        let key = self.key();
        if key.len() == self.key.length {
            return Some(key.cmp(other));
        }
        let order = key.cmp(other.get(..key.len()).unwrap_or(other));
        (order != Ordering::Equal).then_some(order)
    }
}

/// A record of this length is whole in its cell, however short the pages.
const SHORT: u8 = 90;

/// Returns the key of an entry with the form that most have: a short BLOB and a rowid, all lengths of one byte.
#[inline]
fn short_key<'a>(node: &Node<'a>, number: usize) -> Option<&'a [u8]> {
    let start = node.place(number)? + if node.is_leaf { 0 } else { 4 };
    let (head, rest) = node.bytes.get(start..)?.split_first_chunk::<4>()?;
    let [payload, columns, key, rowid] = *head;
    let is_short = payload <= SHORT && columns == 3 && (12..0x80).contains(&key) && key % 2 == 0 && rowid < 0x80;
    if is_short { rest.get(..usize::from(key - 12) / 2) } else { None }
}

/// Compares keys as slices do, without a call for those of one short length.
#[inline]
fn order_of(one: &[u8], other: &[u8]) -> Ordering {
    if one.len() == other.len()
        && one.len() <= 16
        && let (Some(first), Some(second)) = (ends_of(one), ends_of(other))
    {
        return first.cmp(&second);
    }
    one.cmp(other)
}

/// Returns the first and the last eight bytes as numbers, which have the order of the bytes.
#[inline]
fn ends_of(key: &[u8]) -> Option<(u64, u64)> {
    Some((u64::from_be_bytes(*key.first_chunk()?), u64::from_be_bytes(*key.last_chunk()?)))
}

/// Compares the key of an entry with another. None if that takes bytes that are not in the cell.
#[inline]
fn compare(node: &Node<'_>, number: usize, other: &[u8]) -> Option<Ordering> {
    match short_key(node, number) {
        Some(key) => Some(order_of(key, other)),
        None => Entry::read(node, number)?.compare(other),
    }
}

/// Returns the number of the first entry of a node that `is_before` says no to.
#[inline]
fn first_not_before(node: &Node<'_>, is_before: impl Fn(Ordering) -> bool, key: &[u8]) -> Option<usize> {
    let (mut low, mut high) = (0, node.cells);
    while low < high {
        let middle = usize::midpoint(low, high);
        if is_before(compare(node, middle, key)?) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// Returns the rowid of a key, or None in its place if no entry has the key.
pub fn find(pages: &impl Pages, root: u32, key: &[u8]) -> Option<Option<i64>> {
    let mut number = root;
    for _ in 0..MOST_LEVELS {
        let page = pages.page(number)?;
        let node = Node::parse(&page, INDEX)?;
        let (mut low, mut high) = (0, node.cells);
        while low < high {
            let middle = usize::midpoint(low, high);
            match compare(&node, middle, key)? {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => {
                    let entry = Entry::read(&node, middle)?;
                    return if entry.is_whole { Some(Some(entry.rowid.integer(entry.local)?)) } else { None };
                }
            }
        }
        if node.is_leaf {
            return Some(None);
        }
        number = node.child(low)?;
    }
    None
}

/// A node on the way, and the number of its next entry. Backwards it is the number behind that entry.
struct Level<'a> {
    page: Page<'a>,
    next: usize,
}

/// A walk along the keys, in their order or against it.
pub struct Walk<'a, P> {
    pages: &'a P,
    levels: Vec<Level<'a>>,
    is_reverse: bool,
}

impl<'a, P: Pages> Walk<'a, P> {
    /// Begins at one end of a range: behind it the first key is that of the range.
    pub fn begin(pages: &'a P, root: u32, from: Bound<&[u8]>, is_reverse: bool) -> Option<Self> {
        let mut walk = Self { pages, levels: Vec::with_capacity(4), is_reverse };
        walk.descend(root, |node| match (from, is_reverse) {
            (Bound::Unbounded, false) => Some(0),
            (Bound::Unbounded, true) => Some(node.cells),
            (Bound::Included(key), false) | (Bound::Excluded(key), true) => {
                first_not_before(node, Ordering::is_lt, key)
            }
            (Bound::Excluded(key), false) | (Bound::Included(key), true) => {
                first_not_before(node, Ordering::is_le, key)
            }
        })?;
        Some(walk)
    }

    fn descend(&mut self, root: u32, find: impl Fn(&Node<'_>) -> Option<usize>) -> Option<()> {
        let mut number = root;
        while self.levels.len() < MOST_LEVELS {
            let page = self.pages.page(number)?;
            let node = Node::parse(&page, INDEX)?;
            let next = find(&node)?;
            let child = if node.is_leaf { None } else { Some(node.child(next)?) };
            self.levels.push(Level { page, next });
            match child {
                Some(child) => number = child,
                None => return Some(()),
            }
        }
        None
    }

    /// Visits so many entries from here on at most, until `visit` refuses one or no more follow. Returns whether none
    /// follow.
    pub fn visit(&mut self, most: usize, mut visit: impl FnMut(&[u8], i64) -> bool) -> Option<bool> {
        let mut left = most;
        while left > 0
            && let Some(level) = self.levels.last_mut()
        {
            let node = Node::parse(&level.page, INDEX)?;
            if self.is_reverse && level.next > node.cells {
                return None;
            }
            let is_over = if self.is_reverse { level.next == 0 } else { level.next >= node.cells };
            if is_over {
                self.levels.pop();
                continue;
            }
            let number = if self.is_reverse { level.next - 1 } else { level.next };
            let entry = Entry::read(&node, number)?;
            if !entry.is_whole || !entry.key.is_blob() {
                return None;
            }
            let rowid = entry.rowid.integer(entry.local)?;
            if !visit(entry.key(), rowid) {
                return Some(false);
            }
            left -= 1;
            level.next = if self.is_reverse { number } else { number + 1 };
            if !node.is_leaf {
                let child = node.child(level.next)?;
                let is_reverse = self.is_reverse;
                self.descend(child, |node| Some(if is_reverse { node.cells } else { 0 }))?;
            }
        }
        Some(self.levels.is_empty())
    }
}
