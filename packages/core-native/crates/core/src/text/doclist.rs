//! The documents of a word, as FTS5 stores them.
//!
//! FTS5's index is made of segments, each a run of pages in the order of terms. SQLite documents the format in the
//! comments of `fts5_index.c`, and keeps it: files of every version are read. A page is
//! `| first rowid u16 | length of the content u16 | content | places of terms |`, and a list of documents goes on from
//! page to page until the next term.

/// What a format that is not the expected one leads to: the caller asks FTS5 itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Unexpected;

/// The bytes before the content of a page.
const HEADER: usize = 4;

/// Reads numbers as SQLite writes them: seven bits in a byte, the highest first, and eight in the ninth.
struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    fn next(&mut self) -> Result<u64, Unexpected> {
        let mut number = 0;
        for place in 0..9 {
            let (byte, rest) = self.0.split_first().ok_or(Unexpected)?;
            self.0 = rest;
            if place == 8 {
                return Ok(number << 8 | u64::from(*byte));
            }
            number = number << 7 | u64::from(byte & 0x7f);
            if *byte < 0x80 {
                break;
            }
        }
        Ok(number)
    }

    fn length(&mut self) -> Result<usize, Unexpected> {
        usize::try_from(self.next()?).map_err(|_| Unexpected)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Unexpected> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Unexpected)?;
        self.0 = rest;
        Ok(bytes)
    }
}

/// A run of pages in the order of terms.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number in the index.
    pub id: u64,
    /// Its first page.
    pub first: u64,
    /// Its last page.
    pub last: u64,
}

/// Returns the segments that an index is made of, the newest first.
///
/// # Errors
/// The record is not of the format that tables with content have.
pub fn segments(structure: &[u8]) -> Result<Vec<Segment>, Unexpected> {
    let mut numbers = Numbers(structure);
    let cookie = numbers.bytes(4)?;
    // Another format begins with this after the cookie.
    if cookie.len() != 4 || numbers.0.starts_with(&[0xff, 0, 0, 1]) {
        return Err(Unexpected);
    }
    let levels = numbers.next()?;
    let _segments = numbers.next()?;
    let _writes = numbers.next()?;
    let mut all = Vec::new();
    for _ in 0..levels {
        let _merging = numbers.next()?;
        let count = numbers.next()?;
        let mut level = Vec::new();
        for _ in 0..count {
            level.push(Segment { id: numbers.next()?, first: numbers.next()?, last: numbers.next()? });
        }
        // The last one of a level is the newest.
        all.extend(level.into_iter().rev());
    }
    Ok(all)
}

/// Returns the number of documents of a table, and of their tokens.
///
/// # Errors
/// The record ends too early.
pub fn totals(averages: &[u8]) -> Result<(i64, i64), Unexpected> {
    let mut numbers = Numbers(averages);
    let rows = numbers.next()?;
    let mut tokens: u64 = 0;
    while !numbers.0.is_empty() {
        tokens = tokens.wrapping_add(numbers.next()?);
    }
    Ok((rows.cast_signed(), tokens.cast_signed()))
}

/// Returns how many tokens a document has, of the lengths of its columns.
///
/// # Errors
/// The record ends too early, or the document is impossibly long.
pub fn length(sizes: &[u8]) -> Result<u32, Unexpected> {
    let mut numbers = Numbers(sizes);
    let mut length: u64 = 0;
    while !numbers.0.is_empty() {
        length = length.wrapping_add(numbers.next()?);
    }
    u32::try_from(length).map_err(|_| Unexpected)
}

/// A document that has a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posting {
    /// The document.
    pub id: i64,
    /// How often it has the word, by the weights of its columns. Negative if a newer segment says that it does not.
    pub frequency: f64,
}

/// The list of a word in one segment, as far as it was read.
#[derive(Default)]
pub struct Doclist {
    bytes: Vec<u8>,
    /// Where ids are not differences to the one before.
    absolute: Vec<usize>,
}

/// A page and its parts.
struct Page<'a> {
    bytes: &'a [u8],
    /// Where the first id is that continues a list. 0: there is none.
    first_id: usize,
    /// Where the content ends.
    end: usize,
}

