//! Waits for changes of a list. A wait that blocks sleeps in the core for a moment at most, so that the thread can be
//! terminated. For a wait that does not block, a function of the waiting thread is called when the wait is over.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use kohakuvault_core::ordered::key::EncodedKey;
use kohakuvault_core::ordered::skip_list::Wake;
use kohakuvault_core::ordered::skip_list::waits::Awaited;
use napi::sys;

use super::list_arguments::{expected, owned};
use super::shared_lists::{SharedList, held};
use crate::js::call::Call;
use crate::js::environment;
use crate::js::error::{SeamError, SeamResult};
use crate::js::make::made;
use crate::js::register::js_function;

/// The longest time that one call sleeps.
const LONGEST_SLEEP: usize = 100;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "listVersion", version)?;
    js_function!(env, exports, "listSleep", sleep)?;
    js_function!(env, exports, "listSleepForKey", sleep_for_key)?;
    js_function!(env, exports, "listWait", wait)?;
    js_function!(env, exports, "listWaitForKey", wait_for_key)?;
    js_function!(env, exports, "listEndWait", end_wait)?;
    js_function!(env, exports, "listTakeEnded", take_ended)
}

/// Where other threads put the waits of this thread that are over.
#[derive(Default)]
struct Inbox(Mutex<InboxState>);

#[derive(Default)]
struct InboxState {
    /// Absent before the inbox is used, and after the environment has begun to end.
    function: Option<ThreadFunction>,
    ended: Vec<usize>,
}

struct ThreadFunction(sys::napi_threadsafe_function);

// SAFETY: calling it from other threads is what Node-API has it for.
unsafe impl Send for ThreadFunction {}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, InboxState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Inbox {
    fn wake(&self, wait: usize) {
        let mut state = self.state();
        let is_first = state.ended.is_empty();
        state.ended.push(wait);
        if let Some(function) = &state.function
            && is_first
        {
            // SAFETY: the function is taken out of the inbox, under the same lock, before its environment ends. The
            // queue has no limit, so the call does not wait.
            unsafe {
                let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
                sys::napi_call_threadsafe_function(function.0, ptr::null_mut(), mode);
            }
        }
    }
}

/// The waits of one environment.
struct Waits {
    env: sys::napi_env,
    inbox: Arc<Inbox>,
    /// The list of each wait that is not over.
    lists: HashMap<usize, Weak<SharedList>>,
}

