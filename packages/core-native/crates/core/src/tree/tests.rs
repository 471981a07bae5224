//! Reading B-trees that are made here as the file format says. `packages/kvault/test/in-place.test.ts` reads those that
//! SQLite makes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::ops::Bound;

use super::index::{Walk, find};
use super::page::{Page, Pages};
use super::rows::Leaf;

const USABLE: usize = 512;

/// The pages of a file, from page 1 on.
#[derive(Clone, Default)]
struct File(Vec<Vec<u8>>);

impl Pages for File {
    fn page(&self, number: u32) -> Option<Page<'_>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.0.get(index).map(|bytes| Page::Mapped(bytes))
    }
}

fn varint(number: u64, target: &mut Vec<u8>) {
    let groups = (1..8).find(|groups| number >> (7 * groups) == 0).expect("a number of the tests is short");
    for group in (0..groups).rev() {
        let more = if group > 0 { 0x80 } else { 0 };
        target.push(more | u8::try_from(number >> (7 * group) & 0x7f).unwrap());
    }
}

/// A value of a row.
#[derive(Clone)]
enum Content {
    Blob(Vec<u8>),
    Text(&'static str),
    Number(i8),
    Null,
}

fn record(values: &[Content]) -> Vec<u8> {
    let (mut types, mut body) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Content::Blob(bytes) => {
                varint(12 + bytes.len() as u64 * 2, &mut types);
                body.extend_from_slice(bytes);
            }
            Content::Text(text) => {
                varint(13 + text.len() as u64 * 2, &mut types);
                body.extend_from_slice(text.as_bytes());
            }
            Content::Number(number) => {
                types.push(1);
                body.push(number.cast_unsigned());
            }
            Content::Null => types.push(0),
        }
    }
    // The length of the head counts itself.
    let mut head = Vec::new();
    let length = types.len() + if types.len() < 127 { 1 } else { 2 };
    varint(length as u64, &mut head);
    head.extend(types);
    head.extend(body);
    head
}

impl File {
    /// Adds a page and returns its number.
    fn add(&mut self, mut bytes: Vec<u8>) -> u32 {
        bytes.resize(USABLE, 0);
        self.0.push(bytes);
        u32::try_from(self.0.len()).unwrap()
    }

    /// Returns how a payload lies in a cell, of which so many bytes are at most in the cell. The rest is in new pages,
    /// in the order of the file or against it.
    fn payload(&mut self, payload: &[u8], most: usize, is_reverse: bool) -> Vec<u8> {
        if payload.len() <= most {
            return payload.to_vec();
        }
        let least = (USABLE - 12) * 32 / 255 - 23;
        let fitting = least + (payload.len() - least) % (USABLE - 4);
        let (local, rest) = payload.split_at(if fitting <= most { fitting } else { least });
        let parts: Vec<_> = rest.chunks(USABLE - 4).collect();
        let first = u32::try_from(self.0.len()).unwrap() + 1;
        let count = u32::try_from(parts.len()).unwrap();
        let place = |nth: u32| if is_reverse { first + count - 1 - nth } else { first + nth };
        let mut pages = vec![Vec::new(); parts.len()];
        for (nth, part) in (0..).zip(&parts) {
            let next = if nth + 1 < count { place(nth + 1) } else { 0 };
            let page = &mut pages[usize::try_from(place(nth) - first).unwrap()];
            page.extend(next.to_be_bytes());
            page.extend_from_slice(part);
        }
        for page in pages {
            self.add(page);
        }
        let mut cell = local.to_vec();
        cell.extend(place(0).to_be_bytes());
        cell
    }

