//! Whether other processes have a file open.
//!
//! SQLite's connections in WAL mode each hold a lock on one byte of the WAL's index, for as long as they are open. The
//! system tells whether another process has it, also one in another container.

use super::db::Db;

/// Returns whether no other process has the file of a connection open in WAL mode. False also if the system does not
/// tell.
pub(crate) fn has_file_alone(db: Db) -> bool {
    db.file().is_some_and(|file| linux::is_alone(&file).unwrap_or(false))
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{CStr, OsStr};
    use std::fs::{read_dir, read_link};
    use std::mem::zeroed;
    use std::os::unix::ffi::OsStrExt;

    /// The byte that every connection locks: `UNIX_SHM_DMS` of SQLite.
    const OPEN_LOCK: libc::off_t = 128;

    pub(super) fn is_alone(file: &CStr) -> Option<bool> {
        let index = [file.to_bytes(), b"-shm"].concat();
        // SQLite's own descriptor. To open the index again, and close it, would give up the locks of this process.
        let descriptor = read_dir("/proc/self/fd").ok()?.flatten().find_map(|entry| {
            let target = read_link(entry.path()).ok()?;
            (target.as_os_str() == OsStr::from_bytes(&index)).then(|| entry.file_name())
        })?;
        let descriptor = descriptor.to_str()?.parse::<libc::c_int>().ok()?;
        // SAFETY: a lock is numbers only.
        let mut lock: libc::flock = unsafe { zeroed() };
        lock.l_type = libc::c_short::try_from(libc::F_WRLCK).ok()?;
        lock.l_start = OPEN_LOCK;
        lock.l_len = 1;
        // SAFETY: this asks about a lock and takes none. If the descriptor was closed meanwhile, the call fails; if it
        // stands for another file by now, the answer is wrong, and the caller only rests less or more.
        let answered = unsafe { libc::fcntl(descriptor, libc::F_GETLK, &raw mut lock) } == 0;
        answered.then(|| libc::c_int::from(lock.l_type) == libc::F_UNLCK)
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn is_alone(_file: &std::ffi::CStr) -> Option<bool> {
        None
    }
}
