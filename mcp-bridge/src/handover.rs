//! A session that outlives its process: when the program on disk is a newer one and the daemon has
//! been replaced, the bridge becomes that program, and its client never notices.
//!
//! ```text
//! an answer went out, or the daemon came or went
//!   -> watch: another file lies at our path, and the daemon is no longer of our build
//!   -> successor: it is started once, on trial, with the session as it is now; it must say that
//!      it understands it. A file that fails is never tried again, and this process goes on
//!   -> desk: no request is open on either side, no line is half written
//!   -> exec: the same process becomes the new program; streams and state are inherited
//!   -> session: the new program reads again what the client once said to open the session, and
//!      swallows the answers that the client has already
//! ```
//!
//! The daemon itself is nobody's to replace here: one that is healthy serves others too. A person
//! does it, with `goxe daemon restart`, or its service manager.

mod desk;
mod exec;
mod session;
pub mod state;
mod successor;
mod watch;

use std::sync::{Mutex, PoisonError};

use goxe_config::executable::{self, Identity};

pub use desk::{Desk, Hold, Order};
pub use exec::{Inherited, adopt};
pub use session::Session;
pub use state::{SessionState, StateError};
pub use successor::{TRIAL_FLAG, trial};
pub use watch::{Serving, watch};

/// Why the newest program that was tried does not go on in our place.
// A process has one session; written once per file that is tried.
static REFUSED: Mutex<Option<String>> = Mutex::new(None);

/// What lies where this process was started from, if that is no longer its own program.
pub fn report() -> Option<String> {
    let running = Identity::running().ok()?;
    let path = executable::stable_path().ok()?;
    let there = Identity::of(&path).ok()?;
    if there == running || there.build() == running.build() {
        return None;
    }
    let refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Some(match refused {
        Some(why) => format!("a newer program at {} cannot take over: {why}", path.display()),
        None => format!(
            "a newer program lies at {}; the bridge becomes it once the daemon is replaced and no \
             call is running",
            path.display()
        ),
    })
}

fn refuse(why: String) {
    *REFUSED.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
}
