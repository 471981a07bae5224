//! The functions JavaScript sees.

use kohakuvault_core::vector::shape::{Shape, VectorType};
use napi::bindgen_prelude::{Buffer, Object};
use napi::{Env, sys};
use napi_derive::napi;

use super::request::{Prepared, VectorRequest};
use super::table::VectorTable;
use crate::error::{SeamError, SeamResult, shell};
use crate::hot::{Call, hot};
use crate::registry;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "vectorInserted", inserted)?;
    hot!(env, exports, "vectorReplaced", replaced)?;
    hot!(env, exports, "vectorRemoved", removed)?;
    hot!(env, exports, "vectorForget", forget)?;
    hot!(env, exports, "vectorClear", clear)?;
    hot!(env, exports, "vectorAdopt", adopt)
}

/// Makes ready to search the vec0 table of this name; the type is a code.
#[napi]
pub fn create_vector_table(
    env: Env,
    handle: f64,
    name: String,
    vector_type: u32,
    dimensions: u32,
    keeps_lengths: bool,
) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(handle as u64)?;
        let kind = VectorType::from_code(vector_type)
            .ok_or_else(|| SeamError::invalid(format!("no type of vectors has the code {vector_type}")))?;
        let shape = Shape { kind, dimensions: dimensions as usize, keeps_lengths };
        let table = VectorTable::new(&connection, &name, shape)?;
        Ok(connection.add_vector_table(table))
    })
}

/// The nearest of each query: `| count u64 |` and so many times `| id i64 | id of the value i64 | distance f64 |`.
#[napi]
pub fn vector_search(
    env: Env,
    handle: f64,
    table: u32,
    #[napi(ts_arg_type = "VectorRequest")] request: Object<'_>,
) -> napi::Result<Buffer> {
    let request = VectorRequest::read(&request)?;
    shell(env, || {
        let connection = registry::find(handle as u64)?;
        let table = connection.vector_table(table)?;
        let prepared = Prepared::new(table.layout.shape, &request)?;
        let found = table.search(&connection, &prepared, request.resident_bytes)?;
        Ok(prepared.encode(&found).into())
    })
}

fn inserted(
    call: &Call<'_>,
    [handle, table, ids, value_ids, rows]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let table = connection.vector_table(call.ordinal(table, "table")?)?;
    let (ids, value_ids, rows) = (call.bytes(ids, "ids")?, call.bytes(value_ids, "ids")?, call.bytes(rows, "rows")?);
    let rows = rows.chunks(table.layout.shape.row_bytes().max(1));
    let pairs = ids.as_chunks::<8>().0.iter().zip(value_ids.as_chunks::<8>().0);
    table.change(|matrix| {
        pairs.zip(rows).try_for_each(|((id, value_id), row)| {
            matrix.insert(i64::from_ne_bytes(*id), i64::from_ne_bytes(*value_id), row)
        })
    })?;
    Ok(call.undefined())
}

fn replaced(call: &Call<'_>, [handle, table, id, row]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let table = connection.vector_table(call.ordinal(table, "table")?)?;
    let (id, row) = (call.long(id, "id")?, call.bytes(row, "row")?);
    table.change(|matrix| matrix.replace(id, row))?;
    Ok(call.undefined())
}

fn removed(call: &Call<'_>, [handle, table, id]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let table = connection.vector_table(call.ordinal(table, "table")?)?;
    let id = call.long(id, "id")?;
    table.change(|matrix| {
        matrix.remove(id);
        Ok(())
    })?;
    Ok(call.undefined())
}

fn forget(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    call.connection(handle)?.vector_table(call.ordinal(table, "table")?)?.forget();
    Ok(call.undefined())
}

fn clear(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    connection.vector_table(call.ordinal(table, "table")?)?.clear(&connection)?;
    Ok(call.undefined())
}

fn adopt(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    call.connection(handle)?.vector_table(call.ordinal(table, "table")?)?.adopt();
    Ok(call.undefined())
}
