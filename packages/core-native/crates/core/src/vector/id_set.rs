//! The vectors that a search may find: a set of their ids.

/// A bitmap may take this many bits for each id.
const BITS_PER_ID: u64 = 4096;
/// A bitmap of so many bits is small, however few ids it has.
const FEW_BITS: u64 = 1 << 20;

/// Ids in ascending order: a list, a bitmap if they are close together, or both.
#[derive(Clone, Debug, Default)]
pub struct IdSet {
    len: usize,
    /// Empty if the bitmap takes less memory. The set of a million ids would take 8 MB, and many sets are kept.
    ids: Vec<i64>,
    bitmap: Option<Bitmap>,
}

/// A bit for each id from the least on.
#[derive(Clone, Debug)]
struct Bitmap {
    least: i64,
    words: Vec<u64>,
}

impl Bitmap {
    /// Makes the bitmap of ids in any order. Returns None if it would take too much memory.
    fn of(ids: &[i64]) -> Option<Self> {
        let (least, most) = (*ids.iter().min()?, *ids.iter().max()?);
        let span = most.abs_diff(least);
        if span >= FEW_BITS.max(BITS_PER_ID.saturating_mul(ids.len() as u64)) {
            return None;
        }
        let mut words = vec![0; usize::try_from(span / 64 + 1).ok()?];
        for id in ids {
            let bit = id.abs_diff(least);
            if let Some(word) = usize::try_from(bit / 64).ok().and_then(|place| words.get_mut(place)) {
                *word |= 1 << (bit % 64);
            }
        }
        Some(Self { least, words })
    }

    #[inline]
    fn contains(&self, id: i64) -> bool {
        // An id below the least becomes a bit that no bitmap has.
        let bit = id.wrapping_sub(self.least).cast_unsigned();
        usize::try_from(bit / 64)
            .ok()
            .and_then(|place| self.words.get(place))
            .is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (0_i64..).step_by(64).zip(&self.words).flat_map(move |(first, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| self.least + first + bit)
        })
    }
}

impl IdSet {
    /// Makes a set of ids in any order, repeated or not.
    #[must_use]
    pub fn new(mut ids: Vec<i64>) -> Self {
        let bitmap = Bitmap::of(&ids);
        if let Some(dense) = bitmap.as_ref().filter(|bitmap| bitmap.words.len() <= ids.len()) {
            // Not sorted: that would take longer than all the rest.
            let len = dense.words.iter().map(|word| word.count_ones() as usize).sum();
            return Self { len, ids: Vec::new(), bitmap };
        }
        ids.sort_unstable();
        ids.dedup();
        ids.shrink_to_fit();
        Self { len: ids.len(), ids, bitmap }
    }

    /// Returns how many ids there are. Not every one of them needs to be that of a vector.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no ids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns whether an id is one of them.
    #[inline]
    #[must_use]
    pub fn contains(&self, id: i64) -> bool {
        match &self.bitmap {
            Some(bitmap) => bitmap.contains(id),
            None => self.ids.binary_search(&id).is_ok(),
        }
    }

    /// Returns the ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        let listed = self.bitmap.as_ref().filter(|_| self.ids.is_empty());
        self.ids.iter().copied().chain(listed.into_iter().flat_map(Bitmap::iter))
    }

    /// Returns whether some id may lie in a range, ends included. It is not, if this is false.
    #[must_use]
    pub fn may_have_within(&self, least: i64, most: i64) -> bool {
        if self.ids.is_empty() {
            return !self.is_empty();
        }
        let next = self.ids.partition_point(|id| *id < least);
        self.ids.get(next).is_some_and(|id| *id <= most)
    }

    /// Returns the ids that two sets have in common.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (few, many) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        Self::new(few.iter().filter(|id| many.contains(*id)).collect())
    }

    /// Returns the ids that another set does not have.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self::new(self.iter().filter(|id| !other.contains(*id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn ids() -> impl Strategy<Value = Vec<i64>> {
        let near = vec(-300..300_i64, 0..300);
        let far = vec(any::<i64>(), 0..20);
        let both = (near.clone(), far.clone()).prop_map(|(mut near, far)| {
            near.extend(far);
            near
        });
        prop_oneof![near, far, both]
    }

    proptest! {
        #[test]
        fn a_set_of_ids_answers_as_an_ordinary_set(one in ids(), other in ids(), asked in ids()) {
            let (set, expected) = (IdSet::new(one.clone()), one.iter().copied().collect::<BTreeSet<_>>());
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), expected.len());
            for id in one.iter().chain(&asked).copied().chain([i64::MIN, i64::MAX, 0]) {
                prop_assert_eq!(set.contains(id), expected.contains(&id));
                let most = id.saturating_add(5);
                prop_assert!(set.may_have_within(id, most) || expected.range(id..=most).next().is_none());
            }
            let common: Vec<_> = other.iter().copied().collect::<BTreeSet<_>>().intersection(&expected).copied().collect();
            let left: Vec<_> = expected.iter().copied().filter(|id| !other.contains(id)).collect();
            let other = IdSet::new(other);
            prop_assert_eq!(set.intersection(&other).iter().collect::<Vec<_>>(), common);
            prop_assert_eq!(set.difference(&other).iter().collect::<Vec<_>>(), left);
        }
    }

    #[test]
    fn ids_at_both_ends_of_64_bits_need_no_bitmap() {
        let set = IdSet::new(vec![i64::MAX, i64::MIN]);
        assert!(set.contains(i64::MIN) && set.contains(i64::MAX) && !set.contains(0));
    }
}
