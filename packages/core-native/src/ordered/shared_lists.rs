//! The skip lists of the process, and which thread holds which.
//!
//! A list lives while something holds it: the objects of a thread, or the thread that shared it. Both kinds of holds
//! belong to a thread and end with its environment, even if a worker is terminated. The lock here is taken when a list
//! is shared, attached or dropped. Operations on a list take no lock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use kohakuvault_core::ordered::skip_list::SkipList;

use super::slab::Slab;
use crate::js::error::{SeamError, SeamResult};

/// A list, and the number by which other threads find it.
pub(super) struct SharedList {
    id: usize,
    list: SkipList,
}

static LAST_ID: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);

type Known = HashMap<usize, Weak<SharedList>>;

/// Returns the lists that were shared.
fn known() -> MutexGuard<'static, Known> {
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

struct Holds {
    by_objects: Slab<Arc<SharedList>>,
    by_sharing: Vec<Arc<SharedList>>,
}

impl Holds {
    const fn new() -> Self {
        Self { by_objects: Slab::new(), by_sharing: Vec::new() }
    }
}

thread_local! {
    static HOLDS: RefCell<Holds> = const { RefCell::new(Holds::new()) };
}

impl Deref for SharedList {
    type Target = SkipList;

    fn deref(&self) -> &SkipList {
        &self.list
    }
}

impl Drop for SharedList {
    fn drop(&mut self) {
        known().remove(&self.id);
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes a list, held by an object of this thread.
pub(super) fn create() -> SeamResult<usize> {
    LIVE.fetch_add(1, Ordering::Relaxed);
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    hold(Arc::new(SharedList { id, list: SkipList::default() }))
}

fn hold(list: Arc<SharedList>) -> SeamResult<usize> {
    HOLDS.with_borrow_mut(|holds| holds.by_objects.add(list))
}

/// Calls `work` with the list of a handle of this thread.
#[inline]
pub(super) fn with_list<T>(handle: f64, work: impl FnOnce(&SkipList) -> SeamResult<T>) -> SeamResult<T> {
    HOLDS.with_borrow(|holds| work(holds.by_objects.get(handle)?))
}

/// Returns the list of a handle of this thread, for work that lasts.
pub(super) fn held(handle: f64) -> SeamResult<Arc<SharedList>> {
    HOLDS.with_borrow(|holds| holds.by_objects.get(handle).cloned())
}

/// Lets other threads find the list while this thread lives, and returns the number that they find it by.
pub(super) fn share(handle: f64) -> SeamResult<usize> {
    HOLDS.with_borrow_mut(|holds| {
        let list = Arc::clone(holds.by_objects.get(handle)?);
        let id = list.id;
        known().insert(id, Arc::downgrade(&list));
        if !holds.by_sharing.iter().any(|held| held.id == id) {
            holds.by_sharing.push(list);
        }
        Ok(id)
    })
}

/// Holds a list that some thread shared.
pub(super) fn attach(id: usize) -> SeamResult<usize> {
    let list = known().get(&id).and_then(Weak::upgrade);
    hold(list.ok_or_else(|| {
        SeamError::invalid(format!(
            "there is no shared list {id}: the thread that shared it has ended and no other holds it, or it was shared \
             in another process; keep the thread that calls share() alive until others have attached"
        ))
    })?)
}

/// Lets go of a list.
pub(super) fn release(handle: f64) {
    // The last hold frees the whole list, which must not happen while the table is borrowed.
    let list = HOLDS.with_borrow_mut(|holds| holds.by_objects.remove(handle));
    drop(list);
}

/// Returns how many lists there are, in all threads of the process.
pub(super) fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Lets go of everything that the thread holds.
pub(super) extern "C" fn release_all(_: *mut c_void) {
    let _ = HOLDS.try_with(|holds| holds.replace(Holds::new()));
}
