//! What an index says of itself.

use kohakuvault_core::vector::lists::calibration::Calibration;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::shape::{Metric, Shape, VectorType};

use super::tables::Tables;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement, quote};
use crate::vector::layout::Layout;

/// The format of the tables. A reader refuses a later one.
pub(super) const VERSION: i64 = 1;
/// How many centroids a row has.
const CENTROIDS_A_ROW: usize = 256;

/// The row of the head.
#[derive(Clone)]
pub(super) struct Head {
    /// A random number of the training: with another one the lists are others.
    pub(super) generation: i64,
    /// A random number of the last change of lists.
    pub(super) stamp: i64,
    pub(super) metric: Metric,
    /// How many lists there are.
    lists: i64,
    /// How many vectors there were when the index was made.
    pub(super) vectors: i64,
    /// When it was made, in milliseconds since 1970.
    pub(super) trained: i64,
    pub(super) calibration: Calibration,
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
        })
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
        let number = |count: usize| Parameter::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        Statement::new(&format!(
            "INSERT INTO main.{} (id, version, generation, stamp, dimensions, type, metric, lists, vectors, trained, \
             recall) VALUES (1, {VERSION}, random(), random(), ?, ?, ?, ?, ?, \
             CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), ?)",
            layout.part("index")
        ))?
        .run(
            db,
            &[
                number(dimensions),
                Parameter::Integer(type_number(kind)),
                Parameter::Integer(metric_number(metric)),
                number(centroids.len()),
                number(vectors),
                Parameter::Blob(&recall),
            ],
        )?;
        let add =
            Statement::new(&format!("INSERT INTO main.{} (id, centroids) VALUES (?, ?)", layout.part("index_lists")))?;
        let (mean, rows) = (centroids.mean(), centroids.rows());
        add.run(db, &[Parameter::Integer(0), Parameter::Blob(&mean)])?;
        for (id, rows) in (1..).zip(rows.chunks(dimensions * 4 * CENTROIDS_A_ROW)) {
            add.run(db, &[Parameter::Integer(id), Parameter::Blob(rows)])?;
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
