//! The pages of the file as a held read snapshot sees them, where SQLite has mapped the file into memory.
//!
//! A page that a commit has written since the last checkpoint is in the WAL, and the WAL's index tells its frame. The
//! WAL is not mapped, so such pages are copied when they are wanted again; SQLite has them in its page cache anyway.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering, fence};

use kohakuvault_core::boundary::wal_index;
use kohakuvault_core::pages::wal_head::{DATABASE_HEAD, WalHead};
use kohakuvault_core::tree::page::{Page, Pages};
use rusqlite::ffi;

use super::db::Db;
use super::files::{Files, read};
use super::read_ahead::{Advice, MappedFile};

/// One copy of the index's head, as it lies in memory.
pub(crate) type HeadWords = [u32; wal_index::COPY];

/// SQLite maps a few bytes less than it could, and refuses to hand out the last ones.
const LAST_BYTES: usize = 256;
/// The bytes of pages that are copied from the WAL.
const MOST_COPIED: usize = 4 * 1024 * 1024;
const MOST_WANTED: usize = 16 * 1024;
const WAL_HEAD: u64 = 32;
const FRAME_HEAD: u64 = 24;

/// The pages of the WAL that were copied. A frame of a WAL never changes while a snapshot sees it.
#[derive(Default)]
pub(crate) struct WalCopies {
    salts: [u32; 2],
    pages: HashMap<u32, Rc<[u8]>>,
    /// The frames that were wanted once.
    wanted: HashSet<u32>,
    bytes: usize,
}

/// Where SQLite keeps the index of a WAL, and where in it frames are found by their pages.
mod hash {
    pub(super) const REGION_BYTES: i32 = 32 * 1024;
    pub(super) const SLOTS: u32 = 8192;
    pub(super) const SLOTS_AT: usize = 16 * 1024;
    pub(super) const FACTOR: u32 = 383;
    /// The frames of a region. The first one begins with the head of the index.
    pub(super) const FRAMES: u32 = 4096;
    pub(super) const FIRST_FRAMES: u32 = FRAMES - HEAD_NUMBERS;
    const HEAD_NUMBERS: u32 = 34;
    const _: () = assert!(super::wal_index::BYTES == 34 * 4);
}

/// The file as one snapshot sees it.
pub(crate) struct FileView {
    head: HeadWords,
    files: Files,
    mapped: *const u8,
    mapped_length: usize,
    page_size: usize,
    usable: usize,
    pages: u32,
    /// The frames of the WAL that count: those that have not reached the file when the snapshot began.
    first_frame: u32,
    last_frame: u32,
    regions: Vec<*const u8>,
    copies: Rc<RefCell<WalCopies>>,
    is_read_at_random: Cell<bool>,
}

/// Reads one copy of the head of the WAL's index.
///
/// # Safety
/// `index` is where SQLite has mapped the index of an open connection in WAL mode.
pub(crate) unsafe fn head_words(index: *mut c_void) -> HeadWords {
    // SAFETY: the head is there. All processes write it, so it is read as atomic numbers.
    let words = unsafe { &*index.cast::<[AtomicU32; wal_index::COPY]>() };
    let head = words.each_ref().map(|word| word.load(Ordering::Relaxed));
    fence(Ordering::SeqCst);
    head
}

impl FileView {
    /// Makes the view of a snapshot that is held. `before` is the head of the index, read before the snapshot began.
    /// Returns None if the pages cannot be read in place.
    ///
    /// # Safety
    /// `index` is as in `head_words`, and the view is dropped before the snapshot ends.
    pub(crate) unsafe fn new(
        db: Db,
        index: *mut c_void,
        before: &HeadWords,
        copies: &Rc<RefCell<WalCopies>>,
    ) -> Option<Self> {
        // SAFETY: the number lies in the same memory as the head.
        let checkpointed = unsafe { &*index.cast::<AtomicU32>().add(wal_index::CHECKPOINTED) }.load(Ordering::Relaxed);
        fence(Ordering::SeqCst);
        // SAFETY: as the caller promises. If nobody has committed since, the snapshot has this head. A WAL that starts
        // over has another head before its number of checkpointed frames is set back.
        if unsafe { head_words(index) } != *before {
            return None;
        }
        let bytes: Vec<u8> = before.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let head = WalHead::read(&bytes)?;
        let files = Files::of(db)?;
        let (mapped, mapped_length) = map(db, &files, head.pages as usize * head.page_size as usize)?;
        let mut view = Self {
            head: *before,
            files,
            mapped,
            mapped_length,
            page_size: 0,
            usable: 0,
            pages: 0,
            first_frame: checkpointed.saturating_add(1),
            last_frame: head.frames,
            regions: Vec::new(),
            copies: Rc::clone(copies),
            is_read_at_random: Cell::new(false),
        };
        // From here on the drop gives the mapping back.
        let database: [u8; DATABASE_HEAD] = *view.memory().first_chunk()?;
        let head = head.completed(&database)?;
        view.page_size = head.page_size as usize;
        view.pages = head.pages;
        view.usable = view.page_size.checked_sub(usize::from(*database.get(20)?)).filter(|usable| *usable >= 480)?;
        if !database.starts_with(b"SQLite format 3\0") {
            return None;
        }
        if view.first_frame <= view.last_frame {
            view.find_regions()?;
            let mut copies = view.copies.borrow_mut();
            if copies.salts != head.salts {
                *copies = WalCopies { salts: head.salts, ..WalCopies::default() };
            }
        }
        Some(view)
    }

