//! The tree against a `BTreeMap`, with its invariants checked after every few steps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use super::*;
use crate::ordered::key::KeyWriter;

/// Numbers that look random. Each test has its own seed, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

impl Tree {
    /// Checks order, sizes, depths and separators.
    fn check(&self) {
        let mut depths = Vec::new();
        self.root.check(None, None, self.order, true, 0, &mut depths);
        assert!(depths.windows(2).all(|pair| pair[0] == pair[1]), "leaves of depths {depths:?}");
        let mut count = 0;
        self.walk((Bound::Unbounded, Bound::Unbounded), false, |_, _| {
            count += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(count, self.len);
    }
}

impl Node {
    fn check(
        &self,
        above: Option<&EncodedKey>,
        below: Option<&EncodedKey>,
        order: usize,
        is_root: bool,
        depth: usize,
        depths: &mut Vec<usize>,
    ) {
        assert!(self.len() <= order && (is_root || self.len() > 0), "{} of {order}", self.len());
        let check_keys = |keys: &EncodedKeys| {
            for position in 0..keys.len() {
                let key = keys.get(position).unwrap();
                assert_eq!(keys.search(key.code()), Ok(position));
                assert!(above.is_none_or(|above| above.code() <= key.code()));
                assert!(below.is_none_or(|below| key.code() < below.code()));
            }
        };
        match self {
            Node::Leaf(leaf) => {
                assert_eq!(leaf.keys.len(), leaf.slots.len());
                check_keys(&leaf.keys);
                depths.push(depth);
            }
            Node::Inner(inner) => {
                assert!(inner.children.len() >= 2 && inner.separators.len() + 1 == inner.children.len());
                check_keys(&inner.separators);
                for (position, child) in inner.children.iter().enumerate() {
                    let above = position.checked_sub(1).map_or(above, |at| inner.separators.get(at));
                    let below = inner.separators.get(position).or(below);
                    child.check(above, below, order, false, depth + 1, depths);
                }
            }
        }
    }
}

fn entries(tree: &Tree, limits: Limits<'_>, reverse: bool) -> Vec<(EncodedKey, u32)> {
    let mut found = Vec::new();
    let visit = |key: &EncodedKey, slot| {
        found.push((key.clone(), slot));
        ControlFlow::Continue(())
    };
    tree.walk(limits, reverse, visit);
    found
}

/// Makes random insertions and removals: first mostly insertions, then mostly removals.
fn against_a_model(order: usize, steps: usize, key_of: impl Fn(u64) -> EncodedKey) {
    let mut dice = Dice(0x9e37_79b9 + order as u64);
    let mut tree = Tree::new(order).unwrap();
    let mut model = BTreeMap::new();
    for step in 0..steps {
        let number = dice.below(steps as u64 / 3);
        let key = key_of(number);
        if dice.below(10) < if step < steps / 2 { 7 } else { 3 } {
            match tree.insert(key.code(), || key.clone()).unwrap() {
                Inserted::New(slot) => assert_eq!(model.insert(number, slot), None),
                Inserted::Present(slot) => assert_eq!(model.get(&number), Some(&slot)),
            }
        } else {
            assert_eq!(tree.remove(key.code()), model.remove(&number));
        }
        assert_eq!(tree.len(), model.len());
        if step % 97 == 0 {
            tree.check();
        }
    }
    tree.check();
    let (low, high) = (steps as u64 / 9, steps as u64 / 4);
    let (low_key, high_key) = (key_of(low), key_of(high));
    let expected = |from: u64, to: u64| model.range(from..to).map(|(key, slot)| (key_of(*key), *slot));
    let between = (Bound::Included(low_key.code()), Bound::Excluded(high_key.code()));
    assert_eq!(entries(&tree, between, false), expected(low, high).collect::<Vec<_>>());
    let inverted = (Bound::Included(high_key.code()), Bound::Excluded(low_key.code()));
    assert_eq!(entries(&tree, inverted, false), []);
    assert_eq!(entries(&tree, inverted, true), []);
    let between = (Bound::Excluded(low_key.code()), Bound::Included(high_key.code()));
    assert_eq!(entries(&tree, between, true), expected(low + 1, high + 1).rev().collect::<Vec<_>>());
    for number in model.keys() {
        assert!(tree.remove(key_of(*number).code()).is_some());
    }
    tree.check();
    assert!(tree.is_empty());
}

fn text(number: u64) -> EncodedKey {
    let mut writer = KeyWriter::default();
    writer.start();
    // Long common beginnings, short keys, and keys that other keys begin with, in the order of the numbers.
    writer.string(format!("user/{:06}{}", number / 3, &"/x"[..(number % 3) as usize]).as_bytes());
    writer.key()
}

fn number(value: u64) -> EncodedKey {
    let mut writer = KeyWriter::default();
    writer.start();
    assert!(writer.double(value as f64 - 500.5).is_ok());
    writer.key()
}

#[test]
fn it_behaves_as_a_model_at_every_order() {
    if cfg!(miri) {
        // An interpreter's share.
        against_a_model(3, 150, number);
        return against_a_model(4, 150, text);
    }
    for order in (3..=10).chain([31, 63, 64, 100, 255, 1000]) {
        against_a_model(order, 3_000, number);
        against_a_model(order, 3_000, text);
    }
}

#[test]
fn a_sorted_list_becomes_a_valid_tree_whatever_its_length() {
    for order in [3, 4, 5, 8, 64] {
        for len in if cfg!(miri) { (0..20).chain([40, 60]) } else { (0..200).chain([1_000, 4_097]) } {
            let tree = Tree::from_sorted(order, (0..len).map(text)).unwrap();
            tree.check();
            assert_eq!(tree.find(text(len / 2).code()), (len > 0).then_some(len as u32 / 2));
        }
    }
}

#[test]
fn a_list_out_of_order_is_refused_at_its_place() {
    let refusal = |numbers: Vec<u64>| Tree::from_sorted(3, numbers.into_iter().map(text)).unwrap_err().to_string();
    assert!(refusal(vec![1, 2, 2]).contains("the key of entry 2 is not above"));
    assert!(refusal((0..50).chain([7]).collect()).contains("the key of entry 50 is not above"));
}

#[test]
fn renumbering_gives_the_slots_in_order_and_keeps_every_entry() {
    let mut tree = Tree::new(4).unwrap();
    for value in [5, 1, 4, 2, 3, 6] {
        tree.insert(number(value).code(), || number(value)).unwrap();
    }
    tree.remove(number(4).code());
    let mut old = Vec::new();
    tree.renumber(|slot| old.push(slot));
    assert_eq!(old, [1, 3, 4, 0, 5]);
    assert_eq!(tree.find(number(6).code()), Some(4));
    assert_eq!(tree.insert(text(1).code(), || text(1)), Ok(Inserted::New(5)));
    tree.check();
}

#[test]
fn an_order_below_three_or_beyond_all_reason_is_refused() {
    for order in (0..LEAST).chain([GREATEST + 1, usize::MAX / 2, usize::MAX]) {
        assert!(Tree::new(order).is_err());
        assert!(Tree::from_sorted(order, [text(1)]).is_err());
    }
    assert!(Tree::from_sorted(GREATEST, [text(1)]).is_ok());
}
