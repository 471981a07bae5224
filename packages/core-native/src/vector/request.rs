//! What a search asks for, and how its result travels.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kohakuvault_core::CoreError;
use kohakuvault_core::boundary::neighbor as layout;
use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::matrix::Matrix;
use kohakuvault_core::vector::nearest::Neighbor;
use kohakuvault_core::vector::query::Query;
use kohakuvault_core::vector::search::Search;
use kohakuvault_core::vector::shape::{Metric, Shape};
use napi::ValueType;
use napi::bindgen_prelude::{BigInt, BigInt64Array, Either3, FromNapiValue, Object, Uint8Array, Unknown};
use napi_derive::napi;

use super::condition::Condition;
use super::conjuncts::WherePart;
use crate::js::numbers;

/// One search, of one query or of several.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct VectorRequest {
    /// The queries, one after another.
    pub queries: Uint8Array,
    /// The metric: a `MetricCode`.
    pub metric: u32,
    /// How many neighbors each query wants.
    pub limit: f64,
    /// The ids that may be found. Absent for all.
    pub only: Option<BigInt64Array>,
    /// A SELECT that returns the ids that may be found, and must also be in `only` if that is there. Absent for all.
    pub where_sql: Option<String>,
    /// The parameters of the SELECT.
    pub where_parameters: Option<Vec<Either3<f64, String, BigInt>>>,
    /// The parts of the SELECT, if each is better read alone. One of them does not exclude.
    pub where_parts: Option<Vec<WherePart>>,
    /// A number that changes before what the SELECT returns does. Absent if its result must not be kept.
    pub where_state: Option<f64>,
    /// How many candidates an approximate search compares exactly. Absent for an exact search.
    pub candidates: Option<f64>,
    /// How many of the first dimensions find the candidates. Absent if sketches do.
    pub search_dimensions: Option<f64>,
    /// How much memory a resident copy may take. Absent if none may be used.
    pub resident_bytes: Option<f64>,
}

impl VectorRequest {
    /// Reads a request of JavaScript's. The memory of the arrays is asked for when every property has been read,
    /// because a getter may free it.
    pub(crate) fn read(given: &Object<'_>) -> napi::Result<Self> {
        fn optional<T: FromNapiValue>(given: &Object<'_>, name: &str) -> napi::Result<Option<T>> {
            let value = given.get::<Unknown<'_>>(name)?;
            Ok(match value {
                Some(value) if value.get_type()? != ValueType::Undefined => Some(T::from_unknown(value)?),
                _ => None,
            })
        }
        let expected =
            |name: &str| napi::Error::new(napi::Status::InvalidArg, format!("the search has no {name}; give one"));
        let metric = optional(given, "metric")?.ok_or_else(|| expected("metric"))?;
        let limit = optional(given, "limit")?.ok_or_else(|| expected("limit"))?;
        let candidates = optional(given, "candidates")?;
        let search_dimensions = optional(given, "searchDimensions")?;
        let resident_bytes = optional(given, "residentBytes")?;
        let where_sql = optional(given, "whereSql")?;
        let where_parameters = optional(given, "whereParameters")?;
        let where_parts = optional(given, "whereParts")?;
        let where_state = optional(given, "whereState")?;
        let only = optional::<Unknown<'_>>(given, "only")?;
        let queries = optional::<Unknown<'_>>(given, "queries")?.ok_or_else(|| expected("queries"))?;
        let only = only.map(BigInt64Array::from_unknown).transpose()?;
        let queries = Uint8Array::from_unknown(queries)?;
        Ok(Self {
            queries,
            metric,
            limit,
            only,
            where_sql,
            where_parameters,
            where_parts,
            where_state,
            candidates,
            search_dimensions,
            resident_bytes,
        })
    }
}

/// A request in memory of Rust's own, so that another thread may have it.
pub(crate) struct PreparedSearch {
    pub(crate) queries: Vec<Query>,
    limit: usize,
    only: Option<Arc<IdSet>>,
    /// What the vectors must also meet. Taken when it has been evaluated.
    pub(crate) condition: Option<Condition>,
    pub(crate) condition_state: Option<f64>,
    pub(crate) candidates: Option<usize>,
    /// How many of the first dimensions find the candidates. None if sketches do.
    pub(crate) dimensions: Option<usize>,
    pub(crate) metric: Metric,
}

impl PreparedSearch {
    pub(crate) fn new(shape: Shape, request: VectorRequest) -> Result<Self, CoreError> {
        let metric = Metric::from_code(request.metric).ok_or_else(|| {
            CoreError::InvalidArgument(format!("metric {} is unknown; expected a MetricCode", request.metric))
        })?;
        let queries = request.queries.chunks(shape.row_bytes().max(1));
        Ok(Self {
            queries: queries.map(|bytes| Query::new(shape, metric, bytes)).collect::<Result<_, _>>()?,
            limit: numbers::limit(request.limit),
            only: request.only.as_ref().map(|ids| Arc::new(IdSet::new(ids.to_vec()))),
            condition: request.where_sql.map(|sql| {
                let (parameters, parts) = (request.where_parameters, request.where_parts);
                Condition::new(sql, parameters.unwrap_or_default(), parts.unwrap_or_default())
            }),
            condition_state: request.where_state,
            candidates: request.candidates.map(numbers::limit),
            dimensions: request.search_dimensions.map(numbers::limit),
            metric,
        })
    }

    pub(crate) fn search<'a>(&'a self, cancelled: &'a AtomicBool) -> Search<'a> {
        Search { queries: &self.queries, limit: self.limit, only: self.only(), cancelled }
    }

    /// Returns the ids that may be found; None for all.
    pub(crate) fn only(&self) -> Option<&IdSet> {
        self.only.as_deref()
    }

    /// Limits the search to what its condition accepts.
    pub(crate) fn limit_to(&mut self, accepted: Arc<IdSet>) {
        self.condition = None;
        self.only = Some(match &self.only {
            Some(only) => Arc::new(only.intersection(&accepted)),
            None => accepted,
        });
    }

    /// Searches a resident copy.
    pub(crate) fn run(&self, matrix: &Matrix, cancelled: &AtomicBool) -> Vec<Vec<Neighbor>> {
        let search = self.search(cancelled);
        match (self.candidates, self.dimensions) {
            (Some(candidates), Some(dimensions)) => matrix.search_by_prefix(&search, dimensions, candidates),
            (Some(candidates), None) if matrix.can_approximate(self.metric) => {
                matrix.search_approximately(&search, candidates)
            }
            _ => matrix.search(&search),
        }
    }

    /// Returns what was found, in the layout that `boundary::neighbor` describes.
    pub(crate) fn encode(&self, found: &[Vec<Neighbor>]) -> Vec<u8> {
        let rows: usize = found.iter().map(Vec::len).sum();
        let mut bytes = Vec::with_capacity(found.len() * layout::HEAD_BYTES + rows * layout::BYTES);
        for neighbors in found {
            bytes.extend((neighbors.len() as u64).to_le_bytes());
            for neighbor in neighbors {
                bytes.extend(neighbor.id.to_le_bytes());
                bytes.extend(neighbor.value_id.to_le_bytes());
                bytes.extend(self.metric.distance(neighbor.score).to_le_bytes());
            }
        }
        bytes
    }
}
