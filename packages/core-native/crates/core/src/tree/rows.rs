//! The rows of a table, by their rowids, and their values: of a key-value table, the value is the second column.

use super::chain::Chain;
use super::node::{MOST_LEVELS, Node, TABLE, local_length};
use super::page::{Page, Pages};
use super::record::{Column, nth_column, number_at, two_columns};
use crate::pages::bytes::u32_at;

/// The rowids that a child of a node can have: more than the first, and up to the second.
#[derive(Clone, Copy)]
struct Span {
    above: i64,
    most: i64,
}

/// The leaf on which a row lies, if there is such a row.
pub struct Leaf<'a> {
    page: Page<'a>,
    rowid: i64,
    span: Span,
}

/// A value where it lies.
pub struct Value<'a> {
    page: Page<'a>,
    start: usize,
    /// How many bytes are on this page.
    local: usize,
    /// The length of the value.
    pub length: usize,
    /// How many bytes of the overflow pages come before the value.
    skipped: usize,
    /// The page of the rest, or 0.
    overflow: u32,
}

#[inline]
fn rowid_of_child(node: &Node<'_>, number: usize) -> Option<i64> {
    Some(number_at(node.bytes, node.place(number)? + 4)?.0.cast_signed())
}

/// Where a row's record begins, and how long it is.
struct Cell {
    rowid: i64,
    payload: usize,
    start: usize,
}

#[inline]
fn cell_of(node: &Node<'_>, number: usize) -> Option<Cell> {
    let (payload, at) = number_at(node.bytes, node.place(number)?)?;
    let (rowid, start) = number_at(node.bytes, at)?;
    Some(Cell { rowid: rowid.cast_signed(), payload: usize::try_from(payload).ok()?, start })
}

/// Returns the first of `count` rowids in their order that is not less than the one that is searched. The rowids of a
/// table mostly have few gaps, so the first guess is mostly right.
#[inline]
fn first_not_less(count: usize, rowid: i64, span: Span, at: impl Fn(usize) -> Option<i64>) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    let mut guess = guess_of(count, rowid, span);
    let mut step = 1;
    while low < high {
        let probe = guess.clamp(low, high - 1);
        let found = at(probe)?;
        if found == rowid {
            return Some(probe);
        }
        if found < rowid {
            low = probe + 1;
            guess = if step < 16 { probe.saturating_add(step) } else { usize::midpoint(low, high) };
        } else {
            high = probe;
            guess = if step < 16 { probe.saturating_sub(step) } else { usize::midpoint(low, high) };
        }
        step *= 4;
    }
    Some(low)
}

#[inline]
fn guess_of(count: usize, rowid: i64, span: Span) -> usize {
    let width = i128::from(span.most) - i128::from(span.above);
    let place = i128::from(rowid) - i128::from(span.above) - 1;
    if width <= 0 {
        return 0;
    }
    let place = u64::try_from(place).unwrap_or(0);
    match u64::try_from(width) {
        Ok(width) if width == count as u64 => usize::try_from(place).unwrap_or(0),
        Ok(width) if place < u64::from(u32::MAX) && count < u32::MAX as usize => {
            usize::try_from(place * count as u64 / width).unwrap_or(0)
        }
        _ => count / 2,
    }
}

impl<'a> Leaf<'a> {
    /// Finds the leaf of a rowid.
    #[inline]
    pub fn find<P: Pages>(pages: &'a P, root: u32, rowid: i64) -> Option<Self> {
        let mut page = pages.page(root)?;
        let mut span = Span { above: 0, most: i64::MAX };
        for _ in 0..MOST_LEVELS {
            let node = Node::parse(&page, TABLE)?;
            if node.is_leaf {
                if span.most == i64::MAX {
                    // The last leaf: its own last row tells where it ends.
                    span.most = cell_of(&node, node.cells.checked_sub(1)?)?.rowid;
                }
                return Some(Self { page, rowid, span });
            }
            if span.most == i64::MAX {
                let last = rowid_of_child(&node, node.cells.checked_sub(1)?)?;
                if rowid > last {
                    span.above = last;
                    let child = node.child(node.cells)?;
                    page = pages.page(child)?;
                    continue;
                }
                span.most = last;
            }
            let place = first_not_less(node.cells, rowid, span, |number| rowid_of_child(&node, number))?;
            if place < node.cells {
                span.most = rowid_of_child(&node, place)?;
            }
            if place > 0 {
                span.above = rowid_of_child(&node, place - 1)?;
            }
            let child = node.child(place)?;
            page = pages.page(child)?;
        }
        None
    }

    /// Touches the memory of the row's cell, so that `value` need not wait for it.
    #[inline]
    pub fn touch(&self) -> Option<usize> {
        let node = Node::parse(&self.page, TABLE)?;
        let guess = guess_of(node.cells, self.rowid, self.span).min(node.cells.checked_sub(1)?);
        let place = node.place(guess)?;
        Some(usize::from(*node.bytes.get(place)?))
    }

