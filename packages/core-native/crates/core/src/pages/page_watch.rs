//! What has changed since a copy was made.
//!
//! Commits are tested against the pages of the rows as they are *after* them. If a row has changed, a page that it has
//! now was written: its leaf, or a page of its rest that the leaf did not have to change for. The pages that the rows
//! had before tell only whether there is something to find.

use super::page_map::PageMap;
use super::page_set::PageSet;
use super::state::State;
use super::value::read_value;
use super::wal_frames::{Source, WalFrames};
use super::wal_head::WalHead;

/// If own commits have written more pages than this, the rows are found again, so that the pages need no memory.
const MOST_OWN_PAGES: usize = 4096;
/// Holds the head of the file and no row of a table, but is written by every commit that takes or frees pages.
const FIRST_PAGE: u32 = 1;

/// The rows that a copy in memory was made of, and up to where the WAL was searched for changes of them.
pub struct PageWatch {
    map: PageMap,
    /// The schema for which the roots are right.
    cookie: Option<u32>,
    /// All commits up to here were tested, or are part of the copy.
    mark: WalHead,
    /// Whether the first commit after the mark is ours, and the copy has its changes already.
    is_own: bool,
    /// The pages that own commits have written since the rows were found.
    own_pages: PageSet,
    /// Whether rows were found in a newer state than that of the mark. Those that were deleted in between were never
    /// found then.
    is_ahead: bool,
}

/// What became of a read of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRead {
    /// The target has so many bytes of the value.
    Bytes(usize),
    /// Commits must be tested first.
    Untested,
}

/// The frames after the mark.
struct Batch<'a> {
    own: &'a [u32],
    others: &'a [u32],
    own_end: u32,
}

impl PageWatch {
    /// Begins to watch. The mark is a head that was read before the rows of the copy.
    #[must_use]
    pub fn new(mark: WalHead) -> Self {
        Self {
            map: PageMap::default(),
            cookie: None,
            mark,
            is_own: false,
            own_pages: PageSet::default(),
            is_ahead: false,
        }
    }

    /// Watches all rows of a table. The owner of each is its rowid.
    pub fn watch_table<S: Source>(&mut self, state: &mut State<'_, S>, root: u32) -> Option<()> {
        self.check_cookie(state)?;
        self.is_ahead |= !self.mark.is_same_commit(state.head());
        self.map.watch_table(state, root)
    }

    /// Watches one row of a table. Returns None if it cannot be found.
    pub fn watch_row<S: Source>(&mut self, state: &mut State<'_, S>, root: u32, rowid: i64, owner: i64) -> Option<()> {
        self.check_cookie(state)?;
        self.map.watch_row(state, root, rowid, owner)
    }

    /// Fills `target` with bytes of a value of a watched row, from `offset` on. Reads only the pages that have them. None
    /// means that the value cannot be read this way.
    pub fn read_value<S: Source>(
        &mut self,
        state: &mut State<'_, S>,
        (root, rowid): (u32, i64),
        column: usize,
        offset: usize,
        target: &mut [u8],
    ) -> Option<ValueRead> {
        // The pages are known for the state of the mark only.
        if !self.mark.is_same_commit(state.head()) || self.mark.changes != state.head().changes {
            return Some(ValueRead::Untested);
        }
        self.check_cookie(state)?;
        let row = self.map.row_now(state, root, rowid, &self.own_pages)?;
        read_value(state, row, column, offset, target).map(ValueRead::Bytes)
    }

    /// Forgets the rows of an owner.
    pub fn forget_owner(&mut self, owner: i64) {
        self.map.forget_owner(owner);
    }

    /// Returns the pages of an owner's rows.
    #[must_use]
    pub fn pages_of(&self, owner: i64) -> Vec<u32> {
        self.map.pages_of(owner)
    }

    fn check_cookie<S: Source>(&mut self, state: &State<'_, S>) -> Option<()> {
        (*self.cookie.get_or_insert(state.cookie()) == state.cookie()).then_some(())
    }

