//! A panic of the engine, kept from everything around it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use goxe_protocol::{Code, Error};

/// Runs engine code that may panic on input nobody thought of: one answer is lost, nothing else.
pub fn guard<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        tracing::error!(panic = %text, "the engine failed");
        Err(Error::new(
            Code::EngineFault,
            "the engine failed on this call; nothing was changed and everything else goes on",
        ))
    })
}
