//! Statistics of many numbers. JavaScript has the pieces and the results; nothing is kept between the calls.

use kohakuvault_core::boundary::summary_flag;
use kohakuvault_core::statistics::summary::{Wanted, summarize};
use kohakuvault_core::statistics::{buckets, histogram, ranks, search};
use napi::sys;

use crate::js::args::mistyped;
use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::register::js_function;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "numberSummary", summary)?;
    js_function!(env, exports, "numberCounts", counts)?;
    js_function!(env, exports, "numberOfKey", number_of_key)?;
    js_function!(env, exports, "numberBins", bins)?;
    js_function!(env, exports, "numberFind", find)?;
    js_function!(env, exports, "numberBuckets", describe_buckets)?;
    js_function!(env, exports, "numberTriangles", triangles)
}

fn summary(call: &Call<'_>, [code, numbers, flags, target]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (kind, flags) = (call.element_code(code, "code")?, call.index(flags, "flags")?);
    let has = |flag: usize| flags & flag != 0;
    let wanted = Wanted {
        extremes: has(summary_flag::EXTREMES),
        sum: has(summary_flag::SUM),
        spread: has(summary_flag::SPREAD),
    };
    let (numbers, target) = call.bytes_and_doubles(numbers, target)?;
    for (place, slot) in target.iter_mut().zip(summarize(kind, &numbers, wanted).slots()) {
        *place = f64::from_bits(slot);
    }
    Ok(call.undefined())
}

fn counts(
    call: &Call<'_>,
    [code, numbers, prefix, known, counts]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let kind = call.element_code(code, "code")?;
    let (prefix, known) = (call.index(prefix, "prefix")?, call.ordinal(known, "known")?);
    let (numbers, counts) = call.bytes_and_doubles(numbers, counts)?;
    ranks::count_next(kind, &numbers, prefix as u64, known, counts);
    Ok(call.undefined())
}

fn number_of_key(call: &Call<'_>, [code, key, target]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (kind, key) = (call.element_code(code, "code")?, call.long(key, "key")?);
    let [place, ..] = call.doubles_mut(target, "target")? else {
        return Err(mistyped("target", "a Float64Array with a place"));
    };
    *place = f64::from_bits(ranks::slot_of_key(kind, key.cast_unsigned()));
    Ok(call.undefined())
}

fn bins(call: &Call<'_>, [code, numbers, edges, counts]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let kind = call.element_code(code, "code")?;
    let edges = call.doubles_copy(edges, "edges")?;
    let (numbers, counts) = call.bytes_and_doubles(numbers, counts)?;
    histogram::count(kind, &numbers, &edges, counts);
    Ok(call.undefined())
}

fn find(call: &Call<'_>, [code, numbers, bounds]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let kind = call.element_code(code, "code")?;
    Ok(call.count(search::find(kind, call.bytes(numbers, "numbers")?, call.bytes(bounds, "bounds")?)))
}

fn describe_buckets(
    call: &Call<'_>,
    [code, numbers, first, bounds, buckets]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (kind, first) = (call.element_code(code, "code")?, call.index(first, "first")?);
    let bounds = call.doubles_copy(bounds, "bounds")?;
    let (numbers, buckets) = call.bytes_and_doubles(numbers, buckets)?;
    buckets::describe(kind, &numbers, first, &bounds, buckets);
    Ok(call.undefined())
}

fn triangles(
    call: &Call<'_>,
    [code, numbers, first, bounds, means, choices]: [sys::napi_value; 6],
) -> SeamResult<sys::napi_value> {
    let (kind, first) = (call.element_code(code, "code")?, call.index(first, "first")?);
    let (bounds, means) = (call.doubles_copy(bounds, "bounds")?, call.doubles_copy(means, "means")?);
    let (numbers, choices) = call.bytes_and_doubles(numbers, choices)?;
    buckets::choose(kind, &numbers, first, &bounds, &means, choices);
    Ok(call.undefined())
}