impl<'a> Page<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Unexpected> {
        let (header, _) = bytes.split_first_chunk::<HEADER>().ok_or(Unexpected)?;
        let [a, b, c, d] = *header;
        let page = Self { bytes, first_id: u16::from_be_bytes([a, b]).into(), end: u16::from_be_bytes([c, d]).into() };
        if page.end < HEADER || page.end > bytes.len() { Err(Unexpected) } else { Ok(page) }
    }

    /// Returns where terms begin.
    fn terms(&self) -> Result<Vec<usize>, Unexpected> {
        let mut numbers = Numbers(self.bytes.get(self.end..).ok_or(Unexpected)?);
        let mut places = Vec::new();
        let mut place = 0_usize;
        while !numbers.0.is_empty() {
            place = place.checked_add(numbers.length()?).ok_or(Unexpected)?;
            places.push(place);
        }
        Ok(places)
    }

    fn content(&self, from: usize, to: usize) -> Result<&'a [u8], Unexpected> {
        self.bytes.get(from..to.min(self.end)).ok_or(Unexpected)
    }
}

impl Doclist {
    /// Begins a list on the page that has its term. Returns whether it may go on on the next page; None if the page does
    /// not have the term.
    ///
    /// # Errors
    /// The page has not the expected format.
    pub fn begin(&mut self, page: &[u8], term: &[u8]) -> Result<Option<bool>, Unexpected> {
        let page = Page::new(page)?;
        let terms = page.terms()?;
        let mut current = Vec::new();
        for (number, place) in terms.iter().enumerate() {
            let next = terms.get(number + 1).copied();
            let content = page.content(*place, next.unwrap_or(page.end))?;
            let mut numbers = Numbers(content);
            // The first term is whole, and others continue the beginning of the one before.
            let kept = if number == 0 { 0 } else { numbers.length()? };
            let added = numbers.length()?;
            current.truncate(kept);
            current.extend_from_slice(numbers.bytes(added)?);
            if current == term {
                self.next_id_is_whole_at(self.bytes.len());
                self.bytes.extend_from_slice(numbers.0);
                return Ok(Some(next.is_none()));
            }
            if current.as_slice() > term {
                break;
            }
        }
        Ok(None)
    }

    /// Goes on with the list on the next page. Returns whether it may go on on the page after that.
    ///
    /// # Errors
    /// The page has not the expected format.
    pub fn go_on(&mut self, page: &[u8]) -> Result<bool, Unexpected> {
        let page = Page::new(page)?;
        let next = page.terms()?.first().copied();
        if page.first_id != 0 && page.first_id < next.unwrap_or(page.end) {
            self.next_id_is_whole_at(self.bytes.len() + page.first_id.checked_sub(HEADER).ok_or(Unexpected)?);
        }
        self.bytes.extend_from_slice(page.content(HEADER, next.unwrap_or(page.end))?);
        Ok(next.is_none())
    }

    fn next_id_is_whole_at(&mut self, place: usize) {
        // A term at the very end of a page has its first id on the next one.
        if self.absolute.last() != Some(&place) {
            self.absolute.push(place);
        }
    }

    /// Forgets the list, and keeps its memory for another.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.absolute.clear();
    }

    /// Returns how many bytes the list has room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Adds the documents in the order of their ids. Without weights, every column has the weight 1.
    ///
    /// # Errors
    /// The list has not the expected format.
    pub fn read(&self, weights: &[f64], postings: &mut Vec<Posting>) -> Result<(), Unexpected> {
        let mut last: Option<i64> = None;
        let mut absolute = self.absolute.iter().copied().peekable();
        let mut numbers = Numbers(&self.bytes);
        let mut id: i64 = 0;
        while !numbers.0.is_empty() {
            let at = self.bytes.len() - numbers.0.len();
            let number = numbers.next()?.cast_signed();
            id = if absolute.next_if_eq(&at).is_some() { number } else { id.wrapping_add(number) };
            let size = numbers.length()?;
            let positions = numbers.bytes(size >> 1)?;
            if last.is_some_and(|last| last >= id) {
                return Err(Unexpected);
            }
            last = Some(id);
            let frequency = if positions.is_empty() { -1.0 } else { frequency(positions, weights)? };
            postings.push(Posting { id, frequency });
        }
        if absolute.next().is_some() { Err(Unexpected) } else { Ok(()) }
    }
}

