//! Finds the best documents by reading FTS5's index itself.
//!
//! FTS5 steps through a virtual table and calls our function for each document, which costs some hundred nanoseconds. A
//! word that is in every third document of a million takes a tenth of a second that way. Its list of documents is a
//! megabyte, which is read in milliseconds. Whatever is not as expected is left to FTS5.

use std::cell::Cell;

use kohakuvault_core::text::best::{Best, Match};
use kohakuvault_core::text::doclist::{self, Doclist, Posting, Segment, Unexpected};
use kohakuvault_core::text::rank::{Ranking, Statistics};

use super::rank::Lengths;
use super::tokens::function_name;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement, quote};

/// The ids of the records about the whole index.
const AVERAGES: i64 = 1;
const STRUCTURE: i64 = 10;
/// The bits of a page's number below that of its segment.
const PAGE_BITS: u32 = 37;
/// The byte before the terms of the index of whole words.
const WHOLE_WORDS: u8 = b'0';
/// The version of the index's format. With `secure-delete` it is another.
const FORMAT: i64 = 4;
/// What a connection holds that reads and does not write.
const READING: i32 = 1;
/// From so many lengths on, and from this part of the table, all are read in one go.
const MANY: usize = 256;
const PART: usize = 16;
/// The most memory of a search that is kept for the next one, in bytes: fresh memory costs as much as what is done in it.
const MOST_KEPT: usize = 16 * 1024 * 1024;
/// A search looks at the clock once in so many documents.
const DOCUMENTS_PER_LOOK: usize = 16 * 1024;

/// Statements that read FTS5's own tables.
pub(super) struct DirectIndex {
    tokens: Statement,
    format: Statement,
    record: Statement,
    /// Returns the number of the page on which a term may be.
    page_of: Statement,
    pages: Statement,
    length: Statement,
    lengths: Statement,
    /// What the last search has worked in.
    room: Cell<Option<Room>>,
}

/// Memory that searches work in.
#[derive(Default)]
struct Room {
    list: Doclist,
    postings: Vec<Vec<Posting>>,
}

impl Room {
    fn bytes(&self) -> usize {
        let postings: usize = self.postings.iter().map(Vec::capacity).sum();
        self.list.capacity() + postings * size_of::<Posting>()
    }
}

/// What is looked for.
pub(super) struct Wanted<'a> {
    /// Words of which each document has at least one.
    pub(super) expression: &'a str,
    pub(super) weights: &'a [f64],
    pub(super) count: usize,
    /// The sorted ids to which the search is limited.
    pub(super) only: Option<&'a [i64]>,
}

impl DirectIndex {
    pub(super) fn new(name: &str) -> SeamResult<Self> {
        let of = |suffix: &str| format!("main.{}", quote(&format!("{name}{suffix}")));
        let (table, data, docsize) = (quote(name), of("_data"), of("_docsize"));
        Ok(Self {
            tokens: Statement::new(&format!(
                "SELECT {}({table}) FROM main.{table} WHERE {table} MATCH ?1 LIMIT 1",
                function_name()
            ))?,
            format: Statement::new(&format!("SELECT v FROM {} WHERE k = 'version'", of("_config")))?,
            record: Statement::new(&format!("SELECT block FROM {data} WHERE id = ?1"))?,
            page_of: Statement::new(&format!(
                "SELECT pgno >> 1 FROM {} WHERE segid = ?1 AND term <= ?2 ORDER BY term DESC LIMIT 1",
                of("_idx")
            ))?,
            pages: Statement::new(&format!("SELECT id, block FROM {data} WHERE id BETWEEN ?1 AND ?2 ORDER BY id"))?,
            length: Statement::new(&format!("SELECT sz FROM {docsize} WHERE id = ?1"))?,
            lengths: Statement::new(&format!("SELECT id, sz FROM {docsize}"))?,
            room: Cell::new(None),
        })
    }

