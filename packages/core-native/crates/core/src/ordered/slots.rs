//! The numbers of the places where a caller keeps its values: small, dense and used again.

use crate::error::CoreError;

/// The caller keeps values in an array, which its engine indexes by 31-bit integers.
const MOST: u32 = i32::MAX as u32;

/// Gives out slots and takes them back.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    free: Vec<u32>,
    next: u32,
}

impl Slots {
    /// Returns a slot that nobody has.
    pub fn take(&mut self) -> Result<u32, CoreError> {
        if let Some(slot) = self.free.pop() {
            return Ok(slot);
        }
        if self.next == MOST {
            return Err(CoreError::InvalidArgument(format!(
                "the tree is full: it has {MOST} entries, which is the most"
            )));
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Takes a slot back.
    pub fn give_back(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// Starts again, with the first `taken` slots given out.
    pub fn reset(&mut self, taken: u32) {
        *self = Self { free: Vec::new(), next: taken };
    }
}
