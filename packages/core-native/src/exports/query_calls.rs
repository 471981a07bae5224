//! Statements of the TypeScript side that read, row by row into JavaScript values.
//!
//! better-sqlite3 refuses to run a statement inside an SQL function of the user's. It returns integers as the user has
//! set the database to, and throws errors of its own. None of that holds here.

use std::ffi::c_int;
use std::ptr;

use kohakuvault_core::boundary::query_form;
use napi::sys;

use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::register::js_function;
use crate::registry::connection_of;
use crate::sqlite::column_values::{check, value_of};
use crate::sqlite::parameters::with_parameters;
use crate::sqlite::statement::Prepared;

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
            call,
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
struct RowMaker<'a, 'call> {
    call: &'a Call<'call>,
    row: &'a Prepared,
    pluck: bool,
    bigints: bool,
}

impl RowMaker<'_, '_> {
    fn row(&self) -> SeamResult<sys::napi_value> {
        if self.pluck {
            return self.value(0);
        }
        let mut object = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        check(unsafe { sys::napi_create_object(self.call.env(), &raw mut object) })?;
        for column in 0..self.row.columns() {
            let name = self.row.name(column)?;
            let value = self.value(column)?;
            // SAFETY: the name ends in NUL, and the object and the value belong to this call.
            check(unsafe { sys::napi_set_named_property(self.call.env(), object, name.as_ptr(), value) })?;
        }
        Ok(object)
    }

    fn value(&self, column: c_int) -> SeamResult<sys::napi_value> {
        value_of(self.call, &self.row.column(column), self.bigints)
    }

    fn array(&self) -> SeamResult<sys::napi_value> {
        let mut array = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        check(unsafe { sys::napi_create_array(self.call.env(), &raw mut array) })?;
        Ok(array)
    }

    fn put(&self, array: sys::napi_value, position: u32, value: sys::napi_value) -> SeamResult<()> {
        // SAFETY: array and value belong to this call.
        check(unsafe { sys::napi_set_element(self.call.env(), array, position, value) })
    }
}
