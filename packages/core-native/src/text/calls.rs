//! The functions that JavaScript sees.

use std::rc::Rc;

use kohakuvault_core::text::best::Match;
use napi::{Env, sys};
use napi_derive::napi;

use super::direct::Wanted;
use super::table::{Explanation, TextTable};
use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::error::{SeamResult, shell};
use crate::js::make::made;
use crate::js::numbers;
use crate::js::register::js_function;
use crate::registry::{self, connection_of};
use crate::sqlite::column_values::value_of;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "textBest", best)?;
    js_function!(env, exports, "textRows", rows)?;
    js_function!(env, exports, "textPlaces", places)?;
    js_function!(env, exports, "textAround", around)?;
    js_function!(env, exports, "textForget", forget)?;
    js_function!(env, exports, "textInsert", insert)
}

/// Prepares to search the FTS5 table of this name, which has these columns beside `value_ref`.
#[napi]
pub fn create_text_table(env: Env, handle: f64, name: String, columns: Vec<String>) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        connection.kept().add(TextTable::new(&name, &columns)?)
    })
}

fn table_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<TextTable>)> {
    let connection = connection_of(call, handle)?;
    let table = connection.kept().get(call.ordinal(number, "table")?)?;
    Ok((connection, table))
}

fn best(
    call: &Call<'_>,
    [handle, table, expression, weights, wanted, only, version, is_plain]: [sys::napi_value; 8],
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let expression = call.text(expression, "expression")?;
    let count = call.index(wanted, "wanted")?;
    let is_plain = call.ordinal(is_plain, "is_plain")? != 0;
    let version = call.number(version, "version")?;
    // Copied, because statements may run JavaScript.
    let weights: Vec<_> =
        call.bytes(weights, "weights")?.as_chunks::<8>().0.iter().map(|weight| f64::from_ne_bytes(*weight)).collect();
    let only: Option<Vec<_>> = call
        .optional_bytes(only, "only")?
        .map(|ids| ids.as_chunks::<8>().0.iter().map(|id| i64::from_ne_bytes(*id)).collect());
    let wanted = Wanted { expression: &expression, weights: &weights, count, only: only.as_deref() };
    let found = table.best(&connection, &wanted, version, is_plain)?;
    let bytes: Vec<u8> =
        found.iter().flat_map(|Match { id, score }| [id.to_le_bytes(), score.to_le_bytes()]).flatten().collect();
    call.buffer(&bytes)
}

/// Returns the ids of an array of 64-bit integers.
fn ids_of(call: &Call<'_>, ids: sys::napi_value) -> SeamResult<Vec<i64>> {
    Ok(call.bytes(ids, "ids")?.as_chunks::<8>().0.iter().map(|id| i64::from_ne_bytes(*id)).collect())
}

fn rows(call: &Call<'_>, [handle, table, ids]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let db = connection.db()?;
    let mut array = std::ptr::null_mut();
    // SAFETY: `env` is this call's environment.
    made(unsafe { sys::napi_create_array(call.env(), &raw mut array) }, array)?;
    let mut position = 0;
    for id in ids_of(call, ids)? {
        table.row(db, id, |row| {
            for column in 0..row.columns() {
                let value = value_of(call, &row.column(column), true)?;
                // SAFETY: array and value belong to this call.
                made(unsafe { sys::napi_set_element(call.env(), array, position, value) }, value)?;
                position += 1;
            }
            Ok(())
        })?;
    }
    Ok(array)
}

fn places(call: &Call<'_>, arguments: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    explain(call, arguments, Explanation::Places)
}

fn around(call: &Call<'_>, arguments: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    explain(call, arguments, Explanation::Surroundings)
}

fn explain(
    call: &Call<'_>,
    [handle, table, expression, ids]: [sys::napi_value; 4],
    what: Explanation,
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let (expression, ids) = (call.text(expression, "expression")?, ids_of(call, ids)?);
    call.buffer(&table.explain(connection.db()?, &expression, &ids, what)?)
}

fn forget(call: &Call<'_>, [handle, table, id]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let is_all = call.type_of(id) == sys::ValueType::napi_undefined;
    table.forget(if is_all { None } else { Some(call.long(id, "id")?) });
    Ok(call.undefined())
}

fn insert(call: &Call<'_>, [handle, table, records]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let records = call.bytes_copy(records, "records")?;
    let ids = table.insert(&connection, &records)?;
    call.buffer(&ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<_>>())
}
