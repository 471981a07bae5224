//! The head of the index that SQLite keeps of a WAL, in memory that every connection on the file shares.
//!
//! Each commit changes it, in whatever thread or process. So two of its numbers tell whether a snapshot is still the
//! newest state of the file, for the price of reading them.

use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::ffi;

use crate::sqlite::db::Db;

/// How much of the index SQLite maps at a time. The head is in the first piece.
const REGION_BYTES: c_int = 32 * 1024;

/// Returns where the head is, or null if the main database has none in shared memory. It may be read until the
/// connection closes or leaves WAL mode.
pub(crate) fn find(db: Db) -> *mut c_void {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: the connection is open, in WAL mode and has been read from, as the caller made sure. So its file has the
    // first region mapped, and asking for that without extending it maps and makes nothing.
    unsafe {
        let (database, what) = (c"main".as_ptr(), ffi::SQLITE_FCNTL_FILE_POINTER);
        let code = ffi::sqlite3_file_control(db.raw(), database, what, (&raw mut file).cast());
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
