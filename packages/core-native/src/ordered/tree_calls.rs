//! The functions of CSBTree: a map from keys to the slots in which TypeScript keeps keys and values as they were given.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ops::ControlFlow;

use kohakuvault_core::ordered::key::EncodedKey;
use kohakuvault_core::ordered::tree::{Inserted, Tree};
use napi::sys;

use super::key_reader::with_key;
use super::limits::Walk;
use super::slab::Slab;
use super::values::{doubles, integer, made};
use crate::environment;
use crate::error::{SeamError, SeamResult};
use crate::hot::{Call, hot};

thread_local! {
    static TREES: RefCell<Slab<Tree>> = const { RefCell::new(Slab::new()) };
}

const ABSENT: i32 = -1;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    environment::add_cleanup_hook(env, drop_all, 0);
    hot!(env, exports, "treeLoad", load)?;
    hot!(env, exports, "treeDrop", drop_one)?;
    hot!(env, exports, "treeFind", find)?;
    hot!(env, exports, "treeInsert", insert)?;
    hot!(env, exports, "treeRemove", remove)?;
    hot!(env, exports, "treeClear", clear)?;
    hot!(env, exports, "treePage", page)?;
    hot!(env, exports, "treeNumbers", numbers)?;
    hot!(env, exports, "treeRenumber", renumber)?;
    hot!(env, exports, "compareKeys", compare)
}

/// The trees of a thread end with its environment, even where a worker is terminated.
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
    // SAFETY: `keys` is one of this call's arguments; anything else than an array is refused.
    let status = unsafe { sys::napi_get_array_length(call.env(), keys, &raw mut length) };
    if status != sys::Status::napi_ok {
        return Err(SeamError::invalid("keys are not an array"));
    }
    // An array may claim any length: room is made for the keys that are there.
    let mut encoded = Vec::new();
    for position in 0..length {
        let (mut scope, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: the keys are an array; the scope is closed below, and the key is a copy by then.
        let status = unsafe {
            sys::napi_open_handle_scope(call.env(), &raw mut scope);
            sys::napi_get_element(call.env(), keys, position, &raw mut value)
        };
        let key = made(status, value).and_then(|value| with_key(call, value, |key| Ok(key.key())));
        // SAFETY: opened above.
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
    let slot = with_key(call, key, |key| with_tree(handle, |tree| Ok(tree.find(key.code()))))?;
    Ok(integer(call, slot.map_or(ABSENT, |slot| slot as i32)))
}

/// The slot of a key that was there, or the inverted slot of a new one.
fn insert(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let inserted = with_key(call, key, |key| with_tree(handle, |tree| Ok(tree.insert(key.code(), || key.key())?)))?;
    Ok(integer(
        call,
        match inserted {
            Inserted::Present(slot) => slot as i32,
            Inserted::New(slot) => !(slot as i32),
        },
    ))
}

fn remove(call: &Call<'_>, [handle, key]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let slot = with_key(call, key, |key| with_tree(handle, |tree| Ok(tree.remove(key.code()))))?;
    Ok(integer(call, slot.map_or(ABSENT, |slot| slot as i32)))
}

fn clear(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    with_tree(handle, |tree| {
        tree.clear();
        Ok(())
    })?;
    Ok(call.undefined())
}

/// Writes the slots of the first entries of a range, as many as there is room for, and tells how many there were.
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
    Ok(integer(call, (most - places.len()) as i32))
}

/// All keys of a range as doubles; refused where a key is none.
fn numbers(call: &Call<'_>, [handle, lower, upper, flags]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let walk = Walk::read(call, lower, upper, flags)?;
    let found = with_tree(handle, |tree| {
        let mut found = Vec::new();
        let mut all_numbers = true;
        tree.walk(walk.limits(), walk.reverse, |key, _| {
            let number = key.to_double();
            found.extend(number);
            all_numbers = number.is_some();
            if all_numbers { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if all_numbers {
            return Ok(found);
        }
        Err(super::not_a_number())
    })?;
    doubles(call, &found)
}

/// Renumbers the slots in the keys' order, and tells in `old`, which has a place for each entry, what slot it had.
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
    Ok(integer(call, order as i32))
}
