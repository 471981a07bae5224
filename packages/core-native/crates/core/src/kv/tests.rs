use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};

use proptest::prelude::*;

use super::{Pending, Record, sort_by_key};

type Entries = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

#[derive(Clone, Debug)]
enum Step {
    Put(u8, Option<u16>),
    Forget(u8),
    Clear,
    Begin,
    Commit,
    RollBack,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0_u8..12, prop::option::of(0_u16..600)).prop_map(|(key, length)| Step::Put(key, length)),
        3 => (0_u8..12).prop_map(Step::Forget),
        1 => Just(Step::Clear),
        2 => Just(Step::Begin),
        2 => Just(Step::Commit),
        2 => Just(Step::RollBack),
    ]
}

fn owned((key, value): Record<'_>) -> (Vec<u8>, Option<Vec<u8>>) {
    (key.to_vec(), value.map(<[u8]>::to_vec))
}

fn bytes_of(entries: &Entries) -> usize {
    entries.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum()
}

proptest! {
    #[test]
    fn is_a_map_whose_changes_can_be_taken_back(steps in prop::collection::vec(step(), 0..200)) {
        let mut pending = Pending::default();
        let mut model = Entries::new();
        // What the model was when each level of a transaction began.
        let mut levels: Vec<Entries> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Put(key, length) => {
                    let key = vec![key; usize::from(key)];
                    let value = length.map(|length| vec![number as u8; usize::from(length)]);
                    let put = pending.put(&key, value.as_deref());
                    prop_assert_eq!(put.is_new, model.insert(key, value).is_none());
                    prop_assert_eq!(put.bytes, bytes_of(&model));
                }
                Step::Forget(key) => {
                    let key = vec![key; usize::from(key)];
                    let had = model.remove(&key).is_some();
                    prop_assert_eq!(pending.forget(&key), had.then(|| bytes_of(&model)));
                }
                Step::Clear => {
                    pending.clear();
                    model.clear();
                }
                Step::Begin => {
                    pending.begin();
                    levels.push(model.clone());
                }
                Step::Commit => {
                    if levels.pop().is_some() {
                        pending.commit();
                    }
                }
                Step::RollBack => {
                    if let Some(before) = levels.pop() {
                        pending.rollback();
                        model = before;
                    }
                }
            }
            prop_assert_eq!(pending.len(), model.len());
            for (key, value) in &model {
                prop_assert_eq!(pending.get(key), Some(value.as_deref()));
            }
            prop_assert_eq!(pending.records().map(owned).collect::<Entries>(), model.clone());
            pending.sort();
            let (lower, upper) = (vec![number as u8 % 12; number % 7], vec![number as u8 % 7; number % 12]);
            let all: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Unbounded, Bound::Unbounded);
            let half_open = (Bound::Excluded(&lower[..]), Bound::Unbounded);
            for bounds in [all, half_open, (Bound::Included(&lower), Bound::Excluded(&upper))] {
                let sorted: Vec<_> = pending.range(bounds.0, bounds.1).map(owned).collect();
                let within = model.iter().filter(|(key, _)| bounds.contains(&key[..]));
                let expected: Vec<_> = within.map(|(key, value)| (key.clone(), value.clone())).collect();
                prop_assert_eq!(sorted, expected);
            }
        }
    }
}

proptest! {
    #[test]
    fn sorts_by_key_and_keeps_the_order_of_one_key(
        keys in prop::collection::vec(prop::collection::vec(prop::sample::select(&[0_u8, 1, 255][..]), 0..14), 0..100),
        prefix in prop::collection::vec(any::<u8>(), 0..10),
    ) {
        let keys: Vec<_> = keys.into_iter().map(|key| [&prefix[..], &key].concat()).collect();
        let order: Vec<_> = (0..keys.len()).map(|number| [number as u8]).collect();
        let mut records: Vec<Record<'_>> = keys.iter().zip(&order).map(|(key, at)| (&key[..], Some(&at[..]))).collect();
        let mut expected = records.clone();
        expected.sort_by_key(|&(key, _)| key);
        sort_by_key(&mut records, |&(key, _)| key);
        prop_assert_eq!(records, expected);
    }
}

#[test]
fn overwriting_takes_no_more_memory_than_what_is_pending() {
    let mut pending = Pending::default();
    pending.put(b"rare", Some(&[1; 1000]));
    for round in 0..10_000_usize {
        // Lengths differ, so that no record is overwritten in place.
        pending.put(b"often", Some(&vec![2; 1000 + round % 2]));
    }
    assert!(pending.memory() < 4 << 20, "{} bytes", pending.memory());
    assert_eq!(pending.get(b"rare"), Some(Some(&[1; 1000][..])));
    assert_eq!(pending.get(b"often").flatten().map(<[u8]>::len), Some(1001));
}

#[test]
fn overwriting_one_key_in_a_transaction_takes_no_more_memory_than_the_key() {
    let mut pending = Pending::default();
    pending.put(b"key", Some(&[1; 10]));
    pending.begin();
    for round in 0..60_000_usize {
        pending.put(b"key", Some(&vec![2; 1000 + round % 3]));
    }
    assert!(pending.memory() < 4 << 10, "{} bytes", pending.memory());
    pending.rollback();
    assert_eq!(pending.get(b"key"), Some(Some(&[1; 10][..])));
}

#[test]
fn an_order_does_not_outlive_the_places_it_names() {
    let mut pending = Pending::default();
    pending.put(b"a", Some(&[0; 4000]));
    pending.begin();
    for round in 0..300_u16 {
        pending.begin();
        pending.put(b"b", Some(&vec![3; 8000 + usize::from(round % 2)]));
        pending.commit();
        pending.put(b"a", Some(&vec![0; 4000 + usize::from(round % 2)]));
    }
    pending.sort();
    pending.commit();
    assert!(pending.memory() < 1 << 20, "the dead records are gone");
    pending.sort();
    let keys: Vec<_> = pending.range(Bound::Unbounded, Bound::Unbounded).map(|(key, _)| key.to_vec()).collect();
    assert_eq!(keys, [b"a".to_vec(), b"b".to_vec()]);
}
