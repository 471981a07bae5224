//! Sketches, made in another thread.
//!
//! The thread shares the rows of the resident copy, so that it needs memory for the sketches only.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kohakuvault_core::vector::matrix::Matrix;
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

use super::search_task::CancelFlag;
use super::table::VectorTable;
use crate::js::error::{SeamResult, guard, shell};
use crate::js::numbers;
use crate::registry;

pub struct SketchTask {
    handle: u64,
    table: u32,
    generation: u64,
    /// Taken by the other thread.
    matrix: Option<Matrix>,
    cancelled: Arc<AtomicBool>,
}

/// The copy with sketches, if there is a copy.
pub struct SketchOutput(SeamResult<Option<Matrix>>);

impl Task for SketchTask {
    type Output = SketchOutput;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<SketchOutput> {
        Ok(SketchOutput(guard(|| {
            let mut matrix = self.matrix.take();
            if let Some(matrix) = &mut matrix {
                matrix.sketch(&self.cancelled);
            }
            Ok(matrix)
        })))
    }

    fn resolve(&mut self, env: Env, SketchOutput(output): SketchOutput) -> napi::Result<()> {
        shell(env, || {
            // A connection that was closed meanwhile needs nothing.
            if let Ok(connection) = registry::find(self.handle)
                && let Ok(table) = connection.kept().get::<VectorTable>(self.table)
            {
                table.set_sketching(false);
                if let Some(matrix) = output? {
                    table.adopt(self.generation, matrix);
                }
            }
            Ok(())
        })
    }
}

/// Makes the sketches of the resident copy in another thread. Without a copy, does nothing. Until they are there,
/// approximate searches are exact.
#[napi(ts_return_type = "Promise<void>")]
pub fn vector_sketch_off_loop(
    env: Env,
    handle: f64,
    table: u32,
    flag: &CancelFlag,
) -> napi::Result<AsyncTask<SketchTask>> {
    shell(env, || {
        let handle = numbers::handle(handle);
        let kept = registry::find(handle)?.kept().get::<VectorTable>(table)?;
        let matrix = kept.matrix();
        kept.set_sketching(true);
        let generation = kept.generation();
        Ok(AsyncTask::new(SketchTask { handle, table, generation, matrix, cancelled: flag.shared() }))
    })
}
