//! Vectors with their ids, in a piece of memory.

use std::sync::Arc;

use super::kernels::{Sum, f32_sums, int8_sums};
use super::packed_rows::PackedRows;
use super::shape::{EXACT_SQUARES, Shape, VectorType};
use super::sketch::codes::Sketch;
use super::sketch::sketcher::Sketcher;
use crate::CoreError;

/// Vectors with their ids and the ids of their values, without holes.
#[derive(Clone)]
pub struct Block {
    shape: Shape,
    ids: Vec<i64>,
    value_ids: Vec<i64>,
    /// Shared, so that a copy of the block that only gets a sketch does not copy them.
    rows: Arc<PackedRows>,
    /// One over the length of each, or 0 if that needs more digits. Empty unless the shape keeps lengths.
    inverse_lengths: Vec<f32>,
    sketch: Option<Sketch>,
}

/// Which slots of a chunk of vec0 hold a vector, and of which id.
pub struct Slots {
    used: Vec<(usize, i64)>,
}

impl Slots {
    /// Reads a chunk's bitmap, lowest bit first, and its ids, 64-bit little-endian.
    ///
    /// # Errors
    /// If either does not have the length that a chunk of `size` slots needs.
    pub fn read(size: usize, validity: &[u8], rowids: &[u8]) -> Result<Self, CoreError> {
        expect_bytes("validity", validity, size.div_ceil(8))?;
        expect_bytes("rowids", rowids, size * 8)?;
        let (ids, _) = rowids.as_chunks::<8>();
        let is_used = |slot: usize| validity.get(slot / 8).is_some_and(|byte| byte >> (slot % 8) & 1 == 1);
        let used = ids.iter().enumerate().filter(|(slot, _)| is_used(*slot));
        Ok(Self { used: used.map(|(slot, id)| (slot, i64::from_le_bytes(*id))).collect() })
    }

    /// Returns the first id of a chunk whose slots are all used, by successive ids. None of others, and damaged ones.
    #[must_use]
    pub fn first_of_run(size: usize, validity: &[u8], rowids: &[u8]) -> Option<i64> {
        let (ids, rest) = rowids.as_chunks::<8>();
        let is_full = size == ids.len() && size == validity.len() * 8 && rest.is_empty();
        let first = i64::from_le_bytes(*ids.first().filter(|_| is_full)?);
        let is_run = ids.iter().zip(0..).all(|(id, at)| i64::from_le_bytes(*id) == first.wrapping_add(at));
        (is_run && validity.iter().all(|byte| *byte == u8::MAX)).then_some(first)
    }

    /// Makes the slots of vectors that were gathered from some of a chunk's, one after another.
    #[must_use]
    pub fn gathered(ids: &[i64]) -> Self {
        Self { used: ids.iter().copied().enumerate().collect() }
    }

    /// Returns whether a slot holds the vector of an id.
    #[must_use]
    pub fn holds(&self, slot: usize, id: i64) -> bool {
        let place = self.used.binary_search_by_key(&slot, |(slot, _)| *slot);
        place.ok().and_then(|place| self.used.get(place)).is_some_and(|(_, found)| *found == id)
    }

    /// Returns the ids of the vectors.
    pub fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        self.used.iter().map(|(_, id)| *id)
    }

    /// Returns the slots that hold a vector, each with its id.
    pub fn used(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.used.iter().copied()
    }

    /// Returns how many slots hold a vector.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Returns whether no slot holds a vector.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// Returns how many slots from the first on must be read to have all vectors.
    #[must_use]
    pub fn reach(&self) -> usize {
        self.used.last().map_or(0, |(slot, _)| slot + 1)
    }
}

/// Refuses a part of a chunk that does not have the expected length.
fn expect_bytes(name: &str, bytes: &[u8], expected: usize) -> Result<(), CoreError> {
    if bytes.len() == expected {
        return Ok(());
    }
    Err(CoreError::Corrupt(format!("{name} has {} bytes; expected {expected}", bytes.len())))
}

