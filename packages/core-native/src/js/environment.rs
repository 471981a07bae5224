//! What belongs to one Node environment: that of the main thread, or of a worker.
//!
//! A thread may load the core several times: through hard links to its file, or after it was deleted from
//! `require.cache`. Each load is the same library with a Node-API environment of its own. The first environment stands
//! for the thread. The JavaScript of each load makes the errors of that load.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;

use napi::sys;

thread_local! {
    static CURRENT: Cell<sys::napi_env> = const { Cell::new(ptr::null_mut()) };
    static ERROR_FACTORIES: RefCell<Vec<(sys::napi_env, sys::napi_ref)>> = const { RefCell::new(Vec::new()) };
    /// The hooks that were added for the environment as a whole.
    static HOOKS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Notes the environment that loads the addon in this thread, until that environment ends.
pub(crate) fn enter(env: sys::napi_env) {
    if CURRENT.get().is_null() {
        CURRENT.set(env);
    }
    add_cleanup_hook(env, forget, 0);
}

extern "C" fn forget(_: *mut c_void) {
    // The references die with the environment.
    let _ = CURRENT.try_with(|current| current.set(ptr::null_mut()));
    let _ = ERROR_FACTORIES.try_with(RefCell::take);
    let _ = HOOKS.try_with(RefCell::take);
}

/// Returns the environment of this thread, if Node has loaded the addon in it.
pub(crate) fn current() -> Option<sys::napi_env> {
    CURRENT.try_with(Cell::get).ok().filter(|env| !env.is_null())
}

/// Returns the reference to the JavaScript function that makes the errors of a load, or null.
pub(crate) fn error_factory(env: sys::napi_env) -> sys::napi_ref {
    ERROR_FACTORIES.with_borrow(|factories| {
        factories.iter().find(|(of, _)| *of == env).map_or(ptr::null_mut(), |(_, reference)| *reference)
    })
}

/// Replaces the function that makes the errors of a load.
pub(crate) fn set_error_factory(env: sys::napi_env, reference: sys::napi_ref) {
    let before = ERROR_FACTORIES.with_borrow_mut(|factories| {
        let place = factories.iter().position(|(of, _)| *of == env);
        let before = place.map(|place| factories.swap_remove(place).1);
        factories.push((env, reference));
        before
    });
    if let Some(before) = before {
        // SAFETY: the reference was made in this environment, and nobody has it any more.
        unsafe { sys::napi_delete_reference(env, before) };
    }
}

type Hook = extern "C" fn(*mut c_void);

/// Adds a hook that is called with the argument when the environment ends, before the hooks that were added earlier. A
/// hook with the argument 0 belongs to the environment as a whole. It is added once, however often the core is loaded,
/// because Node ends a process that adds one twice.
pub(crate) fn add_cleanup_hook(env: sys::napi_env, hook: Hook, argument: usize) {
    let of_all = argument == 0;
    if of_all && HOOKS.with_borrow(|hooks| hooks.contains(&(hook as usize))) {
        return;
    }
    // SAFETY: `env` is this thread's live environment. The argument is a number, and is never used as an address.
    unsafe { sys::napi_add_env_cleanup_hook(env, Some(hook), argument as *mut c_void) };
    if of_all {
        HOOKS.with_borrow_mut(|hooks| hooks.push(hook as usize));
    }
}

/// Takes back what `add_cleanup_hook` did. Does nothing if the hook has run already.
pub(crate) fn remove_cleanup_hook(env: sys::napi_env, hook: Hook, argument: usize) {
    if current() != Some(env) {
        return;
    }
    // SAFETY: as above, and the environment is still this thread's.
    unsafe { sys::napi_remove_env_cleanup_hook(env, Some(hook), argument as *mut c_void) };
}
