//! The two entry points, and the functions that JavaScript sees of a connection.
//!
//! Node loads the library as an addon and gets the functions; SQLite loads it as an extension. What may be called once
//! per element is registered by hand and typed by hand in `ts/native`. The macro generates the rest, with its types in
//! `ts/native/native.d.ts`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`extension`] | the entry point that SQLite calls, which registers a connection |
//! | [`connection_calls`], [`query_calls`] | statements of a connection |
//! | [`blob_calls`] | ranges of values |
//! | [`witness_calls`] | what SQLite has reported of a connection |
//! | [`packer_calls`] | bulk work on numbers |
//! | [`packing_calls`] | sealed blocks of compressed columns |
//! | [`statistics_calls`] | statistics of many numbers |

mod blob_calls;
mod connection_calls;
mod extension;
mod packer_calls;
mod packing_calls;
#[cfg(feature = "probe")]
mod probe_calls;
mod query_calls;
mod statistics_calls;
mod witness_calls;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue};
use napi_derive::napi;

use crate::js::environment;
use crate::sqlite::host;
use crate::{kv, lists, ordered, pages, text, vector};

#[napi(module_exports)]
pub fn load(exports: Object, env: Env) -> napi::Result<()> {
    // Node unloads an addon with its last worker, while SQLite and the thread's own destructors may still point into
    // it.
    host::pin_library_of(this_library());
    // A panic becomes an error with the same message. Nothing may be printed on the user's terminal.
    std::panic::set_hook(Box::new(|_| {}));
    let (env, exports) = (env.raw(), exports.raw());
    environment::enter(env);
    connection_calls::register(env, exports)?;
    blob_calls::register(env, exports)?;
    query_calls::register(env, exports)?;
    packer_calls::register(env, exports)?;
    packing_calls::register(env, exports)?;
    statistics_calls::register(env, exports)?;
    pages::register(env, exports)?;
    kv::register(env, exports)?;
    ordered::register(env, exports)?;
    vector::register(env, exports)?;
    text::register(env, exports)?;
    lists::register(env, exports)?;
    witness_calls::register(env, exports)?;
    #[cfg(feature = "probe")]
    probe_calls::register(env, exports)?;
    Ok(())
}

/// The build that the binary belongs to. JavaScript of another build refuses it.
#[napi]
pub fn build_id() -> &'static str {
    env!("KOHAKUVAULT_BUILD")
}

/// Returns the file that this library was loaded from: a copy, if a program carries the library inside itself.
#[napi]
pub fn library_file() -> Option<String> {
    host::library_file_of(this_library())
}

/// An address inside this library.
fn this_library() -> *const std::ffi::c_void {
    extension::sqlite3_extension_init as *const std::ffi::c_void
}
