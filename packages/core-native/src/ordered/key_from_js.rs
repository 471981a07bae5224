//! Keys from JavaScript. A key that has no place in the order is refused here, before anything changes.

use std::cell::Cell;
use std::ptr;

use kohakuvault_core::ordered::key::KeyWriter;
use kohakuvault_core::ordered::number::Integer;
use napi::sys;

use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};

const EXPECTED: &str = "expected a number, a bigint, a string, bytes, or an array of those";
/// Far deeper than any key in use, and far less than ends the stack.
const DEEPEST: usize = 100;

/// Memory for longer keys is freed when they have been read.
const KEPT: usize = 16 * 1024;

/// What is kept from one key to the next, so that reading a key allocates nothing.
#[derive(Default)]
struct Scratch {
    writer: KeyWriter,
    text: Text,
}

/// The UTF-8 of a string, in memory that is filled with zeros only once.
#[derive(Default)]
struct Text {
    room: Vec<u8>,
    length: usize,
}

impl Text {
    fn utf8(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }
}

thread_local! {
    // Taken out while it is used: reading a tuple may run a getter of the user's, which may read a key again.
    static SCRATCH: Cell<Option<Scratch>> = const { Cell::new(None) };
}

/// Reads a key and hands it to `work`, which must not call JavaScript.
pub(super) fn with_key<T>(
    call: &Call<'_>,
    value: sys::napi_value,
    work: impl FnOnce(&KeyWriter) -> SeamResult<T>,
) -> SeamResult<T> {
    let mut scratch = SCRATCH.take().unwrap_or_default();
    scratch.writer.start();
    let result = scratch.add(call, value, 0).and_then(|()| work(&scratch.writer));
    scratch.writer.shrink(KEPT);
    if scratch.text.room.len() > KEPT {
        scratch.text = Text::default();
    }
    SCRATCH.set(Some(scratch));
    result
}

/// Returns the code just above all strings that begin with `value`.
pub(super) fn after_prefix(call: &Call<'_>, value: sys::napi_value) -> SeamResult<Vec<u8>> {
    let mut scratch = Scratch::default();
    if !scratch.read_text(call, value)? {
        return Err(SeamError::invalid("prefix is not a string; expected one, because only strings begin with others"));
    }
    scratch.writer.after_prefix(scratch.text.utf8());
    Ok(scratch.writer.code().to_vec())
}

impl Scratch {
    fn add(&mut self, call: &Call<'_>, value: sys::napi_value, depth: usize) -> SeamResult<()> {
        if self.read_text(call, value)? {
            self.writer.string(self.text.utf8());
            return Ok(());
        }
        match call.type_of(value) {
            sys::ValueType::napi_number => Ok(self.writer.double(call.number(value, "key")?)?),
            sys::ValueType::napi_bigint => {
                self.writer.integer(&bigint(call, value)?);
                Ok(())
            }
            sys::ValueType::napi_object => self.add_object(call, value, depth),
            kind => Err(refused(kind)),
        }
    }

    fn add_object(&mut self, call: &Call<'_>, value: sys::napi_value, depth: usize) -> SeamResult<()> {
        if let Some(bytes) = call.bytes_of_any(value, "key")? {
            self.writer.bytes(bytes);
            return Ok(());
        }
        let mut is_array = false;
        // SAFETY: `value` is a value of this call.
        unsafe { sys::napi_is_array(call.env(), value, &raw mut is_array) };
        if !is_array {
            return Err(SeamError::invalid(format!("a key is an object; {EXPECTED}")));
        }
        if depth == DEEPEST {
            return Err(SeamError::invalid(format!(
                "a key has arrays in arrays more than {DEEPEST} deep; expected fewer levels"
            )));
        }
        let mut length = 0;
        // SAFETY: the value is an array.
        unsafe { sys::napi_get_array_length(call.env(), value, &raw mut length) };
        self.writer.open_tuple();
        for position in 0..length {
            self.add(call, call.element(value, position)?, depth + 1)?;
        }
        self.writer.close_tuple();
        Ok(())
    }

    /// Reads a string into `text`. Returns false for any other value.
    fn read_text(&mut self, call: &Call<'_>, value: sys::napi_value) -> SeamResult<bool> {
        const SHORT: usize = 256;
        let Text { room, length } = &mut self.text;
        if room.len() < SHORT {
            room.resize(SHORT, 0);
        }
        loop {
            // SAFETY: the buffer has that much room, including that for the NUL that Node-API adds.
            let status = unsafe {
                sys::napi_get_value_string_utf8(call.env(), value, room.as_mut_ptr().cast(), room.len(), length)
            };
            if status != sys::Status::napi_ok {
                return Ok(false);
            }
            // Node-API leaves out a character that does not fit, and none is longer than four bytes.
            if *length + 4 < room.len() {
                break;
            }
            let mut whole = 0;
            // SAFETY: without a buffer Node-API only returns the length.
            unsafe { sys::napi_get_value_string_utf8(call.env(), value, ptr::null_mut(), 0, &raw mut whole) };
            if whole == *length {
                break;
            }
            room.resize(whole + 5, 0);
        }
        // Node-API writes U+FFFD for a lone surrogate, so only a string with U+FFFD can have had a lone surrogate.
        let utf8 = self.text.utf8();
        if utf8.contains(&0xef)
            && utf8.windows(3).any(|bytes| bytes == [0xef, 0xbf, 0xbd])
            && has_lone_surrogate(call, value)
        {
            return Err(SeamError::invalid(
                "a key is a string with a lone surrogate, which is not a character and has no place in the order of \
                 code points; use toWellFormed(), or bytes",
            ));
        }
        Ok(true)
    }
}

fn has_lone_surrogate(call: &Call<'_>, value: sys::napi_value) -> bool {
    let mut length = 0;
    // SAFETY: as in `read_text`.
    unsafe {
        sys::napi_get_value_string_utf16(call.env(), value, ptr::null_mut(), 0, &raw mut length);
        let mut units = vec![0_u16; length + 1];
        sys::napi_get_value_string_utf16(call.env(), value, units.as_mut_ptr(), units.len(), &raw mut length);
        units.truncate(length);
        char::decode_utf16(units).any(|character| character.is_err())
    }
}

fn bigint(call: &Call<'_>, value: sys::napi_value) -> SeamResult<Integer> {
    let (mut sign, mut count) = (0, 0);
    // SAFETY: `value` is a bigint. Without words Node-API only returns how many there are. Then they have the room.
    unsafe {
        sys::napi_get_value_bigint_words(call.env(), value, ptr::null_mut(), &raw mut count, ptr::null_mut());
        let mut words = vec![0_u64; count];
        let status =
            sys::napi_get_value_bigint_words(call.env(), value, &raw mut sign, &raw mut count, words.as_mut_ptr());
        if status != sys::Status::napi_ok {
            return Err(SeamError::pending());
        }
        Ok(Integer { negative: sign != 0, words })
    }
}

#[cold]
fn refused(kind: sys::napi_valuetype) -> SeamError {
    let what = match kind {
        sys::ValueType::napi_undefined => "undefined",
        sys::ValueType::napi_null => "null",
        sys::ValueType::napi_boolean => "a boolean",
        sys::ValueType::napi_symbol => "a symbol",
        sys::ValueType::napi_function => "a function",
        _ => "a value that has no order",
    };
    SeamError::invalid(format!("a key is {what}; {EXPECTED}"))
}
