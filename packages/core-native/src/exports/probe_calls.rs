//! Calls that exist only to be measured and to fail on purpose. They are built with the feature `probe`, and never
//! shipped. `tools/bench` times each kind of call with them, and a test proves that a panic leaves the connection
//! usable.

use napi::sys;
use napi_derive::napi;

use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::register::js_function;
use crate::registry::connection_of;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "probeHot", by_hand)?;
    js_function!(env, exports, "probePanic", panic_inside)
}

fn by_hand(call: &Call<'_>, [value]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.count(Some(call.index(value, "value")?)))
}

fn panic_inside(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    connection.snapshot().hold(connection.db()?)?;
    panic!("asked for by a test");
}

/// Does the same through the macro.
#[napi]
pub fn probe_generated(value: f64) -> f64 {
    value
}

/// Does the same as a method of a class.
#[napi]
pub struct Probe {}

#[napi]
impl Probe {
    #[napi(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {}
    }

    #[napi]
    pub fn method(&self, value: f64) -> f64 {
        value
    }
}
