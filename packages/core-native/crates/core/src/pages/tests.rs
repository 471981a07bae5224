use super::bytes::varint_at;
use super::wal_head::WalHead;

#[test]
fn varints_have_up_to_nine_bytes() {
    assert_eq!(varint_at(&[0x7f], 0), Some((127, 1)));
    assert_eq!(varint_at(&[0x81, 0x00], 0), Some((128, 2)));
    assert_eq!(varint_at(&[0xff; 9], 0), Some((u64::MAX, 9)));
    assert_eq!(varint_at(&[0xff; 8], 0), None);
    assert_eq!(varint_at(&[1], 1), None);
}

/// Returns a head as SQLite would write it.
fn head_bytes(words: [u32; 10]) -> Vec<u8> {
    let mut sums = [0_u32; 2];
    for pair in words.as_chunks::<2>().0 {
        sums[0] = sums[0].wrapping_add(pair[0]).wrapping_add(sums[1]);
        sums[1] = sums[1].wrapping_add(pair[1]).wrapping_add(sums[0]);
    }
    words.iter().chain(&sums).flat_map(|word| word.to_ne_bytes()).collect()
}

fn initialized(page_size: u16) -> u32 {
    let [low, high] = page_size.to_ne_bytes();
    u32::from_ne_bytes([1, 0, low, high])
}

#[test]
fn a_head_is_read_only_as_a_whole() {
    let salts = [7_u32.to_be(), 9_u32.to_be()];
    let bytes = head_bytes([3_007_000, 0, 5, initialized(4096), 12, 30, 1, 2, salts[0], salts[1]]);
    let expected = WalHead { changes: 5, page_size: 4096, frames: 12, pages: 30, salts: [7, 9] };
    assert_eq!(WalHead::read(&bytes), Some(expected));
    for place in 0..bytes.len() {
        let mut torn = bytes.clone();
        torn.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1);
        assert_eq!(WalHead::read(&torn), None, "byte {place}");
    }
    assert_eq!(WalHead::read(bytes.split_at(1).1), None);
    assert_eq!(WalHead::read(&[0; 48]), None);
    let largest = head_bytes([3_007_000, 0, 5, initialized(1), 0, 1, 0, 0, 0, 0]);
    assert_eq!(WalHead::read(&largest).map(|head| head.page_size), Some(65_536));
}
