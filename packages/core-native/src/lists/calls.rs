//! The functions that JavaScript sees.

use std::rc::Rc;

use kohakuvault_core::vector::lists::train::lists_of;
use kohakuvault_core::vector::shape::{Metric, Shape, VectorType};
use napi::bindgen_prelude::{Buffer, Object};
use napi::{Env, sys};
use napi_derive::napi;

use super::build::{Plan, Progress, build, copy_parts, store};
use super::grow::Effort;
use super::scratch::Scratch;
use super::search::ListOptions;
use super::state::TableIndex;
use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult, shell};
use crate::js::numbers;
use crate::js::register::js_function;
use crate::registry::{self, connection_of};
use crate::vector::layout::Layout;
use crate::vector::request::{PreparedSearch, VectorRequest};

/// As many as `createIndex` accepts.
const MOST_TRAINED_LISTS: usize = 65_536;
/// The limit of sqlite-vec.
const MOST_DIMENSIONS: u32 = 8192;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "vectorIndexGrow", grow)?;
    js_function!(env, exports, "vectorIndexTouch", touch)?;
    js_function!(env, exports, "vectorIndexClear", clear)?;
    js_function!(env, exports, "vectorIndexDrop", drop_index)?;
    js_function!(env, exports, "vectorIndexForget", forget)?;
    js_function!(env, exports, "vectorIndexInserted", inserted)?;
    js_function!(env, exports, "vectorIndexRemoved", removed)
}

pub(super) fn metric_of(code: u32) -> SeamResult<Metric> {
    Metric::from_code(code).ok_or_else(|| SeamError::invalid("the metric is unknown; expected a MetricCode"))
}

/// Returns a number of `FileState`. None if nothing may be kept.
pub(super) fn state_of(number: f64) -> Option<f64> {
    (number >= 0.0).then_some(number)
}

fn index_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<TableIndex>)> {
    let connection = connection_of(call, handle)?;
    let index = connection.kept().get(call.ordinal(number, "index")?)?;
    Ok((connection, index))
}

/// Prepares to use the index of a vec0 table, if it has one. The type is a `VectorTypeCode`.
#[napi]
pub fn create_vector_index(
    env: Env,
    handle: f64,
    name: String,
    vector_type: u32,
    dimensions: u32,
    keeps_lengths: bool,
) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let kind = VectorType::from_code(vector_type)
            .ok_or_else(|| SeamError::invalid("the vector type is unknown; expected a VectorTypeCode"))?;
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            return Err(SeamError::invalid(format!(
                "an index has 1 to {MOST_DIMENSIONS} dimensions, and {dimensions} were given"
            )));
        }
        let shape = Shape { kind, dimensions: dimensions as usize, keeps_lengths };
        connection.kept().add(TableIndex::new(Layout::new(&name, shape)?)?)
    })
}

/// How a search looks at the lists of an index.
#[napi(object, object_to_js = false)]
pub struct VectorIndexOptions {
    /// How many lists. Absent for as many as `recall` needs.
    pub probes: Option<f64>,
    /// The share of the nearest vectors to be found.
    pub recall: Option<f64>,
    /// How much lists may take in memory.
    pub list_bytes: f64,
    /// The number of `FileState`, or -1 if nothing may be kept.
    pub state: f64,
    /// Whether pages of the file may be read without SQLite.
    pub in_place: bool,
}

impl VectorIndexOptions {
    pub(super) fn prepared(&self) -> ListOptions {
        ListOptions {
            probes: self.probes.map(numbers::limit),
            recall: self.recall,
            list_bytes: numbers::limit(self.list_bytes),
            state: state_of(self.state),
            in_place: self.in_place,
        }
    }
}

/// What an index says of itself.
#[napi(object, object_from_js = false)]
pub struct VectorIndexInfo {
    pub lists: f64,
    pub indexed: f64,
    pub pending: f64,
    pub bytes: f64,
    pub trained: f64,
    pub vectors: f64,
    /// How many lists are not used any more.
    pub retired_lists: f64,
    /// How many lists would suit the table now, if it keeps to the choice that was made when the index was.
    pub suitable_lists: f64,
    /// Pairs: a number of lists, and the share of the nearest vectors that were in so many lists.
    pub recall: Vec<Vec<f64>>,
}

/// Searches the lists of an index: see `vectorSearch`. Null if there is no index of this metric.
#[napi]
pub fn vector_index_search(
    env: Env,
    handle: f64,
    index: u32,
    #[napi(ts_arg_type = "VectorRequest")] request: Object<'_>,
    options: VectorIndexOptions,
) -> napi::Result<Option<Buffer>> {
    let request = VectorRequest::read(&request)?;
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let index = connection.kept().get::<TableIndex>(index)?;
        let mut search = PreparedSearch::new(index.layout.shape, request)?;
        let found = index.search(&connection, &mut search, &options.prepared())?;
        Ok(found.map(|found| search.encode(&found).into()))
    })
}