    /// Tests the commits up to a head. Returns the owners whose rows may have changed. None means that nothing is known
    /// any more; the watch is useless then.
    ///
    /// `state` is that of the head. `read` is a head that is not newer than what the caller will read from the file: the
    /// mark moves there.
    pub fn changes<S: Source>(
        &mut self,
        frames: &WalFrames,
        state: &mut State<'_, S>,
        head: &WalHead,
        read: Option<&WalHead>,
    ) -> Option<Vec<i64>> {
        self.mark = self.mark.with_page_size(head.page_size);
        let read = read.map(|read| read.with_page_size(head.page_size));
        let batch = self.batch(frames, head)?;
        if self.cookie.is_some_and(|cookie| cookie != state.cookie()) {
            return None;
        }
        // No row is on a page that the file does not have any more, and what led to it was written.
        let is_possible = |page: &u32| *page != FIRST_PAGE && *page <= state.pages();
        for page in batch.own.iter().copied().filter(is_possible) {
            self.own_pages.insert(page);
        }
        let is_hit = |page: &u32| self.map.has(*page) || self.own_pages.has(*page);
        let is_changed = batch.others.iter().any(is_hit);
        // What the caller reads may have rows that this state has no more.
        self.is_ahead |= read.is_none_or(|read| !read.is_same_commit(head));
        let changed = if is_changed {
            let others = batch.others.iter().copied().filter(is_possible).collect();
            self.refresh(state, &others)?
        } else {
            if self.own_pages.len() > MOST_OWN_PAGES {
                self.refresh(state, &PageSet::default())?;
            }
            Vec::new()
        };
        let own_end = batch.own_end;
        self.move_mark(head, read.as_ref(), own_end);
        self.is_ahead = is_changed && !self.mark.is_same_commit(head);
        Some(changed)
    }

    /// Returns whether the WAL has started over since the mark.
    #[must_use]
    pub fn is_other_wal(&self, head: &WalHead) -> bool {
        self.mark.salts != head.salts
    }

    /// Notes that the copy is changed as the open transaction changes the file. All commits up to `head` must have been
    /// tested, and the transaction holds the right to write and has written. Returns None if a commit was not tested.
    pub fn note_own(&mut self, head: &WalHead) -> Option<()> {
        self.is_own = true;
        (self.mark == *head).then_some(())
    }

    fn refresh<S: Source>(&mut self, state: &mut State<'_, S>, others: &PageSet) -> Option<Vec<i64>> {
        let own = std::mem::take(&mut self.own_pages);
        Some(self.map.refresh(state, &own, others, self.is_ahead)?.into_iter().collect())
    }

    fn batch<'a>(&self, frames: &'a WalFrames, head: &WalHead) -> Option<Batch<'a>> {
        let mark = &self.mark;
        if head.page_size != mark.page_size {
            return None;
        }
        let start = if head.salts == mark.salts {
            mark.frames
        } else {
            // The WAL started over. If there were as many commits as it has now, none was lost. The salts tell nothing: a
            // connection that has never started a WAL over takes random ones.
            let commits = head.changes.wrapping_sub(mark.changes) as usize;
            if (mark.changes == 0 && !mark.is_fresh()) || commits != frames.commits() {
                return None;
            }
            0
        };
        if head.frames < start {
            return None;
        }
        let own_end = if self.is_own { frames.commit_after(start).unwrap_or(start) } else { start };
        Some(Batch { own: frames.pages(start + 1, own_end), others: frames.pages(own_end + 1, head.frames), own_end })
    }

    fn move_mark(&mut self, head: &WalHead, read: Option<&WalHead>, own_end: u32) {
        let Some(read) = read else { return };
        let is_newer = read.salts != self.mark.salts || read.frames >= self.mark.frames;
        if read.salts != head.salts || read.page_size != head.page_size || read.frames > head.frames || !is_newer {
            return;
        }
        let began = if self.mark.salts == head.salts { self.mark.frames } else { 0 };
        if own_end > began && read.frames >= own_end {
            self.is_own = false;
        }
        self.mark = *read;
    }
}