thread_local! {
    static WAITS: RefCell<Vec<Waits>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with the waits of an environment, if it has any.
fn with_waits<T>(env: sys::napi_env, work: impl FnOnce(&mut Waits) -> T) -> Option<T> {
    WAITS.with_borrow_mut(|all| all.iter_mut().find(|waits| waits.env == env).map(work))
}

/// Returns the inbox of the call's environment. A new one calls `dispatch` when waits are over.
fn inbox_of(call: &Call<'_>, dispatch: sys::napi_value) -> SeamResult<Arc<Inbox>> {
    let env = call.env();
    call.expect_function(dispatch, "dispatch")?;
    if let Some(inbox) = with_waits(env, |waits| Arc::clone(&waits.inbox)) {
        return Ok(inbox);
    }
    let name = call.string(b"kohakuvault.SkipList")?;
    let mut function = ptr::null_mut();
    // SAFETY: `env` is this call's environment, and the values are of this call. Node-API keeps `dispatch` alive.
    let status = unsafe {
        sys::napi_create_threadsafe_function(
            env,
            dispatch,
            ptr::null_mut(),
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            ptr::null_mut(),
            None,
            &raw mut function,
        )
    };
    made(status, ptr::null_mut())?;
    let inbox = Arc::new(Inbox::default());
    inbox.state().function = Some(ThreadFunction(function));
    // Hooks run in the reverse order, so this one runs before Node-API's own hook for the function.
    environment::add_cleanup_hook(env, close, env as usize);
    WAITS.with_borrow_mut(|all| all.push(Waits { env, inbox: Arc::clone(&inbox), lists: HashMap::new() }));
    keep_alive(env, &inbox, false);
    Ok(inbox)
}

/// Sets whether waits keep the event loop running.
fn keep_alive(env: sys::napi_env, inbox: &Inbox, keep: bool) {
    if let Some(function) = &inbox.state().function {
        // SAFETY: this is the environment's thread, and the function is in the inbox until the environment ends.
        unsafe {
            if keep {
                sys::napi_ref_threadsafe_function(env, function.0);
            } else {
                sys::napi_unref_threadsafe_function(env, function.0);
            }
        }
    }
}

/// Ends all waits of an environment that ends.
extern "C" fn close(env: *mut c_void) {
    let ended = WAITS.try_with(|all| {
        let mut all = all.borrow_mut();
        let place = all.iter().position(|waits| waits.env.addr() == env.addr());
        place.map(|place| all.swap_remove(place))
    });
    let Ok(Some(waits)) = ended else { return };
    let function = waits.inbox.state().function.take();
    if let Some(function) = function {
        // SAFETY: no other thread finds the function any more, and Node-API's own hook for it runs later.
        unsafe { sys::napi_release_threadsafe_function(function.0, sys::ThreadsafeFunctionReleaseMode::release) };
    }
    for (wait, list) in waits.lists {
        if let Some(list) = list.upgrade() {
            list.dismiss(wait);
        }
    }
}

/// Begins a wait and returns its number, or -1 if what it waits for has happened.
fn begin(
    call: &Call<'_>,
    list: &Arc<SharedList>,
    awaited: Awaited<'_>,
    dispatch: sys::napi_value,
) -> SeamResult<sys::napi_value> {
    let inbox = inbox_of(call, dispatch)?;
    let wait = list.enlist(awaited, Arc::clone(&inbox) as Arc<dyn Wake>);
    if let Some(wait) = wait {
        let is_first = with_waits(call.env(), |waits| {
            waits.lists.insert(wait, Arc::downgrade(list));
            waits.lists.len() == 1
        });
        if is_first == Some(true) {
            keep_alive(call.env(), &inbox, true);
        }
    }
    Ok(call.count(wait))
}

/// Forgets waits. The last one lets the event loop end.
fn forget(env: sys::napi_env, ended: &[usize]) -> Vec<Weak<SharedList>> {
    let forgotten = with_waits(env, |waits| {
        let lists: Vec<_> = ended.iter().filter_map(|wait| waits.lists.remove(wait)).collect();
        let idle = !lists.is_empty() && waits.lists.is_empty();
        (lists, idle.then(|| Arc::clone(&waits.inbox)))
    });
    let (lists, idle) = forgotten.unwrap_or_default();
    if let Some(inbox) = idle {
        keep_alive(env, &inbox, false);
    }
    lists
}

fn version(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let list = held(call.number(handle, "handle")?)?;
    Ok(call.count(Some(list.version())))
}

fn moment(call: &Call<'_>, milliseconds: sys::napi_value) -> SeamResult<Duration> {
    let milliseconds = call.index(milliseconds, "milliseconds")?;
    if milliseconds > LONGEST_SLEEP {
        return Err(SeamError::invalid(format!("milliseconds is {milliseconds}; expected {LONGEST_SLEEP} or less")));
    }
    Ok(Duration::from_millis(milliseconds as u64))
}

/// Sleeps until the list has another version. Returns whether it has.
fn sleep(call: &Call<'_>, [handle, since, milliseconds]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let list = held(call.number(handle, "handle")?)?;
    let awaited = Awaited::Version(call.index(since, "since")?);
    Ok(call.boolean(list.wait(awaited, moment(call, milliseconds)?)))
}

/// Sleeps until a key has something else than this. Returns whether it has.
fn sleep_for_key(
    call: &Call<'_>,
    [handle, key, bytes, or_absent, milliseconds]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key: EncodedKey = owned(call, key)?;
    let list = held(handle)?;
    let timeout = moment(call, milliseconds)?;
    let awaited = Awaited::Key(&key, expected(call, bytes, or_absent)?);
    Ok(call.boolean(list.wait(awaited, timeout)))
}

fn wait(call: &Call<'_>, [handle, since, dispatch]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let list = held(call.number(handle, "handle")?)?;
    begin(call, &list, Awaited::Version(call.index(since, "since")?), dispatch)
}

fn wait_for_key(
    call: &Call<'_>,
    [handle, key, bytes, or_absent, dispatch]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let handle = call.number(handle, "handle")?;
    let key: EncodedKey = owned(call, key)?;
    let list = held(handle)?;
    begin(call, &list, Awaited::Key(&key, expected(call, bytes, or_absent)?), dispatch)
}

/// Ends a wait. Returns false if it was over already.
fn end_wait(call: &Call<'_>, [wait]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let wait = call.index(wait, "wait")?;
    let lists = forget(call.env(), &[wait]);
    let ended = lists.into_iter().filter_map(|list| list.upgrade()).any(|list| list.dismiss(wait));
    Ok(call.boolean(ended))
}

/// Returns the numbers of the waits that are over.
fn take_ended(call: &Call<'_>, []: [sys::napi_value; 0]) -> SeamResult<sys::napi_value> {
    let inbox = with_waits(call.env(), |waits| Arc::clone(&waits.inbox));
    let ended = inbox.map(|inbox| std::mem::take(&mut inbox.state().ended)).unwrap_or_default();
    forget(call.env(), &ended);
    call.array(ended.iter(), |wait| Ok(call.count(Some(*wait))))
}
