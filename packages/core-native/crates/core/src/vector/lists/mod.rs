//! Lists of vectors around centroids, by which a search looks at a part of the vectors only.
//!
//! Each vector is in two lists: in that of the nearest centroid, and in another one whose centroid lies in another
//! direction. So a vector at the border of a list is near the centre of another one as a rule. A list keeps a code of
//! two bits per dimension for the difference of each vector from the centroid, which tells its distance from a query
//! roughly. What looks near is compared exactly.
//!
//! A list that has become long is divided, so lists stay as long as suits the number of vectors.
//!
//! Each module uses only those above it in this table.
//!
//! | module | what it holds |
//! |---|---|
//! | `products` | products of many rows with many rows |
//! | `halves` | dividing rows into two halves that differ |
//! | [`train`] | finding centroids |
//! | `groups` | centroids in groups, to find near ones |
//! | `rounding` | centroids with a byte per dimension |
//! | [`centroids`] | which lists are near a query, and in which a vector belongs |
//! | [`entries`] | codes and ids, in memory and as bytes |
//! | [`parts`] | the entries of a list, which come in parts; dividing a list |
//! | [`recent`] | entries that were not added to their lists yet |
//! | [`placing`] | the lists of vectors, and their entries there |
//! | [`ranking`] | which candidates of a search are compared exactly |
//! | [`scan`] | looking for near vectors in lists |
//! | [`batch`] | several queries that look at lists together |
//! | [`known_ids`] | which vectors are in lists |
//! | [`directory`] | where the vectors of a table are |
//! | [`calibration`] | how many lists a search must look at |

pub mod batch;
pub mod calibration;
pub mod centroids;
pub mod directory;
pub mod entries;
mod groups;
mod halves;
pub mod known_ids;
pub mod parts;
pub mod placing;
mod products;
pub mod ranking;
pub mod recent;
mod rounding;
pub mod scan;
pub mod train;

#[cfg(test)]
mod tests;
