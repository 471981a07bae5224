//! What belongs to one Node environment: the main thread's, or a worker's.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use napi::sys;

thread_local! {
    static CURRENT: Cell<sys::napi_env> = const { Cell::new(ptr::null_mut()) };
    static ERROR_FACTORY: Cell<sys::napi_ref> = const { Cell::new(ptr::null_mut()) };
}

/// Notes the environment that loads the addon in this thread, until it ends.
pub(crate) fn enter(env: sys::napi_env) {
    CURRENT.set(env);
    ERROR_FACTORY.set(ptr::null_mut());
    add_cleanup_hook(env, leave, 0);
}

extern "C" fn leave(_: *mut c_void) {
    // The references die with the environment.
    let _ = CURRENT.try_with(|current| current.set(ptr::null_mut()));
    let _ = ERROR_FACTORY.try_with(|factory| factory.set(ptr::null_mut()));
}

/// The environment of this thread, where Node has loaded the addon in it.
pub(crate) fn current() -> Option<sys::napi_env> {
    CURRENT.try_with(Cell::get).ok().filter(|env| !env.is_null())
}

/// The reference to the JavaScript function that makes errors, or null.
pub(crate) fn error_factory() -> sys::napi_ref {
    ERROR_FACTORY.get()
}

/// Replaces the function that makes errors.
pub(crate) fn set_error_factory(reference: sys::napi_ref) {
    ERROR_FACTORY.set(reference);
}

type Hook = extern "C" fn(*mut c_void);

/// Has `hook(argument)` called when the environment ends, before the hooks that were added earlier.
pub(crate) fn add_cleanup_hook(env: sys::napi_env, hook: Hook, argument: u64) {
    // SAFETY: `env` is this thread's live environment; the argument is a number in a pointer's clothes, never followed.
    unsafe { sys::napi_add_env_cleanup_hook(env, Some(hook), argument as usize as *mut c_void) };
}

/// Takes back what `add_cleanup_hook` did; harmless when the hook has run already.
pub(crate) fn remove_cleanup_hook(env: sys::napi_env, hook: Hook, argument: u64) {
    if current() != Some(env) {
        return;
    }
    // SAFETY: as above, and the environment is still this thread's.
    unsafe { sys::napi_remove_env_cleanup_hook(env, Some(hook), argument as usize as *mut c_void) };
}
