//! Full-text search: what the tokenizer `words` makes of a text, the best matches, and the places of matches.
//!
//! | module | what it holds |
//! |---|---|
//! | [`runs`] | a text, cut into runs that are tokenized alike |
//! | [`scripts`] | which characters are written without spaces between words |
//! | [`kana`], [`hangul`] | the one form of a character that can be written in several |
//! | [`best`] | the best of many matches |
//! | [`doclist`] | the documents of a word, as FTS5 stores them |
//! | [`rank`] | BM25 |
//! | [`places`] | matches as ranges of tokens, bytes and UTF-16 units |

pub mod best;
pub mod doclist;
pub mod hangul;
pub mod kana;
pub mod places;
pub mod rank;
pub mod runs;
pub mod scripts;
