//! vec0's tables: read into memory, kept there, searched.
//!
//! | module | what it holds |
//! |---|---|
//! | [`layout`] | the names and statements by which a table's chunks are read |
//! | [`reader`] | chunks, one after another, checked |
//! | [`some_rows`] | some vectors, read one by one |
//! | [`conjuncts`] | the ids that meet several conditions at once |
//! | [`condition`] | SQL that returns the ids of the vectors that may be found |
//! | [`table`] | what a connection keeps of a table: statements and the resident copy |
//! | [`shadow_tables`] | writing to vec0's own tables |
//! | [`stand_in`] | what stands in for sqlite-vec's module where that has no binary |
//! | [`filling`] | vectors in the free slots of chunks |
//! | [`chunks`] | making chunks, and taking vectors out of them |
//! | [`request`] | what a search asks for, and how its result travels |
//! | [`read_connection`] | a connection for a search in another thread |
//! | [`search_task`] | searches in another thread |
//! | [`sketch_task`] | sketches, made in another thread |
//! | [`calls`] | the functions that JavaScript sees |

mod calls;
mod chunks;
pub(crate) mod condition;
mod conjuncts;
mod filling;
pub(crate) mod layout;
pub(crate) mod read_connection;
pub(crate) mod reader;
pub(crate) mod request;
pub(crate) mod search_task;
pub(crate) mod shadow_tables;
mod sketch_task;
mod some_rows;
mod stand_in;
mod table;

pub(crate) use calls::register;
