//! What an index says of itself.

use std::collections::BTreeSet;

use kohakuvault_core::vector::lists::calibration::Calibration;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::train::List;
use kohakuvault_core::vector::shape::{Metric, Shape, VectorType};

use super::tables::Tables;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement, quote};
use crate::vector::layout::Layout;

/// The format of the tables. A reader refuses a later one.
pub(super) const VERSION: i64 = 1;
/// How many centroids a row has. A new list writes a row again.
const CENTROIDS_A_ROW: usize = 32;

/// The row of the head.
#[derive(Clone)]
pub(super) struct Head {
    /// A random number of the training: with another one the lists are others.
    pub(super) generation: i64,
    /// A random number of the last change of lists.
    pub(super) stamp: i64,
    pub(super) metric: Metric,
    /// Another such number, of the last change of centroids.
    pub(super) layout: i64,
    /// How many lists there are.
    lists: i64,
    /// How many vectors there were when the index was made.
    pub(super) vectors: i64,
    /// When it was made, in milliseconds since 1970.
    pub(super) trained: i64,
    pub(super) calibration: Calibration,
    /// How many lists there were then.
    trained_lists: i64,
    /// The last of the runs whose entries are being added to their lists. 0 if none are.
    pub(super) merging: i64,
    /// Lists before this one have the entries of those runs.
    pub(super) merged: i64,
}

/// Returns the number by which files know an element type.
pub(super) const fn type_number(kind: VectorType) -> i64 {
    match kind {
        VectorType::F32 => 0,
        VectorType::Int8 => 1,
        VectorType::Bit => 2,
    }
}

/// Returns the number by which files know a metric.
pub(super) const fn metric_number(metric: Metric) -> i64 {
    match metric {
        Metric::Cosine => 0,
        Metric::L2 => 1,
        Metric::L1 => 2,
        Metric::Hamming => 3,
        // No index is made of it, because its lists are of near vectors.
        Metric::Dot => 4,
    }
}

impl Head {
    /// Reads the head of an index that exists.
    pub(super) fn read(db: Db, tables: &Tables, layout: &Layout) -> SeamResult<Self> {
        let row = tables.head.execute(db, &[])?;
        if !row.step()? {
            return Err(tables.damaged("its head is missing"));
        }
        let version = row.integer(0);
        if version > VERSION {
            return Err(SeamError::invalid(format!(
                "the index of {} has the format {version}, which a later version of kohakuvault writes; this one reads \
                 {VERSION}. Update kohakuvault, or call dropIndex() and createIndex()",
                quote(&layout.name)
            )));
        }
        let Shape { kind, dimensions, .. } = layout.shape;
        let metric = [Metric::Cosine, Metric::L2, Metric::L1, Metric::Hamming]
            .into_iter()
            .find(|metric| metric_number(*metric) == row.integer(5))
            .ok_or_else(|| tables.damaged("its metric is unknown"))?;
        if i64::try_from(dimensions) != Ok(row.integer(3)) || row.integer(4) != type_number(kind) {
            return Err(tables.damaged("it belongs to vectors of another shape"));
        }
        let calibration = Calibration::read(row.bytes(9)).map_err(|error| tables.damaged(&error.to_string()))?;
        Ok(Self {
            generation: row.integer(1),
            stamp: row.integer(2),
            metric,
            lists: row.integer(6),
            vectors: row.integer(7),
            trained: row.integer(8),
            calibration,
            layout: row.integer(10),
            trained_lists: row.integer(11),
            merging: row.integer(12),
            merged: row.integer(13),
        })
    }

    /// Returns how many lists there were when the index was made.
    pub(super) fn trained_lists(&self) -> usize {
        usize::try_from(self.trained_lists).unwrap_or_default().max(1)
    }

    /// Writes what has changed: `merging` and `merged`, and centroids of these lists.
    pub(super) fn update(
        &mut self,
        db: Db,
        (tables, layout): (&Tables, &Layout),
        centroids: &Centroids,
        changed: &BTreeSet<List>,
    ) -> SeamResult<()> {
        let rows: BTreeSet<usize> = changed.iter().map(|list| *list as usize / CENTROIDS_A_ROW).collect();
        for row in rows {
            let records = centroids.records(row * CENTROIDS_A_ROW, CENTROIDS_A_ROW);
            tables.put_list.run(db, &[row_id(row), Parameter::Blob(&records)])?;
        }
        tables.set_head.run(
            db,
            &[
                Parameter::Integer(i64::from(!changed.is_empty())),
                count(centroids.len()),
                Parameter::Integer(self.merging),
                Parameter::Integer(self.merged),
            ],
        )?;
        *self = Self::read(db, tables, layout)?;
        Ok(())
    }

    /// Writes the head and the centroids of a new index.
    pub(super) fn write(
        db: Db,
        layout: &Layout,
        metric: Metric,
        vectors: usize,
        calibration: &Calibration,
        centroids: &Centroids,
    ) -> SeamResult<()> {
        let Shape { kind, dimensions, .. } = layout.shape;
        let recall = calibration.write();
        Statement::new(&format!(
            "INSERT INTO main.{} (id, version, generation, stamp, dimensions, type, metric, lists, vectors, trained, \
             recall, layout, trained_lists, merging, merged) VALUES (1, {VERSION}, random(), random(), ?, ?, ?, ?4, ?, \
             CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), ?, random(), ?4, 0, 0)",
            layout.part("index")
        ))?
        .run(
            db,
            &[
                count(dimensions),
                Parameter::Integer(type_number(kind)),
                Parameter::Integer(metric_number(metric)),
                count(centroids.len()),
                count(vectors),
                Parameter::Blob(&recall),
            ],
        )?;
        let add =
            Statement::new(&format!("INSERT INTO main.{} (id, centroids) VALUES (?, ?)", layout.part("index_lists")))?;
        let mean = centroids.mean();
        add.run(db, &[Parameter::Integer(0), Parameter::Blob(&mean)])?;
        for row in 0..centroids.len().div_ceil(CENTROIDS_A_ROW) {
            let records = centroids.records(row * CENTROIDS_A_ROW, CENTROIDS_A_ROW);
            add.run(db, &[row_id(row), Parameter::Blob(&records)])?;
        }
        Ok(())
    }

    /// Reads the centroids.
    pub(super) fn centroids(&self, db: Db, tables: &Tables, layout: &Layout) -> SeamResult<Centroids> {
        let rows = tables.lists.execute(db, &[])?;
        let (mut mean, mut all) = (Vec::new(), Vec::new());
        while rows.step()? {
            if rows.integer(0) == 0 {
                mean.extend(rows.bytes(1))
            } else {
                all.extend(rows.bytes(1))
            };
        }
        let read = Centroids::read(layout.shape.dimensions, &mean, &all);
        let centroids = read.map_err(|error| tables.damaged(&error.to_string()))?;
        if i64::try_from(centroids.len()) == Ok(self.lists) {
            return Ok(centroids);
        }
        Err(tables.damaged(&format!("it has centroids of {} lists; expected {}", centroids.len(), self.lists)))
    }
}

/// Returns the id of a row of centroids: the mean is the row 0.
fn row_id(row: usize) -> Parameter<'static> {
    count(row + 1)
}

fn count(count: usize) -> Parameter<'static> {
    Parameter::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
