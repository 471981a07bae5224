//! Waiting for a change of the list: in this thread, or with a [`Wake`] that is called when it has happened.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::changes::Wake;
use super::{Expected, SkipList};
use crate::ordered::key::EncodedKey;

/// What a thread waits for.
#[derive(Clone, Copy, Debug)]
pub enum Awaited<'list> {
    /// A change after so many.
    Version(usize),
    /// A change of the key, which has this now. The wait may end early, by a change that the caller has seen already
    /// but that was not counted yet.
    Key(&'list EncodedKey, Expected<'list>),
}

/// A thread that sleeps.
#[derive(Default)]
struct Sleeper {
    woken: Mutex<bool>,
    signal: Condvar,
}

impl Wake for Sleeper {
    fn wake(&self, _: usize) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_one();
    }
}

impl Sleeper {
    /// Sleeps until it is woken or the time is over. Returns whether it was woken.
    fn sleep(&self, timeout: Duration) -> bool {
        let began = Instant::now();
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !*woken {
            let left = timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                return false;
            }
            woken = self.signal.wait_timeout(woken, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl SkipList {
    /// Returns how many changes there were.
    #[must_use]
    pub fn version(&self) -> usize {
        self.changes.version()
    }

    /// Calls `wake` with the returned number when what is awaited happens. Returns None, and calls nothing, if it has
    /// happened. `dismiss` ends the wait.
    #[must_use]
    pub fn enlist(&self, awaited: Awaited<'_>, wake: Arc<dyn Wake>) -> Option<usize> {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let wait = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let key = match awaited {
            Awaited::Version(_) => None,
            Awaited::Key(key, _) => Some(key.clone()),
        };
        let version = self.changes.enlist(wait, key, wake);
        let has_happened = match awaited {
            Awaited::Version(since) => version != since,
            Awaited::Key(key, expected) => {
                let value = self.get(key.code());
                value.map_or(!expected.or_absent, |value| value.bytes() != expected.bytes)
            }
        };
        // A waiter that cannot be dismissed any more is being woken.
        if has_happened && self.changes.dismiss(wait) { None } else { Some(wait) }
    }

    /// Ends a wait. Returns false if what it waited for has happened.
    pub fn dismiss(&self, wait: usize) -> bool {
        self.changes.dismiss(wait)
    }

    /// Waits in this thread. Returns whether what is awaited has happened before the time was over.
    #[must_use]
    pub fn wait(&self, awaited: Awaited<'_>, timeout: Duration) -> bool {
        let sleeper = Arc::new(Sleeper::default());
        let Some(wait) = self.enlist(awaited, Arc::clone(&sleeper) as Arc<dyn Wake>) else { return true };
        sleeper.sleep(timeout) || !self.dismiss(wait)
    }
}
