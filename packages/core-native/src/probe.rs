//! Calls that exist only to be measured and to fail on purpose. Built with the feature `probe`, never shipped:
//! `tools/bench` times each kind of call with them, and a test proves that a panic leaves the connection usable.

use napi::sys;
use napi_derive::napi;

use crate::error::SeamResult;
use crate::hot::{Call, hot};

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "probeHot", hot_number)?;
    hot!(env, exports, "probePanic", panic_inside)
}

fn hot_number(call: &Call<'_>, [value]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.count(Some(call.index(value, "value")?)))
}

fn panic_inside(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    connection.snapshot().hold(connection.db())?;
    panic!("asked for by a test");
}

/// The same through the macro.
#[napi]
pub fn probe_generated(value: f64) -> f64 {
    value
}

/// The same as a method of a class.
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