impl Block {
    /// Creates a block without vectors, with room for so many.
    #[must_use]
    pub fn with_room(shape: Shape, rows: usize) -> Self {
        Self {
            shape,
            ids: Vec::new(),
            value_ids: Vec::new(),
            rows: Arc::new(PackedRows::with_room(shape.row_bytes(), rows)),
            inverse_lengths: Vec::new(),
            sketch: None,
        }
    }

    /// Creates a block of vectors, whose bytes come one after another. None of them has a value.
    #[cfg(test)]
    pub(crate) fn of_rows(shape: Shape, ids: &[i64], rows: &[u8]) -> Self {
        let mut block = Self::with_room(shape, ids.len());
        for (id, row) in ids.iter().zip(rows.chunks_exact(shape.row_bytes().max(1))) {
            block.push(*id, 0, row, None);
        }
        block
    }

    /// Adds a vector without a value, whose bytes `fill` writes. Adds nothing if that fails.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn push_filled<E>(&mut self, id: i64, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<(), E> {
        let place = self.len();
        fill(self.room_mut(1))?;
        self.ids.push(id);
        self.value_ids.push(0);
        self.rows_mut().set_len(place + 1);
        if self.shape.keeps_lengths {
            self.inverse_lengths.push(inverse_length(self.shape, &self.rows, place));
        }
        Ok(())
    }

    /// Returns the bytes of a vector.
    #[must_use]
    pub fn row(&self, place: usize) -> &[u8] {
        self.rows.bytes(place, 1)
    }

    /// Returns the memory for so many slots of a chunk. The caller fills it with their vectors before `accept_chunk`.
    pub fn room_mut(&mut self, slots: usize) -> &mut [u8] {
        self.rows_mut().room_mut(slots)
    }

    /// Returns whether the memory that is there has room for a chunk of so many slots.
    #[must_use]
    pub fn has_room(&self, slots: usize) -> bool {
        self.rows.room() >= self.len() + slots
    }

    /// Accepts the chunk whose vectors have just been put into the room. `value_ids` has those of all slots that were
    /// read.
    ///
    /// # Errors
    /// If it has too few.
    pub fn accept_chunk(&mut self, slots: &Slots, value_ids: &[u8]) -> Result<(), CoreError> {
        let first = self.len();
        let (value_ids, _) = value_ids.as_chunks::<8>();
        for (place, (slot, id)) in slots.used.iter().enumerate() {
            if *slot != place {
                self.rows_mut().move_row(first + slot, first + place);
            }
            let value_id = value_ids.get(*slot).ok_or_else(|| {
                CoreError::Corrupt(format!("data ends before slot {slot}, which the chunk marks as used"))
            })?;
            self.ids.push(*id);
            self.value_ids.push(i64::from_le_bytes(*value_id));
        }
        let len = self.len();
        self.rows_mut().set_len(len);
        if self.shape.keeps_lengths {
            self.inverse_lengths.extend((first..self.len()).map(|place| inverse_length(self.shape, &self.rows, place)));
        }
        Ok(())
    }

    /// Removes all vectors and keeps the memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.value_ids.clear();
        self.rows_mut().set_len(0);
        self.inverse_lengths.clear();
        self.sketch = None;
    }

    /// Returns how many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there are no vectors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns the ids, in the order of the rows.
    #[must_use]
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// Returns the id of a row's value, or 0, which no value has, after the last row.
    pub(crate) fn value_id(&self, place: usize) -> i64 {
        self.value_ids.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn set_value_id(&mut self, place: usize, value_id: i64) {
        if let Some(kept) = self.value_ids.get_mut(place) {
            *kept = value_id;
        }
    }

    fn rows_mut(&mut self) -> &mut PackedRows {
        Arc::make_mut(&mut self.rows)
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.shape.dimensions
    }

    pub(crate) fn rows(&self) -> &PackedRows {
        &self.rows
    }

    /// Returns one over a row's length, or None if 32 bits are not enough for it.
    pub(crate) fn inverse_length(&self, place: usize) -> Option<f32> {
        let kept = self.inverse_lengths.get(place).copied();
        Some(kept.unwrap_or_else(|| inverse_length(self.shape, &self.rows, place))).filter(|inverse| *inverse != 0.0)
    }

    pub(crate) fn sketch(&self) -> Option<&Sketch> {
        self.sketch.as_ref()
    }

    /// Returns a row's elements as floats.
    pub(crate) fn floats(&self, place: usize) -> Vec<f32> {
        match self.shape.kind {
            VectorType::F32 => self.rows.elements(place, 1).to_vec(),
            VectorType::Int8 => self.rows.elements::<i8>(place, 1).iter().map(|value| f32::from(*value)).collect(),
            VectorType::Bit => bits_as_floats(self.rows.bytes(place, 1)),
        }
    }

    /// Makes the sketches of all rows.
    pub(crate) fn sketched(&self, sketcher: &Sketcher) -> Sketch {
        let mut sketch = Sketch::new(sketcher);
        for place in 0..self.len() {
            sketch.push(sketcher, &self.to_sketch(place));
        }
        sketch
    }

    pub(crate) fn set_sketch(&mut self, sketch: Sketch) {
        self.sketch = Some(sketch);
    }

    /// Returns what a sketch is made of. For cosine only the direction counts.
    #[must_use]
    pub fn to_sketch(&self, place: usize) -> Vec<f32> {
        let mut row = self.floats(place);
        if self.shape.keeps_lengths {
            let length = row.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
            if length > 0.0 {
                row.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
            }
        }
        row
    }

    pub(crate) fn push(&mut self, id: i64, value_id: i64, row: &[u8], sketcher: Option<&Sketcher>) {
        self.ids.push(id);
        self.value_ids.push(value_id);
        self.rows_mut().push(row);
        let place = self.len() - 1;
        if self.shape.keeps_lengths {
            self.inverse_lengths.push(inverse_length(self.shape, &self.rows, place));
        }
        let floats = sketcher.map(|sketcher| (sketcher, self.to_sketch(place)));
        if let (Some(sketch), Some((sketcher, floats))) = (&mut self.sketch, &floats) {
            sketch.push(sketcher, floats);
        }
    }

    pub(crate) fn replace(&mut self, place: usize, row: &[u8], sketcher: Option<&Sketcher>) {
        self.rows_mut().set(place, row);
        if let Some(kept) = self.inverse_lengths.get_mut(place) {
            *kept = inverse_length(self.shape, &self.rows, place);
        }
        let floats = sketcher.map(|sketcher| (sketcher, self.to_sketch(place)));
        if let (Some(sketch), Some((sketcher, floats))) = (&mut self.sketch, &floats) {
            sketch.set(place, sketcher, floats);
        }
    }

    pub(crate) fn swap_remove(&mut self, place: usize) {
        self.ids.swap_remove(place);
        self.value_ids.swap_remove(place);
        self.rows_mut().swap_remove(place);
        if self.shape.keeps_lengths {
            self.inverse_lengths.swap_remove(place);
        }
        if let Some(sketch) = &mut self.sketch {
            sketch.swap_remove(place);
        }
    }
}

/// Returns bits as floats, whose squared distances are the numbers of different bits.
pub(crate) fn bits_as_floats(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| f32::from(byte >> bit & 1))).collect()
}

fn inverse_length(shape: Shape, rows: &PackedRows, place: usize) -> f32 {
    match shape.kind {
        VectorType::F32 => {
            let row = rows.elements::<f32>(place, 1);
            let mut squares = [0.0];
            f32_sums(Sum::Products, row, row, &mut squares);
            let [squares] = squares;
            if EXACT_SQUARES.contains(&squares) { (1.0 / f64::from(squares).sqrt()) as f32 } else { 0.0 }
        }
        VectorType::Int8 => {
            let row = rows.elements::<i8>(place, 1);
            let mut squares = [0];
            int8_sums(Sum::Products, row, row, &mut squares);
            let [squares] = squares;
            if squares > 0 { (1.0 / f64::from(squares).sqrt()) as f32 } else { 0.0 }
        }
        VectorType::Bit => 0.0,
    }
}
