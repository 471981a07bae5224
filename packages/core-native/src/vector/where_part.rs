//! Parts of a condition as JavaScript gives them.

use napi::bindgen_prelude::{BigInt, Either3};
use napi_derive::napi;

use crate::js::numbers;
use crate::sqlite::parameters::Owned;

/// One of several conditions that must all be met.
#[napi(object, object_to_js = false)]
pub struct WherePart {
    /// A SELECT of the ids that meet it.
    pub sql: String,
    /// A SELECT that returns a row if one id meets it, which is a parameter behind the others.
    pub test: String,
    pub parameters: Vec<Either3<f64, String, BigInt>>,
    /// Whether ids that meet it are left out.
    pub excludes: bool,
}

/// Returns a parameter in memory of Rust's own.
pub(super) fn owned(parameter: Either3<f64, String, BigInt>) -> Owned {
    match parameter {
        Either3::A(number) => numbers::exact(number).map_or(Owned::Real(number), Owned::Integer),
        Either3::B(text) => Owned::Text(text),
        Either3::C(integer) => Owned::Integer(integer.get_i64().0),
    }
}
