//! vec0's tables: read into memory, kept there, searched.
//!
//! | module | what it holds |
//! |---|---|
//! | [`layout`] | the names and statements by which a table's chunks are read |
//! | [`reader`] | chunks, one after another, checked |
//! | [`table`] | what a connection keeps of a table: statements and the resident copy |
//! | [`shadow_tables`] | writing to them without vec0 |
//! | [`request`] | what a search asks for, and how its result travels |
//! | [`off_loop`] | a search in another thread |
//! | [`calls`] | the functions JavaScript sees |

mod calls;
mod layout;
mod off_loop;
mod reader;
mod request;
mod shadow_tables;
pub(crate) mod table;

pub(crate) use calls::register;
