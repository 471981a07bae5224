//! The functions of SkipList. Values are bytes here; TypeScript encodes and decodes them.

use std::ops::ControlFlow;

use kohakuvault_core::ordered::skip_list::Value;
use napi::sys;

use super::key_from_js::with_key;
use super::key_to_js::key_to_js;
use super::list_arguments::{expected, owned};
use super::number_keys::NumberKeys;
use super::shared_lists::{self, with_list};
use super::walk::Walk;
use crate::js::call::Call;
use crate::js::environment;
use crate::js::error::{SeamError, SeamResult};
use crate::js::register::js_function;

/// A page ends with the entry whose value reaches this many bytes of values.
const PAGE_BYTES: usize = 1 << 20;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    environment::add_cleanup_hook(env, shared_lists::release_all, 0);
    js_function!(env, exports, "listCreate", create)?;
    js_function!(env, exports, "listShare", share)?;
    js_function!(env, exports, "listAttach", attach)?;
    js_function!(env, exports, "listRelease", release)?;
    js_function!(env, exports, "listsAlive", alive)?;
    js_function!(env, exports, "listSize", size)?;
    js_function!(env, exports, "listGet", get)?;
    js_function!(env, exports, "listHas", has)?;
    js_function!(env, exports, "listSet", set)?;
    js_function!(env, exports, "listInsert", insert)?;
    js_function!(env, exports, "listSetDefault", set_default)?;
    js_function!(env, exports, "listAppend", append)?;
    js_function!(env, exports, "listDelete", delete)?;
    js_function!(env, exports, "listRemove", remove)?;
    js_function!(env, exports, "listClear", clear)?;
    js_function!(env, exports, "listPage", page)?;
    js_function!(env, exports, "listNumbers", numbers)?;
    js_function!(env, exports, "listCompareAndSet", compare_and_set)?;
    js_function!(env, exports, "listCount", count)?;
    js_function!(env, exports, "listDeleteRange", delete_range)?;
    js_function!(env, exports, "listPop", pop)
}

fn create(call: &Call<'_>, []: [sys::napi_value; 0]) -> SeamResult<sys::napi_value> {
    Ok(call.count(Some(shared_lists::create()?)))
}

fn share(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let id = shared_lists::share(call.number(handle, "handle")?)?;
    Ok(call.count(Some(id)))
}

fn attach(call: &Call<'_>, [id]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let handle = shared_lists::attach(call.index(id, "id")?)?;
    Ok(call.count(Some(handle)))
}

fn release(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    shared_lists::release(call.number(handle, "handle")?);
    Ok(call.undefined())
}

fn alive(call: &Call<'_>, []: [sys::napi_value; 0]) -> SeamResult<sys::napi_value> {
    Ok(call.count(Some(shared_lists::live())))
}

fn size(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let size = with_list(call.number(handle, "handle")?, |list| Ok(list.len()))?;
    Ok(call.count(Some(size)))
}

/// Copies the value into `target` if it fits, and returns its length, so that the caller can come again with more room.
fn get(call: &Call<'_>, [handle, key, target]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let found = with_key(call, key, |key| with_list(handle, |list| Ok(list.get(key.code()))))?;
    let length = found.map(|value| {
        let bytes = value.bytes();
        let target = call.bytes_mut(target, "target")?;
        if let Some(place) = target.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
        }
        Ok::<_, SeamError>(bytes.len())
    });
    Ok(call.count(length.transpose()?))
}

fn has(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let found = with_key(call, key, |key| with_list(handle, |list| Ok(list.get(key.code()).is_some())))?;
    Ok(call.boolean(found))
}

/// Sets a value and returns whether another one was replaced. `insert` returns that value too, which costs a copy.
fn set(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let before = put(call, [handle, key, value])?;
    Ok(call.boolean(before.is_some()))
}

fn insert(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let before = put(call, [handle, key, value])?;
    maybe_bytes(call, before)
}

fn put(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<Option<Value>> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let value = call.bytes(value, "value")?;
    with_list(handle, |list| Ok(list.insert(&key, value)))
}

