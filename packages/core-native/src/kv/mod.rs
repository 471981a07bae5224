//! Key-value tables, and what waits to be written to them.

use napi::sys;

mod calls;
mod page;
mod pending_calls;
pub(crate) mod table;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    calls::register(env, exports)?;
    pending_calls::register(env, exports)
}
