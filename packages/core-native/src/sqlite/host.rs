//! The one SQLite that this process may have.
//!
//! rusqlite reaches SQLite through one static table of function pointers, filled from whichever host loaded us. A
//! second host would redirect the calls of the first one's connections. Besides, two SQLites on one file lose committed
//! data: POSIX locks belong to the process, not to the library. So the first host is remembered, and any other is
//! refused.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use rusqlite::ffi::{sqlite3, sqlite3_api_routines, sqlite3_stmt};

use crate::js::error::{SeamError, SeamResult};

static HOST: AtomicPtr<sqlite3_api_routines> = AtomicPtr::new(std::ptr::null_mut());

/// What a second host gets as an error. By the code in front, TypeScript tells the refusal from other load failures.
pub(crate) const REFUSAL: &std::ffi::CStr =
    c"KV_TWO_SQLITE: another copy of SQLite already holds KohakuVault in this process";

/// Takes `api` as the process's SQLite, or returns an error if there is another one already.
pub(crate) fn claim(api: *mut sqlite3_api_routines) -> Result<(), ()> {
    match HOST.compare_exchange(std::ptr::null_mut(), api, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            // Node unloads an addon when the last worker that used it exits. The table above would then point into
            // unmapped memory, and a later worker would load the same SQLite at another address and be refused.
            pin_library_of(api.cast());
            Ok(())
        }
        Err(present) if present == api => Ok(()),
        Err(_) => Err(()),
    }
}

pub(crate) type Prepare =
    unsafe extern "C" fn(*mut sqlite3, *const c_char, c_int, *mut *mut sqlite3_stmt, *mut *const c_char) -> c_int;

/// Returns SQLite's first function that prepares a statement, which rusqlite leaves out. SQLite does not prepare such a
/// statement again when the schema has changed.
pub(crate) fn prepare_once() -> SeamResult<Prepare> {
    let host = HOST.load(Ordering::Acquire);
    // SAFETY: the host's table is static, and its library stays loaded.
    let prepare = unsafe { host.as_ref() }.and_then(|host| host.prepare);
    prepare.ok_or_else(SeamError::closed)
}

/// Tells the host why it was refused, in memory that the host frees.
///
/// # Safety
/// `api` is the routine table that SQLite passed to the entry point, and `message` its error slot or null.
pub(crate) unsafe fn refuse(api: *mut sqlite3_api_routines, message: *mut *mut c_char) {
    if message.is_null() {
        return;
    }
    // SAFETY: the caller passes what SQLite gave it. `mprintf` of the refused host makes the string, because that host
    // frees it, and `%s` gets exactly the one string that it asks for.
    unsafe {
        if let Some(mprintf) = (*api).mprintf {
            *message = mprintf(c"%s".as_ptr(), REFUSAL.as_ptr());
        }
    }
}

/// Keeps the library that holds `address` in memory until the process ends.
#[cfg(unix)]
pub(crate) fn pin_library_of(address: *const c_void) {
    if let Some(path) = path_of(address) {
        // SAFETY: the path ends with NUL. `RTLD_NOLOAD` loads nothing.
        unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE) };
    }
}

/// Returns the file of the library that holds `address`, as the loader knows it.
#[cfg(unix)]
pub(crate) fn library_file_of(address: *const c_void) -> Option<String> {
    path_of(address)?.into_string().ok()
}

#[cfg(unix)]
fn path_of(address: *const c_void) -> Option<std::ffi::CString> {
    // SAFETY: `dladdr` only compares `address` with the mapped ranges and fills `info`. `dli_fname`, if it is set, is a
    // string that the loader owns for as long as the library is loaded, which it is. It is copied here.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        let found = libc::dladdr(address, &mut info) != 0 && !info.dli_fname.is_null();
        found.then(|| std::ffi::CStr::from_ptr(info.dli_fname).to_owned())
    }
}

/// Keeps the library that holds `address` in memory until the process ends.
#[cfg(windows)]
pub(crate) fn pin_library_of(address: *const c_void) {
    use windows_sys::Win32::System::LibraryLoader::GET_MODULE_HANDLE_EX_FLAG_PIN;
    library_of(address, GET_MODULE_HANDLE_EX_FLAG_PIN);
}

/// Returns the file of the library that holds `address`, as the loader knows it.
#[cfg(windows)]
pub(crate) fn library_file_of(address: *const c_void) -> Option<String> {
    use windows_sys::Win32::System::LibraryLoader::{GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleFileNameW};
    /// The longest path that Windows has.
    const MOST: usize = 32_768;
    let library = library_of(address, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)?;
    let mut path = vec![0_u16; MOST];
    // SAFETY: the call writes at most as many units as the buffer has.
    let length = unsafe { GetModuleFileNameW(library, path.as_mut_ptr(), MOST as u32) } as usize;
    if length == 0 || length >= MOST {
        return None;
    }
    String::from_utf16(path.get(..length)?).ok()
}

#[cfg(windows)]
fn library_of(address: *const c_void, flag: u32) -> Option<windows_sys::Win32::Foundation::HMODULE> {
    use windows_sys::Win32::System::LibraryLoader::{GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GetModuleHandleExW};
    let mut module = std::ptr::null_mut();
    // SAFETY: with FROM_ADDRESS the second argument is an address, not a string. The call only looks it up.
    let found =
        unsafe { GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | flag, address.cast(), &mut module) };
    (found != 0).then_some(module)
}
