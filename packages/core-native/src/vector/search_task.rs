//! Searches in another thread, several at a time.
//!
//! They share the blocks of the resident copy. A write of the owning thread copies a block before it changes it. If
//! nothing is resident, the thread reads the file through a connection of its own, made by the same SQLite, once for
//! all of them. That connection is opened, and its state of the file fixed, before the call returns, so the searches
//! see nothing that is written afterwards. Then the connection belongs to the other thread alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::matrix::Matrix;
use napi::bindgen_prelude::{AsyncTask, Buffer, Object};
use napi::{Env, Task};
use napi_derive::napi;

use super::condition::Condition;
use super::layout::{Layout, Statements};
use super::read_connection::ReadConnection;
use super::request::{PreparedSearch, VectorRequest};
use super::table::{VectorTable, fits, load, scan_file};
use crate::js::error::{SeamError, SeamResult, guard, shell};
use crate::js::numbers;
use crate::registry;
use crate::sqlite::db::Db;

/// Cancels what another thread does.
#[napi]
pub struct CancelFlag(Arc<AtomicBool>);

#[napi]
impl CancelFlag {
    #[napi(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    #[napi]
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl CancelFlag {
    /// Returns what the other thread looks at.
    pub(crate) fn shared(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Where the vectors come from.
enum Source {
    Resident {
        matrix: Matrix,
        /// For the conditions of searches, if some are not evaluated yet.
        connection: Option<ReadConnection>,
    },
    /// The searches are done: only the connection itself can read the vectors.
    Found(Vec<Vec<u8>>),
    File {
        connection: ReadConnection,
        layout: Layout,
        resident_bytes: f64,
    },
}

pub struct SearchTask {
    handle: u64,
    table: u32,
    generation: u64,
    searches: Vec<PreparedSearch>,
    /// Taken by the thread that searches, which closes what it has opened.
    source: Option<Source>,
    cancelled: Arc<AtomicBool>,
    /// What this thread has evaluated, and the state that it belongs to.
    evaluated: Vec<(Condition, Option<f64>, Arc<IdSet>)>,
}

/// What the other thread returns: the encoded results, and what it has read of the file.
pub struct SearchOutput(SeamResult<(Vec<Vec<u8>>, Option<Matrix>)>);

impl SearchTask {
    fn run(&mut self) -> SeamResult<(Vec<Vec<u8>>, Option<Matrix>)> {
        match self.source.take() {
            None => Err(SeamError::invalid("these searches have run already")),
            Some(Source::Resident { matrix, connection }) => {
                if let Some(connection) = connection {
                    self.evaluate(connection.db())?;
                }
                Ok((self.search(&matrix), None))
            }
            Some(Source::Found(found)) => Ok((found, None)),
            Some(Source::File { connection, layout, resident_bytes }) => {
                self.evaluate(connection.db())?;
                let statements = layout.statements()?;
                let result = self.read(connection.db(), &layout, &statements, resident_bytes);
                // Before the connection is closed.
                statements.finalize();
                result
            }
        }
    }

    fn evaluate(&mut self, db: Db) -> SeamResult<()> {
        for search in &mut self.searches {
            let Some(condition) = search.condition.take() else { continue };
            let accepted = Arc::new(condition.evaluate(db)?);
            search.limit_to(Arc::clone(&accepted));
            self.evaluated.push((condition, search.condition_state, accepted));
        }
        Ok(())
    }

    fn search(&self, matrix: &Matrix) -> Vec<Vec<u8>> {
        self.searches.iter().map(|search| search.encode(&search.run(matrix, &self.cancelled))).collect()
    }

    fn read(
        &self,
        db: Db,
        layout: &Layout,
        statements: &Statements,
        resident_bytes: f64,
    ) -> SeamResult<(Vec<Vec<u8>>, Option<Matrix>)> {
        if !fits(db, layout, statements, resident_bytes)? {
            let found = self
                .searches
                .iter()
                .map(|search| Ok(search.encode(&scan_file(db, layout, statements, search, &self.cancelled)?)));
            return Ok((found.collect::<SeamResult<_>>()?, None));
        }
        let matrix = load(db, layout, statements, &self.cancelled)?;
        let found = self.search(&matrix);
        // What cancelled searches have read is not the whole table.
        let whole = !self.cancelled.load(Ordering::Relaxed);
        Ok((found, whole.then_some(matrix)))
    }
}

impl Task for SearchTask {
    type Output = SearchOutput;
    type JsValue = Vec<Buffer>;

    fn compute(&mut self) -> napi::Result<SearchOutput> {
        Ok(SearchOutput(guard(|| self.run())))
    }

    fn resolve(&mut self, env: Env, SearchOutput(output): SearchOutput) -> napi::Result<Vec<Buffer>> {
        shell(env, || {
            let (found, matrix) = output?;
            if let Ok(connection) = registry::find(self.handle)
                && let Ok(table) = connection.kept().get::<VectorTable>(self.table)
            {
                if let Some(matrix) = matrix {
                    table.adopt(self.generation, matrix);
                }
                for (condition, state, accepted) in self.evaluated.drain(..) {
                    table.adopt_condition(condition, state, accepted);
                }
            }
            Ok(found.into_iter().map(Buffer::from).collect())
        })
    }
}

/// Searches in another thread. Returns the result of each request. Without a resident copy, that thread reads the file,
/// and makes the copy if that takes at most the `residentBytes` of each request. A database without a file is read into
/// a resident copy first, in this thread; if that copy would be too large, the searches run in this thread too. So is
/// one that only this connection has the key of. `unlocking` is the SQL that gives another connection the key.
#[napi(ts_return_type = "Promise<Buffer[]>")]
pub fn vector_search_off_loop(
    env: Env,
    handle: f64,
    table: u32,
    #[napi(ts_arg_type = "VectorRequest[]")] requests: Vec<Object<'_>>,
    flag: &CancelFlag,
    unlocking: Vec<String>,
) -> napi::Result<AsyncTask<SearchTask>> {
    let handle = numbers::handle(handle);
    let shape = shell(env, || {
        let kept = registry::find(handle)?.kept().get::<VectorTable>(table)?;
        Ok(kept.layout.shape)
    })?;
    let (mut searches, mut resident_bytes) = (Vec::with_capacity(requests.len()), f64::INFINITY);
    for request in &requests {
        let request = VectorRequest::read(request)?;
        resident_bytes = resident_bytes.min(request.resident_bytes.unwrap_or_default());
        // Copied before the next request is read, because a getter of that may free the memory of this one.
        searches.push(shell(env, || Ok(PreparedSearch::new(shape, request)?))?);
    }
    shell(env, || {
        let connection = registry::find(handle)?;
        let kept = connection.kept().get::<VectorTable>(table)?;
        if kept.layout.shape != shape {
            return Err(SeamError::invalid("the vector table was replaced while the requests were read"));
        }
        let db = connection.db()?;
        searches.iter_mut().for_each(|search| kept.recall(search));
        let needs_file = kept.matrix().is_none() || searches.iter().any(|search| search.condition.is_some());
        let connection = match db.file().filter(|_| needs_file) {
            Some(file) => ReadConnection::open_if_readable(&file, &unlocking)?,
            None => None,
        };
        let source = match (kept.matrix(), connection) {
            (Some(matrix), Some(connection)) => Source::Resident { matrix, connection: Some(connection) },
            (None, Some(connection)) => Source::File { connection, layout: kept.layout.clone(), resident_bytes },
            (_, None) => {
                searches.iter_mut().try_for_each(|search| kept.evaluate(db, search))?;
                kept.make_resident(db, resident_bytes)?;
                match kept.matrix() {
                    Some(matrix) => Source::Resident { matrix, connection: None },
                    None => {
                        let found = searches.iter().map(|search| Ok(search.encode(&kept.scan(db, search)?)));
                        Source::Found(found.collect::<SeamResult<_>>()?)
                    }
                }
            }
        };
        let generation = kept.generation();
        let source = Some(source);
        let (cancelled, evaluated) = (flag.shared(), Vec::new());
        Ok(AsyncTask::new(SearchTask { handle, table, generation, searches, source, cancelled, evaluated }))
    })
}
