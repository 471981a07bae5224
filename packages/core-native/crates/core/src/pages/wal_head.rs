//! The head of the WAL's index, as it lies in shared memory.

/// How far the WAL reaches: one committed state of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalHead {
    /// A number that grows with every commit.
    pub changes: u32,
    /// The length of a page.
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
        if !page_size.is_power_of_two() || page_size < 512 {
            return None;
        }
        // The salts lie there as they lie in the WAL.
        let salt = |place: usize| words.get(place).map(|word| u32::from_be_bytes(*word));
        Some(Self {
            changes: word(2)?,
            page_size,
            frames: word(4)?,
            pages: word(5)?,
            salts: [salt(8)?, salt(9)?],
        })
    }
}