    /// Adds a node. Its cells lie at the end of the page, the first one last.
    fn node(&mut self, kind: u8, cells: &[Vec<u8>], right: Option<u32>) -> u32 {
        let mut bytes = vec![0; USABLE];
        bytes[0] = kind;
        bytes[3..5].copy_from_slice(&u16::try_from(cells.len()).unwrap().to_be_bytes());
        let mut places = 8;
        if let Some(right) = right {
            bytes[8..12].copy_from_slice(&right.to_be_bytes());
            places = 12;
        }
        let mut end = USABLE;
        for cell in cells {
            end -= cell.len();
            bytes[end..end + cell.len()].copy_from_slice(cell);
            bytes[places..places + 2].copy_from_slice(&u16::try_from(end).unwrap().to_be_bytes());
            places += 2;
        }
        assert!(places <= end, "the cells do not fit the page");
        self.add(bytes)
    }

    /// Makes a table of rows, so many in each leaf, and returns its root.
    fn table(&mut self, rows: &[(i64, Vec<Content>)], per_leaf: usize, is_reverse: bool) -> u32 {
        let mut children = Vec::new();
        for rows in rows.chunks(per_leaf) {
            let mut cells = Vec::new();
            for (rowid, values) in rows {
                let payload = record(values);
                let mut cell = Vec::new();
                varint(payload.len() as u64, &mut cell);
                varint(rowid.cast_unsigned(), &mut cell);
                cell.extend(self.payload(&payload, USABLE - 35, is_reverse));
                cells.push(cell);
            }
            children.push((self.node(0x0d, &cells, None), rows.last().unwrap().0));
        }
        let (right, others) = children.split_last().unwrap();
        if others.is_empty() {
            return right.0;
        }
        let cells: Vec<_> = others
            .iter()
            .map(|(child, last)| {
                let mut cell = child.to_be_bytes().to_vec();
                varint(last.cast_unsigned(), &mut cell);
                cell
            })
            .collect();
        self.node(0x05, &cells, Some(right.0))
    }

    /// Makes an index of keys in their order, so many in each leaf, and returns its root.
    fn index(&mut self, keys: &[(Vec<u8>, i8)], per_leaf: usize) -> u32 {
        let (mut leaves, mut between) = (Vec::new(), Vec::new());
        for group in keys.chunks(per_leaf + 1) {
            let mut cells: Vec<_> = group.iter().map(|(key, rowid)| self.entry(key, *rowid)).collect();
            let middle = (group.len() > per_leaf).then(|| cells.pop().unwrap());
            leaves.push(self.node(0x0a, &cells, None));
            between.extend(middle);
        }
        if leaves.len() == between.len() {
            leaves.push(self.node(0x0a, &[], None));
        }
        let (right, others) = leaves.split_last().unwrap();
        let cells: Vec<_> =
            others.iter().zip(between).map(|(child, cell)| [&child.to_be_bytes()[..], &cell].concat()).collect();
        self.node(0x02, &cells, Some(*right))
    }

    fn entry(&mut self, key: &[u8], rowid: i8) -> Vec<u8> {
        let payload = record(&[Content::Blob(key.to_vec()), Content::Number(rowid)]);
        let mut cell = Vec::new();
        varint(payload.len() as u64, &mut cell);
        cell.extend(self.payload(&payload, (USABLE - 12) * 64 / 255 - 23, false));
        cell
    }
}

/// Bytes that tell where they are.
fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|at| seed ^ u8::try_from(at * 31 % 251).unwrap()).collect()
}

fn read(file: &File, root: u32, rowid: i64) -> Option<Vec<u8>> {
    let value = Leaf::find(file, root, rowid)?.value()?;
    let mut bytes = vec![0; value.length];
    value.copy_to(file, &mut bytes)?;
    Some(bytes)
}

#[test]
fn rows_are_found_by_their_rowids_whatever_is_missing_between_them() {
    for gap in [1, 2, 7, 1_000] {
        let rows: Vec<_> = (1..=60)
            .map(|n: i64| {
                let key = pattern(5, 1);
                (n * gap, vec![Content::Blob(key), Content::Blob(pattern(usize::try_from(n).unwrap() % 40, 3))])
            })
            .collect();
        let mut file = File::default();
        let root = file.table(&rows, 6, false);
        let known: BTreeMap<_, _> =
            rows.iter().map(|(rowid, _)| (*rowid, usize::try_from(rowid / gap).unwrap())).collect();
        for rowid in -3..=60 * gap + 3 {
            assert_eq!(read(&file, root, rowid), known.get(&rowid).map(|n| pattern(n % 40, 3)), "{rowid} of {gap}");
        }
    }
}

