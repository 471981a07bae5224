//! The range of a walk, as JavaScript gives it: two keys, and what they mean.

use std::ops::Bound;

use kohakuvault_core::ordered::tree::Limits;
use napi::sys;

use super::key_reader::{after_prefix, with_key};
use crate::error::{SeamError, SeamResult};
use crate::hot::Call;

/// The meanings of a key in `ts/ordered-binding.ts`.
const NONE: usize = 0;
const INCLUDED: usize = 1;
const EXCLUDED: usize = 2;
const PREFIX: usize = 3;
const REVERSE: usize = 16;
const ALL_FLAGS: usize = 2 * REVERSE - 1;

/// Codes between which a walk goes, and its direction.
pub(crate) struct Walk {
    lower: Bound<Vec<u8>>,
    upper: Bound<Vec<u8>>,
    pub(crate) reverse: bool,
}

impl Walk {
    /// `flags` has two bits for the lower key, two for the upper one, and one for the direction.
    pub(crate) fn read(
        call: &Call<'_>,
        lower: sys::napi_value,
        upper: sys::napi_value,
        flags: sys::napi_value,
    ) -> SeamResult<Self> {
        let flags = call.index(flags, "flags")?;
        if flags > ALL_FLAGS || flags & 3 == PREFIX {
            return Err(SeamError::invalid(format!("flags are {flags}, which has no meaning")));
        }
        Ok(Self {
            lower: bound(call, lower, flags & 3)?,
            upper: bound(call, upper, flags >> 2 & 3)?,
            reverse: flags & REVERSE != 0,
        })
    }

    pub(crate) fn limits(&self) -> Limits<'_> {
        (self.lower.as_ref().map(Vec::as_slice), self.upper.as_ref().map(Vec::as_slice))
    }
}

fn bound(call: &Call<'_>, value: sys::napi_value, meaning: usize) -> SeamResult<Bound<Vec<u8>>> {
    let code = || with_key(call, value, |key| Ok(key.code().to_vec()));
    match meaning {
        NONE => Ok(Bound::Unbounded),
        INCLUDED => code().map(Bound::Included),
        EXCLUDED => code().map(Bound::Excluded),
        _ => after_prefix(call, value).map(Bound::Excluded),
    }
}