    /// Returns the best matches, the best first; None if only FTS5 can tell.
    pub(super) fn best(
        &self,
        connection: &Connection,
        lengths: &Lengths,
        wanted: &Wanted<'_>,
    ) -> SeamResult<Option<Vec<Match>>> {
        let db = connection.db()?;
        // What this connection has not committed may be in FTS5's memory.
        if db.lock_state() > READING || self.number(db, &self.format)? != Some(FORMAT) {
            return Ok(None);
        }
        let words = match self.words(db, wanted.expression)? {
            Words::Of(words) => words,
            Words::NoneMatches => return Ok(Some(Vec::new())),
            Words::Untold => return Ok(None),
        };
        let mut room = self.room.take().unwrap_or_default();
        let Some(Lists { statistics, lists }) = self.lists(db, &words, wanted.weights, &mut room)? else {
            return Ok(None);
        };
        let best = self.ranked(connection, lengths, wanted, &statistics, &lists);
        room.postings.extend(lists);
        if room.bytes() <= MOST_KEPT {
            self.room.set(Some(room));
        }
        best
    }

    /// Returns the words of the query.
    fn words(&self, db: Db, expression: &str) -> SeamResult<Words> {
        let parameters = [Parameter::Text(expression)];
        let row = self.tokens.execute(db, &parameters)?;
        if !row.step()? {
            return Ok(Words::NoneMatches);
        }
        Ok(if row.is_blob(0) { read_words(row.bytes(0)).map_or(Words::Untold, Words::Of) } else { Words::Untold })
    }

    fn lists(&self, db: Db, words: &[Option<Vec<u8>>], weights: &[f64], room: &mut Room) -> SeamResult<Option<Lists>> {
        let (Some(structure), Some(averages)) = (self.block(db, STRUCTURE)?, self.block(db, AVERAGES)?) else {
            return Ok(None);
        };
        let (Ok(segments), Ok((rows, tokens))) = (doclist::segments(&structure), doclist::totals(&averages)) else {
            return Ok(None);
        };
        if rows <= 0 {
            return Ok(None);
        }
        let mut lists = Vec::new();
        for word in words {
            let Some(token) = word else {
                lists.push(Vec::new());
                continue;
            };
            match self.list(db, &segments, token, weights, room)? {
                Ok(list) => lists.push(list),
                Err(Unexpected) => return Ok(None),
            }
        }
        let hits = lists.iter().map(|list| i64::try_from(list.len()).unwrap_or(i64::MAX)).collect();
        Ok(Some(Lists { statistics: Statistics { rows, tokens, hits }, lists }))
    }

