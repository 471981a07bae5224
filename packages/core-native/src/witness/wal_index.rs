//! The head of the index that SQLite keeps of a WAL, in memory that every connection on the file shares.
//!
//! Each commit changes it, in whatever thread or process: so two of its numbers tell whether a snapshot is still the newest
//! state of the file, for the price of reading them.

use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::ffi::{self, sqlite3};

/// How much of it SQLite maps at a time; its head is in the first piece.
const REGION_BYTES: c_int = 32 * 1024;

/// The head's length.
pub(crate) const HEAD_BYTES: usize = 48;

/// Where the head is; null where the main database has none in shared memory. It may be read until the connection closes or
/// leaves WAL mode.
pub(super) fn find(db: *mut sqlite3) -> *mut c_void {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: `db` is an open connection of this thread, in WAL mode and read from before, as the caller made sure: then its file has the
    // first region mapped, and asking for it without extending it maps and makes nothing.
    unsafe {
        let code =
            ffi::sqlite3_file_control(db, c"main".as_ptr(), ffi::SQLITE_FCNTL_FILE_POINTER, (&raw mut file).cast());
        if code != ffi::SQLITE_OK || file.is_null() {
            return ptr::null_mut();
        }
        let Some(methods) = (*file).pMethods.as_ref().filter(|methods| methods.iVersion >= 2) else {
            return ptr::null_mut();
        };
        let Some(map) = methods.xShmMap else { return ptr::null_mut() };
        let mut region: *mut c_void = ptr::null_mut();
        let code = map(file, 0, REGION_BYTES, 0, (&raw mut region).cast());
        if code == ffi::SQLITE_OK { region } else { ptr::null_mut() }
    }
}
