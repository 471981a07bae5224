//! The functions of CSBTree: a map from keys to slots. TypeScript keeps keys and values, as they were given, in these
//! slots.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ops::ControlFlow;

use kohakuvault_core::ordered::key::EncodedKey;
use kohakuvault_core::ordered::tree::{Inserted, Tree};
use napi::sys;

use super::key_from_js::with_key;
use super::number_keys::NumberKeys;
use super::slab::Slab;
use super::walk::Walk;
use crate::js::call::Call;
use crate::js::environment;
use crate::js::error::{SeamError, SeamResult};
use crate::js::make::made;
use crate::js::numbers::slot;
use crate::js::register::js_function;

thread_local! {
    static TREES: RefCell<Slab<Tree>> = const { RefCell::new(Slab::new()) };
}

const ABSENT: i32 = -1;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    environment::add_cleanup_hook(env, drop_all, 0);
    js_function!(env, exports, "treeLoad", load)?;
    js_function!(env, exports, "treeDrop", drop_one)?;
    js_function!(env, exports, "treeFind", find)?;
    js_function!(env, exports, "treeInsert", insert)?;
    js_function!(env, exports, "treeRemove", remove)?;
    js_function!(env, exports, "treeClear", clear)?;
    js_function!(env, exports, "treePage", page)?;
    js_function!(env, exports, "treeCount", count)?;
    js_function!(env, exports, "treeNumbers", number_keys)?;
    js_function!(env, exports, "treeRenumber", renumber)?;
    js_function!(env, exports, "compareKeys", compare)
}

/// Drops the trees of a thread when its environment ends, even if a worker is terminated.
extern "C" fn drop_all(_: *mut c_void) {
    let _ = TREES.try_with(|trees| trees.replace(Slab::new()));
}

#[inline]
fn with_tree<T>(handle: f64, work: impl FnOnce(&mut Tree) -> SeamResult<T>) -> SeamResult<T> {
    TREES.with_borrow_mut(|trees| work(trees.get_mut(handle)?))
}

fn load(call: &Call<'_>, [order, keys]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let order = call.index(order, "order")?;
    let tree = Tree::from_sorted(order, encoded_keys(call, keys)?)?;
    let handle = TREES.with_borrow_mut(|trees| trees.add(tree))?;
    Ok(call.count(Some(handle)))
}

fn encoded_keys(call: &Call<'_>, keys: sys::napi_value) -> SeamResult<Vec<EncodedKey>> {
    let mut length = 0;
    // SAFETY: `keys` is one of this call's arguments. Node-API refuses anything but an array.
    let status = unsafe { sys::napi_get_array_length(call.env(), keys, &raw mut length) };
    if status != sys::Status::napi_ok {
        return Err(SeamError::invalid("keys is not an array; expected one of keys in ascending order"));
    }
    // An array may claim any length, so room is made only for the keys that are there.
    let mut encoded = Vec::new();
    for position in 0..length {
        let (mut scope, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: the keys are an array. The scope is closed below, and the key is a copy by then.
        let status = unsafe {
            sys::napi_open_handle_scope(call.env(), &raw mut scope);
            sys::napi_get_element(call.env(), keys, position, &raw mut value)
        };
        let key = made(status, value).and_then(|value| with_key(call, value, |key| Ok(key.key())));
        // SAFETY: it was opened above.
        unsafe { sys::napi_close_handle_scope(call.env(), scope) };
        encoded.push(key?);
    }
    Ok(encoded)
}

fn drop_one(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let tree = TREES.with_borrow_mut(|trees| trees.remove(handle));
    drop(tree);
    Ok(call.undefined())
}

fn find(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let found = with_key(call, key, |key| with_tree(handle, |tree| Ok(tree.find(key.code()))))?;
    Ok(call.small_integer(found.map_or(ABSENT, slot)))
}

/// Returns the slot of a key that was there, or the inverted slot of a new one.
fn insert(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let inserted = with_key(call, key, |key| with_tree(handle, |tree| Ok(tree.insert(key.code(), || key.key())?)))?;
    Ok(call.small_integer(match inserted {
        Inserted::Present(present) => slot(present),
        Inserted::New(new) => !slot(new),
    }))
}

fn remove(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let found = with_key(call, key, |key| with_tree(handle, |tree| Ok(tree.remove(key.code()))))?;
    Ok(call.small_integer(found.map_or(ABSENT, slot)))
}

fn clear(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    with_tree(handle, |tree| {
        tree.clear();
        Ok(())
    })?;
    Ok(call.undefined())
}

/// Writes the slots of the first entries of a range, as many as fit, and returns how many.
fn page(call: &Call<'_>, [handle, lower, upper, flags, slots]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let (places, _) = call.bytes_mut(slots, "slots")?.as_chunks_mut::<4>();
    let most = places.len();
    let mut places = places.iter_mut();
    with_tree(handle, |tree| {
        tree.walk(walk.limits(), walk.reverse, |_, slot| match places.next() {
            Some(place) => {
                *place = slot.to_ne_bytes();
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        });
        Ok(())
    })?;
    Ok(call.count(Some(most - places.len())))
}

/// Returns how many entries a range has.
fn count(call: &Call<'_>, [handle, lower, upper, flags]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    Ok(call.count(Some(with_tree(handle, |tree| Ok(tree.count(walk.limits())))?)))
}

/// Returns all keys of a range as doubles. Refuses a range with a key that is not a number.
fn number_keys(call: &Call<'_>, [handle, lower, upper, flags]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let mut numbers = NumberKeys::new();
    with_tree(handle, |tree| {
        tree.walk(walk.limits(), walk.reverse, |key, _| numbers.visit(key.to_double()));
        Ok(())
    })?;
    numbers.to_js(call)
}

/// Renumbers the slots in the order of the keys, and writes to `old` which slot each entry had. `old` has a place for
/// each.
fn renumber(call: &Call<'_>, [handle, old]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let (places, _) = call.bytes_mut(old, "old")?.as_chunks_mut::<4>();
    with_tree(handle, |tree| {
        if places.len() != tree.len() {
            let (given, expected) = (places.len(), tree.len());
            return Err(SeamError::invalid(format!("old has {given} places; expected {expected}, one for each entry")));
        }
        let mut places = places.iter_mut();
        tree.renumber(|slot| {
            if let Some(place) = places.next() {
                *place = slot.to_ne_bytes();
            }
        });
        Ok(())
    })?;
    Ok(call.undefined())
}

fn compare(call: &Call<'_>, [left, right]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let left = with_key(call, left, |key| Ok(key.code().to_vec()))?;
    let order = with_key(call, right, |key| Ok(left.as_slice().cmp(key.code())))?;
    Ok(call.small_integer(order as i32))
}
