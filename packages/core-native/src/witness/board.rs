//! A few numbers that the core writes and JavaScript reads, without a call.

use std::ffi::c_void;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use napi::sys;

use crate::error::{SeamError, SeamResult};

/// What each number tells; `ts/database/board.ts` has the same.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Moves with every statement that begins.
    Statements,
    /// Moves when what is kept in memory of the file may not be what the file holds any more.
    Epoch,
    /// What must be seen to before memory is used, bit by bit: see `attention`.
    Attention,
    /// 1 while SQLite tells us of the transaction that is open.
    Joined,
    /// Moves with every statement that may write and is not ours.
    Foreign,
    /// Moves with every transaction that SQLite begins to tell us of.
    Transactions,
}
const PLACES: usize = 6;

/// The bits of `Place::Attention`.
pub(crate) mod attention {
    /// There are steps of the transaction to be taken.
    pub(crate) const NEWS: u32 = 1;
    /// A statement that may write has begun and was not ours, and nobody has seen yet that it has ended.
    pub(crate) const UNSETTLED: u32 = 2;
    /// Written by JavaScript: a write of ours runs.
    pub(crate) const WRITING: u32 = 4;
    /// As well: it is one that runs statements within its statements.
    pub(crate) const NESTED: u32 = 8;
}

/// Atomics, because JavaScript may write what Rust reads, and for no other reason: both run in one thread.
pub(crate) struct Board([AtomicU32; PLACES]);

impl Board {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }

    pub(crate) fn get(&self, place: Place) -> u32 {
        self.0[place as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn put(&self, place: Place, value: u32) {
        self.0[place as usize].store(value, Ordering::Relaxed);
    }

    pub(crate) fn raise(&self, bits: u32) {
        self.put(Place::Attention, self.get(Place::Attention) | bits);
    }

    pub(crate) fn lower(&self, bits: u32) {
        self.put(Place::Attention, self.get(Place::Attention) & !bits);
    }

    pub(crate) fn advance(&self, place: Place) {
        self.put(place, self.get(place).wrapping_add(1));
    }

    /// The numbers as an `ArrayBuffer`, which keeps the board in memory.
    pub(crate) fn share(self: &Rc<Self>, env: sys::napi_env) -> SeamResult<sys::napi_value> {
        let memory = self.0.as_ptr().cast_mut().cast();
        let kept = Rc::into_raw(Rc::clone(self)).cast_mut().cast::<c_void>();
        let mut buffer = std::ptr::null_mut();
        // SAFETY: the memory is the board's, and `kept` is a reference to it that `release` gives back, in this thread, when the buffer is
        // collected.
        let status = unsafe {
            sys::napi_create_external_arraybuffer(
                env,
                memory,
                size_of::<[u32; PLACES]>(),
                Some(release),
                kept,
                &raw mut buffer,
            )
        };
        if status == sys::Status::napi_ok {
            return Ok(buffer);
        }
        // SAFETY: the call above took nothing.
        drop(unsafe { Rc::from_raw(kept.cast::<Self>()) });
        Err(SeamError::invalid("this runtime allows no memory of native code in an ArrayBuffer"))
    }
}

/// # Safety
/// Node-API calls this once for each `share`.
unsafe extern "C" fn release(_env: sys::napi_env, _memory: *mut c_void, kept: *mut c_void) {
    // SAFETY: `kept` came from `Rc::into_raw`.
    drop(unsafe { Rc::from_raw(kept.cast::<Board>()) });
}
