//! The frames of a WAL: which page each holds, and where commits end.

use std::collections::HashMap;

use super::bytes::u32_at;
use super::wal_head::WalHead;

/// Where the bytes of a database come from.
pub trait Source {
    /// Fills `target` with bytes of the WAL. Returns whether it has so many.
    fn read_wal(&self, offset: u64, target: &mut [u8]) -> bool;
    /// Fills `target` with bytes of the database's file. Returns whether it has so many.
    fn read_file(&self, offset: u64, target: &mut [u8]) -> bool;
}

const WAL_HEAD_BYTES: u64 = 32;
const FRAME_HEAD_BYTES: usize = 24;

/// The frames of the current WAL that were read so far.
#[derive(Default)]
pub struct WalFrames {
    salts: [u32; 2],
    page_size: u32,
    /// The page of each frame.
    pages: Vec<u32>,
    /// The numbers of the frames that end a commit.
    commits: Vec<u32>,
    /// The last frame of each page.
    last: HashMap<u32, u32>,
}

impl WalFrames {
    /// Reads the frames up to a head. The caller must check afterwards that the head still has the same salts: if not,
    /// the frames were overwritten meanwhile.
    pub fn read_to(&mut self, source: &impl Source, head: &WalHead) -> Option<()> {
        if (self.salts, self.page_size) != (head.salts, head.page_size) || self.count() > head.frames {
            *self = Self { salts: head.salts, page_size: head.page_size, ..Self::default() };
        }
        let mut bytes = [0; FRAME_HEAD_BYTES];
        while self.count() < head.frames {
            let frame = self.count() + 1;
            if !source.read_wal(frame_start(frame, head.page_size), &mut bytes) {
                return None;
            }
            let page = u32_at(&bytes, 0).filter(|page| *page != 0)?;
            if [u32_at(&bytes, 8)?, u32_at(&bytes, 12)?] != head.salts {
                return None;
            }
            self.pages.push(page);
            self.last.insert(page, frame);
            if u32_at(&bytes, 4)? != 0 {
                self.commits.push(frame);
            }
        }
        Some(())
    }

    /// Returns how many frames were read.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX)
    }

    /// Returns the pages of the frames from `first` to `last`.
    #[must_use]
    pub fn pages(&self, first: u32, last: u32) -> &[u32] {
        self.pages.get((first as usize).saturating_sub(1)..last as usize).unwrap_or_default()
    }

    /// Returns the frame that ends the first commit after a frame.
    #[must_use]
    pub fn commit_after(&self, frame: u32) -> Option<u32> {
        self.commits.get(self.commits.partition_point(|commit| *commit <= frame)).copied()
    }

    /// Returns how many commits there are.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.commits.len()
    }

    /// Returns where the newest content of a page begins in the WAL, or None if the file has it.
    #[must_use]
    pub(super) fn content_of(&self, page: u32) -> Option<u64> {
        let frame = self.last.get(&page)?;
        Some(frame_start(*frame, self.page_size) + FRAME_HEAD_BYTES as u64)
    }
}

fn frame_start(frame: u32, page_size: u32) -> u64 {
    WAL_HEAD_BYTES + u64::from(frame.saturating_sub(1)) * (FRAME_HEAD_BYTES as u64 + u64::from(page_size))
}
