//! A tree that is one of doubles until it is given another key.

use std::cmp::Ordering;
use std::ops::{Bound, ControlFlow};

use super::encoded_keys::EncodedKeys;
use super::key::{EncodedKey, KeyWriter};
use super::number::{self, Number};
use super::number_keys::NumberKeys;
use super::tree::{Inserted, Limits, Tree, Unsorted};
use crate::error::CoreError;

/// The tree, as one of two.
#[derive(Debug)]
pub enum MixedTree {
    /// All keys are doubles.
    Numbers(Tree<NumberKeys>),
    /// At least one key, once, was not.
    Encoded(Tree<EncodedKeys>),
}

/// A key that a walk visits.
#[derive(Clone, Copy, Debug)]
pub enum Visited<'tree> {
    /// Of a tree of doubles.
    Double(f64),
    /// Of any other.
    Encoded(&'tree EncodedKey),
}

impl MixedTree {
    /// A tree without entries.
    pub fn new(order: usize) -> Result<Self, CoreError> {
        Tree::new(order).map(Self::Numbers)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(tree) => tree.len(),
            Self::Encoded(tree) => tree.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slot of a key.
    #[must_use]
    pub fn find(&self, key: &KeyWriter) -> Option<u32> {
        match self {
            Self::Encoded(tree) => tree.find(key.code()),
            Self::Numbers(tree) => exact_double(key.code()).and_then(|value| tree.find(&value)),
        }
    }

    /// Adds a key.
    pub fn insert(&mut self, key: &KeyWriter) -> Result<Inserted, CoreError> {
        if let Self::Numbers(tree) = self {
            if let Some(slot) = exact_double(key.code()).and_then(|value| tree.find(&value)) {
                return Ok(Inserted::Present(slot));
            }
            *self = Self::Encoded(tree.converted(|value| EncodedKey::of_double(*value))?);
        }
        match self {
            Self::Encoded(tree) => tree.insert(key.code(), || key.key()),
            Self::Numbers(_) => Err(CoreError::Corrupt("a tree did not change its kind".into())),
        }
    }

    /// Removes a key and tells the slot it had.
    pub fn remove(&mut self, key: &KeyWriter) -> Option<u32> {
        match self {
            Self::Encoded(tree) => tree.remove(key.code()),
            Self::Numbers(tree) => exact_double(key.code()).and_then(|value| tree.remove(&value)),
        }
    }

    /// Removes everything, and is a tree of doubles again.
    pub fn clear(&mut self) -> Result<(), CoreError> {
        let order = match self {
            Self::Numbers(tree) => tree.order(),
            Self::Encoded(tree) => tree.order(),
        };
        *self = Self::new(order)?;
        Ok(())
    }

    /// Gives the slots 0, 1, 2 … to the entries in their order, and tells `visit` which each had.
    pub fn renumber(&mut self, visit: impl FnMut(u32)) {
        match self {
            Self::Numbers(tree) => tree.renumber(visit),
            Self::Encoded(tree) => tree.renumber(visit),
        }
    }

    /// Calls `visit` with the entries between two codes, in order or against it.
    pub fn walk(
        &self,
        limits: Limits<'_, [u8]>,
        reverse: bool,
        mut visit: impl FnMut(Visited<'_>, u32) -> ControlFlow<()>,
    ) {
        match self {
            Self::Encoded(tree) => {
                let visit = |key: &EncodedKey, slot| visit(Visited::Encoded(key), slot);
                if reverse { tree.descend(limits, visit) } else { tree.ascend(limits, visit) }
            }
            Self::Numbers(tree) => {
                let (lower, upper) = (lower_double(limits.0), upper_double(limits.1));
                let limits = (lower.as_ref(), upper.as_ref());
                let visit = |key: &f64, slot| visit(Visited::Double(*key), slot);
                if reverse { tree.descend(limits, visit) } else { tree.ascend(limits, visit) }
            }
        }
    }

    /// Builds a tree of doubles from a sorted list of them.
    pub fn from_sorted_numbers(order: usize, keys: impl IntoIterator<Item = f64>) -> Result<Self, Unsorted> {
        Tree::from_sorted(order, keys).map(Self::Numbers)
    }

    /// Builds a tree from a sorted list of keys.
    pub fn from_sorted(order: usize, keys: impl IntoIterator<Item = EncodedKey>) -> Result<Self, Unsorted> {
        Tree::from_sorted(order, keys).map(Self::Encoded)
    }
}

/// The double that has this code, if there is one.
fn exact_double(code: &[u8]) -> Option<f64> {
    let (value, order) = nearest_double(code)?;
    (order == Ordering::Equal).then_some(value)
}

/// A double with no other one between it and the code, and on which side of the code it is. None for what is no number.
fn nearest_double(code: &[u8]) -> Option<(f64, Ordering)> {
    let (Number::Double(value), _) = number::decode(code, false)? else { return None };
    let mut own = Vec::with_capacity(code.len());
    number::encode_double(value, &mut own);
    Some((value, own.as_slice().cmp(code)))
}

/// The limit as one among doubles: between two of them, it is the end of the lower one's side.
fn lower_double(limit: Bound<&[u8]>) -> Bound<f64> {
    let (Bound::Included(code) | Bound::Excluded(code)) = limit else { return Bound::Unbounded };
    match nearest_double(code) {
        Some((value, Ordering::Equal)) => limit.map(|_| value),
        Some((value, Ordering::Less)) => Bound::Excluded(value),
        Some((value, Ordering::Greater)) => Bound::Included(value),
        // Every other kind of key is above the numbers.
        None => Bound::Excluded(f64::INFINITY),
    }
}

fn upper_double(limit: Bound<&[u8]>) -> Bound<f64> {
    let (Bound::Included(code) | Bound::Excluded(code)) = limit else { return Bound::Unbounded };
    match nearest_double(code) {
        Some((value, Ordering::Equal)) => limit.map(|_| value),
        Some((value, Ordering::Less)) => Bound::Included(value),
        Some((value, Ordering::Greater)) => Bound::Excluded(value),
        None => Bound::Included(f64::INFINITY),
    }
}
