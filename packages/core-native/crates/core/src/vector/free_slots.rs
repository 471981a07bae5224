//! The bitmap of a chunk: a bit per slot, the lowest first, which is set if the slot holds a vector.

/// Returns the free slots of a chunk in their order. None if the bitmap is not as long as `size` slots need.
pub fn free_slots(size: usize, bitmap: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let size = if bitmap.len() == size.div_ceil(8) { size } else { 0 };
    let partly_free = bitmap.iter().enumerate().filter(|(_, byte)| **byte != u8::MAX);
    partly_free
        .flat_map(|(place, byte)| (0..8).filter(move |bit| byte >> bit & 1 == 0).map(move |bit| place * 8 + bit))
        .take_while(move |slot| *slot < size)
}

/// Marks slots as used.
pub fn occupy(bitmap: &mut [u8], slots: &[usize]) {
    for slot in slots {
        if let Some(byte) = bitmap.get_mut(slot / 8) {
            *byte |= 1 << (slot % 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_slots_are_the_clear_bits_of_a_bitmap_of_the_right_length() {
        let mut bitmap = [0b1111_1110, 0xff, 0b0111_1111];
        assert_eq!(free_slots(24, &bitmap).collect::<Vec<_>>(), [0, 23]);
        assert_eq!(free_slots(20, &bitmap).collect::<Vec<_>>(), [0]);
        assert_eq!(free_slots(25, &bitmap).count(), 0);
        assert_eq!(free_slots(16, &bitmap).count(), 0);
        occupy(&mut bitmap, &[23, 0, 99]);
        assert_eq!(free_slots(24, &bitmap).count(), 0);
        assert_eq!(bitmap, [0xff; 3]);
    }
}
