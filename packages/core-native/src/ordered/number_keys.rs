//! The keys of a range as numbers.

use std::ops::ControlFlow;

use napi::sys;

use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};

/// Collects keys as doubles, until a key is not one.
pub(super) struct NumberKeys {
    found: Vec<f64>,
    all_are_numbers: bool,
}

impl NumberKeys {
    pub(super) const fn new() -> Self {
        Self { found: Vec::new(), all_are_numbers: true }
    }

    /// Takes the next key of the range, as the double that equals it.
    pub(super) fn visit(&mut self, number: Option<f64>) -> ControlFlow<()> {
        match number {
            Some(number) => {
                self.found.push(number);
                ControlFlow::Continue(())
            }
            None => {
                self.all_are_numbers = false;
                ControlFlow::Break(())
            }
        }
    }

    /// Returns the numbers as a Float64Array, or an error if a key is not a number.
    pub(super) fn to_js(&self, call: &Call<'_>) -> SeamResult<sys::napi_value> {
        if self.all_are_numbers {
            return call.doubles(&self.found);
        }
        Err(SeamError::invalid(
            "numberKeys: a key of the range is not a number, or is an integer that no number equals; give a range of \
             numbers, or use keys()",
        ))
    }
}
