//! From a handle to a thing of this thread. A handle is a place and how often the place was taken, so it is never given
//! out twice. Code of the user's may run between the reading of a handle and its use, and give the thing up. Then the
//! handle is stale, and does not lead to what has taken its place since.

use crate::js::error::{SeamError, SeamResult};
use crate::js::numbers;

/// The lower bits of a handle are the place, the others how often it was taken. Together they are exact as a double.
const PLACE_BITS: u32 = 26;
const MOST_PLACES: usize = 1 << PLACE_BITS;
const LAST_TURN: usize = (1 << (53 - PLACE_BITS)) - 1;

pub(super) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<usize>,
}

struct Place<T> {
    /// How often the place was taken, from 1 on, so that no handle is 0.
    turn: usize,
    thing: Option<T>,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Takes a place for a thing and returns the handle.
    pub(super) fn add(&mut self, thing: T) -> SeamResult<usize> {
        let index = self.free.pop().unwrap_or(self.places.len());
        if index == MOST_PLACES {
            return Err(SeamError::invalid(format!(
                "this thread has {MOST_PLACES} maps, which is the most; close some of them"
            )));
        }
        if index == self.places.len() {
            self.places.push(Place { turn: 0, thing: None });
        }
        let place = self.places.get_mut(index).ok_or_else(closed)?;
        place.turn += 1;
        place.thing = Some(thing);
        Ok(place.turn << PLACE_BITS | index)
    }

    #[inline]
    pub(super) fn get(&self, handle: f64) -> SeamResult<&T> {
        let (index, turn) = parts(handle)?;
        self.places
            .get(index)
            .filter(|place| place.turn == turn)
            .and_then(|place| place.thing.as_ref())
            .ok_or_else(closed)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, handle: f64) -> SeamResult<&mut T> {
        let (index, turn) = parts(handle)?;
        let place = self.places.get_mut(index).filter(|place| place.turn == turn);
        place.and_then(|place| place.thing.as_mut()).ok_or_else(closed)
    }

    /// Takes the thing out. The caller drops it when the table is no longer borrowed.
    pub(super) fn remove(&mut self, handle: f64) -> Option<T> {
        let (index, turn) = parts(handle).ok()?;
        let thing = self.places.get_mut(index).filter(|place| place.turn == turn)?.thing.take()?;
        // A place whose turns are used up stays empty.
        if turn < LAST_TURN {
            self.free.push(index);
        }
        Some(thing)
    }
}

/// Returns the place and the turn of a handle.
#[inline]
fn parts(handle: f64) -> SeamResult<(usize, usize)> {
    let whole = numbers::index(handle).ok_or_else(closed)?;
    Ok((whole & (MOST_PLACES - 1), whole >> PLACE_BITS))
}

#[cold]
fn closed() -> SeamError {
    SeamError::coded(kohakuvault_core::ErrorCode::Closed, "this map is closed; make a new one")
}
