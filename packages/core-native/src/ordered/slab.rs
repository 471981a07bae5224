//! From a handle to a thing of this thread. The TypeScript face keeps a handle private and gives it up once, so places
//! can be used again.

use crate::error::{SeamError, SeamResult};

pub(crate) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn add(&mut self, thing: T) -> usize {
        if let Some(place) = self.free.pop() {
            self.places[place] = Some(thing);
            return place;
        }
        self.places.push(Some(thing));
        self.places.len() - 1
    }

    pub(crate) fn get(&self, handle: f64) -> SeamResult<&T> {
        self.places.get(handle as usize).filter(|_| handle >= 0.0).and_then(Option::as_ref).ok_or_else(closed)
    }

    pub(crate) fn get_mut(&mut self, handle: f64) -> SeamResult<&mut T> {
        self.places.get_mut(handle as usize).filter(|_| handle >= 0.0).and_then(Option::as_mut).ok_or_else(closed)
    }

    /// Takes the thing out, to be dropped when the table is no longer borrowed.
    pub(crate) fn remove(&mut self, handle: f64) -> Option<T> {
        let place = handle as usize;
        let thing = self.places.get_mut(place).filter(|_| handle >= 0.0)?.take();
        if thing.is_some() {
            self.free.push(place);
        }
        thing
    }
}

#[cold]
fn closed() -> SeamError {
    SeamError::coded(kohakuvault_core::ErrorCode::Closed, "this map is closed: make a new one")
}
