//! What JavaScript asks the witness of a connection.

use std::ptr;

use napi::sys;

use super::wal_index::HEAD_BYTES;
use super::{has_writer, in_transaction, is_busy, lock_state};
use crate::error::{SeamError, SeamResult};
use crate::hot::{Call, hot};

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "board", board)?;
    hot!(env, exports, "walIndex", wal_index_head)?;
    hot!(env, exports, "join", join)?;
    hot!(env, exports, "takeSteps", take_steps)?;
    hot!(env, exports, "activity", activity)
}

fn board(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    call.connection(handle)?.witness().board().share(call.env())
}

/// The head of the WAL's index; undefined where the file has none that is shared, true where it is still the one of the last call.
fn wal_index_head(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let before = connection.witness().wal_index();
    let memory = connection.find_wal_index()?;
    if memory.is_null() {
        return Ok(call.undefined());
    }
    if memory == before {
        return Ok(call.boolean(true));
    }
    let mut buffer = ptr::null_mut();
    // SAFETY: the memory is SQLite's, which keeps it mapped until the connection closes or leaves WAL mode; the TypeScript face lets go of
    // the buffer before it could find either out. Nothing is to be freed.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(call.env(), memory, HEAD_BYTES, None, ptr::null_mut(), &raw mut buffer)
    };
    if status == sys::Status::napi_ok {
        Ok(buffer)
    } else {
        Err(SeamError::invalid("this runtime allows no memory of native code in an ArrayBuffer"))
    }
}

/// Whether SQLite tells us of the transaction that is open, from now on at the latest. False where none is.
fn join(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.boolean(call.connection(handle)?.join()?))
}

/// Fills the target with steps of the transaction that have not been told; how many they are.
fn take_steps(call: &Call<'_>, [handle, target]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let target = call.integers_mut(target, "target")?;
    Ok(call.integer(connection.witness().take_steps(target).cast_signed()))
}

/// 1: a statement that may write is running; 2: any statement is; 4: a transaction is open that somebody began; 8 times what is
/// held of the main database: 0 nothing, 1 a state to read, 2 the right to write.
fn activity(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let db = call.connection(handle)?.db();
    let found = i32::from(has_writer(db))
        | i32::from(is_busy(db)) << 1
        | i32::from(in_transaction(db)) << 2
        | lock_state(db).max(0) << 3;
    Ok(call.integer(found as isize))
}
