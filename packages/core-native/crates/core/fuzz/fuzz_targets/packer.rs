//! Arbitrary bytes, types and sizes through everything that the packer does in Rust. No input may panic, and a cast
//! there and back must return the same.
#![no_main]

use arbitrary::Arbitrary;
use kohakuvault_core::packer::element::ElementType;
use kohakuvault_core::packer::{cast, rows};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    data: Vec<u8>,
    from: u8,
    to: u8,
    row_bytes: u8,
    room: u16,
}

fuzz_target!(|input: Input| {
    let Input { data, from, to, row_bytes, room } = input;
    let row_bytes = usize::from(row_bytes);

    let mut target = vec![0; usize::from(room)];
    rows::frame(from, &data, row_bytes, &mut target);
    let _ = rows::unframe(to, &data, row_bytes, &mut target);
    if let Some(count) = data.len().checked_div(row_bytes) {
        let mut framed = vec![0; count * (row_bytes + 1)];
        rows::frame(from, &data, row_bytes, &mut framed);
        let mut back = vec![0; count * row_bytes];
        assert_eq!(rows::unframe(from, &framed, row_bytes, &mut back), None);
        assert_eq!(back, data[..count * row_bytes]);
    }

    if let (Some(from), Some(to)) = (ElementType::from_code(from % 11), ElementType::from_code(to % 11)) {
        let _ = cast::cast(&data, from, &mut target, to);
        let count = data.len() / from.size();
        let mut there = vec![0; count * to.size()];
        if cast::cast(&data, from, &mut there, to).is_none() && to != ElementType::F32 {
            let mut back = vec![0; count * from.size()];
            assert_eq!(cast::cast(&there, to, &mut back, from), None);
        }
    }
});