    /// Returns the documents of one word.
    fn list(
        &self,
        db: Db,
        segments: &[Segment],
        token: &[u8],
        weights: &[f64],
        room: &mut Room,
    ) -> SeamResult<Result<Vec<Posting>, Unexpected>> {
        let term = [&[WHOLE_WORDS], token].concat();
        let mut all = room.postings.pop().unwrap_or_default();
        all.clear();
        let mut ends = Vec::new();
        // The oldest first: its documents mostly have the lowest ids.
        for segment in segments.iter().rev() {
            room.list.clear();
            match self.read_list(db, segment, &term, &mut room.list)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(Unexpected) => return Ok(Err(Unexpected)),
            }
            if room.list.read(weights, &mut all) == Err(Unexpected) {
                return Ok(Err(Unexpected));
            }
            ends.push(all.len());
        }
        Ok(Ok(doclist::joined(all, &ends)))
    }

    /// Reads the pages that a list is on. Returns whether the segment has the term.
    fn read_list(
        &self,
        db: Db,
        segment: &Segment,
        term: &[u8],
        list: &mut Doclist,
    ) -> SeamResult<Result<bool, Unexpected>> {
        let id = segment.id.cast_signed() << PAGE_BITS;
        let key = [Parameter::Integer(segment.id.cast_signed()), Parameter::Blob(term)];
        let found = self.page_of.execute(db, &key)?;
        let page = if found.step()? { found.integer(0) } else { 1 };
        let first = id.wrapping_add(page.max(segment.first.cast_signed()));
        let last = id.wrapping_add(segment.last.cast_signed());
        let range = [Parameter::Integer(first), Parameter::Integer(last)];
        let pages = self.pages.execute(db, &range)?;
        if !pages.step()? || pages.integer(0) != first {
            return Ok(Err(Unexpected));
        }
        let mut goes_on = match list.begin(pages.bytes(1), term) {
            Ok(Some(goes_on)) => goes_on,
            Ok(None) => return Ok(Ok(false)),
            Err(Unexpected) => return Ok(Err(Unexpected)),
        };
        let mut next = first.wrapping_add(1);
        while goes_on && pages.step()? {
            if pages.integer(0) != next {
                return Ok(Err(Unexpected));
            }
            match list.go_on(pages.bytes(1)) {
                Ok(more) => goes_on = more,
                Err(Unexpected) => return Ok(Err(Unexpected)),
            }
            next = next.wrapping_add(1);
        }
        Ok(Ok(true))
    }

    fn ranked(
        &self,
        connection: &Connection,
        lengths: &Lengths,
        wanted: &Wanted<'_>,
        statistics: &Statistics,
        lists: &[Vec<Posting>],
    ) -> SeamResult<Option<Vec<Match>>> {
        let db = connection.db()?;
        let unknown = lists.iter().flatten().filter(|posting| !lengths.has(posting.id)).count();
        if unknown >= MANY && unknown.saturating_mul(PART) >= usize::try_from(statistics.rows).unwrap_or(usize::MAX) {
            self.read_lengths(db, lengths)?;
        }
        let ranking = Ranking::new(statistics);
        let mut best = Best::new(wanted.count);
        let mut rests: Vec<&[Posting]> = lists.iter().map(Vec::as_slice).collect();
        let mut seen = 0_usize;
        while let Some(id) = rests.iter().filter_map(|rest| rest.first()).map(|posting| posting.id).min() {
            seen += 1;
            if seen.is_multiple_of(DOCUMENTS_PER_LOOK) {
                connection.time_limit().check()?;
            }
            ranking.begin();
            for (phrase, rest) in rests.iter_mut().enumerate() {
                if let Some((posting, others)) = rest.split_first()
                    && posting.id == id
                {
                    ranking.add(phrase, posting.frequency);
                    *rest = others;
                }
            }
            if wanted.only.is_some_and(|only| only.binary_search(&id).is_err()) {
                continue;
            }
            let Some(length) = lengths.of(id, || self.length(db, id))? else { return Ok(None) };
            best.offer(Match { id, score: ranking.score(length) });
        }
        Ok(Some(best.into_sorted()))
    }

    /// Returns the length of a document; None if FTS5 does not have it.
    fn length(&self, db: Db, id: i64) -> SeamResult<Option<u32>> {
        let key = [Parameter::Integer(id)];
        let row = self.length.execute(db, &key)?;
        Ok(if row.step()? { doclist::length(row.bytes(0)).ok() } else { None })
    }

    /// Keeps the lengths of all documents.
    fn read_lengths(&self, db: Db, lengths: &Lengths) -> SeamResult<()> {
        let rows = self.lengths.execute(db, &[])?;
        while rows.step()? {
            if let Ok(length) = doclist::length(rows.bytes(1)) {
                lengths.keep(rows.integer(0), length);
            }
        }
        Ok(())
    }

    fn block(&self, db: Db, id: i64) -> SeamResult<Option<Vec<u8>>> {
        let key = [Parameter::Integer(id)];
        let row = self.record.execute(db, &key)?;
        Ok(if row.step()? { Some(row.bytes(0).to_vec()) } else { None })
    }

    fn number(&self, db: Db, statement: &Statement) -> SeamResult<Option<i64>> {
        let row = statement.execute(db, &[])?;
        Ok(if row.step()? { Some(row.integer(0)) } else { None })
    }

    pub(super) fn finalize(&self) {
        for statement in
            [&self.tokens, &self.format, &self.record, &self.page_of, &self.pages, &self.length, &self.lengths]
        {
            statement.finalize();
        }
    }
}

/// The documents of each word, and what is the same for all of them.
struct Lists {
    statistics: Statistics,
    lists: Vec<Vec<Posting>>,
}

enum Words {
    /// Each phrase of the query is one word, or none.
    Of(Vec<Option<Vec<u8>>>),
    NoneMatches,
    /// This FTS5 does not tell, or a phrase has several words.
    Untold,
}

/// Reads what the function `tokens` returns.
fn read_words(mut bytes: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
    let mut words = Vec::new();
    let number = |bytes: &mut &[u8]| -> Option<u32> {
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(u32::from_le_bytes(*number))
    };
    while !bytes.is_empty() {
        words.push(match number(&mut bytes)? {
            0 => None,
            1 => {
                let length = number(&mut bytes)? as usize;
                let (token, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Some(token.to_vec())
            }
            _ => return None,
        });
    }
    Some(words)
}