    /// Tells this state of the file from others.
    pub(crate) fn head(&self) -> &HeadWords {
        &self.head
    }

    /// Returns the number that changes with the schema.
    pub(crate) fn cookie(&self) -> Option<u32> {
        const COOKIE: usize = 40;
        let first = self.page(1)?;
        let (cookie, _) = first.get(COOKIE..)?.split_first_chunk::<4>()?;
        Some(u32::from_be_bytes(*cookie))
    }

    /// Notes that pages are read here and there until the snapshot ends. So the kernel reads a page that it does not
    /// have, and not those around it, for which it would give up others.
    pub(crate) fn read_at_random(&self) {
        if !self.is_read_at_random.replace(true) {
            self.mapping().advise(Advice::AtRandom);
        }
    }

    /// Has the kernel read ahead, if it lacks pages of so many bytes that begin with a page, as a rule.
    pub(crate) fn read_ahead(&self, page: u32, bytes: usize) {
        let start = (page as usize).saturating_sub(1).saturating_mul(self.page_size);
        if self.is_read_at_random.get() && start < self.mapped_length {
            self.mapping().want(start, bytes.min(self.mapped_length - start));
        }
    }

    fn mapping(&self) -> MappedFile {
        // SAFETY: SQLite keeps so many bytes mapped until they are given back, after the last use of this.
        unsafe { MappedFile::new(self.mapped, self.mapped_length) }
    }

    fn memory(&self) -> &[u8] {
        // SAFETY: SQLite has mapped so many bytes of the file, and keeps them mapped until they are given back. Nobody
        // writes pages that the snapshot reads from the file.
        unsafe { std::slice::from_raw_parts(self.mapped, self.mapped_length) }
    }

    fn find_regions(&mut self) -> Option<()> {
        let file = self.files.database();
        for region in 0..=region_of(self.last_frame).0 {
            let mut memory: *mut c_void = ptr::null_mut();
            // SAFETY: the file is open, in WAL mode, and its regions stay mapped until it is closed.
            let code = unsafe {
                let map = (*file).pMethods.as_ref().filter(|methods| methods.iVersion >= 2)?.xShmMap?;
                map(file, c_int::try_from(region).ok()?, hash::REGION_BYTES, 0, (&raw mut memory).cast())
            };
            if code != ffi::SQLITE_OK || memory.is_null() {
                return None;
            }
            self.regions.push(memory.cast());
        }
        Some(())
    }

