//! Searches of lists in another thread.
//!
//! The thread shares what memory holds of the index, and reads lists and vectors through a connection of its own. Others
//! may write between the call and its reads. Then a vector may not be where memory says, and the search ends without a
//! result. The caller searches again.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kohakuvault_core::vector::id_set::IdSet;
use napi::bindgen_prelude::{AsyncTask, Buffer, Object};
use napi::{Env, Task};
use napi_derive::napi;

use super::calls::VectorIndexOptions;
use super::head::Head;
use super::rows::KnownRows;
use super::search::{ListOptions, Site};
use super::shared::Shared;
use super::state::{TableIndex, View};
use super::tables::Tables;
use crate::js::error::{SeamResult, guard, shell};
use crate::js::numbers;
use crate::registry;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Statement;
use crate::vector::condition::Condition;
use crate::vector::layout::Layout;
use crate::vector::read_connection::ReadConnection;
use crate::vector::request::{PreparedSearch, VectorRequest};
use crate::vector::search_task::CancelFlag;

/// What the thread has evaluated, and the state that it belongs to.
type Evaluated = (Condition, Option<f64>, Arc<IdSet>);

pub struct ListSearchTask {
    handle: u64,
    index: u32,
    path: CString,
    unlocking: Vec<String>,
    layout: Layout,
    /// How much of the file is mapped to be read in place. None if pages must not be read so.
    mmap_size: Option<i64>,
    searches: Vec<(PreparedSearch, ListOptions)>,
    /// Taken by the thread, so that a write after the search need not copy it.
    shared: Option<(Shared, Head)>,
    cancelled: Arc<AtomicBool>,
    evaluated: Vec<Evaluated>,
}

/// The encoded results. None if memory and the file did not agree.
pub struct ListSearchOutput(SeamResult<Option<Vec<Vec<u8>>>>);

impl ListSearchTask {
    fn run(&mut self) -> SeamResult<Option<Vec<Vec<u8>>>> {
        let Some((shared, head)) = self.shared.take() else { return Ok(None) };
        let Some(connection) = ReadConnection::open_if_readable(&self.path, &self.unlocking)? else { return Ok(None) };
        let tables = Tables::new(&self.layout)?;
        let view = match self.mmap_size {
            Some(size) => connection.begin_in_place(size)?,
            None => None,
        };
        let result = match self.is_same(&connection, &tables, &head) {
            Ok(true) => self.work(&connection, &tables, (&shared, &view)),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        // Before the connection is closed.
        drop(view);
        tables.finalize();
        result
    }

    /// Returns whether the lists are those that memory knows: none was divided meanwhile.
    fn is_same(&self, connection: &ReadConnection, tables: &Tables, known: &Head) -> SeamResult<bool> {
        if !tables.exist(connection.db())? {
            return Ok(false);
        }
        let head = Head::read(connection.db(), tables, &self.layout)?;
        Ok((head.generation, head.layout) == (known.generation, known.layout))
    }

    fn work(
        &mut self,
        connection: &ReadConnection,
        tables: &Tables,
        (shared, view): (&Shared, &View),
    ) -> SeamResult<Option<Vec<Vec<u8>>>> {
        let (db, layout) = (connection.db(), &self.layout);
        let site = Site { db, layout, tables, view: view.clone(), is_settled: false };
        let mut rows = KnownRows::default();
        let mut results = Vec::with_capacity(self.searches.len());
        for (search, options) in &mut self.searches {
            if let Some(condition) = search.condition.take() {
                let accepted = Arc::new(condition.evaluate(db)?);
                search.limit_to(Arc::clone(&accepted));
                self.evaluated.push((condition, search.condition_state, accepted));
            }
            let Some(found) = site.search(shared, &mut rows, search, options, &self.cancelled)? else {
                return Ok(None);
            };
            results.push(search.encode(&found));
        }
        Ok(Some(results))
    }
}

impl Task for ListSearchTask {
    type Output = ListSearchOutput;
    type JsValue = Option<Vec<Buffer>>;

    fn compute(&mut self) -> napi::Result<ListSearchOutput> {
        Ok(ListSearchOutput(guard(|| self.run())))
    }

    fn resolve(&mut self, env: Env, ListSearchOutput(output): ListSearchOutput) -> napi::Result<Option<Vec<Buffer>>> {
        shell(env, || {
            if let Ok(connection) = registry::find(self.handle)
                && let Ok(index) = connection.kept().get::<TableIndex>(self.index)
            {
                for (condition, state, accepted) in self.evaluated.drain(..) {
                    index.conditions.adopt(condition, state, accepted);
                }
            }
            Ok(output?.map(|found| found.into_iter().map(Buffer::from).collect()))
        })
    }
}

/// Returns how much of its file a connection maps.
fn mmap_size(db: Db) -> SeamResult<i64> {
    let statement = Statement::new("PRAGMA main.mmap_size")?;
    let row = statement.execute(db, &[])?;
    Ok(if row.step()? { row.integer(0) } else { 0 })
}

/// Searches the lists of an index in another thread: see `vectorIndexSearch`. Null at once if there is no index for all
/// of these searches, or no other connection can open the file. The promise brings null if others wrote meanwhile.
#[napi(ts_return_type = "Promise<Buffer[] | null> | null")]
pub fn vector_index_search_off_loop(
    env: Env,
    handle: f64,
    index: u32,
    #[napi(ts_arg_type = "VectorRequest[]")] requests: Vec<Object<'_>>,
    options: Vec<VectorIndexOptions>,
    flag: &CancelFlag,
    unlocking: Vec<String>,
) -> napi::Result<Option<AsyncTask<ListSearchTask>>> {
    let handle = numbers::handle(handle);
    let shape = shell(env, || Ok(registry::find(handle)?.kept().get::<TableIndex>(index)?.layout.shape))?;
    let mut searches = Vec::with_capacity(requests.len());
    for (request, options) in requests.iter().zip(&options) {
        let request = VectorRequest::read(request)?;
        // Copied before the next request is read, because a getter of that may free the memory of this one.
        searches.push((shell(env, || Ok(PreparedSearch::new(shape, request)?))?, options.prepared()));
    }
    shell(env, || {
        let connection = registry::find(handle)?;
        let kept = connection.kept().get::<TableIndex>(index)?;
        let db = connection.db()?;
        let (Some(path), Some(_held)) = (db.file(), connection.hold_pages(db)) else { return Ok(None) };
        let mut shared = None;
        for (search, options) in &mut searches {
            let view = if options.in_place && !db.in_transaction() { connection.view() } else { None };
            let Some(loaded) = kept.prepare(db, view, search, options.state)? else { return Ok(None) };
            shared = Some((loaded.shared.clone(), loaded.head.clone()));
            kept.put(loaded);
            let known =
                search.condition.as_ref().and_then(|known| kept.conditions.known(known, search.condition_state));
            if let Some(known) = known {
                search.limit_to(known);
            }
        }
        let layout = kept.layout.clone();
        let mmap_size = if searches.iter().all(|(_, options)| options.in_place) { Some(mmap_size(db)?) } else { None };
        let (cancelled, evaluated) = (flag.shared(), Vec::new());
        Ok(Some(AsyncTask::new(ListSearchTask {
            handle,
            index,
            path,
            unlocking,
            layout,
            mmap_size,
            searches,
            shared,
            cancelled,
            evaluated,
        })))
    })
}
