//! The functions that JavaScript sees.

use std::rc::Rc;

use kohakuvault_core::vector::shape::{Metric, Shape, VectorType};
use napi::bindgen_prelude::{Buffer, Object};
use napi::{Env, sys};
use napi_derive::napi;

use super::filling::NewVectors;
use super::request::{PreparedSearch, VectorRequest};
use super::table::VectorTable;
use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult, shell};
use crate::js::numbers;
use crate::js::register::js_function;
use crate::registry::{self, connection_of};

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "vectorInserted", inserted)?;
    js_function!(env, exports, "vectorReplaced", replaced)?;
    js_function!(env, exports, "vectorRemoved", removed)?;
    js_function!(env, exports, "vectorForget", forget)?;
    js_function!(env, exports, "vectorRenew", renew)?;
    js_function!(env, exports, "vectorClear", clear)?;
    js_function!(env, exports, "vectorFill", fill)?;
    js_function!(env, exports, "vectorMakeChunk", make_chunk)?;
    js_function!(env, exports, "vectorStandIn", stand_in)?;
    js_function!(env, exports, "vectorTakeOut", take_out)?;
    js_function!(env, exports, "vectorAlter", alter)?;
    js_function!(env, exports, "vectorIsResident", is_resident)?;
    js_function!(env, exports, "vectorNeedsSketch", needs_sketch)
}

/// Prepares to search the vec0 table of this name. The type is a `VectorTypeCode`.
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
        let connection = registry::find(numbers::handle(handle))?;
        let kind = VectorType::from_code(vector_type).ok_or_else(|| {
            SeamError::invalid(format!("vector type {vector_type} is unknown; expected a VectorTypeCode"))
        })?;
        let shape = Shape { kind, dimensions: dimensions as usize, keeps_lengths };
        let table = VectorTable::new(connection.db()?, &name, shape)?;
        connection.kept().add(table)
    })
}

/// Returns the nearest vectors of each query: `| count u64 |`, then as often `| id i64 | id of the value i64 | distance
/// f64 |`.
#[napi]
pub fn vector_search(
    env: Env,
    handle: f64,
    table: u32,
    #[napi(ts_arg_type = "VectorRequest")] request: Object<'_>,
) -> napi::Result<Buffer> {
    let request = VectorRequest::read(&request)?;
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let table = connection.kept().get::<VectorTable>(table)?;
        let resident_bytes = request.resident_bytes;
        let mut search = PreparedSearch::new(table.layout.shape, request)?;
        table.evaluate(connection.db()?, &mut search)?;
        let found = table.search(connection.db()?, &search, resident_bytes)?;
        Ok(search.encode(&found).into())
    })
}

/// Returns the connection of a handle, and its table of a number.
fn table_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<VectorTable>)> {
    let connection = connection_of(call, handle)?;
    let table = connection.kept().get(call.ordinal(number, "table")?)?;
    Ok((connection, table))
}

fn inserted(
    call: &Call<'_>,
    [handle, table, ids, value_ids, rows]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let (ids, value_ids, rows) =
        (call.bytes(ids, "ids")?, call.bytes(value_ids, "valueIds")?, call.bytes(rows, "rows")?);
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
    let (_, table) = table_of(call, handle, table)?;
    let (id, row) = (call.long(id, "id")?, call.bytes(row, "row")?);
    table.change(|matrix| matrix.replace(id, row))?;
    Ok(call.undefined())
}

fn removed(call: &Call<'_>, [handle, table, id]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let id = call.long(id, "id")?;
    table.change(|matrix| {
        matrix.remove(id);
        Ok(())
    })?;
    Ok(call.undefined())
}

fn forget(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    table_of(call, handle, table)?.1.forget();
    Ok(call.undefined())
}

/// Reads chunks again that others have changed. Returns false if the copy must be dropped.
fn renew(call: &Call<'_>, [handle, table, chunks, most]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let most = call.number(most, "most")?;
    let chunks = call.bytes(chunks, "chunks")?.as_chunks::<8>().0;
    let chunks = chunks.iter().filter_map(|chunk| numbers::exact(f64::from_ne_bytes(*chunk))).collect();
    Ok(call.boolean(table.renew(&connection, chunks, most)?))
}

fn clear(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    table.clear(&connection)?;
    Ok(call.undefined())
}

/// Returns the ids, as 64-bit integers in memory order.
fn fill(
    call: &Call<'_>,
    [handle, table, chunk, ids, value_ids, rows]: [sys::napi_value; 6],
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let chunk = call.long(chunk, "chunk")?;
    let (ids, value_ids, rows) =
        (call.bytes(ids, "ids")?, call.bytes(value_ids, "valueIds")?, call.bytes(rows, "rows")?);
    // Copied, because the statements of the call may run JavaScript.
    let new = NewVectors { ids: longs(ids), value_ids: longs(value_ids), rows: rows.to_vec() };
    let ids = table.fill(&connection, chunk, new)?;
    call.buffer(&ids.iter().flat_map(|id| id.to_ne_bytes()).collect::<Vec<_>>())
}

fn longs(bytes: &[u8]) -> Vec<i64> {
    bytes.as_chunks::<8>().0.iter().map(|id| i64::from_ne_bytes(*id)).collect()
}

fn make_chunk(call: &Call<'_>, [handle, table, slots]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let slots = i64::from(call.ordinal(slots, "slots")?);
    call.buffer(&table.make_chunk(&connection, slots)?.to_ne_bytes())
}

fn take_out(call: &Call<'_>, [handle, table, id]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let id = call.long(id, "id")?;
    Ok(call.boolean(table.take_out(&connection, id)?))
}

fn alter(call: &Call<'_>, [handle, table, sql]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    table.alter(&connection, &call.text(sql, "sql")?)?;
    Ok(call.undefined())
}

/// Registers what stands in for sqlite-vec's module.
fn stand_in(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    super::stand_in::register(connection_of(call, handle)?.db()?)?;
    Ok(call.undefined())
}

fn is_resident(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    Ok(call.boolean(table.matrix().is_some()))
}

fn needs_sketch(call: &Call<'_>, [handle, table, metric]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let metric = Metric::from_code(call.ordinal(metric, "metric")?)
        .ok_or_else(|| SeamError::invalid("the metric is unknown; expected a MetricCode"))?;
    Ok(call.boolean(!table.is_sketching() && table.needs_sketch(metric)))
}
