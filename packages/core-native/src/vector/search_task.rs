//! A search in another thread.
//!
//! It shares the blocks of the resident copy. A write of the owning thread copies a block before it changes it. If
//! nothing is resident, the search reads the file through a connection of its own, made by the same SQLite. That
//! connection is opened, and its state of the file fixed, before the call returns, so the search sees nothing that is
//! written afterwards. Then the connection belongs to the other thread alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kohakuvault_core::vector::matrix::Matrix;
use napi::bindgen_prelude::{AsyncTask, Buffer, Object};
use napi::{Env, Task};
use napi_derive::napi;

use super::layout::Layout;
use super::read_connection::ReadConnection;
use super::request::{PreparedSearch, VectorRequest};
use super::table::{VectorTable, fits, load, scan_file};
use crate::js::error::{SeamError, SeamResult, guard, shell};
use crate::js::numbers;
use crate::registry;

/// Cancels a running search.
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

/// Where the vectors come from.
enum Source {
    Resident(Matrix),
    /// The search is done: only the connection itself can read the vectors.
    Found(Vec<u8>),
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
    search: PreparedSearch,
    /// Taken by the thread that searches, which closes what it has opened.
    source: Option<Source>,
    cancelled: Arc<AtomicBool>,
}

/// What the other thread returns: the encoded result, and what it has read of the file.
pub struct SearchOutput(SeamResult<(Vec<u8>, Option<Matrix>)>);

impl SearchTask {
    fn run(&mut self) -> SeamResult<(Vec<u8>, Option<Matrix>)> {
        match self.source.take() {
            None => Err(SeamError::invalid("this search has run already")),
            Some(Source::Resident(matrix)) => {
                Ok((self.search.encode(&self.search.run(&matrix, &self.cancelled)), None))
            }
            Some(Source::Found(bytes)) => Ok((bytes, None)),
            Some(Source::File { connection, layout, resident_bytes }) => {
                let statements = layout.statements()?;
                let db = connection.db();
                let result = (|| {
                    if !fits(db, &layout, &statements, resident_bytes)? {
                        let found = scan_file(db, &layout, &statements, &self.search, &self.cancelled)?;
                        return Ok((self.search.encode(&found), None));
                    }
                    let mut matrix = load(db, &layout, &statements, &self.cancelled)?;
                    if self.search.candidates.is_some() && matrix.can_approximate(self.search.metric) {
                        matrix.prepare_approximate();
                    }
                    let found = self.search.run(&matrix, &self.cancelled);
                    // What a cancelled search has read is not the whole table.
                    let whole = !self.cancelled.load(Ordering::Relaxed);
                    Ok((self.search.encode(&found), whole.then_some(matrix)))
                })();
                // Before the connection is closed.
                statements.finalize();
                result
            }
        }
    }
}

impl Task for SearchTask {
    type Output = SearchOutput;
    type JsValue = Buffer;

    fn compute(&mut self) -> napi::Result<SearchOutput> {
        Ok(SearchOutput(guard(|| self.run())))
    }

    fn resolve(&mut self, env: Env, SearchOutput(output): SearchOutput) -> napi::Result<Buffer> {
        shell(env, || {
            let (bytes, matrix) = output?;
            if let Some(matrix) = matrix
                && let Ok(connection) = registry::find(self.handle)
                && let Ok(table) = connection.kept().get::<VectorTable>(self.table)
            {
                table.park(self.generation, matrix);
            }
            Ok(bytes.into())
        })
    }
}

/// Searches in another thread. Without a resident copy, that thread reads the file. A database without a file is read
/// into a resident copy first, in this thread; if that copy would be too large, the search runs in this thread too.
#[napi(ts_return_type = "Promise<Buffer>")]
pub fn vector_search_off_loop(
    env: Env,
    handle: f64,
    table: u32,
    #[napi(ts_arg_type = "VectorRequest")] request: Object<'_>,
    flag: &CancelFlag,
) -> napi::Result<AsyncTask<SearchTask>> {
    let request = VectorRequest::read(&request)?;
    shell(env, || {
        let handle = numbers::handle(handle);
        let connection = registry::find(handle)?;
        let kept = connection.kept().get::<VectorTable>(table)?;
        let search = PreparedSearch::new(kept.layout.shape, &request)?;
        let resident_bytes = request.resident_bytes.unwrap_or_default();
        let db = connection.db()?;
        let file = db.file();
        if file.is_none() {
            kept.make_resident(db, resident_bytes)?;
        }
        let source = match (kept.matrix_for(&search), file) {
            (Some(matrix), _) => Source::Resident(matrix),
            (None, Some(file)) => {
                Source::File { connection: ReadConnection::open(&file)?, layout: kept.layout.clone(), resident_bytes }
            }
            (None, None) => Source::Found(search.encode(&kept.scan(db, &search)?)),
        };
        let cancelled = Arc::clone(&flag.0);
        let generation = kept.generation();
        Ok(AsyncTask::new(SearchTask { handle, table, generation, search, source: Some(source), cancelled }))
    })
}
