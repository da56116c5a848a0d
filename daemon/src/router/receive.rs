//! From a peer's bytes to calls: whole messages, batches, and how the reading goes on.

use std::collections::VecDeque;

use goxe_protocol::{
    Code, Error,
    frame::{Frame, OwnedFrame},
    inbound::{Form, Inbound, InboundLimits},
    rpc::{self, Id, Message, Meta, Rejected, Request},
};

use super::{
    Router,
    route::{Handler, Route},
};
use crate::{
    call::{Payload, PeerId, Principal, ReplyForm},
    clock::Now,
    limits::{HELLO_BYTES_MAX, PARSE_ON_LOOP_BYTES_MAX},
    memory::{Refused, SMALL_BYTES_MAX},
    out::{Outbox, SEGMENT_BYTES_MIN},
    parse::{self, Member, Parsed, ParsedCall},
    session::{Gate, Rest, Session},
};

/// How the reading of a peer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// All input is used up.
    Drained,
    /// The peer has as much in flight, or in memory, as it may: what is left of the input waits.
    Paused,
    /// Nothing more is read; what was answered is still sent.
    Close,
}

/// A peer's turn: its session is at hand, and answers that are ready go to `out`.
pub(super) struct Turn<'a> {
    pub(super) session: &'a mut Session,
    pub(super) out: &'a mut Outbox,
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
    pub now: Now,
}

/// A call as it was parsed.
pub(super) struct Call<'a> {
    pub(super) id: Option<&'a Id<'a>>,
    pub(super) method: &'a str,
    params: Option<&'a str>,
    meta: Option<&'a Meta<'a>>,
    pub(super) attachment: Option<&'a [u8]>,
    payload_bytes: usize,
    pub(super) form: ReplyForm,
}

/// A call that is not answered on the spot.
pub(super) struct Later {
    pub(super) route: &'static Route,
    pub(super) id: Option<Id<'static>>,
    pub(super) meta: Option<Box<Meta<'static>>>,
    pub(super) form: ReplyForm,
}

impl Router {
    /// Takes what a peer sent, and what waited of it. Answers that are ready are appended to `out`.
    ///
    /// A peer that is paused is called with nothing, to see whether it goes on.
    pub fn receive(&mut self, peer: PeerId, input: &[u8], out: &mut Outbox, now: Now) -> Flow {
        self.now = now;
        let Some(mut session) = self.take_session(peer) else { return Flow::Close };
        // While messages are borrowed from it, it cannot lie in the session.
        let mut inbound = session.take_inbound();
        let kept = std::mem::take(&mut session.unread);
        debug_assert!(kept.is_empty() || input.is_empty(), "a peer is read that has to wait");
        let mut rest = if kept.is_empty() { input } else { &kept };
        let mut turn = Turn { session: &mut session, out };
        let flow = self.decode(&mut turn, &mut inbound, &mut rest);
        session.paused = flow == Flow::Paused;
        if session.paused {
            session.unread = rest.to_vec();
            self.sessions.wait_if_many(&session, self.limits.lane_queue_max);
            if session.has_its_share() {
                self.wait_for_room(peer, Refused::Share);
            }
        }
        session.inbound = inbound;
        self.put_session(session);
        flow
    }

