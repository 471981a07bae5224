//! The columns of a row, or of an entry of an index.

use crate::pages::bytes::varint_at;

/// A column: its type as SQLite writes it, and where its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    serial: u64,
    pub(super) start: usize,
    pub(super) length: usize,
}

/// The first type of a BLOB. Those of BLOBs are even, and those of text are odd.
const FIRST_BLOB: u64 = 12;

impl Column {
    fn of(serial: u64, start: usize) -> Option<Self> {
        let length = match serial {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(serial).ok()?,
            5 => 6,
            6 | 7 => 8,
            FIRST_BLOB.. => usize::try_from((serial - FIRST_BLOB) / 2).ok()?,
            _ => return None,
        };
        Some(Self { serial, start, length })
    }

    /// Whether the column is a BLOB.
    #[inline]
    pub(super) fn is_blob(&self) -> bool {
        self.serial >= FIRST_BLOB && self.serial.is_multiple_of(2)
    }

    /// Reads an integer.
    #[inline]
    pub(super) fn integer(&self, record: &[u8]) -> Option<i64> {
        match self.serial {
            8 => return Some(0),
            9 => return Some(1),
            1..=6 => {}
            _ => return None,
        }
        let bytes = record.get(self.start..self.start + self.length)?;
        let (first, rest) = bytes.split_first()?;
        Some(rest.iter().fold(i64::from(first.cast_signed()), |number, byte| number << 8 | i64::from(*byte)))
    }
}

/// Reads a number that mostly has one byte. Returns it, and where the next one begins.
#[inline]
pub(super) fn number_at(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    if first < 0x80 {
        return Some((u64::from(first), at + 1));
    }
    let (number, length) = varint_at(bytes, at)?;
    Some((number, at + length))
}

/// Reads the first two columns of a record.
#[inline]
pub(super) fn two_columns(record: &[u8]) -> Option<[Column; 2]> {
    let (head, at) = number_at(record, 0)?;
    let head = usize::try_from(head).ok()?;
    let (first, at) = number_at(record, at)?;
    let (second, at) = number_at(record, at)?;
    if at > head {
        return None;
    }
    let first = Column::of(first, head)?;
    let second = Column::of(second, head.checked_add(first.length)?)?;
    Some([first, second])
}

/// Reads a column of a record, by its number. None if the record has fewer: it is older than the column.
pub(super) fn nth_column(record: &[u8], number: usize) -> Option<Column> {
    let (head, mut at) = number_at(record, 0)?;
    let head = usize::try_from(head).ok()?;
    let mut start = head;
    for _ in 0..number {
        let (serial, next) = number_at(record, at)?;
        start = start.checked_add(Column::of(serial, start)?.length)?;
        at = next;
    }
    let (serial, end) = number_at(record, at)?;
    if end > head { None } else { Column::of(serial, start) }
}
