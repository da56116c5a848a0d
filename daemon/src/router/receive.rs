//! From a peer's bytes to calls: whole messages, batches, who may ask what.

use std::{collections::VecDeque, time::Instant};

use goxe_protocol::{
    Code, Error,
    api::Role,
    error::kind,
    frame::{Frame, OwnedFrame},
    inbound::{Form, Inbound, InboundLimits},
    rpc::{self, Id, Message, Meta, Rejected, Request},
};

use super::{
    Router, State,
    parse::{self, Member, Parsed, ParsedCall},
};
use crate::{
    call::{Payload, PeerId, Principal, ReplyForm},
    handlers::{Handler, Route},
    limits::PARSE_ON_LOOP_BYTES_MAX,
    out::{Outbox, SEGMENT_BYTES_MIN},
    session::{Gate, Rest, Session},
};

/// How the reading of a peer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// All input is used up.
    Drained,
    /// The peer has as much in flight as it may: what is left of the input waits.
    Paused,
    /// Nothing more is read; what was answered is still sent.
    Close,
}

/// A call that was parsed and may run.
pub struct Asked<'a> {
    /// The method.
    pub route: &'static Route,
    /// What it is answered to; absent for a notification.
    pub id: Option<&'a Id<'a>>,
    /// The params as JSON.
    pub params: &'a str,
    /// On whose behalf.
    pub principal: Principal,
    /// The turn's time.
    pub now: Instant,
}

/// A call as it was parsed.
pub(super) struct Call<'a> {
    pub(super) id: Option<&'a Id<'a>>,
    method: &'a str,
    params: Option<&'a str>,
    meta: Option<&'a Meta<'a>>,
    pub(super) attachment: Option<&'a [u8]>,
    payload_bytes: usize,
    pub(super) form: ReplyForm,
}

/// A call that is not answered on the spot.
#[derive(Clone)]
pub struct Later {
    /// The method.
    pub route: &'static Route,
    /// What it is answered to; absent for a notification.
    pub id: Option<Id<'static>>,
    /// How to run it.
    pub meta: Option<Box<Meta<'static>>>,
    /// The form of the answer.
    pub form: ReplyForm,
}

impl Router {
    /// Takes what a peer sent. Answers that are ready are appended to `out`.
    pub fn receive(
        &mut self,
        peer: PeerId,
        inbound: &mut Inbound,
        input: &mut &[u8],
        out: &mut Outbox,
        now: Instant,
    ) -> Flow {
        let Some(mut session) = self.take_session(peer) else { return Flow::Close };
        let flow = self.decode(&mut session, inbound, input, out, now);
        self.put_session(session);
        flow
    }

    fn decode(
        &mut self,
        session: &mut Session,
        inbound: &mut Inbound,
        input: &mut &[u8],
        out: &mut Outbox,
        now: Instant,
    ) -> Flow {
        loop {
            if self.is_over(session, out) {
                return Flow::Paused;
            }
            if let Some(rest) = session.rest.take() {
                let Rest { members, form, charge } = *rest;
                drop(charge);
                self.members(session, members, form, out, now);
                continue;
            }
            let gate = session.gate;
            session.form = inbound.form().unwrap_or_else(|| form_of(input));
            match inbound.decode(input) {
                Ok(None) => return Flow::Drained,
                Ok(Some(frame)) => {
                    session.spoke = true;
                    self.requests += 1;
                    self.message(session, frame, out, now);
                }
                Err(error) => {
                    tracing::debug!(session = session.number, %error, "a peer's stream broke");
                    if let Some((form, error)) = error.farewell() {
                        let form = ReplyForm::Whole(form);
                        self.send(session, Some(&Id::NULL), form, Err(error), out);
                    }
                    return Flow::Close;
                }
            }
            if gate == Gate::Token {
                match session.gate {
                    Gate::Open => inbound.set_limits(self.limits.inbound),
                    // One try: nothing else is decoded for a peer that does not say who it is.
                    Gate::Token => return Flow::Close,
                }
            }
        }
    }

    fn is_over(&self, session: &Session, out: &Outbox) -> bool {
        session.in_flight() >= self.limits.in_flight_max
            || session.parsing.is_some()
            || session.is_naming()
            || out.bytes() >= self.limits.send_buffer_bytes_max
    }

    /// What a peer may send before it said who it is, where a token is asked for.
    pub fn inbound_limits(&self, gate: Gate) -> InboundLimits {
        let limits = self.limits.inbound;
        let hello = crate::limits::HELLO_BYTES_MAX;
        match gate {
            Gate::Open => limits,
            Gate::Token => InboundLimits {
                payload_bytes_max: hello.min(limits.payload_bytes_max),
                line_bytes_max: usize::try_from(hello).unwrap_or(usize::MAX),
            },
        }
    }