/// Returns how often a document has a word. Positions are differences and at least 2; 1 stands before the number of a
/// column.
fn frequency(positions: &[u8], weights: &[f64]) -> Result<f64, Unexpected> {
    // Most documents have a word once.
    if let ([_], []) = (positions, weights) {
        return Ok(1.0);
    }
    let weight_of = |column: usize| weights.get(column).copied().unwrap_or(1.0);
    let mut sum = 0.0;
    let mut weight = weight_of(0);
    let mut numbers = Numbers(positions);
    while !numbers.0.is_empty() {
        if numbers.next()? == 1 {
            weight = weight_of(numbers.length()?);
        } else {
            sum += weight;
        }
    }
    Ok(sum)
}

/// Joins the lists of a word in several segments, one after another, the oldest first: a document is as the newest list
/// has it. `ends` says where each list ends.
#[must_use]
pub fn joined(mut all: Vec<Posting>, ends: &[usize]) -> Vec<Posting> {
    // Lists of documents that were only ever added follow each other.
    let is_ascending = ends.iter().all(|end| {
        let (Some(before), Some(after)) = (end.checked_sub(1).and_then(|last| all.get(last)), all.get(*end)) else {
            return true;
        };
        before.id < after.id
    });
    if !is_ascending {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let lists = starts.zip(ends).filter_map(|(start, end)| all.get(start..*end)).map(<[Posting]>::to_vec);
        let mut lists: Vec<_> = lists.collect();
        lists.reverse();
        all = merged_all(lists);
    }
    all.retain(|posting| posting.frequency >= 0.0);
    all
}

/// Merges neighbors until one list is left, so that no document is copied more often than there are such rounds.
fn merged_all(mut lists: Vec<Vec<Posting>>) -> Vec<Posting> {
    while lists.len() > 1 {
        let pairs = lists.chunks(2).map(|pair| match pair {
            [newer, older] => merged(newer, older),
            rest => rest.concat(),
        });
        lists = pairs.collect();
    }
    lists.pop().unwrap_or_default()
}

fn merged(newer: &[Posting], older: &[Posting]) -> Vec<Posting> {
    let mut both = Vec::with_capacity(newer.len() + older.len());
    let mut older = older.iter().peekable();
    for posting in newer {
        while let Some(before) = older.next_if(|other| other.id < posting.id) {
            both.push(*before);
        }
        older.next_if(|other| other.id == posting.id);
        both.push(*posting);
    }
    both.extend(older);
    both
}

#[cfg(test)]
mod tests {
    use super::{Doclist, Posting, Segment, Unexpected, joined, length, segments, totals};

    fn page(first_id: u16, content: &[u8], terms: &[u8]) -> Vec<u8> {
        let end = u16::try_from(content.len() + 4).unwrap_or(u16::MAX);
        [&first_id.to_be_bytes(), &end.to_be_bytes(), content, terms].concat()
    }

    fn posting(id: i64, frequency: f64) -> Posting {
        Posting { id, frequency }
    }

    fn postings(list: &Doclist, weights: &[f64]) -> Result<Vec<Posting>, Unexpected> {
        let mut all = Vec::new();
        list.read(weights, &mut all).map(|()| all)
    }

    #[test]
    fn a_list_is_found_behind_its_term_and_ends_at_the_next() {
        // The terms 0a and 0ab, and three documents: of 7 once, of 9 twice in column 0 and once in column 2.
        let content = [2, b'0', b'a', 7, 2, 2, 2, 1, b'b', 7, 2, 5, 2, 10, 2, 2, 1, 2, 3];
        let page = page(0, &content, &[4, 6]);
        let mut list = Doclist::default();
        assert_eq!(list.begin(&page, b"0ab"), Ok(Some(true)));
        assert_eq!(postings(&list, &[]), Ok(vec![posting(7, 1.0), posting(9, 3.0)]));
        assert_eq!(postings(&list, &[1.0, 1.0, 0.5]), Ok(vec![posting(7, 1.0), posting(9, 2.5)]));
        let mut first = Doclist::default();
        assert_eq!(first.begin(&page, b"0a"), Ok(Some(false)));
        assert_eq!(postings(&first, &[]), Ok(vec![posting(7, 1.0)]));
        for missing in [&b"0aa"[..], b"0", b"0b", b""] {
            assert_eq!(Doclist::default().begin(&page, missing), Ok(None));
        }
    }

