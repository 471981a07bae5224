//! Sketches, made in another thread.
//!
//! The thread shares the rows of the resident copy, so that it needs memory for the sketches only.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};

use kohakuvault_core::vector::matrix::Matrix;
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

use super::search_task::CancelFlag;
use super::table::{Delivery, VectorTable};
use crate::js::error::{SeamResult, guard, shell};
use crate::js::numbers;
use crate::registry;

pub struct SketchTask {
    handle: u64,
    table: u32,
    /// Taken by the other thread.
    matrix: Option<Matrix>,
    delivery: Delivery,
    cancelled: Arc<AtomicBool>,
}

/// Whether the sketches were made. The copy was delivered.
pub struct SketchOutput(SeamResult<()>);

impl Task for SketchTask {
    type Output = SketchOutput;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<SketchOutput> {
        Ok(SketchOutput(guard(|| {
            if let Some(mut matrix) = self.matrix.take() {
                matrix.sketch(&self.cancelled);
                self.delivery.lock().unwrap_or_else(PoisonError::into_inner).replace(matrix);
            }
            Ok(())
        })))
    }

    fn resolve(&mut self, env: Env, SketchOutput(output): SketchOutput) -> napi::Result<()> {
        shell(env, || {
            // A connection that was closed meanwhile needs nothing.
            if let Ok(connection) = registry::find(self.handle)
                && let Ok(table) = connection.kept().get::<VectorTable>(self.table)
            {
                table.set_sketching(false);
                table.accept_delivery();
            }
            output
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
        let delivery = kept.expect_delivery();
        Ok(AsyncTask::new(SketchTask { handle, table, matrix, delivery, cancelled: flag.shared() }))
    })
}
