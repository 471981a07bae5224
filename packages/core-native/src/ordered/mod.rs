//! The ordered maps of `@kohakuvault/ordered`: functions registered by hand, for most are called once per element.
//!
//! | module | what it holds |
//! |---|---|
//! | [`tree_calls`], [`list_calls`] | the functions, typed in `ts/ordered-binding.ts` |
//! | [`key_reader`], [`key_maker`] | keys from JavaScript, and back |
//! | [`limits`] | the range of a walk, as JavaScript gives it |
//! | [`slab`] | from a handle to a tree or list of this thread |
//! | [`shared_lists`] | the lists that other threads may attach |

mod key_maker;
mod key_reader;
mod limits;
mod list_calls;
mod shared_lists;
mod slab;
mod tree_calls;
mod values;

use napi::sys;

use crate::error::SeamError;

#[cold]
fn not_a_number() -> SeamError {
    SeamError::invalid(
        "numberKeys: a key of the range is no number, or an integer that no number equals; give a range of numbers, or use \
         keys()",
    )
}

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    tree_calls::register(env, exports)?;
    list_calls::register(env, exports)
}
