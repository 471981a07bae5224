//! The board: a few numbers that the core writes and JavaScript reads without a call.

use std::ffi::c_void;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use kohakuvault_core::boundary::place;
use napi::sys;

use crate::js::error::{SeamError, SeamResult};

/// The places of the board.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(crate) enum Place {
    Statements = place::STATEMENTS,
    Epoch = place::EPOCH,
    Attention = place::ATTENTION,
    Joined = place::JOINED,
    Foreign = place::FOREIGN,
    Transactions = place::TRANSACTIONS,
}

/// The numbers. They are atomics only because JavaScript may write what Rust reads: both run in one thread.
pub(crate) struct Board([AtomicU32; place::COUNT]);

impl Board {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "every place is below their number")]
    fn number(&self, place: Place) -> &AtomicU32 {
        &self.0[place as usize]
    }

    pub(crate) fn get(&self, place: Place) -> u32 {
        self.number(place).load(Ordering::Relaxed)
    }

    pub(crate) fn put(&self, place: Place, value: u32) {
        self.number(place).store(value, Ordering::Relaxed);
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

    /// Returns the numbers as an `ArrayBuffer`, which keeps the board in memory.
    pub(crate) fn share(self: &Rc<Self>, env: sys::napi_env) -> SeamResult<sys::napi_value> {
        let memory = self.0.as_ptr().cast_mut().cast();
        let kept = Rc::into_raw(Rc::clone(self)).cast_mut().cast::<c_void>();
        let mut buffer = std::ptr::null_mut();
        // SAFETY: the memory is the board's. `kept` is a reference to it, which `release` gives back in this thread
        // when the buffer is collected.
        let status = unsafe {
            sys::napi_create_external_arraybuffer(
                env,
                memory,
                size_of::<[u32; place::COUNT]>(),
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
        Err(SeamError::invalid("this runtime does not allow an ArrayBuffer in memory of native code; run on Node"))
    }
}

/// # Safety
/// Node-API calls this once for each `share`.
unsafe extern "C" fn release(_env: sys::napi_env, _memory: *mut c_void, kept: *mut c_void) {
    // SAFETY: `kept` came from `Rc::into_raw`.
    drop(unsafe { Rc::from_raw(kept.cast::<Board>()) });
}