    fn message(&mut self, session: &mut Session, frame: Frame<'_>, out: &mut Outbox, now: Instant) {
        if frame.json().len() > PARSE_ON_LOOP_BYTES_MAX {
            self.parse_later(session, frame.into_owned());
            return;
        }
        let form = ReplyForm::Whole(session.form);
        let (later, params) = match rpc::parse_frame(&frame, &self.limits.rpc) {
            Err(Rejected { id, error }) => {
                return self.send(session, Some(&id), form, Err(error), out);
            }
            Ok(Message::Batch(batch)) => {
                let members = batch.requests().map(parse::member).collect();
                return self.batch(session, members, out, now);
            }
            Ok(Message::Single(Request { id, method, params, meta })) => {
                let call = Call {
                    id: id.as_ref(),
                    method: &method,
                    params,
                    meta: meta.as_deref(),
                    attachment: frame.attachment(),
                    payload_bytes: frame.payload_bytes(),
                    form,
                };
                let Some(later) = self.begin(session, &call, out, now) else { return };
                (later, params.and_then(|params| parse::range_within(frame.json(), params)))
            }
        };
        let payload = Payload::Frame(frame.into_owned(), params);
        self.dispatch(session, &later, payload, out, now);
    }

    /// Goes on with a message that was parsed on a lane.
    pub(super) fn parsed(
        &mut self,
        session: &mut Session,
        frame: OwnedFrame,
        parsed: Parsed,
        out: &mut Outbox,
        now: Instant,
    ) {
        let form = ReplyForm::Whole(session.form);
        match parsed {
            Parsed::Rejected(id, error) => self.send(session, Some(&id), form, Err(error), out),
            Parsed::Batch(members) => self.batch(session, members, out, now),
            Parsed::Single(ParsedCall { id, method, meta, params }) => {
                let payload = Payload::Frame(frame, params);
                let call = Call {
                    id: id.as_ref(),
                    method: &method,
                    params: Some(payload.params()),
                    meta: meta.as_deref(),
                    attachment: payload.attachment(),
                    payload_bytes: payload.bytes(),
                    form,
                };
                if let Some(later) = self.begin(session, &call, out, now) {
                    self.dispatch(session, &later, payload, out, now);
                }
            }
        }
    }

    fn batch(
        &mut self,
        session: &mut Session,
        members: Vec<Member>,
        out: &mut Outbox,
        now: Instant,
    ) {
        let answers = members.iter().filter(|member| member.is_answered()).count();
        let batch = if answers > 0 { session.open_batch(answers) } else { 0 };
        self.members(session, members.into(), ReplyForm::Member { batch }, out, now);
    }

    /// Takes the members of a batch in their order, up to one that has to be answered first.
    fn members(
        &mut self,
        session: &mut Session,
        mut members: VecDeque<Member>,
        form: ReplyForm,
        out: &mut Outbox,
        now: Instant,
    ) {
        while !session.is_naming()
            && let Some(member) = members.pop_front()
        {
            match member {
                Member::Rejected(id, error) => {
                    self.send(session, Some(&id), form, Err(error), out);
                }
                Member::Call(ParsedCall { id, method, meta, params }) => {
                    let call = Call {
                        id: id.as_ref(),
                        method: &method,
                        params: params.as_deref(),
                        meta: meta.as_deref(),
                        attachment: None,
                        payload_bytes: 0,
                        form,
                    };
                    if let Some(later) = self.begin(session, &call, out, now) {
                        let payload = Payload::Text(params.unwrap_or_else(|| "{}".into()));
                        self.dispatch(session, &later, payload, out, now);
                    }
                }
            }
        }
        if !members.is_empty() {
            let charge = self.memory.hold(members.iter().map(Member::bytes).sum());
            session.rest = Some(Box::new(Rest { members, form, charge }));
        }
    }

    /// Checks a call and answers it on the spot if its method runs on the loop.
    fn begin(
        &mut self,
        session: &mut Session,
        call: &Call<'_>,
        out: &mut Outbox,
        now: Instant,
    ) -> Option<Later> {
        let &Call { id, params, meta, form, .. } = call;
        let route = match self.admit(session, call) {
            Ok(route) => route,
            Err(error) => {
                self.send(session, id, form, Err(error), out);
                return None;
            }
        };
        let params = params.unwrap_or("{}");
        match route.handler {
            Handler::Echo if call.payload_bytes < SEGMENT_BYTES_MIN => {
                self.echo(session, call, params, out);
                None
            }
            Handler::Inline(run) => {
                let principal = session.principal.clone();
                let asked = Asked { route, id, params, principal, now };
                let result = run(self, session, &asked);
                self.send(session, id, form, result, out);
                None
            }
            Handler::Echo
            | Handler::Wait
            | Handler::Read(_)
            | Handler::Long(_)
            | Handler::Free(_)
            | Handler::LongFree(_)
            | Handler::Edit(_)
            | Handler::Import(_)
            | Handler::Catalogue(_) => {
                let id = id.cloned().map(Id::into_owned);
                let meta = meta.map(|meta| Box::new(meta.clone().into_owned()));
                Some(Later { route, id, meta, form })
            }
        }
    }

    /// Whether this peer may call this method now.
    fn admit(&self, session: &Session, call: &Call<'_>) -> Result<&'static Route, Error> {
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
        let near = goxe_protocol::api::CATALOGUE.iter().filter(|info| info.noun() == noun);
        let near: Vec<&str> = near.map(|info| info.name).collect();
        let error = Error::method_not_found(&method.chars().take(80).collect::<String>());
        if near.is_empty() { error } else { error.hint(format!("{noun} has: {}", near.join(", "))) }
    }
}

/// The form that a first byte announces.
fn form_of(input: &[u8]) -> Form {
    match input.trim_ascii_start().first() {
        Some(b'{' | b'[') => Form::Lines,
        Some(_) | None => Form::Frames,
    }
}
