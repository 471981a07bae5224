//! What JavaScript asks the witness of a connection.

use std::ptr;

use kohakuvault_core::boundary::activity as bits;
use kohakuvault_core::boundary::wal_index as head;
use napi::sys;

use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};
use crate::js::register::js_function;
use crate::registry::connection_of;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "board", board)?;
    js_function!(env, exports, "walIndex", wal_index)?;
    js_function!(env, exports, "join", join)?;
    js_function!(env, exports, "takeSteps", take_steps)?;
    js_function!(env, exports, "activity", activity)
}

fn board(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    connection_of(call, handle)?.witness().board().share(call.env())
}

/// Returns the head of the WAL's index: undefined if the file has none that is shared, true if it is still that of the
/// last call.
fn wal_index(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    let before = connection.witness().wal_index();
    let memory = connection.find_wal_index()?;
    if memory.is_null() {
        return Ok(call.undefined());
    }
    if memory == before {
        return Ok(call.boolean(true));
    }
    let mut buffer = ptr::null_mut();
    // SAFETY: the memory is SQLite's, which keeps it mapped until the connection closes or leaves WAL mode. The
    // TypeScript code lets go of the buffer before it could learn of either. Nothing has to be freed.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(call.env(), memory, head::BYTES, None, ptr::null_mut(), &raw mut buffer)
    };
    if status == sys::Status::napi_ok {
        Ok(buffer)
    } else {
        Err(SeamError::invalid("this runtime does not allow an ArrayBuffer in memory of native code; run on Node"))
    }
}

/// Has SQLite report the open transaction from now on. Returns false if none is open.
fn join(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.boolean(connection_of(call, handle)?.join()?))
}

/// Moves the steps of transactions since the last call to the target, as many as fit. Returns how many.
fn take_steps(call: &Call<'_>, [handle, target]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    let target = call.integers_mut(target, "target")?;
    Ok(call.count(Some(connection.witness().take_steps(target))))
}

/// Returns what happens on the connection, in the bits of `Activity`.
fn activity(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let db = connection_of(call, handle)?.db()?;
    let bit = |is_set: bool, bit: i32| if is_set { bit } else { 0 };
    let lock = db.lock_state();
    let found = bit(db.has_writer(), bits::WRITER)
        | bit(db.is_busy(), bits::STATEMENT)
        | bit(db.in_transaction(), bits::TRANSACTION)
        | bit(lock == 1, bits::READING)
        | bit(lock == 2, bits::WRITING);
    Ok(call.small_integer(found))
}
