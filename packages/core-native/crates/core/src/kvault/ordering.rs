//! Putting records into the order of their keys.

use super::Record;

/// Sorts by key; those of one key stay in their order.
pub fn sort_by_key(records: &mut Vec<Record<'_>>) {
    if records.is_sorted_by_key(|&(key, _)| key) {
        return;
    }
    // Keys lie all over memory. Eight bytes of each, behind what all of them begin with, tell most of them apart where they are sorted.
    let common = common_prefix(records);
    let mut rows: Vec<_> = records.iter().map(|&record| (eight_from(record.0, common), record)).collect();
    rows.sort_by_key(|&(beginning, (key, _))| (beginning, key));
    records.clear();
    records.extend(rows.into_iter().map(|(_, record)| record));
}

/// How many bytes all keys begin with.
fn common_prefix(records: &[Record<'_>]) -> usize {
    let Some(&(first, _)) = records.first() else { return 0 };
    records.iter().fold(first.len(), |length, &(key, _)| {
        let shared = first.iter().zip(key).take(length);
        shared.take_while(|(a, b)| a == b).count()
    })
}

/// Eight bytes of a key as a number that sorts as they do. Shorter keys are filled up with zeros, as others may go on:
/// these the keys themselves tell apart.
fn eight_from(key: &[u8], start: usize) -> u64 {
    let rest = key.get(start..).unwrap_or_default();
    let mut eight = [0; 8];
    for (to, from) in eight.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_be_bytes(eight)
}
