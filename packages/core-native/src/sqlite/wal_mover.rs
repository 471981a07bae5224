//! Moves the WAL into the file in another thread, so that no commit of this one waits for the disk.
//!
//! The thread has a connection of its own, runs a passive checkpoint, which waits for nobody, and ends. What it cannot
//! move, and any failure, is left to the next checkpoint.
//!
//! A commit begins at the front of the WAL only if everything is in the file at that moment and nobody reads the WAL.
//! With writers and readers that overlap, that moment never comes, and the WAL grows without end. So the thread brings
//! it about when the WAL is long: it moves what has been written meanwhile under the write lock, and waits for the
//! readers, for a moment that a writer hardly notices.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::ffi;

use super::db::Db;
use super::private_connection::PrivateConnection;
use super::statement::Prepared;
use crate::js::error::SeamResult;

/// How long the thread waits for a file that is being recovered, in milliseconds.
const BUSY_TIMEOUT: c_int = 100;
/// The length from which on the WAL is to begin at its front again, in bytes.
const LONG: i64 = 48 * 1024 * 1024;
/// How long the thread waits for readers, in milliseconds. Writers wait meanwhile.
const PATIENCE: c_int = 20;
/// How often it tries that.
const TRIES: u32 = 4;
/// How long writers have the file to themselves between two tries.
const PAUSE: Duration = Duration::from_millis(40);

/// The thread of one connection that moves the WAL, while there is one.
#[derive(Default)]
pub(crate) struct WalMover(RefCell<Option<Moving>>);

struct Moving {
    thread: JoinHandle<()>,
    /// Set when somebody waits for the end of the thread.
    is_unwanted: Arc<AtomicBool>,
}

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
        let is_unwanted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_unwanted);
        let work = move || {
            // The next checkpoint meets the same failure, and reports it to its caller.
            let _ = move_wal(&file, &unlocking, &seen);
        };
        let spawned = thread::Builder::new().name("kohakuvault-wal".to_owned()).spawn(work);
        let moving = spawned.ok().map(|thread| Moving { thread, is_unwanted });
        let can = moving.is_some();
        self.0.replace(moving);
        can
    }

    /// Whether the thread is at work.
    pub(crate) fn is_moving(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(|moving| !moving.thread.is_finished())
    }

    /// Waits until the thread has ended, and with it its connection.
    pub(crate) fn finish(&self) {
        let moving = self.0.take();
        if let Some(Moving { thread, is_unwanted }) = moving {
            is_unwanted.store(true, Ordering::Relaxed);
            let _ = thread.join();
        }
    }
}

fn move_wal(file: &CStr, unlocking: &[String], is_unwanted: &AtomicBool) -> SeamResult<()> {
    let connection = PrivateConnection::open(file, ffi::SQLITE_OPEN_READWRITE, BUSY_TIMEOUT, unlocking)?;
    let raw = connection.db().raw();
    // The thread's connection is not the last one of the file. If it is, another file has taken the place of ours, and
    // is left as it is.
    connection.db().keep_wal_on_close();
    let [page_size] = numbers(&connection, c"PRAGMA main.page_size")?;
    for tries in 0..TRIES {
        if tries > 0 {
            thread::sleep(PAUSE);
        }
        let [_, frames, moved] = numbers(&connection, c"PRAGMA main.wal_checkpoint(PASSIVE)")?;
        if is_unwanted.load(Ordering::Relaxed) || frames.saturating_mul(page_size) < LONG {
            break;
        }
        // Somebody reads an older state. To wait for that would be in vain.
        if moved < frames {
            continue;
        }
        // What was written during the last checkpoint, so that the next one has little to do.
        numbers::<3>(&connection, c"PRAGMA main.wal_checkpoint(PASSIVE)")?;
        // SAFETY: the connection is open and this thread's.
        unsafe { ffi::sqlite3_busy_timeout(raw, PATIENCE) };
        let [is_busy, ..] = numbers::<3>(&connection, c"PRAGMA main.wal_checkpoint(RESTART)")?;
        if is_busy == 0 {
            break;
        }
    }
    Ok(())
}

/// Returns the numbers in the one row that SQL gives.
fn numbers<const COUNT: usize>(connection: &PrivateConnection, sql: &CStr) -> SeamResult<[i64; COUNT]> {
    let prepared = Prepared::new(connection.db(), sql)?;
    prepared.step()?;
    let mut found = [0; COUNT];
    for (column, number) in (0..).zip(&mut found) {
        *number = prepared.integer(column);
    }
    Ok(found)
}
