//! The B-tree of a table with rowids: where its rows lie.

use super::bytes::{u16_at, u32_at, varint_at};
use super::page_set::PageSet;
use super::state::State;
use super::wal_frames::Source;
use super::wal_head::DATABASE_HEAD;

/// SQLite's own limit.
const MOST_LEVELS: usize = 20;
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

/// The pages of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPages {
    /// The page of the row's beginning.
    pub leaf: u32,
    /// The pages of the rest, in order.
    pub overflow: Vec<u32>,
    /// Where the values lie in them.
    pub(super) payload: Payload,
}

/// Where the values of a row lie: at the beginning in its leaf, and then in its overflow pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// Where they begin in the leaf.
    pub(super) start: usize,
    /// How many bytes of them are in the leaf.
    pub(super) local: usize,
    /// How many bytes there are.
    pub(super) length: usize,
}

impl RowPages {
    /// Returns all pages.
    pub fn all(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.leaf).chain(self.overflow.iter().copied())
    }
}

/// A node of a B-tree, parsed as far as its kind.
struct Node<'a> {
    bytes: &'a [u8],
    is_leaf: bool,
    cells: usize,
    /// Where the places of the cells begin.
    places: usize,
    /// Where the head of the node is.
    head: usize,
}

impl<'a> Node<'a> {
    fn parse(page: u32, bytes: &'a [u8], usable: usize) -> Option<Self> {
        let head = if page == 1 { DATABASE_HEAD } else { 0 };
        let is_leaf = match *bytes.get(head)? {
            LEAF => true,
            INTERIOR => false,
            _ => return None,
        };
        let bytes = bytes.get(..usable)?;
        let places = head + if is_leaf { 8 } else { 12 };
        Some(Self { bytes, is_leaf, cells: u16_at(bytes, head + 3)?, places, head })
    }

    fn cell(&self, number: usize) -> Option<usize> {
        u16_at(self.bytes, self.places + number * 2)
    }

    /// Returns a child of an interior node. After the last cell comes the rightmost child.
    fn child(&self, number: usize) -> Option<u32> {
        u32_at(self.bytes, if number == self.cells { self.head + 8 } else { self.cell(number)? })
    }

    /// Returns the largest rowid below a child of an interior node, which is not its last one.
    fn key(&self, number: usize) -> Option<i64> {
        Some(varint_at(self.bytes, self.cell(number)? + 4)?.0.cast_signed())
    }

    /// Returns a row of a leaf.
    fn row(&self, number: usize) -> Option<Cell> {
        let start = self.cell(number)?;
        let (payload, length) = varint_at(self.bytes, start)?;
        let (rowid, more) = varint_at(self.bytes, start + length)?;
        let payload = usize::try_from(payload).ok().filter(|payload| *payload <= i32::MAX as usize)?;
        let usable = self.bytes.len();
        let most = usable - 35;
        let content = start + length + more;
        let mut cell = Cell {
            rowid: rowid.cast_signed(),
            overflow: 0,
            count: 0,
            payload: Payload { start: content, local: payload, length: payload },
        };
        if payload > most {
            let least = (usable - 12) * 32 / 255 - 23;
            let fitting = least + (payload - least) % (usable - 4);
            let local = if fitting <= most { fitting } else { least };
            cell.count = (payload - local).div_ceil(usable - 4);
            cell.overflow = u32_at(self.bytes, content + local)?;
            cell.payload.local = local;
        } else if content + payload > usable {
            return None;
        }
        Some(cell)
    }
}

/// A row as its leaf has it.
struct Cell {
    rowid: i64,
    /// The first page of the rest, and how many pages the rest has.
    overflow: u32,
    count: usize,
    payload: Payload,
}

