//! Numbers that tell whether vectors are what they were.

/// The ids of all vectors, each with a number that changes with the vector. Sorted by id.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) ids: Vec<i64>,
    marks: Vec<u32>,
}

impl Marks {
    pub(super) fn push(&mut self, id: i64, mark: u32) {
        self.ids.push(id);
        self.marks.push(mark);
    }

    pub(super) fn sort(&mut self) {
        // Vectors mostly come in the order of their ids.
        if !self.ids.is_sorted() {
            let mut pairs: Vec<_> = self.ids.drain(..).zip(self.marks.drain(..)).collect();
            pairs.sort_unstable();
            (self.ids, self.marks) = pairs.into_iter().unzip();
        }
    }

    pub(super) fn get(&self, id: i64) -> Option<u32> {
        self.marks.get(self.ids.binary_search(&id).ok()?).copied()
    }
}

/// Returns a number that changes with the bytes, as a rule.
pub(super) fn mark_of(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).chain(rest.iter().map(|byte| u64::from(*byte)));
    let mark: u64 = words
        .fold(0x9e37_79b9_7f4a_7c15, |mark, word| (mark ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(31));
    let [a, b, c, d, ..] = mark.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
