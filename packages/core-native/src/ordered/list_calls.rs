//! The functions of SkipList. Values are bytes here; TypeScript makes and reads them.

use std::ops::ControlFlow;
use std::ptr;

use kohakuvault_core::ordered::key::EncodedKey;
use kohakuvault_core::ordered::skip_list::Value;
use napi::sys;

use super::key_maker;
use super::key_reader::with_key;
use super::limits::Walk;
use super::shared_lists::{self, with_list};
use super::values::{array, boolean, doubles, made};
use crate::environment;
use crate::error::{SeamError, SeamResult};
use crate::hot::{Call, hot};

/// A page of a walk ends with the entry that passes this many bytes of values.
const PAGE_BYTES: usize = 1 << 20;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    environment::add_cleanup_hook(env, shared_lists::release_all, 0);
    hot!(env, exports, "listCreate", create)?;
    hot!(env, exports, "listShare", share)?;
    hot!(env, exports, "listAttach", attach)?;
    hot!(env, exports, "listRelease", release)?;
    hot!(env, exports, "listsAlive", alive)?;
    hot!(env, exports, "listSize", size)?;
    hot!(env, exports, "listGet", get)?;
    hot!(env, exports, "listHas", has)?;
    hot!(env, exports, "listSet", set)?;
    hot!(env, exports, "listInsert", insert)?;
    hot!(env, exports, "listSetDefault", set_default)?;
    hot!(env, exports, "listAppend", append)?;
    hot!(env, exports, "listDelete", delete)?;
    hot!(env, exports, "listRemove", remove)?;
    hot!(env, exports, "listClear", clear)?;
    hot!(env, exports, "listPage", page)?;
    hot!(env, exports, "listNumbers", numbers)
}

fn create(call: &Call<'_>, []: [sys::napi_value; 0]) -> SeamResult<sys::napi_value> {
    Ok(call.count(Some(shared_lists::create()?)))
}

fn share(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let id = shared_lists::share(call.number(handle, "handle")?)?;
    Ok(call.count(Some(id as usize)))
}

fn attach(call: &Call<'_>, [id]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let handle = shared_lists::attach(call.index(id, "id")? as u64)?;
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

/// The key as the list keeps it.
fn owned(call: &Call<'_>, key: sys::napi_value) -> SeamResult<EncodedKey> {
    with_key(call, key, |key| Ok(key.key()))
}

/// Copies the value into `target` where it fits, and tells its length, so that the caller can come again with more room.
fn get(call: &Call<'_>, [handle, key, target]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let found = with_list(handle, |list| Ok(list.get(&key)))?;
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
    let key = owned(call, key)?;
    Ok(boolean(call, with_list(handle, |list| Ok(list.get(&key).is_some()))?))
}

/// Whether a value was replaced; `insert` gives that value as well, which costs a copy.
fn set(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let before = put(call, [handle, key, value])?;
    Ok(boolean(call, before.is_some()))
}

fn insert(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let before = put(call, [handle, key, value])?;
    maybe_bytes(call, before)
}

fn put(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<Option<Value>> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let value = call.bytes(value, "value")?;
    with_list(handle, |list| Ok(list.insert(&key, value.into())))
}

fn set_default(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let value = call.bytes(value, "value")?;
    let present = with_list(handle, |list| Ok(list.set_default(&key, value.into())))?;
    maybe_bytes(call, present)
}

/// Adds an entry behind all others; false for a key that is not above theirs.
fn append(call: &Call<'_>, [handle, key, value]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let value = call.bytes(value, "value")?;
    Ok(boolean(call, with_list(handle, |list| Ok(list.append(&key, value.into())))?))
}

fn delete(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    Ok(boolean(call, with_list(handle, |list| Ok(list.remove(&key).is_some()))?))
}

fn remove(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key = owned(call, key)?;
    let before = with_list(handle, |list| Ok(list.remove(&key)))?;
    maybe_bytes(call, before)
}

fn clear(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    with_list(call.number(handle, "handle")?, |list| {
        list.clear();
        Ok(())
    })?;
    Ok(call.undefined())
}

/// The first entries of a range: an array of the keys, one of the bytes of all values, one of the ends among them.
fn page(call: &Call<'_>, [handle, lower, upper, flags, most]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let most = call.index(most, "most")?;
    if most == 0 {
        return Err(SeamError::invalid("most is 0; expected how many entries a page has"));
    }
    let mut keys = Vec::new();
    let mut values = Vec::new();
    let mut ends = Vec::new();
    with_list(handle, |list| {
        list.walk(walk.limits(), walk.reverse, |key, value| {
            keys.push(key.clone());
            values.extend_from_slice(value);
            ends.push(values.len() as f64);
            let more = keys.len() < most && values.len() < PAGE_BYTES;
            if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Ok(())
    })?;
    let keys = array(call, keys.iter(), |key| key_maker::make(call, key))?;
    let parts = [keys, bytes(call, &values)?, doubles(call, &ends)?];
    array(call, parts.into_iter(), Ok)
}

/// All keys of a range as doubles; refused where a key is none.
fn numbers(call: &Call<'_>, [handle, lower, upper, flags]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let mut found = Vec::new();
    let mut all_numbers = true;
    with_list(handle, |list| {
        list.walk(walk.limits(), walk.reverse, |key, _| {
            let number = key.to_double();
            found.extend(number);
            all_numbers = number.is_some();
            if all_numbers { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Ok(())
    })?;
    if all_numbers { doubles(call, &found) } else { Err(super::not_a_number()) }
}

fn maybe_bytes(call: &Call<'_>, value: Option<Value>) -> SeamResult<sys::napi_value> {
    value.map_or_else(|| Ok(call.undefined()), |value| bytes(call, value.bytes()))
}

fn bytes(call: &Call<'_>, bytes: &[u8]) -> SeamResult<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is this call's environment, and the bytes live through the call, which copies them.
    let status = unsafe {
        sys::napi_create_buffer_copy(call.env(), bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &raw mut value)
    };
    made(status, value)
}
