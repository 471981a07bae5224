//! The changes of a list: how many there were, and who waits for the next.
//!
//! A change is made first and counted then. After that, the thread that made it looks whether anybody waits. A thread
//! that begins to wait is counted first, and looks then whether what it waits for has happened. So of a change and a
//! beginning wait at least one sees the other, and no wake-up is lost. Without a waiter, a change costs two accesses of
//! memory more, and takes no lock. Readers do not come here.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ordered::key::EncodedKey;

/// Wakes a waiter. It is called once, by the thread that made the change, and must not wait for that thread.
pub trait Wake: Send + Sync {
    /// The change has happened for which the wait of this number began.
    fn wake(&self, wait: usize);
}

struct Waiter {
    wait: usize,
    /// The number of changes when the wait began. Their effects are not what the waiter waits for.
    since: usize,
    /// Absent for a waiter for any change.
    key: Option<EncodedKey>,
    wake: Arc<dyn Wake>,
}

/// A number that threads count up.
pub(super) trait Counter {
    /// Adds to the number and returns what it was.
    fn add(&self, more: usize) -> usize;
    fn now(&self) -> usize;
}

impl Counter for AtomicUsize {
    fn add(&self, more: usize) -> usize {
        self.fetch_add(more, Ordering::SeqCst)
    }

    fn now(&self) -> usize {
        self.load(Ordering::SeqCst)
    }
}

/// Counts a change that was made. Returns how many there were before, or None if nobody waits.
pub(super) fn count_change(version: &impl Counter, waiting: &impl Counter) -> Option<usize> {
    let before = version.add(1);
    (waiting.now() > 0).then_some(before)
}

/// Counts a waiter. Returns the number of changes, all of which the caller sees.
pub(super) fn count_waiter(version: &impl Counter, waiting: &impl Counter) -> usize {
    waiting.add(1);
    version.now()
}

/// In cache lines of their own: whatever else lies beside `version` would move from core to core with each change.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Changes {
    version: AtomicUsize,
    waiting: AtomicUsize,
    waiters: Mutex<Vec<Waiter>>,
}

impl Changes {
    fn waiters(&self) -> MutexGuard<'_, Vec<Waiter>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many changes there were.
    pub(super) fn version(&self) -> usize {
        self.version.now()
    }

    /// Counts a change of a key, and wakes who waits for it.
    #[inline]
    pub(super) fn announce(&self, code: &[u8]) {
        if let Some(before) = count_change(&self.version, &self.waiting) {
            self.wake(code, before);
        }
    }

    #[cold]
    fn wake(&self, code: &[u8], before: usize) {
        let woken: Vec<Waiter> = {
            let mut waiters = self.waiters();
            let wanted =
                |waiter: &mut Waiter| waiter.since <= before && waiter.key.as_ref().is_none_or(|of| of.code() == code);
            let woken: Vec<Waiter> = waiters.extract_if(.., wanted).collect();
            self.waiting.fetch_sub(woken.len(), Ordering::SeqCst);
            woken
        };
        // Without the lock: what wakes may take locks of its own.
        for waiter in woken {
            waiter.wake.wake(waiter.wait);
        }
    }

    /// Adds a waiter. Only then the caller looks whether what it waits for has happened. Returns the number of changes
    /// before.
    pub(super) fn enlist(&self, wait: usize, key: Option<EncodedKey>, wake: Arc<dyn Wake>) -> usize {
        let mut waiters = self.waiters();
        let since = count_waiter(&self.version, &self.waiting);
        waiters.push(Waiter { wait, since, key, wake });
        since
    }

    /// Removes a waiter. Returns false if it was woken already, or is being woken.
    pub(super) fn dismiss(&self, wait: usize) -> bool {
        let mut waiters = self.waiters();
        let place = waiters.iter().position(|waiter| waiter.wait == wait);
        let waiter = place.map(|place| waiters.swap_remove(place));
        if waiter.is_some() {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        waiter.is_some()
    }
}
