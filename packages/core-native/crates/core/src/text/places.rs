//! Matches as ranges of tokens, bytes and UTF-16 units.

use std::ops::Range;

/// Sorts ranges and joins those that overlap. Ranges that only touch stay apart.
pub fn join_overlapping(ranges: &mut Vec<Range<usize>>) {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, kept| {
        let overlaps = next.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(next.end);
        }
        overlaps
    });
}

/// Finds the bytes of ranges of tokens, as a tokenizer reports one token after another.
pub struct TokenPlaces<'a> {
    tokens: &'a [Range<usize>],
    /// The number of the token that comes next.
    next: usize,
    found: Vec<Range<usize>>,
}

impl<'a> TokenPlaces<'a> {
    /// Looks for sorted ranges of tokens that do not overlap.
    #[must_use]
    pub fn new(tokens: &'a [Range<usize>]) -> Self {
        Self { tokens, next: 0, found: Vec::with_capacity(tokens.len()) }
    }

    /// Notes where the next token is. Returns whether more tokens are wanted.
    pub fn token(&mut self, bytes: Range<usize>) -> bool {
        let number = self.next;
        self.next += 1;
        // The range that is being read.
        let current = self.found.len().checked_sub(1).and_then(|place| self.tokens.get(place));
        if let (Some(wanted), Some(place)) = (current, self.found.last_mut())
            && wanted.contains(&number)
        {
            place.end = place.end.max(bytes.end);
            return true;
        }
        match self.tokens.get(self.found.len()) {
            Some(wanted) if wanted.start == number => {
                self.found.push(bytes);
                true
            }
            Some(_) => true,
            None => false,
        }
    }

    /// Returns the bytes of the ranges that were found.
    #[must_use]
    pub fn into_found(self) -> Vec<Range<usize>> {
        self.found
    }
}

/// Returns the UTF-16 units of ranges of bytes, which are sorted. What is not UTF-8 counts as one unit for each
/// character that replaces it.
#[must_use]
pub fn utf16_ranges(text: &[u8], ranges: &[Range<usize>]) -> Vec<Range<u32>> {
    let mut counter = Utf16 { text, byte: 0, units: 0 };
    ranges.iter().map(|range| counter.at(range.start)..counter.at(range.end)).collect()
}

/// Returns a range of a text with so many characters before and after it.
#[must_use]
pub fn surrounding(text: &[u8], range: &Range<usize>, characters: usize) -> Range<usize> {
    let is_start = |at: usize| text.get(at).is_none_or(|byte| byte & 0xC0 != 0x80);
    let start = (0..range.start).rev().filter(|at| is_start(*at)).take(characters).last().unwrap_or(range.start);
    let end = (range.end + 1..=text.len()).filter(|at| is_start(*at)).take(characters).last().unwrap_or(range.end);
    start..end
}

/// Counts the units of a text from the beginning on.
struct Utf16<'a> {
    text: &'a [u8],
    byte: usize,
    units: u32,
}

impl Utf16<'_> {
    fn at(&mut self, byte: usize) -> u32 {
        if byte > self.byte {
            let passed = self.text.get(self.byte..byte.min(self.text.len())).unwrap_or_default();
            self.byte = byte;
            self.units += units(passed);
        }
        self.units
    }
}

fn units(text: &[u8]) -> u32 {
    let length = |units: usize| u32::try_from(units).unwrap_or(u32::MAX);
    if text.is_ascii() {
        return length(text.len());
    }
    length(String::from_utf8_lossy(text).chars().map(char::len_utf16).sum())
}

#[cfg(test)]
mod tests {
    use super::{TokenPlaces, join_overlapping, surrounding, utf16_ranges};

    #[test]
    fn ranges_that_overlap_become_one() {
        let mut ranges = vec![5..6, 0..2, 1..3, 3..4, 5..7];
        join_overlapping(&mut ranges);
        assert_eq!(ranges, [0..3, 3..4, 5..7]);
    }

    #[test]
    fn tokens_have_their_places() {
        let tokens = [1..3, 3..4, 6..7];
        let mut places = TokenPlaces::new(&tokens);
        let more: Vec<bool> = (0..8).map(|token| places.token(token * 10..token * 10 + 5)).collect();
        assert_eq!(places.into_found(), [10..25, 30..35, 60..65]);
        assert!(more.iter().take(6).all(|more| *more));
        assert_eq!(more.last(), Some(&false));
    }

    #[test]
    fn surroundings_have_whole_characters() {
        let text = "東京都aé漢".as_bytes();
        assert_eq!(surrounding(text, &(3..9), 1), 0..10);
        assert_eq!(surrounding(text, &(3..9), 2), 0..12);
        assert_eq!(surrounding(text, &(9..10), 99), 0..text.len());
        assert_eq!(surrounding(text, &(3..6), 0), 3..6);
    }

    #[test]
    fn units_are_those_of_utf16() {
        let text = "aé😀b漢".as_bytes();
        assert_eq!(utf16_ranges(text, &[0..1, 1..3, 3..7, 7..8, 8..11]), [0..1, 1..2, 2..4, 4..5, 5..6]);
        assert_eq!(utf16_ranges(b"\xffabc", &[1..2, 3..4]), [1..2, 3..4]);
    }
}
