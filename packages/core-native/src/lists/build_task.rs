//! Making an index in another thread.
//!
//! The thread has a connection of its own. It reads one state of the file and keeps the parts elsewhere, so that others
//! can write meanwhile. Then it takes the right to write for as long as it takes to copy them. Vectors that
//! were changed in between count as unknown to the index.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;
use rusqlite::ffi;

use super::build::{Plan, Progress, build, copy_parts, forget_changed, store};
use super::calls::metric_of;
use super::scratch::Scratch;
use super::state::TableIndex;
use super::tables::Tables;
use crate::js::error::{SeamError, SeamResult, guard, shell};
use crate::js::numbers;
use crate::registry;
use crate::sqlite::db::Db;
use crate::sqlite::private_connection::PrivateConnection;
use crate::sqlite::statement::Statement;
use crate::vector::layout::{Layout, Statements};

/// How long the thread waits for the right to write, in milliseconds.
const BUSY_TIMEOUT: i32 = 30_000;

/// Tells how far a build is, and cancels it.
#[napi]
pub struct IndexProgress(Arc<Progress>);

#[napi]
impl IndexProgress {
    #[napi(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    #[napi]
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// The part that is done, from 0 to 1.
    #[napi]
    pub fn done(&self) -> f64 {
        f64::from(self.0.thousandths.load(Ordering::Relaxed)) / 1000.0
    }
}

pub struct BuildTask {
    path: CString,
    unlocking: Vec<String>,
    layout: Layout,
    plan: Plan,
    progress: Arc<Progress>,
}

/// Whether the index was made. It was not if the build was cancelled.
pub struct BuildOutput(SeamResult<bool>);

impl BuildTask {
    fn run(&self) -> SeamResult<bool> {
        let access = ffi::SQLITE_OPEN_READWRITE;
        let connection = PrivateConnection::open(&self.path, access, BUSY_TIMEOUT, &self.unlocking)?;
        let (statements, tables) = (self.layout.statements()?, Tables::new(&self.layout)?);
        let result = self.work(&connection, &statements, &tables);
        // Before the connection is closed, which undoes what is not committed.
        statements.finalize();
        tables.finalize();
        result
    }

    fn work(&self, connection: &PrivateConnection, statements: &Statements, tables: &Tables) -> SeamResult<bool> {
        let db = connection.db();
        connection.run("PRAGMA trusted_schema = OFF")?;
        connection.run("PRAGMA cell_size_check = ON")?;
        let scratch = Scratch::new(!self.unlocking.is_empty())?;
        connection.run("BEGIN")?;
        let version = data_version(db)?;
        let built = build(db, &self.layout, (statements, tables), self.plan, &scratch, &self.progress)?;
        let Some(mut built) = built else { return Ok(false) };
        connection.run("COMMIT")?;
        connection.run("BEGIN IMMEDIATE")?;
        if data_version(db)? != version {
            forget_changed(db, &self.layout, statements, &mut built)?;
        }
        if self.progress.cancelled.load(Ordering::Relaxed) {
            return Ok(false);
        }
        tables.drop_all(db)?;
        tables.create(db)?;
        copy_parts(db, &self.layout, tables, &scratch)?;
        store(db, &self.layout, tables, self.plan.metric, &built)?;
        connection.run("COMMIT")?;
        Ok(true)
    }
}

fn data_version(db: Db) -> SeamResult<i64> {
    let statement = Statement::new("PRAGMA main.data_version")?;
    let row = statement.execute(db, &[])?;
    row.step()?;
    Ok(row.integer(0))
}

impl Task for BuildTask {
    type Output = BuildOutput;
    type JsValue = bool;

    fn compute(&mut self) -> napi::Result<BuildOutput> {
        Ok(BuildOutput(guard(|| self.run())))
    }

    fn resolve(&mut self, env: Env, BuildOutput(output): BuildOutput) -> napi::Result<bool> {
        shell(env, || output)
    }
}

/// Makes an index in another thread. Returns whether it was made: not if it was cancelled. Refused if no other
/// connection can open the file. `unlocking` is the SQL that gives another connection the key.
#[napi(ts_return_type = "Promise<boolean>")]
pub fn vector_index_build_off_loop(
    env: Env,
    handle: f64,
    index: u32,
    metric: u32,
    lists: Option<u32>,
    progress: &IndexProgress,
    unlocking: Vec<String>,
) -> napi::Result<AsyncTask<BuildTask>> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let kept = connection.kept().get::<TableIndex>(index)?;
        let path = connection
            .db()?
            .file()
            .ok_or_else(|| SeamError::invalid("no other connection can open this database: use createIndex"))?;
        let plan = Plan { metric: metric_of(metric)?, lists: lists.map(|lists| lists as usize) };
        let progress = Arc::clone(&progress.0);
        Ok(AsyncTask::new(BuildTask { path, unlocking, layout: kept.layout.clone(), plan, progress }))
    })
}
