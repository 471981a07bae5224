//! Keys of every kind as bytes that compare as the keys do: numbers < strings < bytes < tuples.
//!
//! | key | code |
//! |---|---|
//! | number | see [`number`] |
//! | string | `20`, UTF-8, whose bytes compare as its code points do |
//! | bytes | `30`, the bytes |
//! | tuple | `40`, the codes of its elements, `00` |
//!
//! Inside a tuple, strings and bytes end in `00`, and a `00` in them is `00 FF`. No code starts with `FF`, so the end
//! compares below whatever may follow. A tuple's end compares below every element.
//!
//! 1 and 1n are one key but come back as they were given. So a key has hints after its code, which take no part in
//! comparisons: one bit per number, in their order, says which numbers were integers of any size.

use std::borrow::Borrow;
use std::cmp::Ordering;

use super::number::{self, Integer, Number};
use crate::error::CoreError;

const STRING: u8 = 0x20;
const BYTES: u8 = 0x30;
const TUPLE: u8 = 0x40;
const END: u8 = 0x00;
const ESCAPED: u8 = 0xff;

/// Writes the code of one key. It is kept and used again, so that a look-up allocates nothing.
#[derive(Debug, Default)]
pub struct KeyWriter {
    code: Vec<u8>,
    hints: Vec<u8>,
    numbers: usize,
    depth: usize,
}

impl KeyWriter {
    /// Forgets the previous key.
    pub fn start(&mut self) {
        self.code.clear();
        self.hints.clear();
        self.numbers = 0;
        self.depth = 0;
    }

    /// Frees the memory that it keeps if that is more than `most` bytes.
    pub fn shrink(&mut self, most: usize) {
        for kept in [&mut self.code, &mut self.hints] {
            if kept.capacity() > most {
                *kept = Vec::new();
            }
        }
    }

    /// Adds a number. NaN is refused, because it has no place in an order.
    pub fn double(&mut self, value: f64) -> Result<(), CoreError> {
        if value.is_nan() {
            return Err(CoreError::InvalidArgument(
                "a key is NaN, which has no place in an order; expected another number".into(),
            ));
        }
        self.numbers += 1;
        number::encode_double(value, &mut self.code);
        Ok(())
    }

    /// Adds an integer of any size.
    pub fn integer(&mut self, value: &Integer) {
        let (byte, bit) = (self.numbers / 8, self.numbers % 8);
        self.numbers += 1;
        self.hints.resize(self.hints.len().max(byte + 1), 0);
        if let Some(hints) = self.hints.get_mut(byte) {
            *hints |= 1 << bit;
        }
        number::encode_integer(value, &mut self.code);
    }

    /// Adds a string, as UTF-8.
    pub fn string(&mut self, utf8: &[u8]) {
        self.code.push(STRING);
        self.content(utf8);
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.code.push(BYTES);
        self.content(bytes);
    }

    fn content(&mut self, bytes: &[u8]) {
        if self.depth == 0 {
            return self.code.extend_from_slice(bytes);
        }
        for byte in bytes {
            self.code.push(*byte);
            if *byte == END {
                self.code.push(ESCAPED);
            }
        }
        self.code.push(END);
    }

    /// Begins a tuple. What is added until its end are its elements.
    pub fn open_tuple(&mut self) {
        self.depth += 1;
        self.code.push(TUPLE);
    }

    /// Ends a tuple.
    pub fn close_tuple(&mut self) {
        self.depth -= 1;
        self.code.push(END);
    }

    /// Returns the part that compares.
    #[must_use]
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// Returns the key, to be kept.
    #[must_use]
    pub fn key(&self) -> EncodedKey {
        let mut bytes = Vec::with_capacity(self.code.len() + self.hints.len());
        bytes.extend_from_slice(&self.code);
        bytes.extend_from_slice(&self.hints);
        EncodedKey { bytes: bytes.into(), compared: self.code.len() }
    }

