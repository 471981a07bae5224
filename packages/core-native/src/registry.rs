//! Handles: from a number JavaScript holds to a connection of this thread.
//!
//! Each thread has its own table, so a connection can't be reached from another one. A handle carries a number that is
//! never given out twice in the process, so a stale one is recognised, and one of another thread too.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::ThreadId;

use napi::sys;
use rusqlite::ffi::sqlite3;

use crate::connection::Connection;
use crate::environment;
use crate::error::{SeamError, SeamResult};

/// The low bits of a handle are its place in the thread's table, the rest its serial number. The whole stays below 2^53,
/// so a JavaScript number holds it exactly.
const PLACE_BITS: u32 = 16;

static NEXT_SERIAL: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static TABLE: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static LAST_ATTACHED: Cell<u64> = const { Cell::new(0) };
}

struct Entry {
    handle: u64,
    connection: Option<Rc<Connection>>,
}

/// Which thread each open handle belongs to; read only to explain a failure.
fn owners() -> &'static Mutex<HashMap<u64, ThreadId>> {
    static OWNERS: OnceLock<Mutex<HashMap<u64, ThreadId>>> = OnceLock::new();
    OWNERS.get_or_init(Mutex::default)
}

/// The name of the SQL function that owns a connection's slot.
pub(crate) fn owner_function() -> String {
    format!("kohakuvault_slot_{}", mark_of_this_copy())
}

/// Differs between copies of this library: in SQL's names, so that two versions in one process don't take each other's.
pub(crate) fn mark_of_this_copy() -> String {
    format!("{:x}", (&raw const NEXT_SERIAL).addr())
}

/// The handle of the connection that loaded this library last in this thread.
pub(crate) fn last_attached() -> u64 {
    LAST_ATTACHED.get()
}

/// The handle of a connection of this thread's, or 0.
#[cold]
pub(crate) fn handle_of(db: *mut sqlite3) -> u64 {
    let find = |table: &RefCell<Vec<Entry>>| {
        let table = table.try_borrow().ok()?;
        table.iter().find(|entry| entry.connection.as_ref().is_some_and(|open| open.is(db))).map(|entry| entry.handle)
    };
    TABLE.try_with(find).ok().flatten().unwrap_or_default()
}

/// How many connections are registered in the whole process.
pub(crate) fn open_connections() -> usize {
    owners().lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// Whether this thread already has a slot for the connection, which then counts as attached again.
pub(crate) fn is_registered(db: *mut sqlite3) -> bool {
    TABLE.with_borrow(|table| {
        let present = table.iter().find(|entry| entry.connection.as_ref().is_some_and(|open| open.is(db)));
        present.inspect(|entry| LAST_ATTACHED.set(entry.handle)).is_some()
    })
}

/// Takes a connection into this thread's table; None where that is full.
pub(crate) fn insert(db: *mut sqlite3, env: sys::napi_env) -> Option<Slot> {
    TABLE.with_borrow_mut(|table| {
        let place = table.iter().position(|entry| entry.connection.is_none()).unwrap_or(table.len());
        if place >= 1 << PLACE_BITS {
            return None;
        }
        let handle = (NEXT_SERIAL.fetch_add(1, Ordering::Relaxed) << PLACE_BITS) | place as u64;
        let entry = Entry { handle, connection: Some(Rc::new(Connection::new(db))) };
        match table.get_mut(place) {
            Some(free) => *free = entry,
            None => table.push(entry),
        }
        owners().lock().unwrap_or_else(PoisonError::into_inner).insert(handle, std::thread::current().id());
        LAST_ATTACHED.set(handle);
        // A worker that is terminated closes its databases without us. This hook is younger than better-sqlite3's, so it
        // runs first and finalizes what would make sqlite3_close refuse.
        environment::add_cleanup_hook(env, finalize_at_exit, handle);
        Some(Slot { handle, env: env as usize })
    })
}

extern "C" fn finalize_at_exit(handle: *mut std::ffi::c_void) {
    if let Ok(connection) = find(handle as usize as u64)
        && connection.refuse_during_calls().is_ok()
    {
        connection.finalize_all();
    }
}

/// A connection's place in the table, owned by the SQL function of that connection: dropped when SQLite closes it.
pub(crate) struct Slot {
    handle: u64,
    // An address, because SQLite's function closures must be `Send`; only the thread that made it ever drops it.
    env: usize,
}

impl Drop for Slot {
    fn drop(&mut self) {
        environment::remove_cleanup_hook(self.env as sys::napi_env, finalize_at_exit, self.handle);
        owners().lock().unwrap_or_else(PoisonError::into_inner).remove(&self.handle);
        // The table is gone when SQLite closes connections after the thread's own destructors.
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

const fn place_of(handle: u64) -> usize {
    (handle & ((1 << PLACE_BITS) - 1)) as usize
}

/// The open connection behind a handle, if this thread owns it.
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

#[cold]
fn absent(handle: u64) -> SeamError {
    if owners().lock().unwrap_or_else(PoisonError::into_inner).contains_key(&handle) {
        SeamError::invalid("this connection belongs to another thread; open the file again in this one")
    } else {
        SeamError::closed()
    }
}