/// Makes an index, in the transaction that is open. An index that there is already is replaced. `is_secret` says that
/// nothing of it may be written elsewhere.
#[napi]
pub fn vector_index_build(
    env: Env,
    handle: f64,
    index: u32,
    metric: u32,
    lists: Option<u32>,
    is_secret: bool,
) -> napi::Result<()> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let index = connection.kept().get::<TableIndex>(index)?;
        let _writing = connection.begin_write()?;
        let db = connection.db()?;
        let tables = &index.tables;
        index.forget();
        let scratch = Scratch::new(is_secret)?;
        let plan = Plan { metric: metric_of(metric)?, lists: lists.map(|lists| lists as usize) };
        let progress = Progress::default();
        let built = build(db, &index.layout, (&index.statements, tables), plan, &scratch, &progress)?;
        tables.drop_all(db)?;
        tables.create(db)?;
        if let Some(built) = built {
            copy_parts(db, &index.layout, tables, &scratch)?;
            store(db, &index.layout, tables, plan.metric, &built)?;
        }
        Ok(())
    })
}

/// Returns what an index says of itself. Null if there is none.
#[napi]
pub fn vector_index_info(env: Env, handle: f64, index: u32, state: f64) -> napi::Result<Option<VectorIndexInfo>> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let index = connection.kept().get::<TableIndex>(index)?;
        let db = connection.db()?;
        let Some(_held) = connection.hold_pages(db) else { return Ok(None) };
        let Some(loaded) = index.take(db, state_of(state))? else {
            return Ok(None);
        };
        let row = index.tables.bytes.execute(db, &[])?;
        row.step()?;
        let bytes = row.integer(0) as f64;
        drop(row);
        let pending = loaded.shared.pending.len();
        let trained = usize::try_from(loaded.head.vectors).unwrap_or_default();
        let chosen = lists_of(loaded.shared.directory.len()).saturating_mul(loaded.head.trained_lists());
        let suitable = (chosen / lists_of(trained).max(1)).clamp(1, MOST_TRAINED_LISTS);
        let points = loaded.head.calibration.points().iter();
        let info = VectorIndexInfo {
            lists: loaded.shared.centroids.live() as f64,
            indexed: loaded.shared.directory.ids().filter(|id| loaded.known.has(*id)).count() as f64,
            pending: pending as f64,
            bytes,
            trained: loaded.head.trained as f64,
            vectors: loaded.head.vectors as f64,
            retired_lists: (loaded.shared.centroids.len() - loaded.shared.centroids.live()) as f64,
            suitable_lists: suitable as f64,
            recall: points.map(|(lists, recall)| vec![f64::from(*lists), f64::from(*recall)]).collect(),
        };
        index.put(loaded);
        Ok(Some(info))
    })
}

/// Returns what is wrong with an index. Nothing if there is none.
#[napi]
pub fn vector_index_verify(env: Env, handle: f64, index: u32) -> napi::Result<Vec<String>> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let index = connection.kept().get::<TableIndex>(index)?;
        let db = connection.db()?;
        let Some(_held) = connection.hold_pages(db) else { return Ok(Vec::new()) };
        index.verify(db)
    })
}

/// Puts vectors that are in no list into lists: as many as suit the insert of so many vectors, or all if that is
/// negative. Returns how many.
fn grow(call: &Call<'_>, [handle, index, state, inserted]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (connection, index) = index_of(call, handle, index)?;
    let (state, inserted) = (call.number(state, "state")?, call.number(inserted, "inserted")?);
    let _writing = connection.begin_write()?;
    let effort = if inserted >= 0.0 { Effort::Inserted(numbers::limit(inserted)) } else { Effort::Whole };
    let db = connection.db()?;
    let placed = index.grow(db, state_of(state), effort)?;
    Ok(call.count(Some(placed)))
}

fn touch(call: &Call<'_>, [handle, index, state, id]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (connection, index) = index_of(call, handle, index)?;
    let (state, id) = (call.number(state, "state")?, call.long(id, "id")?);
    let _writing = connection.begin_write()?;
    index.touch(connection.db()?, state_of(state), id)?;
    Ok(call.undefined())
}

fn clear(call: &Call<'_>, [handle, index]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (connection, index) = index_of(call, handle, index)?;
    let _writing = connection.begin_write()?;
    let db = connection.db()?;
    if index.tables.exist(db)? {
        index.tables.clear(db)?;
    }
    index.forget();
    Ok(call.undefined())
}

fn drop_index(call: &Call<'_>, [handle, index]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (connection, index) = index_of(call, handle, index)?;
    let _writing = connection.begin_write()?;
    let was_there = index.tables.drop_all(connection.db()?)?;
    index.forget();
    Ok(call.boolean(was_there))
}

fn forget(call: &Call<'_>, [handle, index]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    index_of(call, handle, index)?.1.forget();
    Ok(call.undefined())
}

fn inserted(call: &Call<'_>, [handle, index, ids]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, index) = index_of(call, handle, index)?;
    index.note_inserted(call.bytes(ids, "ids")?.as_chunks::<8>().0.iter().map(|id| i64::from_ne_bytes(*id)));
    Ok(call.undefined())
}

fn removed(call: &Call<'_>, [handle, index, id]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, index) = index_of(call, handle, index)?;
    index.note_removed(call.long(id, "id")?);
    Ok(call.undefined())
}