    /// Writes the code just above all strings that begin with `prefix`, where a range of them ends.
    pub fn after_prefix(&mut self, prefix: &[u8]) {
        self.start();
        self.string(prefix);
        // Neither UTF-8 nor the byte that marks a string ever is FF.
        if let Some(last) = self.code.last_mut() {
            *last += 1;
        }
    }
}

/// A key that is kept: its code, and the hints after it.
#[derive(Clone, Debug)]
pub struct EncodedKey {
    bytes: Box<[u8]>,
    compared: usize,
}

impl EncodedKey {
    /// Puts a key together of its code and the hints behind it. The first `compared` bytes are the code.
    pub(super) fn of_parts(bytes: &[u8], compared: usize) -> Self {
        Self { bytes: bytes.into(), compared }
    }

    /// Returns the code with the hints behind it, and the length of the code.
    pub(super) fn parts(&self) -> (&[u8], usize) {
        (&self.bytes, self.compared)
    }

    /// Returns the part that compares.
    #[must_use]
    pub fn code(&self) -> &[u8] {
        self.bytes.get(..self.compared).unwrap_or_default()
    }

    /// Returns the double that equals a key, if there is one.
    #[must_use]
    pub fn to_double(&self) -> Option<f64> {
        number::exact_double(self.code())
    }

    /// Returns the UTF-8 of a key that is a string.
    #[must_use]
    pub fn text(&self) -> Option<&[u8]> {
        self.code().strip_prefix(&[STRING])
    }

    /// Returns what the key was made of.
    pub fn decode(&self) -> Result<Key, CoreError> {
        let hints = self.bytes.get(self.compared..).unwrap_or_default();
        let mut reader = KeyReader { rest: self.code(), hints, numbers: 0 };
        let key = match reader.rest.split_first() {
            Some((&STRING, text)) => string_of(text.to_vec()),
            Some((&BYTES, bytes)) => Some(Key::Bytes(bytes.to_vec())),
            _ => reader.element(),
        };
        key.ok_or_else(|| CoreError::Corrupt("the code of a key is not one that this version writes".into()))
    }
}

impl Borrow<[u8]> for EncodedKey {
    fn borrow(&self) -> &[u8] {
        self.code()
    }
}

impl PartialEq for EncodedKey {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for EncodedKey {}

impl PartialOrd for EncodedKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EncodedKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

/// A decoded key.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// A number, as a double or as an integer of any size.
    Number(Number),
    /// A string.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A tuple.
    Tuple(Vec<Key>),
}

struct KeyReader<'code> {
    rest: &'code [u8],
    hints: &'code [u8],
    numbers: usize,
}

impl KeyReader<'_> {
    fn element(&mut self) -> Option<Key> {
        let (kind, rest) = self.rest.split_first()?;
        if number::is_number(*kind) {
            let (byte, bit) = (self.numbers / 8, self.numbers % 8);
            let as_integer = self.hints.get(byte).is_some_and(|hints| hints >> bit & 1 == 1);
            self.numbers += 1;
            let (number, taken) = number::decode(self.rest, as_integer)?;
            self.rest = self.rest.get(taken..)?;
            return Some(Key::Number(number));
        }
        self.rest = rest;
        match *kind {
            STRING => string_of(self.content()?),
            BYTES => self.content().map(Key::Bytes),
            TUPLE => self.tuple(),
            _ => None,
        }
    }

    fn content(&mut self) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let end = self.rest.iter().position(|byte| *byte == END)?;
            let (bytes, rest) = self.rest.split_at_checked(end)?;
            content.extend_from_slice(bytes);
            match rest.get(1) {
                Some(&ESCAPED) => content.push(END),
                _ => {
                    self.rest = rest.get(1..)?;
                    return Some(content);
                }
            }
            self.rest = rest.get(2..)?;
        }
    }

    fn tuple(&mut self) -> Option<Key> {
        let mut elements = Vec::new();
        loop {
            if let Some((&END, rest)) = self.rest.split_first() {
                self.rest = rest;
                return Some(Key::Tuple(elements));
            }
            elements.push(self.element()?);
        }
    }
}

