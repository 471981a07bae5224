//! Registering a function by hand.
//!
//! A call that `#[napi]` generates takes 100 ns and more. A call that is registered here takes about a quarter of that,
//! so everything that may be called once per element is registered here. The TypeScript code has checked the arguments,
//! so a wrong type is a defect of ours, but never undefined behavior.

use std::ffi::CStr;
use std::ptr;

use napi::sys;

use super::call::Call;
use super::error::{SeamResult, guard};

/// A function of `N` arguments. A missing argument is `undefined`.
pub(crate) type JsFunction<const N: usize> =
    for<'call> fn(&Call<'call>, [sys::napi_value; N]) -> SeamResult<sys::napi_value>;

/// Puts a function on the exports: `js_function!(env, exports, "name", function)`.
macro_rules! js_function {
    ($env:expr, $exports:expr, $name:literal, $function:path) => {{
        unsafe extern "C" fn callback(
            env: napi::sys::napi_env,
            info: napi::sys::napi_callback_info,
        ) -> napi::sys::napi_value {
            // SAFETY: Node-API calls this with its own environment and call info.
            unsafe { $crate::js::register::run(env, info, $function) }
        }
        $crate::js::register::define($env, $exports, concat!($name, "\0"), callback)
    }};
}
pub(crate) use js_function;

/// Reads the arguments, runs the function under the panic guard and throws its error.
///
/// # Safety
/// `env` and `info` are what Node-API passed to the callback.
pub(crate) unsafe fn run<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    function: JsFunction<N>,
) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); N];
    let mut count = N;
    // SAFETY: the caller passes what Node-API gave it. The array has room for `count` values, and Node fills the
    // missing ones with undefined.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut count, arguments.as_mut_ptr(), ptr::null_mut(), ptr::null_mut());
    }
    let call = Call::new(env);
    match guard(|| function(&call, arguments)) {
        Ok(value) => value,
        Err(error) => {
            error.throw(env);
            ptr::null_mut()
        }
    }
}

pub(crate) fn define(
    env: sys::napi_env,
    exports: sys::napi_value,
    name_with_nul: &'static str,
    callback: unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
) -> napi::Result<()> {
    let name = CStr::from_bytes_with_nul(name_with_nul.as_bytes())
        .map_err(|_| napi::Error::from_reason("the name of a function does not end in NUL"))?;
    let mut function = ptr::null_mut();
    // SAFETY: `env` and `exports` belong to the module being loaded. The name is static and ends in NUL.
    let status = unsafe {
        let made = sys::napi_create_function(
            env,
            name.as_ptr(),
            name.count_bytes().cast_signed(),
            Some(callback),
            ptr::null_mut(),
            &raw mut function,
        );
        if made == sys::Status::napi_ok {
            sys::napi_set_named_property(env, exports, name.as_ptr(), function)
        } else {
            made
        }
    };
    if status == sys::Status::napi_ok {
        Ok(())
    } else {
        Err(napi::Error::from_reason(format!("Node-API did not register {name_with_nul}: status {status}")))
    }
}