    /// Room inside a peer's decoder for the rest of a large frame, to read into without a copy.
    pub fn direct(&mut self, peer: PeerId) -> Option<goxe_protocol::frame::Direct<'_>> {
        self.session_mut(peer)?.inbound.direct()
    }

    fn decode(&mut self, turn: &mut Turn<'_>, inbound: &mut Inbound, input: &mut &[u8]) -> Flow {
        loop {
            if self.has_to_wait(turn.session, turn.out) {
                return Flow::Paused;
            }
            if let Some(rest) = turn.session.rest.take() {
                let Rest { members, form, charge } = *rest;
                drop(charge);
                self.members(turn, members, form);
                continue;
            }
            if turn.session.gathers_its_share() {
                return Flow::Paused;
            }
            let gate = turn.session.gate;
            turn.session.form = inbound.form().unwrap_or_else(|| form_of(input));
            match inbound.decode(input) {
                Ok(None) => return self.keep_room(turn, inbound),
                Ok(Some(frame)) => {
                    turn.session.spoke = true;
                    self.requests += 1;
                    self.message(turn, frame);
                    // What it took is the call's by now.
                    inbound.release();
                    turn.session.partial.set(inbound.buffered());
                }
                Err(error) => {
                    tracing::debug!(session = turn.session.number, %error, "a peer's stream broke");
                    if let Some((form, error)) = error.farewell() {
                        self.say_farewell(turn, form, error);
                    }
                    return Flow::Close;
                }
            }
            if gate == Gate::Token {
                match turn.session.gate {
                    Gate::Open => inbound.set_limits(self.limits.inbound),
                    // One try: nothing else is decoded for a peer that does not say who it is.
                    Gate::Token => return Flow::Close,
                }
            }
        }
    }

    fn say_farewell(&mut self, turn: &mut Turn<'_>, form: Form, error: Error) {
        self.send(turn, Some(&Id::NULL), ReplyForm::Whole(form), Err(error));
    }

    /// Makes room for the rest of a message before it is read. Where there is none, the peer waits.
    fn keep_room(&mut self, turn: &mut Turn<'_>, inbound: &Inbound) -> Flow {
        let Session { partial, form, .. } = &mut *turn.session;
        let wanted = inbound.wanted();
        if wanted <= SMALL_BYTES_MAX {
            partial.set(inbound.buffered());
            return Flow::Drained;
        }
        match partial.grow(wanted.saturating_sub(partial.bytes())) {
            Ok(()) => Flow::Drained,
            Err(Refused::Never) => {
                let error = Error::new(Code::TooLarge, "the message is larger than all there is")
                    .with("limit", "limits.memory_bytes_max")
                    .with("max", self.memory.bytes_max());
                let form = *form;
                self.say_farewell(turn, form, error);
                Flow::Close
            }
            Err(refused @ (Refused::Share | Refused::Full)) => {
                self.wait_for_room(turn.session.peer, refused);
                Flow::Paused
            }
        }
    }

    /// What a peer may send before it said who it is, where a token is asked for.
    pub(super) fn inbound_limits(&self, gate: Gate) -> InboundLimits {
        let limits = self.limits.inbound;
        match gate {
            Gate::Open => limits,
            Gate::Token => InboundLimits {
                payload_bytes_max: HELLO_BYTES_MAX.min(limits.payload_bytes_max),
                line_bytes_max: usize::try_from(HELLO_BYTES_MAX).unwrap_or(usize::MAX),
            },
        }
    }

    fn message(&mut self, turn: &mut Turn<'_>, frame: Frame<'_>) {
        if frame.json().len() > PARSE_ON_LOOP_BYTES_MAX {
            self.parse_later(turn.session, frame.into_owned());
            return;
        }
        let form = ReplyForm::Whole(turn.session.form);
        let (later, params) = match rpc::parse_frame(&frame, &self.limits.rpc) {
            Err(Rejected { id, error }) => return self.send(turn, Some(&id), form, Err(error)),
            Ok(Message::Batch(batch)) => {
                let members = batch.requests().map(parse::member).collect();
                return self.batch(turn, members);
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
                let Some(later) = self.begin(turn, &call) else { return };
                (later, params.and_then(|params| parse::range_within(frame.json(), params)))
            }
        };
        let payload = Payload::Frame(frame.into_owned(), params);
        self.dispatch(turn, &later, payload);
    }

    /// Goes on with a message that was parsed on a lane.
    pub(super) fn parsed(&mut self, turn: &mut Turn<'_>, frame: OwnedFrame, parsed: Parsed) {
        let form = ReplyForm::Whole(turn.session.form);
        match parsed {
            Parsed::Rejected(id, error) => self.send(turn, Some(&id), form, Err(error)),
            Parsed::Batch(members) => self.batch(turn, members),
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
                if let Some(later) = self.begin(turn, &call) {
                    self.dispatch(turn, &later, payload);
                }
            }
        }
    }

    fn batch(&mut self, turn: &mut Turn<'_>, members: Vec<Member>) {
        let answers = members.iter().filter(|member| member.is_answered()).count();
        let batch = if answers > 0 { turn.session.open_batch(answers) } else { 0 };
        self.members(turn, members.into(), ReplyForm::Member { batch });
    }

    /// Takes the members of a batch in their order, as far as the peer may go on.
    fn members(&mut self, turn: &mut Turn<'_>, mut members: VecDeque<Member>, form: ReplyForm) {
        while !self.has_to_wait(turn.session, turn.out)
            && let Some(member) = members.pop_front()
        {
            match member {
                Member::Rejected(id, error) => self.send(turn, Some(&id), form, Err(error)),
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
                    if let Some(later) = self.begin(turn, &call) {
                        let payload = Payload::Text(params.unwrap_or_else(|| "{}".into()));
                        self.dispatch(turn, &later, payload);
                    }
                }
            }
        }
        if !members.is_empty() {
            let bytes = members.iter().map(Member::bytes).sum();
            let charge = turn.session.aside.hold(bytes);
            turn.session.rest = Some(Box::new(Rest { members, form, charge }));
        }
    }

    /// Checks a call and answers it on the spot if its method runs on the loop.
    fn begin(&mut self, turn: &mut Turn<'_>, call: &Call<'_>) -> Option<Later> {
        let &Call { id, params, meta, form, .. } = call;
        let route = match self.admit(turn.session, call) {
            Ok(route) => route,
            Err(error) => {
                self.send(turn, id, form, Err(error));
                return None;
            }
        };
        let params = params.unwrap_or("{}");
        match route.handler {
            Handler::Echo if call.payload_bytes < SEGMENT_BYTES_MIN => {
                self.echo(turn, call, params);
                None
            }
            Handler::Inline(run) => {
                let principal = turn.session.principal.clone();
                let asked = Asked { route, id, params, principal, now: self.now };
                let result = run(self, turn.session, &asked);
                self.send(turn, id, form, result);
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
}

/// The form that a first byte announces.
fn form_of(input: &[u8]) -> Form {
    match input.trim_ascii_start().first() {
        Some(b'{' | b'[') => Form::Lines,
        Some(_) | None => Form::Frames,
    }
}