#[test]
fn every_range_of_a_value_in_overflow_pages_is_read() {
    for is_reverse in [false, true] {
        for length in [0, 440, 471, 477, 480, 1_000, 3_000] {
            for before in [0, 3, 700] {
                let value = pattern(length, 5);
                let row = vec![Content::Blob(pattern(before, 1)), Content::Blob(value.clone()), Content::Number(7)];
                let mut file = File::default();
                let root = file.table(&[(1, row)], 1, is_reverse);
                let found = || Leaf::find(&file, root, 1).unwrap().column(1).unwrap();
                assert_eq!(found().length, length);
                assert_eq!(read(&file, root, 1), Some(value.clone()), "{before} before {length}");
                for start in (0..length).step_by(37) {
                    for count in [0, 1, 9, 508, 700] {
                        let end = (start + count).min(length);
                        let mut target = vec![0xee; end - start];
                        assert_eq!(found().copy_range(&file, start, &mut target, usize::MAX), Some(()));
                        assert_eq!(target, value[start..end], "{start} to {end} of {length} behind {before}");
                    }
                }
                assert_eq!(found().copy_range(&file, length, &mut [0], usize::MAX), None);
            }
        }
    }
}

#[test]
fn no_more_pages_are_passed_than_allowed() {
    let value = pattern(5_000, 5);
    let mut file = File::default();
    let root = file.table(&[(1, vec![Content::Null, Content::Blob(value.clone())])], 1, false);
    let found = Leaf::find(&file, root, 1).unwrap().column(1).unwrap();
    let mut target = [0; 3];
    assert_eq!(found.copy_range(&file, 4_000, &mut target, 5), None);
    assert_eq!(found.copy_range(&file, 4_000, &mut target, 8), Some(()));
    assert_eq!(target, value[4_000..4_003]);
    // What is copied is not passed.
    let mut all = vec![0; 5_000];
    assert_eq!(found.copy_range(&file, 0, &mut all, 0), Some(()));
    assert_eq!(all, value);
}

#[test]
fn a_row_is_that_of_a_key_or_not() {
    let (key, other) = (pattern(9, 1), pattern(9, 2));
    let long = pattern(900, 1);
    let mut file = File::default();
    let value = Content::Blob(b"value".to_vec());
    let rows = [
        (1, vec![Content::Blob(key.clone()), value.clone()]),
        (2, vec![Content::Text("key"), value.clone()]),
        (3, vec![Content::Blob(long.clone()), value]),
        (4, vec![Content::Blob(key.clone()), Content::Null]),
    ];
    let root = file.table(&rows, 2, false);
    let has = |rowid, key: &[u8]| Leaf::find(&file, root, rowid).and_then(|leaf| leaf.value_of(key)).is_some();
    assert!(has(1, &key));
    assert!(!has(1, &other) && !has(1, &key[..8]) && !has(1, &[]));
    assert!(!has(2, b"key"), "a text is not a key of ours");
    assert!(!has(3, &long), "a key that is not whole in the leaf is left to the index");
    assert!(!has(4, &key) && !has(5, &key));
}

#[test]
fn columns_are_found_by_their_numbers() {
    let row = vec![
        Content::Number(-5),
        Content::Null,
        Content::Text("text"),
        Content::Blob(pattern(300, 3)),
        Content::Blob(pattern(4, 4)),
    ];
    let mut file = File::default();
    let root = file.table(&[(9, row)], 1, false);
    let length = |number| Leaf::find(&file, root, 9).and_then(|leaf| leaf.column(number)).map(|value| value.length);
    assert_eq!([0, 1, 2, 3, 4, 5, 99].map(length), [None, None, None, Some(300), Some(4), None, None]);
}

