//! From a failure to a JavaScript `KohakuVaultError`.
//!
//! Rust decides the code and says what happened. One JavaScript function (`ts/errors/native-errors.ts`) chooses the
//! class and completes the message. It also knows what each result code of SQLite means to a user.

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use kohakuvault_core::{CoreError, ErrorCode};
use napi::bindgen_prelude::{FromNapiValue, Unknown};
use napi::{Env, sys};
use rusqlite::ffi;

use super::environment;

pub(crate) type SeamResult<T> = Result<T, SeamError>;

/// A failure. It is one pointer wide, so that a `SeamResult` of a JavaScript value travels in registers.
pub(crate) struct SeamError(Box<Failure>);

enum Failure {
    /// A failure of ours.
    Coded(ErrorCode, String),
    /// A value is NULL or a number, where bytes are kept.
    NoBytes(String),
    /// The connection of a handle is gone.
    Closed,
    /// A failure of SQLite.
    Sqlite(SqliteFailure),
    /// A panic, with its message.
    Panic(String),
    /// JavaScript has thrown already. Its exception is the one to see.
    Pending,
}

/// What SQLite reports of a failure.
pub(crate) struct SqliteFailure {
    /// The extended result code.
    pub(crate) code: c_int,
    pub(crate) message: String,
    /// The connection's handle, or 0 for a connection without one.
    pub(crate) handle: u64,
}

/// How messages of SQLite begin, and the detail that each stands for. SQLite has one code for them all.
const SQLITE_DETAILS: [(&str, &str); 3] = [
    ("no such table", "no-such-table"),
    ("no such column", "no-such-column"),
    ("no such savepoint", "no-such-savepoint"),
];

impl SeamError {
    #[cold]
    fn of(failure: Failure) -> Self {
        Self(Box::new(failure))
    }

    /// The connection of a handle is gone.
    pub(crate) fn closed() -> Self {
        Self::of(Failure::Closed)
    }

    /// JavaScript has thrown already.
    pub(crate) fn pending() -> Self {
        Self::of(Failure::Pending)
    }

    pub(crate) fn coded(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::of(Failure::Coded(code, message.into()))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::coded(ErrorCode::InvalidArgument, message)
    }

    pub(crate) fn sqlite(failure: SqliteFailure) -> Self {
        Self::of(Failure::Sqlite(failure))
    }

    /// Returns whether a value was longer than the connection's limit.
    pub(crate) fn is_too_big(&self) -> bool {
        matches!(&*self.0, Failure::Sqlite(SqliteFailure { code: ffi::SQLITE_TOOBIG, .. }))
    }

    /// Returns whether SQLite found no database in the file: it is none, or is encrypted.
    pub(crate) fn is_not_a_database(&self) -> bool {
        matches!(&*self.0, Failure::Sqlite(SqliteFailure { code: ffi::SQLITE_NOTADB, .. }))
    }

    /// Turns what SQLite says of a value without bytes into damage: no vault wrote such a value.
    #[cold]
    pub(crate) fn or_no_bytes(self) -> Self {
        match *self.0 {
            Failure::Sqlite(SqliteFailure { code: ffi::SQLITE_ERROR, message, .. })
                if message.starts_with("cannot open value of type") =>
            {
                Self::of(Failure::NoBytes(format!("no bytes are stored there: {message}")))
            }
            failure => Self::of(failure),
        }
    }

    /// Turns the refusal of a row into damage: FTS5 has refused what it wrote into its own tables.
    #[cold]
    pub(crate) fn or_damage(self, table: &str) -> Self {
        match *self.0 {
            Failure::Sqlite(SqliteFailure { code, message, .. })
                if matches!(code & 0xff, ffi::SQLITE_CONSTRAINT | ffi::SQLITE_ERROR) =>
            {
                Self::coded(
                    ErrorCode::Corrupt,
                    format!(
                        "the index of {table} cannot be changed: {message}. It is damaged: restore a backup, or rebuild \
                         it from the texts"
                    ),
                )
            }
            failure => Self::of(failure),
        }
    }

