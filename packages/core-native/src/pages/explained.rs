//! Which tables of the main database a statement writes, as EXPLAIN shows it.

use std::collections::BTreeSet;
use std::ffi::CString;

use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Prepared;
use crate::witness::Witness;

const OPCODE: i32 = 1;
const P1: i32 = 2;
const P2: i32 = 3;
const P3: i32 = 4;
const P5: i32 = 6;
const MAIN: i64 = 0;
/// In `OpenWrite`, P2 is then not the root but where it is found at run time.
const IN_REGISTER: i64 = 0x10;

/// Returns the roots of the B-trees of the main database that a statement may write, or None if that cannot be told. The
/// statements of functions and virtual tables that it uses are reported apart, or cannot be told.
pub(super) fn written_roots(db: Db, witness: &Witness, sql: &[u8]) -> Option<BTreeSet<u32>> {
    let explanation = CString::new([b"EXPLAIN ", sql].concat()).ok()?;
    // EXPLAIN of a statement that writes counts as one that writes.
    witness.as_ours(|| roots_of(db, &explanation)).ok().flatten()
}

fn roots_of(db: Db, explanation: &CString) -> SeamResult<Option<BTreeSet<u32>>> {
    let program = Prepared::new(db, explanation)?;
    let mut roots = BTreeSet::new();
    while program.step()? {
        let opcode = program.bytes(OPCODE);
        let (root, database) = match opcode {
            b"OpenWrite" if program.integer(P5) & IN_REGISTER != 0 => return Ok(None),
            b"OpenWrite" => (program.integer(P2), program.integer(P3)),
            b"Clear" => (program.integer(P1), program.integer(P2)),
            b"VOpen" | b"VFilter" | b"VColumn" | b"VNext" | b"Variable" | b"VInitIn" => continue,
            b"CreateBtree" | b"Destroy" | b"SetCookie" | b"ParseSchema" | b"LoadAnalysis" | b"SqlExec"
            | b"JournalMode" | b"IncrVacuum" | b"Checkpoint" => return Ok(None),
            // Virtual tables, and VACUUM.
            _ if opcode.starts_with(b"V") || opcode.starts_with(b"Drop") => return Ok(None),
            _ => continue,
        };
        if database == MAIN {
            let Ok(root) = u32::try_from(root) else { return Ok(None) };
            roots.insert(root);
        }
    }
    Ok(Some(roots))
}
