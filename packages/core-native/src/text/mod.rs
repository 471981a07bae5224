//! What full-text search adds to SQLite's FTS5.
//!
//! | module | what it holds |
//! |---|---|
//! | [`api`] | how FTS5 comes to know us |
//! | [`tokenizer`] | the tokenizer `kohakuvault_words` |
//! | [`places`] | the function that returns where a document matches |
//! | [`rank`] | the function that ranks documents, with lengths that are kept |
//! | [`direct`] | the best documents, from FTS5's index |
//! | [`tokens`] | the function that returns the words of a query |
//! | [`table`] | what a connection keeps of a table: statements to search, read and insert |
//! | [`records`] | documents as JavaScript hands them over |
//! | [`calls`] | the functions that JavaScript sees |

pub(crate) mod api;
mod calls;
mod direct;
mod places;
mod rank;
mod records;
mod table;
mod tokenizer;
mod tokens;

pub(crate) use calls::register;
