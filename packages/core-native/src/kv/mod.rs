//! Key-value tables, and what waits to be written to them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`table`] | a table: reads and writes of rows, and what is pending before them |
//! | [`lookup`], [`key_source`] | how a key is found, and the next one at less cost |
//! | [`page`] | ranges, a page at a time |
//! | [`gathered`] | where rows are gathered before they go to JavaScript's memory |
//! | [`calls`], [`pending_calls`] | the functions JavaScript sees |

use std::rc::Rc;

use napi::sys;

use crate::connection::Connection;
use crate::error::SeamResult;
use crate::hot::Call;
use table::KvTable;

mod calls;
mod gathered;
pub(crate) mod key_source;
mod lookup;
mod page;
mod pending_calls;
pub(crate) mod table;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    calls::register(env, exports)?;
    pending_calls::register(env, exports)
}

/// The connection behind a handle, and its table of a number.
fn table_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<KvTable>)> {
    let connection = call.connection(handle)?;
    let table = connection.kv_table(call.ordinal(number, "table")?)?;
    Ok((connection, table))
}
