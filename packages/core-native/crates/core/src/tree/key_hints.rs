//! The rowids of keys that were looked up, so that the next look-up of the same key spares the descent of the index.
//!
//! A look-up that uses a hint reads the row and compares its key, so a hint may be wrong and nothing has to be kept up to date:
//! not after a commit, not after a rollback, and not for another state of the file. A key that is found in a row is the
//! only one, since the index says that keys are unique.
//!
//! The hints of a group are one line of memory. The table begins with few groups, and gets more when hints push each
//! other out. It is emptied then: what is looked up again comes back.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// A hint is a rowid below a tag, which are bits of the key's hash.
const ROWID_BITS: u32 = 48;
const GROUP: usize = 8;
const FIRST_GROUPS: usize = 64;
/// A table of 1 MiB.
const MOST_GROUPS: usize = 16 * 1024;
const GROWTH: usize = 4;

#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Group([u64; GROUP]);

/// The hints of a table.
#[derive(Default)]
pub struct KeyHints {
    groups: Vec<Group>,
    hasher: DefaultHashBuilder,
    /// How many hints were pushed out since the table got its size.
    pushed_out: usize,
}

/// Where the hint of a key belongs.
#[derive(Clone, Copy)]
pub struct Place(u64);

impl Place {
    fn tag(self) -> u64 {
        self.0 >> ROWID_BITS
    }

    /// The place in a group of a hint that pushes another one out.
    fn victim(self) -> usize {
        usize::from(self.0.to_be_bytes()[2]) % GROUP
    }

    fn group(self, groups: usize) -> usize {
        // The number of groups is a power of two, and the low bits of the hash are used for nothing else.
        usize::from_ne_bytes(self.0.to_ne_bytes()) & groups.wrapping_sub(1)
    }
}

impl KeyHints {
    /// Returns where the hint of a key belongs.
    #[inline]
    pub fn place(&self, key: &[u8]) -> Place {
        Place(self.hasher.hash_one(key))
    }

    /// Returns the rowid that a key may have.
    #[inline]
    pub fn get(&self, place: Place) -> Option<i64> {
        let Group(hints) = self.groups.get(place.group(self.groups.len()))?;
        let hint = hints.iter().find(|hint| **hint >> ROWID_BITS == place.tag() && **hint != 0)?;
        Some((hint & ((1 << ROWID_BITS) - 1)).cast_signed())
    }

    /// Notes the rowid of a key.
    pub fn put(&mut self, place: Place, rowid: i64) {
        let Some(number) = u64::try_from(rowid).ok().filter(|number| (1..1 << ROWID_BITS).contains(number)) else {
            return;
        };
        if self.groups.is_empty() {
            self.groups = vec![Group::default(); FIRST_GROUPS];
        } else if self.pushed_out > self.groups.len() * GROUP / 2 && self.groups.len() < MOST_GROUPS {
            self.groups = vec![Group::default(); self.groups.len() * GROWTH];
            self.pushed_out = 0;
        }
        let index = place.group(self.groups.len());
        let Some(Group(hints)) = self.groups.get_mut(index) else { return };
        let same = hints.iter().position(|hint| *hint >> ROWID_BITS == place.tag());
        let at = same.or_else(|| hints.iter().position(|hint| *hint == 0));
        self.pushed_out += usize::from(at.is_none());
        if let Some(hint) = hints.get_mut(at.unwrap_or_else(|| place.victim())) {
            *hint = place.tag() << ROWID_BITS | number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> [u8; 4] {
        number.to_be_bytes()
    }

    #[test]
    fn hints_come_back_and_the_last_one_of_a_key_counts() {
        let mut hints = KeyHints::default();
        assert_eq!(hints.get(hints.place(b"absent")), None);
        hints.put(hints.place(b"key"), 7);
        assert_eq!(hints.get(hints.place(b"key")), Some(7));
        hints.put(hints.place(b"key"), 9);
        assert_eq!(hints.get(hints.place(b"key")), Some(9));
        assert_eq!(hints.get(hints.place(b"absent")), None);
    }

    #[test]
    fn rowids_that_do_not_fit_are_left_out() {
        let mut hints = KeyHints::default();
        for rowid in [i64::MIN, -1, 0, 1 << ROWID_BITS, i64::MAX] {
            hints.put(hints.place(b"key"), rowid);
            assert_eq!(hints.get(hints.place(b"key")), None, "{rowid}");
        }
        let last = (1 << ROWID_BITS) - 1;
        hints.put(hints.place(b"key"), last);
        assert_eq!(hints.get(hints.place(b"key")), Some(last));
    }

    #[test]
    fn the_table_grows_with_the_keys_and_has_an_end() {
        let mut hints = KeyHints::default();
        for round in 0..4 {
            for number in 0..1_000_000 {
                hints.put(hints.place(&key(number)), i64::from(number) + 1);
            }
            assert!(hints.groups.len() <= MOST_GROUPS, "round {round}");
        }
        assert_eq!(hints.groups.len(), MOST_GROUPS);
        // A set of keys that fits is hinted nearly as a whole when it was looked up a few times.
        let mut few = KeyHints::default();
        for _ in 0..8 {
            for number in 0..10_000 {
                few.put(few.place(&key(number)), i64::from(number) + 1);
            }
        }
        let known = (0..10_000).filter(|number| few.get(few.place(&key(*number))) == Some(i64::from(*number) + 1));
        assert!(known.count() > 9_500);
        assert!(few.groups.len() < MOST_GROUPS);
    }
}
