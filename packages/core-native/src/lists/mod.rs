//! The index of a vector table: lists in ordinary tables of the same file.
//!
//! A list has the codes and ids of vectors that are near each other (`kohakuvault_core::vector::lists`). Vectors that
//! the index does not know are looked at in every search, so a program that knows nothing of the index may write: they
//! are those whose ids are not in its set of known ids. A vector that is gone is skipped, because its id is not in the
//! table any more. What a search returns was compared with what is stored.
//!
//! | module | what it holds |
//! |---|---|
//! | [`tables`] | the tables of an index, and their statements |
//! | [`head`] | what an index says of itself |
//! | [`rows`] | bytes of rows, from pages in place if possible |
//! | [`shared`] | what a search needs of an index in memory |
//! | [`state`] | what memory holds of an index |
//! | [`search`] | searches of lists |
//! | [`together`] | searches of lists for several queries at once |
//! | [`search_task`] | searches of lists in another thread |
//! | [`marks`] | whether vectors are what they were |
//! | [`filling`] | vectors on their way into the lists of a new index |
//! | [`calibrating`] | measuring how many lists a search must look at |
//! | [`scratch`] | where a build puts parts of lists before it knows the rest of each |
//! | [`build`] | making an index |
//! | [`build_task`] | making an index in another thread |
//! | [`upkeep`] | adding entries to their lists; lists that are divided or given up |
//! | [`grow`] | putting vectors into lists |
//! | [`verify`] | comparing an index with its table |
//! | [`calls`] | the functions that JavaScript sees |

mod build;
mod build_task;
mod calibrating;
mod calls;
mod filling;
mod grow;
mod head;
mod marks;
mod rows;
mod scratch;
mod search;
mod search_task;
mod shared;
mod state;
mod tables;
mod together;
mod upkeep;
mod verify;

pub(crate) use calls::register;
