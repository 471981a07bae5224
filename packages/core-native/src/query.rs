//! Statements of the TypeScript side that read, row by row into JavaScript values.
//!
//! better-sqlite3 refuses to run a statement inside an SQL function of the user's, reads integers as the user has set the database
//! to, and throws errors of its own. None of that holds here.

use std::ffi::c_int;
use std::ptr;

use napi::sys;

use crate::error::{SeamError, SeamResult};
use crate::hot::{Call, hot};
use crate::statement::{Column, Prepared};

/// How rows are given; `ts/database/query.ts` has the same.
mod form {
    /// The first row alone, or undefined.
    pub(super) const FIRST: usize = 1;
    /// The first column alone.
    pub(super) const PLUCK: usize = 2;
    /// Integers as bigints.
    pub(super) const BIGINTS: usize = 4;
}

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "createQuery", create_query)?;
    hot!(env, exports, "query", query)?;
    Ok(())
}

fn create_query(call: &Call<'_>, [handle, sql]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let number = connection.query_of(call.text(sql, "sql")?)?;
    Ok(call.integer(number as isize))
}

fn query(call: &Call<'_>, [handle, number, parameters, form]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let statement = connection.query(call.index(number, "query")?)?;
    let form = call.index(form, "form")?;
    call.with_key(parameters, |parameters| {
        let rows = statement.execute(connection.db(), parameters)?;
        let mut more = rows.step()?;
        let reader =
            Reader { env: call.env(), row: &rows, pluck: form & form::PLUCK != 0, bigints: form & form::BIGINTS != 0 };
        if form & form::FIRST != 0 {
            return if more { reader.row() } else { Ok(call.undefined()) };
        }
        let array = reader.array()?;
        let mut count = 0;
        while more {
            reader.put(array, count, reader.row()?)?;
            count += 1;
            more = rows.step()?;
        }
        Ok(array)
    })
}

/// Makes JavaScript values of the row at which a statement stands.
struct Reader<'a> {
    env: sys::napi_env,
    row: &'a Prepared,
    pluck: bool,
    bigints: bool,
}

impl Reader<'_> {
    fn row(&self) -> SeamResult<sys::napi_value> {
        if self.pluck {
            return self.value(0);
        }
        let mut object = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        made(unsafe { sys::napi_create_object(self.env, &raw mut object) })?;
        for column in 0..self.row.columns() {
            let name = self.row.name(column)?;
            let value = self.value(column)?;
            // SAFETY: the name ends in NUL, and the object and the value are of this call.
            made(unsafe { sys::napi_set_named_property(self.env, object, name.as_ptr(), value) })?;
        }
        Ok(object)
    }

    fn value(&self, column: c_int) -> SeamResult<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment, and what the statement lends is copied.
        let status = unsafe {
            match self.row.column(column) {
                Column::Integer(integer) if self.bigints => {
                    sys::napi_create_bigint_int64(self.env, integer, &raw mut value)
                }
                Column::Integer(integer) => sys::napi_create_double(self.env, integer as f64, &raw mut value),
                Column::Real(number) => sys::napi_create_double(self.env, number, &raw mut value),
                Column::Text(text) => {
                    sys::napi_create_string_utf8(self.env, text.as_ptr().cast(), text.len() as isize, &raw mut value)
                }
                Column::Blob(bytes) => {
                    let data = bytes.as_ptr().cast();
                    sys::napi_create_buffer_copy(self.env, bytes.len(), data, ptr::null_mut(), &raw mut value)
                }
                Column::Null => sys::napi_get_null(self.env, &raw mut value),
            }
        };
        made(status).map(|()| value)
    }

    fn array(&self) -> SeamResult<sys::napi_value> {
        let mut array = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        made(unsafe { sys::napi_create_array(self.env, &raw mut array) })?;
        Ok(array)
    }

    fn put(&self, array: sys::napi_value, position: u32, value: sys::napi_value) -> SeamResult<()> {
        // SAFETY: array and value are of this call.
        made(unsafe { sys::napi_set_element(self.env, array, position, value) })
    }
}

/// JavaScript has no room for a value, or has thrown.
fn made(status: sys::napi_status) -> SeamResult<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        sys::Status::napi_pending_exception => Err(SeamError::pending()),
        _ => Err(SeamError::invalid("a stored value is longer than JavaScript's values can be")),
    }
}
