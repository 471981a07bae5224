//! The range of a walk, as JavaScript gives it: two keys, and flags that say what they mean.

use std::ops::Bound;

use kohakuvault_core::boundary::{limit, walk_flag};
use kohakuvault_core::ordered::tree::Limits;
use napi::sys;

use super::key_from_js::{after_prefix, with_key};
use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};

/// The bits of one key's meaning.
const MEANING: usize = (1 << walk_flag::UPPER_SHIFT) - 1;
const ALL_FLAGS: usize = 2 * walk_flag::REVERSE - 1;

/// The codes between which a walk goes, and its direction.
pub(super) struct Walk {
    lower: Bound<Vec<u8>>,
    upper: Bound<Vec<u8>>,
    pub(super) reverse: bool,
}

impl Walk {
    /// Reads two keys and their flags. See `boundary::walk_flag`.
    pub(super) fn read(
        call: &Call<'_>,
        lower: sys::napi_value,
        upper: sys::napi_value,
        flags: sys::napi_value,
    ) -> SeamResult<Self> {
        let flags = call.index(flags, "flags")?;
        if flags > ALL_FLAGS || flags & MEANING == limit::PREFIX {
            return Err(SeamError::invalid(format!("flags are {flags}; expected those of LIMIT and WalkFlag")));
        }
        Ok(Self {
            lower: bound(call, lower, flags & MEANING)?,
            upper: bound(call, upper, flags >> walk_flag::UPPER_SHIFT & MEANING)?,
            reverse: flags & walk_flag::REVERSE != 0,
        })
    }

    pub(super) fn limits(&self) -> Limits<'_> {
        (self.lower.as_ref().map(Vec::as_slice), self.upper.as_ref().map(Vec::as_slice))
    }
}

fn bound(call: &Call<'_>, value: sys::napi_value, meaning: usize) -> SeamResult<Bound<Vec<u8>>> {
    let code = || with_key(call, value, |key| Ok(key.code().to_vec()));
    match meaning {
        limit::NONE => Ok(Bound::Unbounded),
        limit::INCLUDED => code().map(Bound::Included),
        limit::EXCLUDED => code().map(Bound::Excluded),
        _ => after_prefix(call, value).map(Bound::Excluded),
    }
}
