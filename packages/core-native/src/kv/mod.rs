//! Key-value tables, and their pending writes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`table`] | a table: reads and writes of its rows and pending writes |
//! | [`lookup`], [`key_source`] | how a key is found, and the next one at less cost |
//! | [`direct`] | rows that are read in place, in the pages of the file |
//! | [`page`], [`page_rows`], [`scans`] | ranges, a page at a time |
//! | [`value_copy`] | copying a value to where it fits |
//! | [`gathered`] | where rows are gathered before they go to JavaScript's memory |
//! | [`calls`], [`pending_calls`] | the functions that JavaScript sees |

mod calls;
mod direct;
mod gathered;
pub(crate) mod key_source;
mod lookup;
mod page;
mod page_rows;
mod pending_calls;
mod scans;
mod table;
mod value_copy;

use napi::sys;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    calls::register(env, exports)?;
    pending_calls::register(env, exports)
}