    /// Returns what the error is about, if its code alone does not tell it: see `ts/errors/error-detail.ts`.
    fn detail(&self) -> Option<&'static str> {
        match &*self.0 {
            Failure::NoBytes(_) => Some("no-bytes"),
            Failure::Sqlite(SqliteFailure { code, message, .. }) if code & 0xff == ffi::SQLITE_ERROR => SQLITE_DETAILS
                .into_iter()
                .find_map(|(beginning, detail)| message.starts_with(beginning).then_some(detail)),
            _ => None,
        }
    }

    /// Returns our code, and the rest as SQLite would report it. Result code 0 says that SQLite has no part in the
    /// failure.
    fn into_parts(self) -> (&'static str, SqliteFailure) {
        let ours = |message| SqliteFailure { code: 0, message, handle: 0 };
        match *self.0 {
            Failure::Coded(code, message) => (code.as_str(), ours(message)),
            Failure::NoBytes(message) => (ErrorCode::Corrupt.as_str(), ours(message)),
            Failure::Closed => (ErrorCode::Closed.as_str(), ours("the database connection is closed".to_owned())),
            Failure::Sqlite(failure) => (ErrorCode::Error.as_str(), failure),
            Failure::Panic(message) => (ErrorCode::Error.as_str(), ours(message)),
            Failure::Pending => (ErrorCode::Error.as_str(), ours(String::new())),
        }
    }

    /// Returns the failure as SQLite has it: a result code, and a message.
    pub(crate) fn into_result(self) -> (c_int, String) {
        match *self.0 {
            Failure::Coded(ErrorCode::Corrupt, message) | Failure::NoBytes(message) => {
                (ffi::SQLITE_CORRUPT_VTAB, message)
            }
            Failure::Sqlite(failure) => (failure.code, failure.message),
            failure => (ffi::SQLITE_ERROR, Self::of(failure).into_parts().1.message),
        }
    }

    /// Makes the JavaScript error. Returns None while an exception is pending, or if none can be made.
    fn into_object(self, env: sys::napi_env) -> Option<sys::napi_value> {
        if matches!(*self.0, Failure::Pending) {
            return None;
        }
        let detail = self.detail();
        let (code, SqliteFailure { code: result, message, handle }) = self.into_parts();
        let is_ok = |status| status == sys::Status::napi_ok;
        // SAFETY: `env` is the live environment of this call. Every pointer passed lives through its call, and each
        // value is used only if the call that made it succeeded.
        unsafe {
            let mut factory = ptr::null_mut();
            let reference = environment::error_factory(env);
            if reference.is_null() || !is_ok(sys::napi_get_reference_value(env, reference, &raw mut factory)) {
                return None;
            }
            // In Bun an exception belongs to the thread: what a function of the user threw inside SQLite is pending here
            // too, and nothing can be called before it is taken.
            let mut is_pending = false;
            let mut thrown = ptr::null_mut();
            sys::napi_is_exception_pending(env, &raw mut is_pending);
            if is_pending && !is_ok(sys::napi_get_and_clear_last_exception(env, &raw mut thrown)) {
                return None;
            }
            let string = |text: &str, value: *mut sys::napi_value| {
                is_ok(sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len().cast_signed(), value))
            };
            let mut arguments = [ptr::null_mut(); 6];
            let [code_value, message_value, result_value, handle_value, detail_value, thrown_value] = &mut arguments;
            *thrown_value = thrown;
            let made = string(code, code_value)
                && string(&message, message_value)
                && is_ok(sys::napi_create_int32(env, result, result_value))
                && is_ok(sys::napi_create_double(env, handle as f64, handle_value))
                && match detail {
                    Some(detail) => string(detail, detail_value),
                    None => is_ok(sys::napi_get_undefined(env, detail_value)),
                };
            if !made {
                return None;
            }
            let mut receiver = ptr::null_mut();
            sys::napi_get_undefined(env, &raw mut receiver);
            let mut error = ptr::null_mut();
            // The last argument is there only if something was thrown, which may be `undefined`.
            let (count, arguments) = (arguments.len() - usize::from(!is_pending), arguments.as_ptr());
            is_ok(sys::napi_call_function(env, receiver, factory, count, arguments, &raw mut error)).then_some(error)
        }
    }

    /// Throws into JavaScript.
    #[cold]
    pub(crate) fn throw(self, env: sys::napi_env) {
        if let Some(error) = self.into_object(env) {
            // SAFETY: `error` is the object just made in this environment.
            unsafe { sys::napi_throw(env, error) };
        }
    }
}

impl From<CoreError> for SeamError {
    fn from(error: CoreError) -> Self {
        Self::of(Failure::Coded(error.code(), error.to_string()))
    }
}

/// Runs `work` and turns a panic into an error. Nothing may unwind into Node's frames.
pub(crate) fn guard<T>(work: impl FnOnce() -> SeamResult<T>) -> SeamResult<T> {
    // State that a panic leaves half-done lives in RefCells and Cells that stay consistent, and statements reset
    // themselves at their next use. So the connection stays usable.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(SeamError::of(Failure::Panic(panic_message(&*payload)))))
}

#[cold]
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("a defect in the native core: {message}. Nothing was lost; please report it with this message")
}

/// Runs the `work` of a function that the `#[napi]` macro registers, under the guard, and hands its error to the macro.
pub(crate) fn shell<T>(env: Env, work: impl FnOnce() -> SeamResult<T>) -> napi::Result<T> {
    guard(work).map_err(|error| match error.into_object(env.raw()) {
        // SAFETY: the value was just made in this environment.
        Some(object) => match unsafe { Unknown::from_napi_value(env.raw(), object) } {
            Ok(unknown) => unknown.into(),
            Err(failure) => failure,
        },
        None => napi::Error::new(napi::Status::PendingException, ""),
    })
}
