//! Who may call what, and when.

use goxe_protocol::{
    Code, Error,
    api::{self, Role},
    error::kind,
};

use super::{Router, State, receive::Call, route::Route};
use crate::{
    call::ReplyForm,
    out::Outbox,
    session::{Gate, Session},
};

/// When a peer with too many long calls may try again.
const RETRY_MS: u64 = 250;

impl Router {
    /// Whether nothing more is taken from a peer for now: it has as much in flight, unsent or in memory
    /// as it may have, or more than its part while all have much, or what it asks next depends on an answer.
    pub(super) fn has_to_wait(&self, session: &Session, out: &Outbox) -> bool {
        session.in_flight() >= self.limits.in_flight_max
            || session.parsing.is_some()
            || session.is_naming()
            || out.bytes() >= self.limits.send_buffer_bytes_max
            || session.has_its_share()
            || self.sessions.is_beyond_its_part(session, self.limits.lane_queue_max)
    }

    /// Whether a peer may begin another long call.
    pub(super) fn admit_long(&self, session: &Session) -> Result<(), Error> {
        let max = self.limits.long_calls_max;
        if session.long_calls() + self.jobs.running_of(session.peer) < max {
            return Ok(());
        }
        Err(Error::new(
            Code::RateLimited,
            format!("{max} long calls of this connection wait or run"),
        )
        .hint("send the next one when one of them is answered")
        .with("limit", "limits.long_calls_max")
        .with("max", max)
        .with("retry_ms", RETRY_MS))
    }

    /// Whether this peer may call this method now.
    pub(super) fn admit(
        &self,
        session: &Session,
        call: &Call<'_>,
    ) -> Result<&'static Route, Error> {
        let &Call { id, method, attachment, form, .. } = call;
        if session.gate == Gate::Token
            && (method != "system.hello" || matches!(form, ReplyForm::Member { .. }))
        {
            return Err(Error::new(
                Code::Unauthenticated,
                "say hello first, alone, with the token",
            ));
        }
        if session.in_flight() > 0 && id.is_some_and(|id| session.awaits(id)) {
            return Err(Error::invalid_request("a call with this id is in flight")
                .hint("give every call an id of its own until it is answered"));
        }
        let route = (self.routes)(method).ok_or_else(|| self.unknown_method(method))?;
        if session.principal.role < route.info.role {
            let needed = route.info.role.name();
            return Err(Error::new(Code::Forbidden, format!("{method} needs the role {needed}"))
                .with("role", needed));
        }
        if attachment.is_some() && !route.info.attachment.allowed_in() {
            return Err(Error::invalid_request(format!("{method} takes no attachment")));
        }
        let system = route.info.noun() == "system" && route.info.role <= Role::Edit;
        match self.state {
            State::Ready => Ok(route),
            State::Recovering { .. } | State::Draining if system => Ok(route),
            State::Recovering { done, total } => {
                Err(Error::new(Code::Busy, "the daemon is reading its journal back")
                    .kind(kind::RECOVERING)
                    .hint("ask system.status until the state is ready, then send it again")
                    .with("done", done)
                    .with("total", total))
            }
            State::Draining => Err(Error::new(
                Code::ShuttingDown,
                "the daemon finishes what runs and takes nothing new",
            )),
        }
    }

    fn unknown_method(&self, method: &str) -> Error {
        let noun = method.split('.').next().unwrap_or_default();
        let near = api::CATALOGUE.iter().filter(|info| info.noun() == noun);
        let near: Vec<&str> = near.map(|info| info.name).collect();
        let error = Error::method_not_found(&method.chars().take(80).collect::<String>());
        if near.is_empty() { error } else { error.hint(format!("{noun} has: {}", near.join(", "))) }
    }
}
