//! The texts of the statements of the user that may have written.

use std::rc::Rc;

/// How many different texts are kept. A transaction with more of them is not worth explaining.
const MOST_TEXTS: usize = 32;
/// Longer texts are not kept.
const LONGEST_TEXT: usize = 16 * 1024;

struct Text {
    sql: Rc<[u8]>,
    /// The numbers of the first and the last statement with this text.
    first: u64,
    last: u64,
}

/// The statements, numbered from 1 on.
#[derive(Default)]
pub(crate) struct UserStatements {
    count: u64,
    texts: Vec<Text>,
    /// The number of the last statement whose text is not known.
    last_unknown: u64,
}

impl UserStatements {
    /// Returns how many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn note(&mut self, sql: &[u8]) {
        // The same statement often runs many times.
        if let Some(place) = self.texts.iter().rposition(|text| *text.sql == *sql) {
            self.count += 1;
            if let Some(text) = self.texts.get_mut(place) {
                text.last = self.count;
            }
            return;
        }
        if sql.len() > LONGEST_TEXT {
            return self.note_unknown();
        }
        self.count += 1;
        if self.texts.len() >= MOST_TEXTS {
            let oldest = self.texts.iter().enumerate().min_by_key(|(_, text)| text.last).map(|(place, _)| place);
            let dropped = self.texts.swap_remove(oldest.unwrap_or_default());
            self.last_unknown = self.last_unknown.max(dropped.last);
        }
        self.texts.push(Text { sql: sql.into(), first: self.count, last: self.count });
    }

    /// Notes a statement that cannot be explained.
    pub(super) fn note_unknown(&mut self) {
        self.count += 1;
        self.last_unknown = self.count;
    }

    /// Returns the texts of the statements after number `since`, up to number `until`, and maybe more. None if one of
    /// them is not known.
    pub(crate) fn between(&self, since: u64, until: u64) -> Option<Vec<Rc<[u8]>>> {
        let texts = self.texts.iter().filter(|text| text.last > since && text.first <= until);
        (self.last_unknown <= since).then(|| texts.map(|text| Rc::clone(&text.sql)).collect())
    }
}
