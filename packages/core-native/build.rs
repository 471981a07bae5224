//! Gives the binary the build id of the JavaScript that lies beside it: see `scripts/build-id.ts`.

use std::{env, fs};

const CONSTANTS: &str = "ts/native/constants.ts";
const BEGINNING: &str = "export const BUILD_ID = '";

fn main() {
    napi_build::setup();
    println!("cargo:rerun-if-changed={CONSTANTS}");
    println!("cargo:rerun-if-changed=build.rs");
    let path = format!("{}/{CONSTANTS}", env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let constants = fs::read_to_string(&path).unwrap_or_default();
    let id = constants.lines().find_map(|line| line.strip_prefix(BEGINNING)?.strip_suffix("';"));
    println!("cargo:rustc-env=KOHAKUVAULT_BUILD={}", id.unwrap_or("unknown"));
}
