//! Every failure's way to a JavaScript `KohakuVaultError`.
//!
//! The class and the wording around a message are made by one JavaScript function (`ts/native-errors.ts`), which also knows
//! what each SQLite result code means to a user. Rust says which code and what happened.

use std::any::Any;
use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use kohakuvault_core::{CoreError, ErrorCode};
use napi::bindgen_prelude::{FromNapiValue, Unknown};
use napi::{Env, sys};
use rusqlite::ffi::{self, sqlite3};

use crate::{environment, registry};

pub(crate) type SeamResult<T> = Result<T, SeamError>;

/// One pointer wide, so that a `SeamResult` of a JavaScript value travels in registers.
pub(crate) struct SeamError(Box<Failure>);

enum Failure {
    /// A failure of ours.
    Coded(ErrorCode, String),
    /// Bytes are kept where a value has none.
    NoBytes(String),
    /// The connection behind a handle is gone.
    Closed,
    /// A failure of SQLite, with its extended result code and the connection's handle, or 0.
    Sqlite(c_int, String, u64),
    /// A panic, with what it said.
    Panic(String),
    /// JavaScript has thrown already; its exception is the one to see.
    Pending,
}

/// How SQLite's messages begin, and what they are about.
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

    /// The connection behind a handle is gone.
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

    /// The connection's last failure. `code` is what the call returned.
    #[cold]
    pub(crate) fn sqlite(db: *mut sqlite3, code: c_int) -> Self {
        // SAFETY: `db` is an open connection of this thread; the message is copied before any other call on it.
        let (extended, message) = unsafe {
            (ffi::sqlite3_extended_errcode(db), CStr::from_ptr(ffi::sqlite3_errmsg(db)).to_string_lossy().into_owned())
        };
        // Misuse and a few others don't set the connection's code.
        let extended = if extended & 0xff == code & 0xff { extended } else { code };
        Self::of(Failure::Sqlite(extended, message, registry::handle_of(db)))
    }

    /// Whether a value was longer than the connection's limit.
    pub(crate) fn is_too_big(&self) -> bool {
        matches!(*self.0, Failure::Sqlite(ffi::SQLITE_TOOBIG, ..))
    }

    /// What SQLite says of a value that has no bytes is what is said of damage: nobody who keeps BLOBs there wrote it.
    #[cold]
    pub(crate) fn or_no_bytes(self) -> Self {
        match *self.0 {
            Failure::Sqlite(ffi::SQLITE_ERROR, message, _) if message.starts_with("cannot open value of type") => {
                Self::of(Failure::NoBytes(format!("no bytes are stored there: {message}")))
            }
            failure => Self::of(failure),
        }
    }

    /// What the error is about, where its code alone does not tell it: see `ts/errors/error-detail.ts`.
    fn detail(&self) -> Option<&'static str> {
        match &*self.0 {
            Failure::NoBytes(_) => Some("no-bytes"),
            // SQLite has one code for these, and tells them apart by its text alone.
            Failure::Sqlite(code, message, _) if code & 0xff == ffi::SQLITE_ERROR => SQLITE_DETAILS
                .into_iter()
                .find_map(|(beginning, detail)| message.starts_with(beginning).then_some(detail)),
            _ => None,
        }
    }

    /// The code, the message, and SQLite's result code with the connection's handle (0 where SQLite has no part in it).
    fn into_parts(self) -> (&'static str, String, c_int, u64) {
        match *self.0 {
            Failure::Coded(code, message) => (code.as_str(), message, 0, 0),
            Failure::NoBytes(message) => (ErrorCode::Corrupt.as_str(), message, 0, 0),
            Failure::Closed => (ErrorCode::Closed.as_str(), "the database connection is closed".to_owned(), 0, 0),
            Failure::Sqlite(code, message, handle) => (ErrorCode::Error.as_str(), message, code, handle),
            Failure::Panic(message) => (ErrorCode::Error.as_str(), message, 0, 0),
            Failure::Pending => (ErrorCode::Error.as_str(), String::new(), 0, 0),
        }
    }

    /// The JavaScript error object, or None while an exception is pending or none can be made.
    fn into_object(self, env: sys::napi_env) -> Option<sys::napi_value> {
        if matches!(*self.0, Failure::Pending) {
            return None;
        }
        let detail = self.detail();
        let (code, message, sqlite, handle) = self.into_parts();
        // SAFETY: `env` is the live environment of this call; every pointer passed lives through its call, and each
        // value is used only where the call that made it succeeded.
        unsafe {
            let mut factory = ptr::null_mut();
            let reference = environment::error_factory(env);
            if reference.is_null()
                || sys::napi_get_reference_value(env, reference, &raw mut factory) != sys::Status::napi_ok
            {
                return None;
            }
            let mut arguments = [ptr::null_mut(); 5];
            let [code_value, message_value, sqlite_value, handle_value, detail_value] = &mut arguments;
            let made = sys::napi_create_string_utf8(env, code.as_ptr().cast(), code.len() as isize, code_value)
                == sys::Status::napi_ok
                && sys::napi_create_string_utf8(env, message.as_ptr().cast(), message.len() as isize, message_value)
                    == sys::Status::napi_ok
                && sys::napi_create_int32(env, sqlite, sqlite_value) == sys::Status::napi_ok
                && sys::napi_create_double(env, handle as f64, handle_value) == sys::Status::napi_ok
                && match detail {
                    Some(detail) => {
                        let length = detail.len() as isize;
                        sys::napi_create_string_utf8(env, detail.as_ptr().cast(), length, detail_value)
                    }
                    None => sys::napi_get_undefined(env, detail_value),
                } == sys::Status::napi_ok;
            if !made {
                return None;
            }
            let mut receiver = ptr::null_mut();
            sys::napi_get_undefined(env, &raw mut receiver);
            let mut error = ptr::null_mut();
            let called = sys::napi_call_function(env, receiver, factory, 5, arguments.as_ptr(), &raw mut error);
            (called == sys::Status::napi_ok).then_some(error)
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

/// Runs `work`, turning a panic into an error: nothing may unwind into Node's frames.
pub(crate) fn guard<T>(work: impl FnOnce() -> SeamResult<T>) -> SeamResult<T> {
    // What a panic leaves half-done lives behind RefCells and Cells that stay consistent, and statements reset
    // themselves at their next use, so the connection can be used on.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(SeamError::of(Failure::Panic(panic_message(&*payload)))))
}

#[cold]
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let said = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("a defect in the native core: {said}. Nothing was lost; please report it with this message")
}

/// For the functions that the `#[napi]` macro registers: runs `work` under the guard and hands its error to the macro.
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
