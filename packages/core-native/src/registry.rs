//! Handles: from a number that JavaScript holds to a connection of this thread.
//!
//! Each thread has a table of its own, so no thread can reach another's connections. A handle has a serial number that
//! is never given out twice in the process, so a stale handle is recognized, and so is one of another thread.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::ThreadId;

use napi::sys;
use rusqlite::ffi::sqlite3;

use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::environment;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;

/// The low bits of a handle are its place in the thread's table, the others its serial number. The whole stays below
/// 2^53, so a JavaScript number holds it exactly.
const PLACE_BITS: u32 = 16;
const MOST_PLACES: usize = 1 << PLACE_BITS;

static NEXT_SERIAL: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static TABLE: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static LAST_ATTACHED: Cell<u64> = const { Cell::new(0) };
}

struct Entry {
    handle: u64,
    /// SQLite's address of the connection.
    raw: NonNull<sqlite3>,
    connection: Option<Rc<Connection>>,
}

type Owners = HashMap<u64, ThreadId>;

/// Returns which thread each open handle belongs to. This is read only to explain a failure.
fn owners() -> MutexGuard<'static, Owners> {
    static OWNERS: OnceLock<Mutex<Owners>> = OnceLock::new();
    OWNERS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the handle of the connection that loaded this library last in this thread.
pub(crate) fn last_attached() -> u64 {
    LAST_ATTACHED.get()
}

/// Returns how many connections are registered in the whole process.
pub(crate) fn open_connections() -> usize {
    owners().len()
}

/// Returns whether this thread already has a slot for the connection, which then counts as attached again.
pub(crate) fn is_registered(raw: NonNull<sqlite3>) -> bool {
    TABLE.with_borrow(|table| {
        let present = table.iter().find(|entry| entry.raw == raw && entry.connection.is_some());
        present.inspect(|entry| LAST_ATTACHED.set(entry.handle)).is_some()
    })
}

/// Takes a connection into this thread's table. Returns None if the table is full.
///
/// # Safety
/// The connection is open and belongs to this thread. The slot is dropped when SQLite closes it.
pub(crate) unsafe fn insert(raw: NonNull<sqlite3>, env: sys::napi_env) -> Option<Slot> {
    TABLE.with_borrow_mut(|table| {
        let place = table.iter().position(|entry| entry.connection.is_none()).unwrap_or(table.len());
        if place >= MOST_PLACES {
            return None;
        }
        let handle = (NEXT_SERIAL.fetch_add(1, Ordering::Relaxed) << PLACE_BITS) | place as u64;
        // SAFETY: the caller promises it. When the slot is dropped, the connection is marked closed and gives out no
        // more.
        let db = unsafe { Db::new(raw, handle) };
        let entry = Entry { handle, raw, connection: Some(Rc::new(Connection::new(db))) };
        match table.get_mut(place) {
            Some(free) => *free = entry,
            None => table.push(entry),
        }
        owners().insert(handle, std::thread::current().id());
        LAST_ATTACHED.set(handle);
        // A worker that is terminated closes its databases without us. In Node this hook is younger than
        // better-sqlite3's and runs first, while JavaScript's memory is still there. Elsewhere `finalize_closing` does
        // the same.
        environment::add_cleanup_hook(env, finalize_at_exit, hook_argument(handle));
        Some(Slot { handle, env: env as usize })
    })
}

/// Returns a handle as the argument of a hook. Both have 64 bits on every platform that Node supports.
#[expect(clippy::cast_possible_truncation, reason = "addresses have 64 bits")]
const fn hook_argument(handle: u64) -> usize {
    handle as usize
}

/// Finalizes every statement of ours on a connection that SQLite is about to close, because it would refuse otherwise.
/// The closer may know nothing of us: in a worker of Bun that is terminated, better-sqlite3's clean-up hook runs
/// before ours. A connection on which a call is in progress stays as it is, and open.
pub(crate) fn finalize_closing(raw: NonNull<sqlite3>) {
    let found = TABLE.try_with(|table| {
        let table = table.borrow();
        table.iter().find(|entry| entry.raw == raw).and_then(|entry| entry.connection.clone())
    });
    if let Ok(Some(connection)) = found
        && connection.refuse_during_calls().is_ok()
    {
        connection.finalize_all();
    }
}

extern "C" fn finalize_at_exit(handle: *mut c_void) {
    if let Ok(connection) = find(handle as usize as u64)
        && connection.refuse_during_calls().is_ok()
    {
        connection.finalize_all();
    }
}

/// A connection's place in the table. The connection's SQL function owns it, so it is dropped when SQLite closes the
/// connection.
pub(crate) struct Slot {
    handle: u64,
    /// An address, because SQLite's function closures must be `Send`. Only the thread that made it ever drops it.
    env: usize,
}

impl Drop for Slot {
    fn drop(&mut self) {
        environment::remove_cleanup_hook(self.env as sys::napi_env, finalize_at_exit, hook_argument(self.handle));
        owners().remove(&self.handle);
        // The table is gone if SQLite closes connections after the thread's own destructors.
        let _ = TABLE.try_with(|table| {
            if let Some(entry) = table.borrow_mut().get_mut(place_of(self.handle))
                && entry.handle == self.handle
            {
                // A call in progress may have it too.
                entry.connection.take().inspect(|connection| connection.mark_closed());
            }
        });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the place has 16 bits")]
const fn place_of(handle: u64) -> usize {
    handle as usize & (MOST_PLACES - 1)
}

/// Returns the open connection of a handle, if this thread owns it.
pub(crate) fn find(handle: u64) -> SeamResult<Rc<Connection>> {
    let found = TABLE.try_with(|table| {
        let table = table.borrow();
        let entry = table.get(place_of(handle))?;
        if entry.handle == handle { entry.connection.clone() } else { None }
    });
    match found {
        Ok(Some(connection)) => Ok(connection),
        _ => Err(absent(handle)),
    }
}

/// Returns the connection whose handle is an argument of a call.
#[inline]
pub(crate) fn connection_of(call: &Call<'_>, handle: sys::napi_value) -> SeamResult<Rc<Connection>> {
    find(call.handle(handle)?)
}

#[cold]
fn absent(handle: u64) -> SeamError {
    if owners().contains_key(&handle) {
        SeamError::invalid("this connection belongs to another thread; open the file again in this one")
    } else {
        SeamError::closed()
    }
}