fn string_of(utf8: Vec<u8>) -> Option<Key> {
    String::from_utf8(utf8).ok().map(Key::String)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn write(writer: &mut KeyWriter, key: &Key) {
        match key {
            Key::Number(Number::Double(value)) => assert!(writer.double(*value).is_ok()),
            Key::Number(Number::Integer(value)) => writer.integer(value),
            Key::String(text) => writer.string(text.as_bytes()),
            Key::Bytes(bytes) => writer.bytes(bytes),
            Key::Tuple(elements) => {
                writer.open_tuple();
                for element in elements {
                    write(writer, element);
                }
                writer.close_tuple();
            }
        }
    }

    fn encoded(key: &Key) -> EncodedKey {
        let mut writer = KeyWriter::default();
        writer.start();
        write(&mut writer, key);
        writer.key()
    }

    fn double(value: f64) -> Key {
        Key::Number(Number::Double(value))
    }

    fn integer(value: u64) -> Key {
        Key::Number(Number::Integer(Integer { negative: false, words: vec![value] }))
    }

    fn string(text: &str) -> Key {
        Key::String(text.into())
    }

    fn tuple(elements: &[Key]) -> Key {
        Key::Tuple(elements.to_vec())
    }

    #[test]
    fn keys_of_all_kinds_compare_as_their_codes_and_come_back() {
        let ordered = [
            double(-1.0),
            double(0.0),
            integer(7),
            double(7.5),
            string(""),
            string("a"),
            string("a\0"),
            string("a\0b"),
            string("ab"),
            string("\u{ffff}"),
            string("\u{1f600}"),
            Key::Bytes(vec![]),
            Key::Bytes(vec![0]),
            Key::Bytes(vec![0, 0]),
            Key::Bytes(vec![255]),
            tuple(&[]),
            tuple(&[double(1.0)]),
            tuple(&[double(1.0), double(2.0)]),
            tuple(&[integer(1), integer(3)]),
            tuple(&[double(2.0)]),
            tuple(&[string("a")]),
            tuple(&[string("a"), string("")]),
            tuple(&[string("a"), tuple(&[])]),
            tuple(&[string("a\0")]),
            tuple(&[string("a\u{1}")]),
            tuple(&[string("ab")]),
            tuple(&[Key::Bytes(vec![0, 255, 0])]),
            tuple(&[tuple(&[]), double(1.0)]),
            tuple(&[tuple(&[double(1.0)])]),
        ];
        for pair in ordered.windows(2) {
            assert!(encoded(&pair[0]) < encoded(&pair[1]), "{pair:?}");
        }
        for key in ordered {
            assert_eq!(encoded(&key).decode(), Ok(key));
        }
    }

    #[test]
    fn hints_take_no_part_in_comparisons() {
        let as_integers = tuple(&(0..20).map(integer).collect::<Vec<_>>());
        let as_doubles = tuple(&(0..20).map(|value| double(f64::from(value))).collect::<Vec<_>>());
        assert_eq!(encoded(&as_integers), encoded(&as_doubles));
        assert_eq!(encoded(&as_doubles).decode(), Ok(as_doubles));
        let Ok(Key::Tuple(back)) = encoded(&as_integers).decode() else { panic!("not a tuple") };
        assert_eq!(back.get(19), Some(&integer(19)));
    }

    #[test]
    fn a_prefix_range_ends_after_every_string_that_begins_with_it() {
        let mut end = KeyWriter::default();
        end.after_prefix("ab".as_bytes());
        assert!(encoded(&string("ab\u{10ffff}z")).code() < end.code());
        assert!(encoded(&string("ac")).code() >= end.code());
        end.after_prefix(&[]);
        assert!(encoded(&string("\u{10ffff}")).code() < end.code());
        assert!(encoded(&Key::Bytes(vec![])).code() > end.code());
    }

    #[test]
    fn nan_is_refused() {
        let mut writer = KeyWriter::default();
        assert!(writer.double(f64::NAN).is_err());
    }
}
