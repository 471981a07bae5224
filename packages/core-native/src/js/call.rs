//! One call from JavaScript.

use std::marker::PhantomData;

use napi::sys;

/// One call from JavaScript. The values that it passed live as long as this.
pub(crate) struct Call<'call> {
    env: sys::napi_env,
    lifetime: PhantomData<&'call ()>,
}

impl Call<'_> {
    pub(super) fn new(env: sys::napi_env) -> Self {
        Self { env, lifetime: PhantomData }
    }

    #[inline]
    pub(crate) fn env(&self) -> sys::napi_env {
        self.env
    }
}