fn set_default(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let value = call.bytes(value, "value")?;
    let present = with_list(handle, |list| Ok(list.set_default(&key, value)))?;
    maybe_bytes(call, present)
}

/// Adds an entry after all others. Returns false for a key that is not above theirs.
fn append(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let value = call.bytes(value, "value")?;
    Ok(call.boolean(with_list(handle, |list| Ok(list.append(&key, value)))?))
}

fn delete(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let removed = with_key(call, key, |key| with_list(handle, |list| Ok(list.remove(key.code()).is_some())))?;
    Ok(call.boolean(removed))
}

fn remove(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let before = with_key(call, key, |key| with_list(handle, |list| Ok(list.remove(key.code()))))?;
    maybe_bytes(call, before)
}

fn clear(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    with_list(call.number(handle, "handle")?, |list| {
        list.clear();
        Ok(())
    })?;
    Ok(call.undefined())
}

/// Returns the first entries of a range: an array of the keys, the bytes of all values, and where each value ends.
fn page(call: &Call<'_>, [handle, lower, upper, flags, most]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let most = call.index(most, "most")?;
    if most == 0 {
        return Err(SeamError::invalid("most is 0; expected the number of entries of a page"));
    }
    let mut keys = Vec::new();
    let mut values = Vec::new();
    let mut ends = Vec::new();
    with_list(handle, |list| {
        list.walk(walk.limits(), walk.reverse, |key, value| {
            keys.push(key.key());
            values.extend_from_slice(value);
            ends.push(values.len() as f64);
            let more = keys.len() < most && values.len() < PAGE_BYTES;
            if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Ok(())
    })?;
    let keys = call.array(keys.iter(), |key| key_to_js(call, key))?;
    let parts = [keys, call.buffer(&values)?, call.doubles(&ends)?];
    call.array(parts.into_iter(), Ok)
}

/// Returns all keys of a range as doubles. Refuses a range with a key that is not a number.
fn numbers(call: &Call<'_>, [handle, lower, upper, flags]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let mut numbers = NumberKeys::new();
    with_list(handle, |list| {
        list.walk(walk.limits(), walk.reverse, |key, _| numbers.visit(key.to_double()));
        Ok(())
    })?;
    numbers.to_js(call)
}

/// Sets a value, or removes the key for undefined, if the key has what is expected. Returns whether it had.
fn compare_and_set(
    call: &Call<'_>,
    [handle, key, bytes, or_absent, value]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let expected = expected(call, bytes, or_absent)?;
    let value = call.optional_bytes(value, "value")?;
    Ok(call.boolean(with_list(handle, |list| Ok(list.compare_and_set(&key, expected, value)))?))
}

fn count(call: &Call<'_>, [handle, lower, upper, flags, most]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let most = call.index(most, "most")?;
    Ok(call.count(Some(with_list(handle, |list| Ok(list.count(walk.limits(), most)))?)))
}

/// Removes the first entries of a range, and returns how many.
fn delete_range(
    call: &Call<'_>,
    [handle, lower, upper, flags, most]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let most = call.index(most, "most")?;
    let removed = with_list(handle, |list| Ok(list.remove_range(walk.limits(), walk.reverse, most)))?;
    Ok(call.count(Some(removed)))
}

/// Removes the first entry of a range. Returns its key and the bytes of its value, or undefined if there is none.
fn pop(call: &Call<'_>, [handle, lower, upper, flags]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let Some((key, value)) = with_list(handle, |list| Ok(list.pop(walk.limits(), walk.reverse)))? else {
        return Ok(call.undefined());
    };
    let parts = [key_to_js(call, &key)?, call.buffer(value.bytes())?];
    call.array(parts.into_iter(), Ok)
}

fn maybe_bytes(call: &Call<'_>, value: Option<Value>) -> SeamResult<sys::napi_value> {
    value.map_or_else(|| Ok(call.undefined()), |value| call.buffer(value.bytes()))
}
