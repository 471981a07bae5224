//! The head of the WAL's index, as it lies in shared memory.

use super::bytes::{u16_at, u32_at};

/// The length of the head of a database.
pub const DATABASE_HEAD: usize = 100;

fn is_page_size(size: u32) -> bool {
    size.is_power_of_two() && (512..=65_536).contains(&size)
}

/// How far the WAL reaches: one committed state of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalHead {
    /// A number that grows with every commit.
    pub changes: u32,
    /// The length of a page, or 0 while the index does not know it.
    pub page_size: u32,
    /// The number of the last frame that was committed. Frames count from 1.
    pub frames: u32,
    /// The length of the database in pages.
    pub pages: u32,
    /// The two numbers that each frame of this WAL has.
    pub salts: [u32; 2],
}

impl WalHead {
    /// The length of the head.
    pub const BYTES: usize = 48;

    /// Completes the head of a WAL that has no frame yet by what the head of the database says.
    #[must_use]
    pub fn completed(self, database: &[u8; DATABASE_HEAD]) -> Option<Self> {
        if self.page_size != 0 {
            return Some(self);
        }
        let page_size = match u16_at(database, 16)? {
            1 => 65_536,
            size => u32::try_from(size).ok()?,
        };
        // The number of pages counts only if it was written by the last change.
        let is_counted = u32_at(database, 24)? == u32_at(database, 92)?;
        (is_page_size(page_size) && is_counted).then_some(Self { page_size, pages: u32_at(database, 28)?, ..self })
    }

    /// Returns the head with a page size, which it may lack while there is no frame.
    #[must_use]
    pub fn with_page_size(self, page_size: u32) -> Self {
        if self.page_size == 0 { Self { page_size, ..self } } else { self }
    }

    /// Returns whether no commit is between the two.
    pub(super) fn is_same_commit(&self, other: &Self) -> bool {
        self.salts == other.salts && self.frames == other.frames
    }

    /// Returns whether the index was made without a WAL, and nobody has committed since.
    pub(super) fn is_fresh(&self) -> bool {
        self.changes == 0 && self.frames == 0 && self.salts == [0, 0]
    }

    /// Reads one copy of the head. Returns None if its check sum is wrong: it was read while it was written.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let words = bytes.as_chunks::<4>().0;
        if bytes.len() != Self::BYTES {
            return None;
        }
        let word = |place: usize| words.get(place).map(|word| u32::from_ne_bytes(*word));
        let mut sums = [0_u32; 2];
        for pair in words.get(..10)?.as_chunks::<2>().0 {
            let [first, second] = pair.map(u32::from_ne_bytes);
            sums[0] = sums[0].wrapping_add(first).wrapping_add(sums[1]);
            sums[1] = sums[1].wrapping_add(second).wrapping_add(sums[0]);
        }
        // A head of zeros, which has no page size, is not written yet.
        if word(10)? != sums[0] || word(11)? != sums[1] || *bytes.get(12)? == 0 {
            return None;
        }
        let (size, _) = bytes.get(14..)?.split_first_chunk::<2>()?;
        let page_size = match u32::from(u16::from_ne_bytes(*size)) {
            1 => 65_536,
            size => size,
        };
        // Until the first frame is written, the index of a new WAL does not know the database.
        let is_new = page_size == 0 && word(4)? == 0;
        if !is_new && !is_page_size(page_size) {
            return None;
        }
        // The salts lie there as they lie in the WAL.
        let salt = |place: usize| words.get(place).map(|word| u32::from_be_bytes(*word));
        Some(Self { changes: word(2)?, page_size, frames: word(4)?, pages: word(5)?, salts: [salt(8)?, salt(9)?] })
    }
}
