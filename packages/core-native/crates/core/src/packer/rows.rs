//! Vectors of one shape one after another, each after its type byte: `| type u8 | data |` for each.

/// Puts `row_bytes` bytes of `data` at a time into `target`, each after `code`. A row that is not whole is left out.
pub fn frame(code: u8, data: &[u8], row_bytes: usize, target: &mut [u8]) {
    if row_bytes == 0 {
        return;
    }
    for (row, place) in data.chunks_exact(row_bytes).zip(target.chunks_exact_mut(row_bytes + 1)) {
        if let Some((first, rest)) = place.split_first_mut() {
            *first = code;
            rest.copy_from_slice(row);
        }
    }
}

/// Takes out the type bytes again. Returns the index of the first row whose type byte is not `code`, or None.
pub fn unframe(code: u8, framed: &[u8], row_bytes: usize, target: &mut [u8]) -> Option<usize> {
    if row_bytes == 0 {
        return None;
    }
    let rows = framed.chunks_exact(row_bytes + 1).zip(target.chunks_exact_mut(row_bytes));
    for (index, (row, place)) in rows.enumerate() {
        match row.split_first() {
            Some((first, rest)) if *first == code => place.copy_from_slice(rest),
            _ => return Some(index),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_come_after_their_type_byte() {
        let mut framed = [0; 6];
        frame(5, &[1, 2, 3, 4], 2, &mut framed);
        assert_eq!(framed, [5, 1, 2, 5, 3, 4]);
        let mut rows = [0; 4];
        assert_eq!(unframe(5, &framed, 2, &mut rows), None);
        assert_eq!(rows, [1, 2, 3, 4]);
    }

    #[test]
    fn a_row_of_another_type_is_named() {
        assert_eq!(unframe(5, &[5, 1, 2, 6, 3, 4], 2, &mut [0; 4]), Some(1));
    }

    proptest! {
        #[test]
        fn framing_and_back_is_the_same(data: Vec<u8>, row_bytes in 1..9_usize, code: u8) {
            let rows = data.len() / row_bytes;
            let mut framed = vec![0; rows * (row_bytes + 1)];
            frame(code, &data, row_bytes, &mut framed);
            let mut back = vec![0; rows * row_bytes];
            prop_assert_eq!(unframe(code, &framed, row_bytes, &mut back), None);
            prop_assert_eq!(Some(back.as_slice()), data.get(..rows * row_bytes));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(framed: Vec<u8>, row_bytes in 0..9_usize, code: u8, room in 0..64_usize) {
            let _ = unframe(code, &framed, row_bytes, &mut vec![0; room]);
        }
    }
}
