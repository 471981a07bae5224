//! The ordered maps of `@kohakuvault/ordered`. Their functions are registered by hand, because most are called per
//! element.
//!
//! | module | what it holds |
//! |---|---|
//! | [`tree_calls`], [`list_calls`] | the functions, typed in `ts/native/ordered-binding.ts` |
//! | [`list_arguments`] | their arguments |
//! | [`list_waits`] | the waits for changes of lists |
//! | [`key_from_js`], [`key_to_js`] | keys from JavaScript, and back |
//! | [`walk`] | the range of a walk, as JavaScript gives it |
//! | [`number_keys`] | the keys of a range as numbers |
//! | [`slab`] | from a handle to a tree or list of this thread |
//! | [`shared_lists`] | the lists that other threads may attach |

mod key_from_js;
mod key_to_js;
mod list_arguments;
mod list_calls;
mod list_waits;
mod number_keys;
mod shared_lists;
mod slab;
mod tree_calls;
mod walk;

use napi::sys;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    tree_calls::register(env, exports)?;
    list_calls::register(env, exports)?;
    list_waits::register(env, exports)
}
