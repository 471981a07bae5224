//! Statements of the TypeScript side that read, row by row into JavaScript values.
//!
//! better-sqlite3 refuses to run a statement inside an SQL function of the user's. It returns integers as the user has
//! set the database to, and throws errors of its own. None of that holds here.

use std::ffi::c_int;
use std::ptr;

use kohakuvault_core::boundary::query_form;
use napi::sys;

use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};
use crate::js::register::js_function;
use crate::registry::connection_of;
use crate::sqlite::parameters::with_parameters;
use crate::sqlite::statement::{Column, Prepared};

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "createQuery", create_query)?;
    js_function!(env, exports, "query", query)
}

fn create_query(call: &Call<'_>, [handle, sql]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    let number = connection.query_of(call.text(sql, "sql")?)?;
    Ok(call.count(Some(number)))
}

fn query(call: &Call<'_>, [handle, number, parameters, form]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    let statement = connection.query(call.index(number, "query")?)?;
    let form = call.index(form, "form")?;
    with_parameters(call, parameters, |parameters| {
        let rows = statement.execute(connection.db()?, parameters)?;
        let mut more = rows.step()?;
        let maker = RowMaker {
            env: call.env(),
            row: &rows,
            pluck: form & query_form::PLUCK != 0,
            bigints: form & query_form::BIGINTS != 0,
        };
        if form & query_form::FIRST != 0 {
            return if more { maker.row() } else { Ok(call.undefined()) };
        }
        let array = maker.array()?;
        let mut count = 0;
        while more {
            maker.put(array, count, maker.row()?)?;
            count += 1;
            more = rows.step()?;
        }
        Ok(array)
    })
}

/// Makes JavaScript values of the row that a statement is at.
struct RowMaker<'a> {
    env: sys::napi_env,
    row: &'a Prepared,
    pluck: bool,
    bigints: bool,
}

impl RowMaker<'_> {
    fn row(&self) -> SeamResult<sys::napi_value> {
        if self.pluck {
            return self.value(0);
        }
        let mut object = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        check(unsafe { sys::napi_create_object(self.env, &raw mut object) })?;
        for column in 0..self.row.columns() {
            let name = self.row.name(column)?;
            let value = self.value(column)?;
            // SAFETY: the name ends in NUL, and the object and the value belong to this call.
            check(unsafe { sys::napi_set_named_property(self.env, object, name.as_ptr(), value) })?;
        }
        Ok(object)
    }

    fn value(&self, column: c_int) -> SeamResult<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment, and Node-API copies what the statement lends.
        let status = unsafe {
            match self.row.column(column) {
                Column::Integer(integer) if self.bigints => {
                    sys::napi_create_bigint_int64(self.env, integer, &raw mut value)
                }
                Column::Integer(integer) => sys::napi_create_double(self.env, integer as f64, &raw mut value),
                Column::Real(number) => sys::napi_create_double(self.env, number, &raw mut value),
                Column::Text(text) => {
                    let length = text.len().cast_signed();
                    sys::napi_create_string_utf8(self.env, text.as_ptr().cast(), length, &raw mut value)
                }
                Column::Blob(bytes) => {
                    let data = bytes.as_ptr().cast();
                    sys::napi_create_buffer_copy(self.env, bytes.len(), data, ptr::null_mut(), &raw mut value)
                }
                Column::Null => sys::napi_get_null(self.env, &raw mut value),
            }
        };
        check(status).map(|()| value)
    }

    fn array(&self) -> SeamResult<sys::napi_value> {
        let mut array = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        check(unsafe { sys::napi_create_array(self.env, &raw mut array) })?;
        Ok(array)
    }

    fn put(&self, array: sys::napi_value, position: u32, value: sys::napi_value) -> SeamResult<()> {
        // SAFETY: array and value belong to this call.
        check(unsafe { sys::napi_set_element(self.env, array, position, value) })
    }
}

/// Turns a failure of Node-API into an error: JavaScript has no room for a value, or has thrown.
fn check(status: sys::napi_status) -> SeamResult<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        sys::Status::napi_pending_exception => Err(SeamError::pending()),
        _ => Err(SeamError::invalid("a stored value is longer than JavaScript's strings and Buffers can be")),
    }
}
