//! Putting records into the order of their keys.

/// Sorts by key. Rows of one key stay in their order.
pub fn sort_by_key<'a, T: Copy>(rows: &mut Vec<T>, key_of: impl Fn(&T) -> &'a [u8]) {
    if rows.is_sorted_by_key(&key_of) {
        return;
    }
    // Keys lie all over memory. Eight bytes of each key, after what all keys begin with, tell most of them apart. They
    // lie where the sort reads them.
    let common = common_prefix(rows.iter().map(&key_of));
    let mut sorted: Vec<_> = rows.iter().map(|row| (eight_from(key_of(row), common), *row)).collect();
    sorted.sort_by_key(|(beginning, row)| (*beginning, key_of(row)));
    rows.clear();
    rows.extend(sorted.into_iter().map(|(_, row)| row));
}

/// Returns how many bytes all keys have in common at their beginning.
fn common_prefix<'a>(mut keys: impl Iterator<Item = &'a [u8]>) -> usize {
    let Some(first) = keys.next() else { return 0 };
    keys.fold(first.len(), |length, key| {
        let shared = first.iter().zip(key).take(length);
        shared.take_while(|(a, b)| a == b).count()
    })
}

/// Returns eight bytes of a key as a number that sorts as they do. A shorter key is filled up with zeros. If another
/// key has these zeros, a comparison of the keys themselves tells the two apart.
fn eight_from(key: &[u8], start: usize) -> u64 {
    let rest = key.get(start..).unwrap_or_default();
    let mut eight = [0; 8];
    for (to, from) in eight.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_be_bytes(eight)
}
