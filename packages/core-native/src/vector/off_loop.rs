//! A search in another thread.
//!
//! It shares the blocks of the resident copy, which a write of the owning thread copies before it changes one. Where nothing
//! is resident it reads the file through a connection of its own, made by the same SQLite. That connection is opened, and its
//! state of the file fixed, before the call returns, so that the search sees nothing that is written afterwards; then it is the
//! other thread's alone.

use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kohakuvault_core::vector::matrix::Matrix;
use napi::bindgen_prelude::{AsyncTask, Buffer, Object};
use napi::{Env, Task};
use napi_derive::napi;
use rusqlite::ffi::{self, sqlite3};

use super::layout::Layout;
use super::request::{Prepared, VectorRequest};
use super::table::{fits, load, scan_file};
use crate::error::{SeamError, SeamResult, guard, shell};
use crate::registry;
use crate::statement::Statement;

/// By this a search is told that nobody wants its result any more.
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
    /// Searched already: nothing but the connection itself can read them.
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
    prepared: Prepared,
    /// Taken by the thread that searches, which closes what it has opened.
    source: Option<Source>,
    cancelled: Arc<AtomicBool>,
}

/// What the other thread brings back: the encoded result, and what it has read of the file.
pub struct Brought(SeamResult<(Vec<u8>, Option<Matrix>)>);

impl SearchTask {
    fn run(&mut self) -> SeamResult<(Vec<u8>, Option<Matrix>)> {
        match self.source.take() {
            None => Err(SeamError::invalid("this search has run already")),
            Some(Source::Resident(matrix)) => {
                Ok((self.prepared.encode(&self.prepared.run(&matrix, &self.cancelled)), None))
            }
            Some(Source::Found(bytes)) => Ok((bytes, None)),
            Some(Source::File { connection, layout, resident_bytes }) => {
                let statements = layout.statements()?;
                let db = connection.0;
                let result = (|| {
                    if !fits(db, &layout, &statements, resident_bytes)? {
                        let found = scan_file(db, &layout, &statements, &self.prepared, &self.cancelled)?;
                        return Ok((self.prepared.encode(&found), None));
                    }
                    let mut matrix = load(db, &layout, &statements, &self.cancelled)?;
                    if self.prepared.candidates.is_some() && matrix.can_approximate(self.prepared.metric) {
                        matrix.prepare_approximate();
                    }
                    let found = self.prepared.run(&matrix, &self.cancelled);
                    // What was left half-way is no copy of the table.
                    let whole = !self.cancelled.load(Ordering::Relaxed);
                    Ok((self.prepared.encode(&found), whole.then_some(matrix)))
                })();
                // Before the connection is closed.
                statements.finalize();
                result
            }
        }
    }
}

impl Task for SearchTask {
    type Output = Brought;
    type JsValue = Buffer;

    fn compute(&mut self) -> napi::Result<Brought> {
        Ok(Brought(guard(|| self.run())))
    }

    fn resolve(&mut self, env: Env, Brought(brought): Brought) -> napi::Result<Buffer> {
        shell(env, || {
            let (bytes, matrix) = brought?;
            if let Some(matrix) = matrix
                && let Ok(connection) = registry::find(self.handle)
                && let Ok(table) = connection.vector_table(self.table)
            {
                table.park(self.generation, matrix);
            }
            Ok(bytes.into())
        })
    }
}

/// Searches in another thread. Without a resident copy that reads the file; where there is none, the copy is made first, here, and
/// where that would be too large, the search is done here too.
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
        let handle = handle as u64;
        let connection = registry::find(handle)?;
        let kept = connection.vector_table(table)?;
        let prepared = Prepared::new(kept.layout.shape, &request)?;
        let resident_bytes = request.resident_bytes.unwrap_or_default();
        let file = connection.file();
        if file.is_none() {
            kept.make_resident(&connection, resident_bytes)?;
        }
        let source = match (kept.matrix_for(&prepared), file) {
            (Some(matrix), _) => Source::Resident(matrix),
            (None, Some(file)) => {
                Source::File { connection: ReadConnection::open(&file)?, layout: kept.layout.clone(), resident_bytes }
            }
            (None, None) => Source::Found(prepared.encode(&kept.scan(&connection, &prepared)?)),
        };
        let cancelled = Arc::clone(&flag.0);
        Ok(AsyncTask::new(SearchTask {
            handle,
            table,
            generation: kept.generation(),
            prepared,
            source: Some(source),
            cancelled,
        }))
    })
}

/// How long the other thread waits for a file that is being recovered or checkpointed, in milliseconds.
const BUSY_TIMEOUT: c_int = 5_000;

/// A connection of one thread's own, that only reads, and one state of the file.
struct ReadConnection(*mut sqlite3);

// SAFETY: one thread opens it, gives it away and never touches it again, and another one uses and closes it. SQLite in its
// multi-thread mode, as better-sqlite3 builds it, asks for no more than that no two use a connection at the same time.
unsafe impl Send for ReadConnection {}

impl ReadConnection {
    fn open(path: &CStr) -> SeamResult<Self> {
        let mut db = ptr::null_mut();
        let flags = ffi::SQLITE_OPEN_READONLY | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: the path ends in NUL; SQLite fills `db` even where it fails, and it is closed below in either case.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut db, flags, ptr::null()) };
        let connection = Self(db);
        if code != ffi::SQLITE_OK {
            return Err(SeamError::sqlite(db, code));
        }
        // SAFETY: the connection is open, and this thread's.
        unsafe { ffi::sqlite3_busy_timeout(db, BUSY_TIMEOUT) };
        Statement::new("BEGIN")?.run(db, &[])?;
        // BEGIN alone reads nothing: the first read fixes the state.
        Statement::new("SELECT count(*) FROM sqlite_schema")?.run(db, &[])?;
        Ok(connection)
    }
}

impl Drop for ReadConnection {
    fn drop(&mut self) {
        // SAFETY: this thread's, and closed once, which ends its transaction; a null pointer is ignored.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}
