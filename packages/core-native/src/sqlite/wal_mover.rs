//! Moves the WAL into the file in another thread, so that no commit of this one waits for the disk.
//!
//! The thread has a connection of its own, runs one passive checkpoint, which waits for nobody, and ends. What it cannot
//! move, and any failure, is left to the next checkpoint.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::ptr;
use std::thread::{self, JoinHandle};

use rusqlite::ffi;

use super::db::Db;
use super::private_connection::PrivateConnection;
use crate::js::error::SeamResult;

/// How long the thread waits for a file that is being recovered, in milliseconds.
const BUSY_TIMEOUT: c_int = 100;

/// The thread of one connection that moves the WAL, while there is one.
#[derive(Default)]
pub(crate) struct WalMover(RefCell<Option<JoinHandle<()>>>);

impl WalMover {
    /// Begins to move the WAL, unless that is going on. `unlocking` is the SQL that gives another connection the key and
    /// the settings of this one. Returns false if it cannot be done: another thread cannot open the file.
    pub(crate) fn begin(&self, db: Db, unlocking: Vec<String>) -> bool {
        if self.is_moving() {
            return true;
        }
        self.finish();
        // SAFETY: this only reads how the library was built.
        let has_threads = unsafe { ffi::sqlite3_threadsafe() } != 0;
        let Some(file) = db.file().filter(|_| has_threads) else {
            return false;
        };
        let work = move || {
            // The next checkpoint meets the same failure, and reports it to its caller.
            let _ = move_wal(&file, &unlocking);
        };
        let spawned = thread::Builder::new().name("kohakuvault-wal".to_owned()).spawn(work);
        let can = spawned.is_ok();
        self.0.replace(spawned.ok());
        can
    }

    /// Whether the thread is at work.
    pub(crate) fn is_moving(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits until the thread has ended, and with it its connection.
    pub(crate) fn finish(&self) {
        let thread = self.0.take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn move_wal(file: &CStr, unlocking: &[String]) -> SeamResult<()> {
    let connection = PrivateConnection::open(file, ffi::SQLITE_OPEN_READWRITE, BUSY_TIMEOUT, unlocking)?;
    let raw = connection.db().raw();
    // The thread's connection is not the last one of the file. If it is, another file has taken the place of ours, and
    // is left as it is.
    // SAFETY: the connection is open and this thread's. The option takes a number and a place for one, or null.
    unsafe { ffi::sqlite3_db_config(raw, ffi::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 as c_int, ptr::null_mut::<c_int>()) };
    connection.run("PRAGMA main.wal_checkpoint(PASSIVE)")
}
