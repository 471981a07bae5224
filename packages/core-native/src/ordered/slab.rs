//! From a handle to a thing of this thread. A handle is a place and how often the place was taken, so it is never given
//! out twice: code of the user's that runs between the reading of a handle and its use, and gives the thing up, makes
//! the handle stale and does not lead to what has taken its place since.

use crate::error::{SeamError, SeamResult};

/// The lower bits of a handle tell the place, the others how often it was taken. Together they are exact as a double.
const PLACE_BITS: u32 = 26;
const MOST_PLACES: usize = 1 << PLACE_BITS;
const LAST_TURN: i64 = (1 << (53 - PLACE_BITS)) - 1;

pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<usize>,
}

struct Place<T> {
    /// How often the place was taken; from 1 on, so that no handle is 0.
    turn: i64,
    thing: Option<T>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn add(&mut self, thing: T) -> SeamResult<usize> {
        let index = match self.free.pop() {
            Some(index) => index,
            None if self.places.len() == MOST_PLACES => {
                return Err(SeamError::invalid(format!(
                    "this thread has {MOST_PLACES} maps, which is the most; close some"
                )));
            }
            None => {
                self.places.push(Place { turn: 0, thing: None });
                self.places.len() - 1
            }
        };
        let place = &mut self.places[index];
        place.turn += 1;
        place.thing = Some(thing);
        Ok((place.turn as usize) << PLACE_BITS | index)
    }

    #[inline]
    pub(crate) fn get(&self, handle: f64) -> SeamResult<&T> {
        let (index, turn) = parts(handle)?;
        self.places
            .get(index)
            .filter(|place| place.turn == turn)
            .and_then(|place| place.thing.as_ref())
            .ok_or_else(closed)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, handle: f64) -> SeamResult<&mut T> {
        let (index, turn) = parts(handle)?;
        let place = self.places.get_mut(index).filter(|place| place.turn == turn);
        place.and_then(|place| place.thing.as_mut()).ok_or_else(closed)
    }

    /// Takes the thing out, to be dropped when the table is no longer borrowed.
    pub(crate) fn remove(&mut self, handle: f64) -> Option<T> {
        let (index, turn) = parts(handle).ok()?;
        let thing = self.places.get_mut(index).filter(|place| place.turn == turn)?.thing.take()?;
        // A place whose turns are used up stays empty.
        if turn < LAST_TURN {
            self.free.push(index);
        }
        Some(thing)
    }
}

/// The place and the turn of a handle. A number that is not whole is no handle.
#[inline]
fn parts(handle: f64) -> SeamResult<(usize, i64)> {
    let whole = handle as i64;
    if whole as f64 != handle || whole < 0 {
        return Err(closed());
    }
    Ok((whole as usize & (MOST_PLACES - 1), whole >> PLACE_BITS))
}

#[cold]
fn closed() -> SeamError {
    SeamError::coded(kohakuvault_core::ErrorCode::Closed, "this map is closed: make a new one")
}
