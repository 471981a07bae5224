//! Ends statements that run for too long.
//!
//! A thread waits until a limit is over, and interrupts the connection then. (SQLite's progress handler would need no
//! thread, but better-sqlite3 is built without it.) An interrupt holds for all statements of a connection until none is
//! running any more. So nothing is interrupted if another statement was running before; then only those who ask whether
//! the time is over end.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use kohakuvault_core::ErrorCode;
use rusqlite::ffi;

use super::db::Db;
use crate::js::error::{SeamError, SeamResult};

/// The time until which the statements of a connection may run.
#[derive(Default)]
pub(crate) struct TimeLimit {
    until: Cell<Option<Instant>>,
    alarm: Cell<Option<u64>>,
}

impl TimeLimit {
    /// Ends statements after so many milliseconds from now on. Returns the number of the alarm that does so, if any does.
    pub(crate) fn begin(&self, db: Db, milliseconds: u64) -> Option<u64> {
        self.end();
        // A limit beyond all times is none.
        let until = Instant::now().checked_add(Duration::from_millis(milliseconds))?;
        self.until.set(Some(until));
        if !db.is_busy() {
            self.alarm.set(Alarms::get().and_then(|alarms| alarms.add(db, until)));
        }
        self.alarm.get()
    }

    /// Lets statements run for as long as they take.
    pub(crate) fn end(&self) {
        self.until.set(None);
        if let (Some(alarm), Some(alarms)) = (self.alarm.take(), Alarms::get()) {
            alarms.remove(alarm);
        }
    }

    /// Throws if the time is over.
    pub(crate) fn check(&self) -> SeamResult<()> {
        if self.until.get().is_none_or(|until| Instant::now() < until) {
            return Ok(());
        }
        Err(SeamError::coded(ErrorCode::Timeout, "the statement took longer than its time limit"))
    }
}

impl Drop for TimeLimit {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends the statements of a limit now, whichever thread they run in.
pub(crate) fn ring(alarm: u64) {
    if let Some(alarms) = Alarms::get() {
        alarms.ring(alarm);
    }
}

/// A connection to be interrupted.
struct Alarm {
    number: u64,
    until: Instant,
    /// An address, which is used only while the alarm is there.
    db: usize,
}

#[derive(Default)]
struct Pending {
    last: u64,
    alarms: Vec<Alarm>,
}

/// The alarms of all connections of the process, and the thread that waits for them.
#[derive(Default)]
struct Alarms {
    pending: Mutex<Pending>,
    added: Condvar,
}

impl Alarms {
    /// Returns the alarms, and starts their thread at the first call. None if no thread can be started.
    fn get() -> Option<&'static Self> {
        static ALARMS: OnceLock<Option<&'static Alarms>> = OnceLock::new();
        *ALARMS.get_or_init(|| {
            let alarms: &'static Self = Box::leak(Box::default());
            let thread = std::thread::Builder::new().name("kohakuvault-alarms".to_owned());
            thread.spawn(|| alarms.wait()).ok().map(|_| alarms)
        })
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a connection interrupted at a time. The alarm is removed before the connection closes.
    fn add(&self, db: Db, until: Instant) -> Option<u64> {
        let mut pending = self.pending();
        pending.last = pending.last.checked_add(1)?;
        let number = pending.last;
        pending.alarms.push(Alarm { number, until, db: db.raw() as usize });
        self.added.notify_one();
        Some(number)
    }

    /// Has an alarm ring now, if it is still there.
    fn ring(&self, number: u64) {
        for alarm in self.pending().alarms.iter_mut().filter(|alarm| alarm.number == number) {
            alarm.until = Instant::now();
        }
        self.added.notify_one();
    }

    /// Removes an alarm. Nothing is interrupted by it from here on.
    fn remove(&self, number: u64) {
        self.pending().alarms.retain(|alarm| alarm.number != number);
    }

    fn wait(&self) {
        let mut pending = self.pending();
        loop {
            let now = Instant::now();
            pending.alarms.retain(|alarm| {
                let is_due = alarm.until <= now;
                if is_due {
                    // SAFETY: an alarm is removed before its connection closes, which this lock delays.
                    // SQLite allows this call in any thread.
                    unsafe { ffi::sqlite3_interrupt(alarm.db as *mut ffi::sqlite3) };
                }
                !is_due
            });
            let next = pending.alarms.iter().map(|alarm| alarm.until).min();
            pending = match next {
                None => self.added.wait(pending).unwrap_or_else(PoisonError::into_inner),
                Some(next) => {
                    let waited = self.added.wait_timeout(pending, next.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}
