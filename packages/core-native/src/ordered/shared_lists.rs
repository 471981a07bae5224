//! The skip lists of the process, and which thread holds which.
//!
//! A list lives while something holds it: the objects of a thread, and the thread that shared it. Both kinds of holds
//! are a thread's own and end with its environment, also where a worker is terminated. The lock here is taken when a
//! list is shared, attached or dropped; what works on a list takes none.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use kohakuvault_core::ordered::skip_list::SkipList;

use super::slab::Slab;
use crate::error::{SeamError, SeamResult};

/// A list, and the number by which other threads find it.
pub(crate) struct SharedList {
    id: u64,
    list: SkipList,
}

static LAST_ID: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);

type Known = HashMap<u64, Weak<SharedList>>;

/// The lists that were shared.
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

/// The list behind a handle of this thread.
#[inline]
pub(super) fn with_list<T>(handle: f64, work: impl FnOnce(&SkipList) -> SeamResult<T>) -> SeamResult<T> {
    HOLDS.with_borrow(|holds| work(holds.by_objects.get(handle)?))
}

/// Lets other threads find the list while this one lives, and tells by which number.
pub(super) fn share(handle: f64) -> SeamResult<u64> {
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
pub(super) fn attach(id: u64) -> SeamResult<usize> {
    let list = known().get(&id).and_then(Weak::upgrade);
    hold(list.ok_or_else(|| {
        SeamError::invalid(format!(
            "there is no shared list {id}: no thread holds it any more, and the one that shared it has ended, or it was \
             shared in another process; keep the thread that calls share() alive until others have attached"
        ))
    })?)
}

/// Lets go of a list.
pub(super) fn release(handle: f64) {
    // The last hold frees the whole list, which is not to happen while the table is borrowed.
    let list = HOLDS.with_borrow_mut(|holds| holds.by_objects.remove(handle));
    drop(list);
}

/// How many lists there are, in all threads of the process.
pub(super) fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Lets go of all that the thread holds.
pub(super) extern "C" fn release_all(_: *mut c_void) {
    let _ = HOLDS.try_with(|holds| holds.replace(Holds::new()));
}
