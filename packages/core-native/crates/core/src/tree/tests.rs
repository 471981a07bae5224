//! Trees that the tests write as SQLite does, so that every byte of them can be damaged. What SQLite itself writes is
//! read in `packages/kvault/test/in-place.test.ts`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::index::{Walk, find};
use super::page::{Page, Pages};
use super::rows::Leaf;

const USABLE: usize = 512;
const TABLE_ROOT: u32 = 2;

/// A file of pages, the first of which is never read.
#[derive(Default)]
struct File(Vec<Vec<u8>>);

impl Pages for File {
    fn page(&self, number: u32) -> Option<Page<'_>> {
        let bytes = self.0.get((number as usize).checked_sub(1)?)?;
        Some(if number % 2 == 0 { Page::Mapped(bytes) } else { Page::Copied(Rc::from(bytes.as_slice())) })
    }
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(number & 0x7f).unwrap_or_default()];
    let mut rest = number >> 7;
    while rest > 0 {
        bytes.insert(0, u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
        rest >>= 7;
    }
    bytes
}

/// Returns a record of BLOBs and, if there is one, a rowid of eight bytes.
fn record(blobs: &[&[u8]], rowid: Option<i64>) -> Vec<u8> {
    let mut types: Vec<u8> = blobs.iter().flat_map(|blob| varint(blob.len() as u64 * 2 + 12)).collect();
    types.extend(rowid.map(|_| 6));
    let mut bytes = varint(types.len() as u64 + 1);
    bytes.extend(types);
    blobs.iter().for_each(|blob| bytes.extend(*blob));
    bytes.extend(rowid.unwrap_or_default().to_be_bytes().iter().take(if rowid.is_some() { 8 } else { 0 }));
    bytes
}

impl File {
    fn add(&mut self, page: Vec<u8>) -> u32 {
        self.0.push(page);
        u32::try_from(self.0.len()).unwrap_or_default()
    }

    /// Writes a payload as it lies in a cell, with its rest in overflow pages.
    fn payload(&mut self, payload: &[u8], most: usize) -> Vec<u8> {
        if payload.len() <= most {
            return payload.to_vec();
        }
        let least = (USABLE - 12) * 32 / 255 - 23;
        let fitting = least + (payload.len() - least) % (USABLE - 4);
        let local = if fitting <= most { fitting } else { least };
        let mut next = 0;
        for piece in payload[local..].chunks(USABLE - 4).rev() {
            let mut page = u32::to_be_bytes(next).to_vec();
            page.extend(piece);
            page.resize(USABLE, 0);
            next = self.add(page);
        }
        let mut cell = payload[..local].to_vec();
        cell.extend(next.to_be_bytes());
        cell
    }

    /// Writes a node of cells, if they fit. An interior node has its rightmost child, too.
    fn node(&mut self, kind: u8, cells: &[Vec<u8>], right: Option<u32>) -> Option<Vec<u8>> {
        let mut page = vec![0; USABLE];
        let (count, places) = (u16::try_from(cells.len()).ok()?, if right.is_some() { 12 } else { 8 });
        let mut end = USABLE;
        for (number, cell) in cells.iter().enumerate() {
            end = end.checked_sub(cell.len()).filter(|end| *end >= places + 2 * cells.len())?;
            page[end..end + cell.len()].copy_from_slice(cell);
            page[places + 2 * number..][..2].copy_from_slice(&u16::try_from(end).ok()?.to_be_bytes());
        }
        page[0] = kind;
        page[3..5].copy_from_slice(&count.to_be_bytes());
        if let Some(right) = right {
            page[8..12].copy_from_slice(&right.to_be_bytes());
        }
        Some(page)
    }

    /// Builds a tree of cells in their order, a few to a node, below the page `root`.
    /// `split` makes the cell of an interior node from a child and the cell that it stands for, and says whether that
    /// cell moves up, as in an index.
    fn tree(
        &mut self,
        root: u32,
        kinds: [u8; 2],
        cells: &[Vec<u8>],
        fanout: usize,
        split: &dyn Fn(u32, &[u8]) -> (Vec<u8>, bool),
    ) -> Option<()> {
        let [interior, leaf] = kinds;
        let mut level: Vec<(u32, Vec<u8>)> = Vec::new();
        let mut rest = cells;
        let mut nodes = Vec::new();
        while !rest.is_empty() || nodes.is_empty() {
            let (own, others) = rest.split_at(fanout.min(rest.len()));
            let page = self.node(leaf, own, None)?;
            // In an index the entry between two leaves is in neither.
            let between = others.first().or(own.last()).cloned().unwrap_or_default();
            let (_, moves_up) = split(0, &between);
            let stands = if moves_up { between } else { own.last().cloned().unwrap_or_default() };
            rest = if moves_up && !others.is_empty() { &others[1..] } else { others };
            nodes.push((page, stands));
            if moves_up && rest.is_empty() && !others.is_empty() {
                nodes.push((self.node(leaf, &[], None)?, Vec::new()));
                break;
            }
        }
        if nodes.len() == 1 {
            self.0[root as usize - 1] = nodes.remove(0).0;
            return Some(());
        }
        for (page, stands) in nodes {
            let number = self.add(page);
            level.push((number, stands));
        }
        let (right, others) = level.split_last()?;
        let cells: Vec<_> = others.iter().map(|(child, stands)| split(*child, stands).0).collect();
        self.0[root as usize - 1] = self.node(interior, &cells, Some(right.0))?;
        Some(())
    }
}

