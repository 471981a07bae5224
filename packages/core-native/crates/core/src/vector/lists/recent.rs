//! Entries that were not added to their lists yet.
//!
//! To add one entry to a list costs a page of the file. So the entries of new vectors are stored together first, in
//! runs, and memory keeps them by list. As bytes a run is `| count u32 |`, and for each entry its list, u32; the factor,
//! f32; the constant, f32; the id, i64; the code.

use std::collections::BTreeMap;

use super::entries::Code;
use super::train::List;
use crate::CoreError;
use crate::vector::sketch::levels::DIMENSIONS_PER_BYTE;

const COUNT_BYTES: usize = 4;
const NUMBERS_BYTES: usize = 20;

/// Entries by list.
#[derive(Clone, Default)]
pub struct Recent {
    lists: BTreeMap<List, Vec<(i64, Code)>>,
    count: usize,
}

impl Recent {
    /// Adds an entry.
    pub fn push(&mut self, list: List, id: i64, code: Code) {
        self.lists.entry(list).or_default().push((id, code));
        self.count += 1;
    }

    /// Returns the entries of a list.
    #[must_use]
    pub fn of(&self, list: List) -> &[(i64, Code)] {
        self.lists.get(&list).map_or(&[], Vec::as_slice)
    }

    /// Takes the entries of a list out.
    pub fn take(&mut self, list: List) -> Vec<(i64, Code)> {
        let taken = self.lists.remove(&list).unwrap_or_default();
        self.count -= taken.len();
        taken
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Returns the bytes of a run.
#[must_use]
pub fn write_run(entries: &[(List, i64, Code)]) -> Vec<u8> {
    let code_bytes = entries.first().map_or(0, |(_, _, code)| code.bytes.len());
    let mut run = Vec::with_capacity(COUNT_BYTES + entries.len() * (NUMBERS_BYTES + code_bytes));
    run.extend(u32::try_from(entries.len()).unwrap_or(u32::MAX).to_le_bytes());
    for (list, id, code) in entries {
        run.extend(list.to_le_bytes());
        run.extend(code.factor.to_le_bytes());
        run.extend(code.constant.to_le_bytes());
        run.extend(id.to_le_bytes());
        run.extend(&code.bytes);
    }
    run
}

/// Calls `visit` with the entries of a run: list, id and code.
///
/// # Errors
/// If its length does not fit its number of entries.
pub fn read_run(
    dimensions: usize,
    run: &[u8],
    mut visit: impl FnMut(List, i64, Code) -> Result<(), CoreError>,
) -> Result<(), CoreError> {
    let code_bytes = dimensions.div_ceil(DIMENSIONS_PER_BYTE);
    let count = run.first_chunk::<COUNT_BYTES>().map_or(0, |count| u32::from_le_bytes(*count) as usize);
    let expected = count.saturating_mul(NUMBERS_BYTES + code_bytes).saturating_add(COUNT_BYTES);
    if run.len() != expected {
        return Err(CoreError::Corrupt(format!(
            "new entries of {} bytes say that there are {count}, which take {expected}",
            run.len()
        )));
    }
    let (_, entries) = run.split_at(COUNT_BYTES);
    for entry in entries.chunks_exact(NUMBERS_BYTES + code_bytes) {
        let Some(([list, factor, constant], rest)) = words(entry) else { continue };
        let Some((id, bytes)) = rest.split_first_chunk::<8>() else { continue };
        let code = Code { bytes: bytes.to_vec(), factor: f32::from_bits(factor), constant: f32::from_bits(constant) };
        visit(list, i64::from_le_bytes(*id), code)?;
    }
    Ok(())
}

fn words(bytes: &[u8]) -> Option<([u32; 3], &[u8])> {
    let (one, rest) = bytes.split_first_chunk::<4>()?;
    let (two, rest) = rest.split_first_chunk::<4>()?;
    let (three, rest) = rest.split_first_chunk::<4>()?;
    Some(([*one, *two, *three].map(u32::from_le_bytes), rest))
}
