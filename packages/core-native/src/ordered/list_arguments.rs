//! Arguments of the functions of SkipList.

use kohakuvault_core::ordered::key::EncodedKey;
use kohakuvault_core::ordered::skip_list::Expected;
use napi::sys;

use super::key_from_js::with_key;
use crate::js::call::Call;
use crate::js::error::SeamResult;

/// Reads a key as the list keeps it.
pub(super) fn owned(call: &Call<'_>, key: sys::napi_value) -> SeamResult<EncodedKey> {
    with_key(call, key, |key| Ok(key.key()))
}

/// Reads what a key must have.
pub(super) fn expected<'call>(
    call: &Call<'call>,
    bytes: sys::napi_value,
    or_absent: sys::napi_value,
) -> SeamResult<Expected<'call>> {
    let or_absent = call.index(or_absent, "orAbsent")? != 0;
    Ok(Expected { bytes: call.bytes(bytes, "expected")?, or_absent })
}
