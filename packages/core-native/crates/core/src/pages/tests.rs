use proptest::collection::vec;
use proptest::prelude::*;

use super::btree::{locate, walk};
use super::bytes::varint_at;
use super::state::State;
use super::wal_frames::{Source, WalFrames};
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

/// A database of a few pages, and its WAL.
struct Memory {
    file: Vec<u8>,
    wal: Vec<u8>,
}

fn copy_from(bytes: &[u8], offset: u64, target: &mut [u8]) -> bool {
    let source = usize::try_from(offset).ok().and_then(|start| bytes.get(start..start + target.len()));
    source.map(|source| target.copy_from_slice(source)).is_some()
}

impl Source for Memory {
    fn read_wal(&self, offset: u64, target: &mut [u8]) -> bool {
        copy_from(&self.wal, offset, target)
    }

    fn read_file(&self, offset: u64, target: &mut [u8]) -> bool {
        copy_from(&self.file, offset, target)
    }
}

const PAGE: usize = 512;
const SALTS: [u32; 2] = [3, 4];

fn head(frames: u32, changes: u32) -> WalHead {
    WalHead { changes, page_size: 512, frames, pages: 100, salts: SALTS }
}

/// Makes a WAL of frames: the page of each, and whether it ends a commit.
fn wal_of(frames: &[(u32, bool)]) -> Memory {
    let mut wal = vec![0; 32];
    for (page, is_commit) in frames {
        for number in [*page, u32::from(*is_commit), SALTS[0], SALTS[1], 0, 0] {
            wal.extend(number.to_be_bytes());
        }
        wal.extend([0; PAGE]);
    }
    Memory { file: Vec::new(), wal }
}

#[test]
fn frames_are_those_of_one_wal() {
    let memory = wal_of(&[(5, false), (6, true), (5, true)]);
    let mut frames = WalFrames::default();
    assert_eq!(frames.read_to(&memory, &head(2, 1)), Some(()));
    assert_eq!((frames.pages(1, 2), frames.commits()), (&[5, 6][..], 1));
    assert_eq!(frames.read_to(&memory, &head(3, 2)), Some(()));
    assert_eq!((frames.commit_after(0), frames.commit_after(2), frames.commit_after(3)), (Some(2), Some(3), None));
    assert_eq!(frames.content_of(5), Some(32 + 2 * (24 + 512) + 24));
    assert_eq!(frames.content_of(7), None);
    // A frame that is not there, and frames of another WAL.
    assert_eq!(frames.read_to(&memory, &head(4, 2)), None);
    assert_eq!(frames.read_to(&memory, &WalHead { salts: [4, 4], ..head(2, 1) }), None);
}

proptest! {
    #[test]
    fn whatever_pages_hold_is_read_to_an_end(
        noise in vec(any::<u8>(), PAGE * 8),
        kinds in vec(any::<bool>(), 8),
        cells in vec(0..6_u16, 8),
        rowid in any::<i64>(),
    ) {
        let mut file = noise;
        for ((page, is_leaf), cells) in file.chunks_mut(PAGE).zip(&kinds).zip(&cells) {
            let head = [if *is_leaf { 0x0d } else { 0x05 }, 0, 0, 0, u8::try_from(*cells).unwrap_or_default()];
            page.iter_mut().zip(head).for_each(|(byte, new)| *byte = new);
            // Small numbers, so that many children and overflow pages exist.
            page.iter_mut().skip(8).step_by(4).take(60).for_each(|byte| *byte = 0);
            page.iter_mut().skip(9).step_by(2).for_each(|byte| *byte %= 12);
        }
        file.iter_mut().skip(20).take(1).for_each(|reserved| *reserved = 0);
        let memory = Memory { file, wal: Vec::new() };
        let frames = WalFrames::default();
        let head = WalHead { frames: 0, pages: 8, ..head(0, 1) };
        let mut state = State::new(&memory, &frames, head).ok_or_else(|| TestCaseError::fail("no state"))?;
        for root in 0..10 {
            let mut rows = 0_usize;
            let _ = walk(&mut state, root, |_, _, _| None, |_, _| rows += 1);
            prop_assert!(rows <= 8 * 6);
            let _ = locate(&mut state, root, rowid % 100, |_, _, _| None, |_| {});
        }
    }
}