/// Visits all rows of a table in the order of their rowids, and returns the pages of its nodes that are not leaves, and
/// its root. `known` may return a row's overflow pages, if they are known to be those from this first page on, as many
/// as this count.
pub fn walk<S: Source>(
    state: &mut State<'_, S>,
    root: u32,
    known: impl Fn(i64, u32, usize) -> Option<Vec<u32>>,
    mut visit: impl FnMut(i64, RowPages),
) -> Option<Vec<u32>> {
    let mut seen = PageSet::default();
    let mut inner = vec![root];
    let mut rowid_before = None;
    // The nodes that are open, each with the number of its next child.
    let mut open = vec![(root, 0)];
    if root > state.pages() {
        return None;
    }
    seen.insert(root);
    while let Some((page, next)) = open.pop() {
        let bytes = state.node(page)?;
        let node = Node::parse(page, &bytes, state.usable())?;
        if node.is_leaf {
            for number in 0..node.cells {
                let cell = node.row(number)?;
                if rowid_before.replace(cell.rowid).is_some_and(|before| before >= cell.rowid) {
                    return None;
                }
                let overflow = match known(cell.rowid, cell.overflow, cell.count) {
                    Some(overflow) => overflow,
                    None => chain(state, cell.overflow, cell.count)?,
                };
                if !overflow.iter().all(|page| seen.insert(*page)) {
                    return None;
                }
                visit(cell.rowid, RowPages { leaf: page, overflow, payload: cell.payload });
            }
        } else {
            if next == 0 && page != root {
                inner.push(page);
            }
            if next < node.cells {
                open.push((page, next + 1));
            }
            let child = node.child(next)?;
            if child > state.pages() || !seen.insert(child) || open.len() >= MOST_LEVELS {
                return None;
            }
            open.push((child, 0));
        }
    }
    Some(inner)
}

/// Returns the pages of one row, or None in the place of its pages if there is no such row. Calls `inner` with the
/// pages on the way to it, and the root. `known` may return the row's overflow pages, as in `walk`.
pub fn locate<S: Source>(
    state: &mut State<'_, S>,
    root: u32,
    rowid: i64,
    known: impl Fn(&State<'_, S>, u32, usize) -> Option<Vec<u32>>,
    mut inner: impl FnMut(u32),
) -> Option<Option<RowPages>> {
    let mut page = root;
    inner(root);
    for _ in 0..MOST_LEVELS {
        let bytes = state.node(page)?;
        let node = Node::parse(page, &bytes, state.usable())?;
        if node.is_leaf {
            for number in 0..node.cells {
                let cell = node.row(number)?;
                if cell.rowid == rowid {
                    let overflow = match known(state, cell.overflow, cell.count) {
                        Some(overflow) => overflow,
                        None => chain(state, cell.overflow, cell.count)?,
                    };
                    return Some(Some(RowPages { leaf: page, overflow, payload: cell.payload }));
                }
            }
            return Some(None);
        }
        inner(page);
        let mut number = 0;
        while number < node.cells && node.key(number)? < rowid {
            number += 1;
        }
        page = node.child(number)?;
    }
    None
}

/// Returns whether overflow pages still follow each other, of which some were written. The others lead on as before.
pub(super) fn leads_on<S: Source>(state: &State<'_, S>, overflow: &[u32], is_written: impl Fn(u32) -> bool) -> bool {
    overflow.windows(2).all(|pair| match *pair {
        [page, next] => !is_written(page) || next_of(state, page) == Some(next),
        _ => true,
    })
}

/// Returns the overflow page after another one.
fn next_of<S: Source>(state: &State<'_, S>, page: u32) -> Option<u32> {
    let mut next = [0; 4];
    state.read(page, 0, &mut next)?;
    Some(u32::from_be_bytes(next))
}

/// Follows overflow pages.
fn chain<S: Source>(state: &State<'_, S>, first: u32, count: usize) -> Option<Vec<u32>> {
    if count > state.pages() as usize {
        return None;
    }
    let mut pages = Vec::with_capacity(count);
    let mut page = first;
    for left in (0..count).rev() {
        if page == 0 || page > state.pages() {
            return None;
        }
        pages.push(page);
        if left > 0 {
            page = next_of(state, page)?;
        }
    }
    Some(pages)
}