    #[test]
    fn a_list_goes_on_over_pages_where_the_first_id_is_whole() {
        let mut list = Doclist::default();
        // The positions of document 3 are cut in two.
        assert_eq!(list.begin(&page(0, &[2, b'0', b'a', 3, 6, 2], &[4]), b"0a"), Ok(Some(true)));
        assert_eq!(list.go_on(&page(6, &[3, 4, 130, 1, 2, 9], &[])), Ok(true));
        assert_eq!(postings(&list, &[]), Ok(vec![posting(3, 3.0), posting(257, 1.0)]));
        assert_eq!(list.go_on(&page(4, &[130, 2, 2, 3, 1, b'0', b'b'], &[8])), Ok(false));
        assert_eq!(postings(&list, &[]), Ok(vec![posting(3, 3.0), posting(257, 1.0), posting(258, 1.0)]));
    }

    #[test]
    fn a_term_may_stand_at_the_end_of_a_page() {
        let mut list = Doclist::default();
        assert_eq!(list.begin(&page(0, &[2, b'0', b'a'], &[4]), b"0a"), Ok(Some(true)));
        assert_eq!(list.go_on(&page(4, &[5, 2, 2], &[])), Ok(true));
        assert_eq!(postings(&list, &[]), Ok(vec![posting(5, 1.0)]));
    }

    #[test]
    fn newer_segments_replace_and_delete() {
        let oldest = [posting(2, 1.0), posting(6, 9.0)];
        let older = [posting(1, 1.0), posting(5, 1.0), posting(6, 1.0)];
        let newest = [posting(2, -1.0), posting(5, 3.0)];
        let all = [&oldest[..], &older, &newest].concat();
        assert_eq!(joined(all, &[2, 5, 7]), [posting(1, 1.0), posting(5, 3.0), posting(6, 1.0)]);
        assert_eq!(joined(vec![], &[]), []);
        let apart = vec![posting(1, 2.0), posting(6, -1.0), posting(7, 1.0), posting(9, 1.0)];
        assert_eq!(joined(apart, &[2, 2, 4]), [posting(1, 2.0), posting(7, 1.0), posting(9, 1.0)]);
    }

    #[test]
    fn records_of_the_index_are_read() {
        let structure = [0, 0, 0, 9, 2, 3, 5, 0, 2, 7, 1, 4, 8, 1, 9, 0, 1, 3, 1, 129, 0];
        let segment = |id, first, last| Segment { id, first, last };
        assert_eq!(segments(&structure), Ok(vec![segment(8, 1, 9), segment(7, 1, 4), segment(3, 1, 128)]));
        assert_eq!(segments(&[0, 0, 0, 9, 0xff, 0, 0, 1, 0, 0, 0, 0]), Err(Unexpected));
        assert_eq!(totals(&[3, 10, 129, 0, 0]), Ok((3, 138)));
        assert_eq!(length(&[5, 0, 129, 1]), Ok(134));
        assert_eq!(length(&[0x80]), Err(Unexpected));
    }

    #[test]
    fn damage_is_unexpected_and_never_a_panic() {
        let good = page(0, &[2, b'0', b'a', 7, 2, 2, 1, 4, 2, 3], &[4]);
        for at in 0..good.len() {
            for byte in [0, 1, 2, 4, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                if let Some(place) = bad.get_mut(at) {
                    *place = byte;
                }
                let mut list = Doclist::default();
                let _ = list.begin(&bad, b"0a");
                let _ = list.go_on(&bad);
                let _ = postings(&list, &[0.5]);
                let _ = (segments(&bad), totals(&bad), length(&bad));
            }
            let mut list = Doclist::default();
            let _ = list.begin(good.get(..at).unwrap_or_default(), b"0a");
        }
    }
}
