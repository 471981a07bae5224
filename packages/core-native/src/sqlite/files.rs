//! The database and its WAL, through SQLite's own handles. Another handle would drop SQLite's POSIX locks when it is
//! closed.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use kohakuvault_core::pages::wal_frames::Source;
use kohakuvault_core::pages::wal_head::WalHead;
use rusqlite::ffi::{self, sqlite3_file};

use super::db::Db;

/// The two files of a connection. They belong to the connection, so this must not outlive the call that made it.
pub(crate) struct Files {
    database: *mut sqlite3_file,
    wal: *mut sqlite3_file,
}

impl Files {
    pub(super) fn database(&self) -> *mut sqlite3_file {
        self.database
    }

    pub(super) fn wal(&self) -> *mut sqlite3_file {
        self.wal
    }

    /// Returns the files of a connection in WAL mode.
    pub(crate) fn of(db: Db) -> Option<Self> {
        let find = |what: c_int| {
            let mut file: *mut sqlite3_file = ptr::null_mut();
            // SAFETY: the connection is open, and this control puts a pointer to the file there.
            let code = unsafe { ffi::sqlite3_file_control(db.raw(), c"main".as_ptr(), what, (&raw mut file).cast()) };
            (code == ffi::SQLITE_OK && !file.is_null()).then_some(file)
        };
        Some(Self { database: find(ffi::SQLITE_FCNTL_FILE_POINTER)?, wal: find(ffi::SQLITE_FCNTL_JOURNAL_POINTER)? })
    }
}

pub(super) fn read(file: *mut sqlite3_file, offset: u64, target: &mut [u8]) -> bool {
    let (Ok(length), Ok(offset)) = (c_int::try_from(target.len()), i64::try_from(offset)) else { return false };
    // SAFETY: the file belongs to an open connection of this thread. A file that is not open has no methods. The target
    // has room for so many bytes.
    unsafe {
        let Some(read) = (*file).pMethods.as_ref().and_then(|methods| methods.xRead) else { return false };
        read(file, target.as_mut_ptr().cast(), length, offset) == ffi::SQLITE_OK
    }
}

impl Source for Files {
    fn read_wal(&self, offset: u64, target: &mut [u8]) -> bool {
        read(self.wal, offset, target)
    }

    fn read_file(&self, offset: u64, target: &mut [u8]) -> bool {
        read(self.database, offset, target)
    }
}

/// How often a head is read that somebody else is writing.
const MOST_TRIES: usize = 16;
const WORDS: usize = WalHead::BYTES / 4;

/// Reads the head of the WAL's index.
///
/// # Safety
/// `index` is where SQLite has mapped the index of an open connection in WAL mode.
pub(crate) unsafe fn read_head(index: *mut c_void) -> Option<WalHead> {
    // SAFETY: the head is there twice. All processes write it, so it is read as atomic numbers.
    let [first_words, second_words] = unsafe { &*index.cast::<[[AtomicU32; WORDS]; 2]>() };
    let copy = |words: &[AtomicU32; WORDS]| words.each_ref().map(|word| word.load(Ordering::Relaxed));
    for _ in 0..MOST_TRIES {
        let first = copy(first_words);
        // SQLite writes the second copy first, and reads the first one first.
        fence(Ordering::SeqCst);
        if first == copy(second_words) {
            let bytes: Vec<u8> = first.iter().flat_map(|word| word.to_ne_bytes()).collect();
            return WalHead::read(&bytes);
        }
        std::hint::spin_loop();
    }
    None
}