    /// Returns the value of the row. None if it is not bytes, or if there is no such row, which the index denies.
    #[inline]
    pub fn value(self) -> Option<Value<'a>> {
        self.value_if(|_| true)
    }

    /// Returns the value of the row if it has this key, which must be a BLOB and whole on its page.
    #[inline]
    pub fn value_of(self, key: &[u8]) -> Option<Value<'a>> {
        self.value_if(|found| found == Some(key))
    }

    #[inline]
    fn value_if(self, is_wanted: impl FnOnce(Option<&[u8]>) -> bool) -> Option<Value<'a>> {
        self.bytes_of(|record| {
            let [key, value] = two_columns(record)?;
            let key = if key.is_blob() { record.get(key.start..key.start.checked_add(key.length)?) } else { None };
            is_wanted(key).then_some(value)
        })
    }

    /// Returns the bytes that a column of the row has, by its number. None if they are not bytes, or if there is no such
    /// row.
    pub fn column(self, number: usize) -> Option<Value<'a>> {
        self.bytes_of(|record| nth_column(record, number))
    }

    /// Returns the bytes of the column that `choose` finds in the part of the record that lies in the leaf.
    #[inline]
    fn bytes_of(self, choose: impl FnOnce(&[u8]) -> Option<Column>) -> Option<Value<'a>> {
        let Self { page, rowid, span } = self;
        let node = Node::parse(&page, TABLE)?;
        let place = first_not_less(node.cells, rowid, span, |number| Some(cell_of(&node, number)?.rowid))?;
        if place >= node.cells {
            return None;
        }
        let cell = cell_of(&node, place)?;
        let usable = node.bytes.len();
        let local = local_length(cell.payload, usable, usable.checked_sub(35)?)?;
        let record = node.bytes.get(cell.start..cell.start.checked_add(local)?)?;
        if cell.rowid != rowid {
            return None;
        }
        let column = choose(record)?;
        let whole = cell.payload == local;
        if !column.is_blob() || column.start.checked_add(column.length)? > cell.payload {
            return None;
        }
        // What comes before the column may reach into the overflow pages, and leave no byte of it here.
        let here = local.saturating_sub(column.start).min(column.length);
        let skipped = column.start.saturating_sub(local);
        let overflow = if whole { 0 } else { u32_at(node.bytes, cell.start + local)? };
        let start = cell.start + column.start.min(local);
        Some(Value { start, local: here, skipped, length: column.length, overflow, page })
    }
}

/// Touches the pages that a chain most likely leads to within so many bytes: SQLite mostly takes pages in their order.
/// So the processor waits for the memory of all of them at once.
fn touch_chain(pages: &impl Pages, first: u32, bytes: usize, most: usize) {
    let Some(usable) = pages.page(first).map(|page| page.len()).filter(|usable| bytes > 2 * usable) else { return };
    let steps = (bytes / usable).min(most);
    let touched = (first..).skip(1).take(steps).map(|number| match pages.page(number) {
        Some(page) => page.first().copied().map_or(0, usize::from),
        None => 0,
    });
    std::hint::black_box(touched.fold(0, usize::wrapping_add));
}

impl Value<'_> {
    /// Returns the page where the value leaves the page of its row, if it does. The others mostly follow that one.
    #[must_use]
    pub fn first_overflow(&self) -> Option<u32> {
        Some(self.overflow).filter(|page| *page != 0)
    }

    /// Finds the pages of a long value, so that ranges of it are read without following them.
    pub fn chain(&self, pages: &impl Pages) -> Option<Chain> {
        let mut left = (self.skipped + self.length).checked_sub(self.local)?;
        let (mut next, mut numbers, mut content) = (self.overflow, Vec::new(), 0);
        while left > 0 {
            let page = pages.page(next)?;
            numbers.push(next);
            content = page.len().checked_sub(4).filter(|content| *content > 0)?;
            next = u32_at(&page, 0)?;
            left = left.saturating_sub(content);
        }
        Some(Chain { local: self.local, skipped: self.skipped, length: self.length, content, numbers })
    }

    /// Copies the value into a place of its length.
    pub fn copy_to(&self, pages: &impl Pages, target: &mut [u8]) -> Option<()> {
        self.copy_range(pages, 0, target, usize::MAX)
    }

    /// Fills the target with bytes of the value, which has them, from `offset` on. Follows no more overflow pages than
    /// `most` and those that are copied: each leads to the next one, so those before the bytes must be touched.
    pub fn copy_range(&self, pages: &impl Pages, offset: usize, target: &mut [u8], most: usize) -> Option<()> {
        if offset.checked_add(target.len())? > self.length {
            return None;
        }
        let here = self.local.saturating_sub(offset).min(target.len());
        let (first, mut rest) = target.split_at_mut_checked(here)?;
        let start = self.start + offset.min(self.local);
        first.copy_from_slice(self.page.get(start..start + here)?);
        let mut next = self.overflow;
        let mut before = self.skipped + offset.saturating_sub(self.local);
        let mut passed = 0;
        if !rest.is_empty() {
            touch_chain(pages, next, before, most);
        }
        while !rest.is_empty() {
            let page = pages.page(next)?;
            next = u32_at(&page, 0)?;
            let bytes = page.get(4..)?;
            if before >= bytes.len() {
                before -= bytes.len();
                passed += 1;
                if passed > most {
                    return None;
                }
                continue;
            }
            let bytes = bytes.get(before..)?;
            before = 0;
            let (place, others) = rest.split_at_mut_checked(rest.len().min(bytes.len()))?;
            place.copy_from_slice(bytes.get(..place.len())?);
            rest = others;
        }
        Some(())
    }
}