/// Writes a table and the index of its keys, whose root is returned. None if they do not fit two levels.
fn written(rows: &BTreeMap<Vec<u8>, (i64, Vec<u8>)>, fanout: usize) -> Option<(File, u32)> {
    let mut file = File(vec![vec![0; USABLE]; 3]);
    let mut by_rowid: Vec<_> = rows.iter().map(|(key, (rowid, value))| (*rowid, key, value)).collect();
    by_rowid.sort();
    let cells: Vec<_> = by_rowid
        .iter()
        .map(|(rowid, key, value)| {
            let payload = record(&[key, value], None);
            let mut cell = varint(payload.len() as u64);
            cell.extend(varint(rowid.cast_unsigned()));
            cell.extend(file.payload(&payload, USABLE - 35));
            cell
        })
        .collect();
    let rowids: BTreeMap<_, _> = cells.iter().cloned().zip(by_rowid.iter().map(|row| row.0)).collect();
    file.tree(TABLE_ROOT, [0x05, 0x0d], &cells, fanout, &|child, cell| {
        let mut bytes = child.to_be_bytes().to_vec();
        bytes.extend(varint(rowids.get(cell).copied().unwrap_or_default().cast_unsigned()));
        (bytes, false)
    })?;
    let entries: Vec<_> = rows
        .iter()
        .map(|(key, (rowid, _))| {
            let payload = record(&[key], Some(*rowid));
            let mut cell = varint(payload.len() as u64);
            cell.extend(file.payload(&payload, (USABLE - 12) * 64 / 255 - 23));
            cell
        })
        .collect();
    file.tree(3, [0x02, 0x0a], &entries, fanout, &|child, cell| {
        let mut bytes = child.to_be_bytes().to_vec();
        bytes.extend(cell);
        (bytes, true)
    })?;
    Some((file, 3))
}

fn value_of(file: &File, rowid: i64) -> Option<Vec<u8>> {
    let value = Leaf::find(file, TABLE_ROOT, rowid)?.value()?;
    let mut bytes = vec![0; value.length];
    value.copy_to(file, &mut bytes)?;
    Some(bytes)
}

fn walked(file: &File, root: u32, from: Bound<&[u8]>, is_reverse: bool) -> Option<Vec<Vec<u8>>> {
    let mut keys = Vec::new();
    let mut walk = Walk::begin(file, root, from, is_reverse)?;
    // A few at a time, as pages read them.
    while !walk.visit(3, |key, _| {
        keys.push(key.to_vec());
        true
    })? {}
    Some(keys)
}

fn rows() -> impl Strategy<Value = BTreeMap<Vec<u8>, (i64, Vec<u8>)>> {
    btree_map(vec(0..4_u8, 0..20), vec(any::<u8>(), 0..1_500), 0..40).prop_map(|values| {
        let count = values.len();
        let numbered = values.into_iter().enumerate();
        // Rowids in another order than the keys, some with gaps.
        let rowid = |at: usize| i64::try_from((at * 17 + 5) % count.max(1) * if at % 2 == 0 { 1 } else { 1_000 } + at);
        numbered.map(|(at, (key, value))| (key, (rowid(at).unwrap_or_default() * 64 + at as i64 + 1, value))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn keys_and_rows_are_found(rows in rows(), absent in vec(0..5_u8, 0..22), fanout in 2..6_usize) {
        let Some((file, root)) = written(&rows, fanout) else { return Ok(()) };
        for (key, (rowid, value)) in &rows {
            prop_assert_eq!(find(&file, root, key), Some(Some(*rowid)));
            prop_assert_eq!(value_of(&file, *rowid).as_ref(), Some(value));
        }
        prop_assert_eq!(find(&file, root, &absent), Some(rows.get(&absent).map(|row| row.0)));
        for bound in [Bound::Unbounded, Bound::Included(absent.as_slice()), Bound::Excluded(absent.as_slice())] {
            let up: Vec<_> = rows.range::<[u8], _>((bound, Bound::Unbounded)).map(|row| row.0.clone()).collect();
            prop_assert_eq!(walked(&file, root, bound, false), Some(up));
            let down: Vec<_> = rows.range::<[u8], _>((Bound::Unbounded, bound)).rev().map(|row| row.0.clone()).collect();
            prop_assert_eq!(walked(&file, root, bound, true), Some(down));
        }
    }

    #[test]
    fn damage_is_unknown_or_harmless(rows in rows(), places in vec((any::<usize>(), any::<u8>()), 1..20)) {
        let Some((mut file, root)) = written(&rows, 3) else { return Ok(()) };
        for (place, byte) in places {
            let count = file.0.len();
            let page = &mut file.0[place % count];
            let length = page.len();
            page[place / count % length] = byte;
        }
        // Whatever the answers are, they come, and nothing panics.
        for (key, (rowid, _)) in &rows {
            let _ = (find(&file, root, key), value_of(&file, *rowid));
        }
        let mut left = 10_000;
        if let Some(mut walk) = Walk::begin(&file, root, Bound::Unbounded, false) {
            while left > 0 && walk.visit(100, |_, _| true) == Some(false) {
                left -= 100;
            }
        }
    }
}
