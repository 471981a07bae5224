//! Documents as JavaScript hands them over.

use crate::js::error::{SeamError, SeamResult};

/// What stands for the id of a document that gets one.
const NO_ID: i64 = i64::MIN;

/// A document to insert.
pub(super) struct Record<'a> {
    pub(super) id: Option<i64>,
    pub(super) value: &'a [u8],
    pub(super) texts: Vec<&'a str>,
}

/// Reads records of `| id i64 | length u32 | value |`, then for each column `| length u32 | text |`, all little-endian.
pub(super) struct Records<'a> {
    rest: &'a [u8],
    columns: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], columns: usize) -> Self {
        Self { rest: bytes, columns }
    }

    fn read(&mut self) -> Option<Record<'a>> {
        let (id, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        let id = i64::from_le_bytes(*id);
        let value = self.bytes()?;
        let texts = (0..self.columns).map(|_| std::str::from_utf8(self.bytes()?).ok()).collect::<Option<_>>()?;
        Some(Record { id: (id != NO_ID).then_some(id), value, texts })
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.rest = rest;
        Some(bytes)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = SeamResult<Record<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.read();
        if record.is_none() {
            self.rest = &[];
        }
        Some(record.ok_or_else(|| SeamError::invalid("records is cut off in the middle of a record")))
    }
}