    /// Returns the last frame of a page in the WAL, if it has any that counts.
    fn frame_of(&self, page: u32) -> Option<u32> {
        let lowest = region_of(self.first_frame).0;
        for (region, memory) in self.regions.iter().enumerate().skip(lowest as usize).rev() {
            // SAFETY: a region has numbers of pages, and behind them the slots. Other processes may append to it.
            let (numbers, slots) = unsafe {
                let numbers = &*memory.cast::<[AtomicU32; hash::FRAMES as usize]>();
                let slots = &*memory.add(hash::SLOTS_AT).cast::<[AtomicU16; hash::SLOTS as usize]>();
                (numbers, slots)
            };
            let is_first = region == 0;
            let skipped = if is_first { hash::FRAMES - hash::FIRST_FRAMES } else { 0 };
            let before = match u32::try_from(region).ok()? {
                0 => 0,
                region => hash::FIRST_FRAMES + (region - 1) * hash::FRAMES,
            };
            let mut found = None;
            let mut slot = page.wrapping_mul(hash::FACTOR) % hash::SLOTS;
            for _ in 0..hash::SLOTS {
                let entry = u32::from(slots.get(slot as usize)?.load(Ordering::Relaxed));
                if entry == 0 {
                    break;
                }
                let frame = before + entry;
                let number = numbers.get((skipped + entry - 1) as usize).map(|number| number.load(Ordering::Relaxed));
                if number == Some(page) && (self.first_frame..=self.last_frame).contains(&frame) {
                    found = found.max(Some(frame));
                }
                slot = (slot + 1) % hash::SLOTS;
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Returns the copy of a frame's page. The first time that a frame is wanted, SQLite is the one to read it.
    fn copied(&self, frame: u32) -> Option<Page<'_>> {
        let mut copies = self.copies.borrow_mut();
        if let Some(page) = copies.pages.get(&frame) {
            return Some(Page::Copied(Rc::clone(page)));
        }
        if copies.bytes + self.page_size > MOST_COPIED || copies.wanted.len() > MOST_WANTED {
            // Most of them are of frames that later ones have replaced.
            *copies = WalCopies { salts: copies.salts, ..WalCopies::default() };
        }
        if copies.wanted.insert(frame) {
            return None;
        }
        let mut bytes = vec![0; self.page_size];
        let start = WAL_HEAD + u64::from(frame - 1) * (FRAME_HEAD + self.page_size as u64) + FRAME_HEAD;
        if !read(self.files.wal(), start, &mut bytes) {
            return None;
        }
        bytes.truncate(self.usable);
        let page: Rc<[u8]> = bytes.into();
        copies.bytes += self.page_size;
        copies.pages.insert(frame, Rc::clone(&page));
        Some(Page::Copied(page))
    }
}

impl Pages for FileView {
    #[inline]
    fn page(&self, number: u32) -> Option<Page<'_>> {
        if number > self.pages {
            return None;
        }
        if self.first_frame <= self.last_frame
            && let Some(frame) = self.frame_of(number)
        {
            return self.copied(frame);
        }
        let start = (number.checked_sub(1)? as usize) * self.page_size;
        Some(Page::Mapped(self.memory().get(start..start + self.usable)?))
    }
}

impl Drop for FileView {
    fn drop(&mut self) {
        if self.is_read_at_random.get() {
            self.mapping().advise(Advice::Usual);
        }
        let file = self.files.database();
        // SAFETY: the file is open as long as the snapshot is held, and this gives back what `map` has taken.
        unsafe {
            if let Some(give_back) = (*file).pMethods.as_ref().and_then(|methods| methods.xUnfetch) {
                give_back(file, 0, self.mapped.cast_mut().cast());
            }
        }
    }
}

/// Returns the region of the index that has a frame, which counts from 1, and the frame's number in it.
fn region_of(frame: u32) -> (u32, u32) {
    match frame.checked_sub(hash::FIRST_FRAMES + 1) {
        None => (0, frame),
        Some(behind) => (1 + behind / hash::FRAMES, behind % hash::FRAMES + 1),
    }
}

/// Has SQLite hand out its mapping of the file, as far as it reaches. The result is given back by `xUnfetch`.
fn map(db: Db, files: &Files, expected: usize) -> Option<(*const u8, usize)> {
    let file = files.database();
    let mut limit: i64 = -1;
    // SAFETY: the connection is open, and this control puts a number there.
    unsafe {
        let (main, what) = (c"main".as_ptr(), ffi::SQLITE_FCNTL_MMAP_SIZE);
        if ffi::sqlite3_file_control(db.raw(), main, what, (&raw mut limit).cast()) != ffi::SQLITE_OK {
            return None;
        }
    }
    let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0)?;
    // SAFETY: the file is open. A file that can be mapped has these methods.
    unsafe {
        let methods = (*file).pMethods.as_ref().filter(|methods| methods.iVersion >= 3)?;
        let (fetch, size_of) = (methods.xFetch?, methods.xFileSize?);
        methods.xUnfetch?;
        let try_length = |length: usize| {
            let length = length.min(limit);
            let wanted = c_int::try_from(length.checked_sub(LAST_BYTES)?).ok().filter(|wanted| *wanted > 0)?;
            let mut memory: *mut c_void = ptr::null_mut();
            let code = fetch(file, 0, wanted, &raw mut memory);
            (code == ffi::SQLITE_OK && !memory.is_null()).then_some((memory.cast_const().cast::<u8>(), length))
        };
        try_length(expected).or_else(|| {
            let mut size = 0;
            let code = size_of(file, &raw mut size);
            if code == ffi::SQLITE_OK { try_length(usize::try_from(size).ok()?) } else { None }
        })
    }
}