#[test]
fn keys_are_found_and_walked_over_in_both_directions() {
    let mut model = BTreeMap::new();
    for n in 0..100_u8 {
        // Some of a few bytes, and some that no cell holds as a whole beside others.
        let key = if n % 9 == 0 { pattern(usize::from(n) % 60 + 1, n) } else { vec![b'k', n, n % 7] };
        model.insert(key, n.cast_signed() % 120);
    }
    let keys: Vec<_> = model.iter().map(|(key, rowid)| (key.clone(), *rowid)).collect();
    let mut file = File::default();
    let root = file.index(&keys, 5);
    for (key, rowid) in &keys {
        assert_eq!(find(&file, root, key), Some(Some(i64::from(*rowid))));
        let mut absent = key.clone();
        absent.push(0);
        assert_eq!(find(&file, root, &absent), Some(None));
    }
    assert_eq!(find(&file, root, &[]), Some(None));
    for from in keys.iter().map(|(key, _)| key.clone()).chain([vec![], vec![0xff; 9], b"k".to_vec()]) {
        for bound in [Bound::Included(&from[..]), Bound::Excluded(&from[..]), Bound::Unbounded] {
            let visited = |is_reversed| {
                let mut seen = Vec::new();
                let mut walk = Walk::begin(&file, root, bound, is_reversed).unwrap();
                assert_eq!(
                    walk.visit(1_000, |key, rowid| {
                        seen.push((key.to_vec(), rowid));
                        true
                    }),
                    Some(true)
                );
                seen
            };
            let expected = model.range::<[u8], _>((bound, Bound::Unbounded));
            assert_eq!(
                visited(false),
                expected.map(|(key, rowid)| (key.clone(), i64::from(*rowid))).collect::<Vec<_>>()
            );
            let expected = model.range::<[u8], _>((Bound::Unbounded, bound)).rev();
            assert_eq!(
                visited(true),
                expected.map(|(key, rowid)| (key.clone(), i64::from(*rowid))).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn damage_ends_every_read() {
    let rows: Vec<_> = (1..=20)
        .map(|n| (n, vec![Content::Blob(pattern(6, 1)), Content::Blob(pattern(usize::try_from(n).unwrap() * 60, 3))]))
        .collect();
    let keys: Vec<_> = (0..40_u8).map(|n| (vec![b'k', n], n.cast_signed())).collect();
    let mut sound = File::default();
    let table = sound.table(&rows, 1, false);
    let index = sound.index(&keys, 6);
    let mut state = 1_u32;
    let mut random = |limit: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % limit
    };
    for _ in 0..3_000 {
        let mut file = sound.clone();
        for _ in 0..=random(4) {
            let page = random(file.0.len());
            // The heads and places of nodes are at the beginning.
            let at = if random(2) == 0 { random(24) } else { random(USABLE) };
            file.0[page][at] = u8::try_from(random(256)).unwrap();
        }
        for rowid in 0..=21 {
            // Whatever it returns, it returns.
            _ = Leaf::find(&file, table, rowid).and_then(|leaf| leaf.value_of(&pattern(6, 1)));
            let value = Leaf::find(&file, table, rowid).and_then(Leaf::value).filter(|value| value.length < 100_000);
            if let Some(value) = value {
                _ = value.copy_to(&file, &mut vec![0; value.length]);
                _ = value.copy_range(&file, value.length / 2, &mut vec![0; value.length / 3], 4);
            }
        }
        for (key, _) in &keys {
            _ = find(&file, index, key);
        }
        for is_reverse in [false, true] {
            let walk = Walk::begin(&file, index, Bound::Unbounded, is_reverse);
            _ = walk.and_then(|mut walk| walk.visit(1_000, |_, _| true));
        }
    }
}
