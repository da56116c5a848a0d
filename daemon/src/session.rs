//! One connected client's state: who it is, which of its calls are unanswered, which batches are
//! half gathered. A plain value; what the bytes of the connection are is decided before it.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use goxe_protocol::{
    Code, Error,
    inbound::{Form, Inbound, InboundLimits},
    rpc::{BatchReply, Id, Progress},
};

use crate::{
    call::{self, Cancel, Encoded, PeerId, Principal, ReplyForm, Ticket},
    journal::ProjectId,
    memory::{Account, Charge},
    parse::Member,
    work::PendingRead,
};

/// Answers up to here have a place in every batch: those of edits, and errors.
const SHORT_BYTES_MAX: usize = 8 << 10;

/// What a peer must do before its first call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: the operating system says who it is.
    Open,
    /// Send `system.hello` with the token.
    Token,
}

/// A call that has not been answered.
#[derive(Debug)]
pub struct InFlight {
    /// Which call of the session.
    pub call: u32,
    /// The id it is answered to; absent for a notification, which is not answered.
    pub id: Option<Id<'static>>,
    /// The form of the answer.
    pub form: ReplyForm,
    /// The project it is about.
    pub project: Option<ProjectId>,
    /// What it does.
    pub kind: Kind,
    /// Whether it takes long.
    pub long: bool,
    /// Whether, and under which token, the peer hears how far it is.
    pub token: Option<Progress<'static>>,
    /// When its caller stops waiting.
    pub deadline: Option<Instant>,
    /// Its lane sends the answer: it may be answered already.
    pub lent: bool,
    /// Asks it to end.
    pub cancel: Arc<Cancel>,
}

/// What is to be known of a call that is answered later.
pub struct Opening {
    /// The id it is answered to.
    pub id: Option<Id<'static>>,
    /// The form of the answer.
    pub form: ReplyForm,
    /// The project it is about.
    pub project: Option<ProjectId>,
    /// What it does.
    pub kind: Kind,
    /// Whether it takes long.
    pub long: bool,
    /// Whether, and under which token, the peer hears how far it is.
    pub token: Option<Progress<'static>>,
}

/// What a call does, as far as later calls of the same peer depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It reads.
    Read,
    /// It changes a project.
    Edit,
    /// It changes which projects there are: what is sent behind it may name them, and waits.
    Naming,
}

/// A read that waits until an earlier edit of the same peer on the same project is answered.
#[derive(Debug)]
pub struct Held {
    /// The read.
    pub call: u32,
    /// The project both are about.
    pub project: ProjectId,
    /// The newest edit it waits for.
    pub behind: u32,
    /// The read.
    pub read: PendingRead,
}

/// Members of a batch that were not looked at yet.
#[derive(Debug)]
pub struct Rest {
    /// The members.
    pub members: VecDeque<Member>,
    /// The form of their answers.
    pub form: ReplyForm,
    /// What they take.
    pub charge: Charge,
}

/// A batch whose answers are gathered.
#[derive(Debug)]
struct Gathering {
    number: u32,
    answers: BatchReply,
    charge: Charge,
}

/// One connected client.
#[derive(Debug)]
pub struct Session {
    /// Who it is.
    pub peer: PeerId,
    /// Its number in this run of the daemon.
    pub number: u64,
    /// On whose behalf its calls run.
    pub principal: Principal,
    /// What it must do before its first call.
    pub gate: Gate,
    /// Whether it sent a request yet.
    pub spoke: bool,
    /// It asks nothing more.
    pub ended: bool,
    /// Messages out of its bytes.
    pub inbound: Inbound,
    /// Bytes that were read and wait until the peer may go on.
    pub unread: Vec<u8>,
    /// Nothing is taken from it for now: it has as much in flight, or in memory, as it may.
    pub paused: bool,
    /// What its calls and their answers make the daemon hold.
    pub account: Arc<Account>,
    /// What it holds beside its share, since nothing but going on frees it: a message that is not whole
    /// or not parsed, members of a batch that are not looked at, answers of a batch that is not complete.
    pub aside: Arc<Account>,
    /// Room for a message that is not whole yet, and for what waits unread.
    pub partial: Charge,
    /// A message of it is being parsed on a lane, and takes this much memory; until it is parsed
    /// the peer is not read.
    pub parsing: Option<Charge>,
    /// Members of a batch behind one that changes which projects there are.
    pub rest: Option<Box<Rest>>,
    /// How messages to it are told apart.
    pub form: Form,
    /// Subscriptions it holds.
    pub subscriptions: usize,
    calls: Vec<InFlight>,
    /// How many of them change which projects there are.
    namings: usize,
    held: VecDeque<Held>,
    batches: Vec<Gathering>,
    calls_ever: u32,
    batches_ever: u32,
}

impl Session {
    /// A client that just connected.
    pub fn new(
        peer: PeerId,
        number: u64,
        principal: Principal,
        gate: Gate,
        inbound: Inbound,
        account: Arc<Account>,
        aside: Arc<Account>,
    ) -> Self {
        Session {
            inbound,
            unread: Vec::new(),
            paused: false,
            partial: aside.hold(0),
            aside,
            account,
            peer,
            number,
            principal,
            gate,
            spoke: false,
            ended: false,
            parsing: None,
            rest: None,
            form: Form::Frames,
            subscriptions: 0,
            calls: Vec::new(),
            namings: 0,
            held: VecDeque::new(),
            batches: Vec::new(),
            calls_ever: 0,
            batches_ever: 0,
        }
    }

    /// Takes the decoder out, to be put back when its input is used up.
    pub fn take_inbound(&mut self) -> Inbound {
        std::mem::replace(&mut self.inbound, Inbound::new(InboundLimits::default()))
    }

    /// Memory that it makes the daemon hold.
    pub fn held(&self) -> usize {
        self.account.held() + self.aside.held()
    }

    /// Whether its calls and answers hold as much memory as they may.
    pub fn has_its_share(&self) -> bool {
        self.account.is_full_with(0)
    }

    /// Whether they do together with the answers of batches that are not complete: no other message is
    /// taken meanwhile, and what is left of these goes on.
    pub fn gathers_its_share(&self) -> bool {
        let gathered: usize = self.batches.iter().map(|batch| batch.charge.bytes()).sum();
        gathered > 0 && self.account.is_full_with(gathered)
    }

    /// Unanswered calls that take long.
    pub fn long_calls(&self) -> usize {
        self.calls.iter().filter(|call| call.long).count()
    }

    /// Unanswered calls, notifications among them.
    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// The unanswered call with this id.
    pub fn find(&self, id: &Id<'_>) -> Option<&InFlight> {
        self.calls.iter().find(|call| call.id.as_ref().is_some_and(|own| own.json() == id.json()))
    }

    /// Whether a call with this id is certainly unanswered.
    pub fn awaits(&self, id: &Id<'_>) -> bool {
        self.find(id).is_some_and(|call| !call.lent)
    }

    /// Leaves the answer to a call to its lane, if it is the only unanswered one.
    pub fn lend(&mut self, call: u32) -> bool {
        match &mut self.calls[..] {
            [only] if only.call == call && only.id.is_some() => {
                only.lent = true;
                true
            }
            _ => false,
        }
    }

    /// Takes the answer to a call back from its lane.
    pub fn unlend(&mut self, call: u32) {
        if let Some(lent) = self.calls.iter_mut().find(|lent| lent.call == call) {
            lent.lent = false;
        }
    }

    /// Enters a call that is answered later.
    pub fn open(&mut self, opening: Opening) -> (Ticket, Arc<Cancel>) {
        let Opening { id, form, project, kind, long, token } = opening;
        let call = self.calls_ever;
        self.calls_ever = self.calls_ever.wrapping_add(1);
        let cancel = Arc::new(Cancel::default());
        self.namings += usize::from(kind == Kind::Naming);
        let (deadline, lent) = (None, false);
        let handle = Arc::clone(&cancel);
        self.calls.push(InFlight {
            call,
            id,
            form,
            project,
            kind,
            long,
            token,
            deadline,
            lent,
            cancel,
        });
        (Ticket { peer: self.peer, call }, handle)
    }

    /// Whether an unanswered call changes which projects there are: what is sent behind it may name
    /// them, and waits.
    pub fn is_naming(&self) -> bool {
        self.namings > 0
    }

    /// Says when the caller of an unanswered call stops waiting.
    pub fn expect(&mut self, call: u32, deadline: Instant) {
        if let Some(in_flight) = self.calls.iter_mut().find(|in_flight| in_flight.call == call) {
            in_flight.deadline = Some(deadline);
        }
    }

    /// Unanswered calls whose callers do not wait for ever, and until when they do.
    pub fn deadlines(&self) -> impl Iterator<Item = (Instant, u32)> {
        self.calls.iter().filter_map(|in_flight| Some((in_flight.deadline?, in_flight.call)))
    }

    /// An unanswered call.
    pub fn call(&self, call: u32) -> Option<&InFlight> {
        self.calls.iter().find(|in_flight| in_flight.call == call)
    }

    /// Takes a call out because it is answered now.
    pub fn close(&mut self, call: u32) -> Option<InFlight> {
        let index = self.calls.iter().position(|in_flight| in_flight.call == call)?;
        let closed = self.calls.swap_remove(index);
        self.namings -= usize::from(closed.kind == Kind::Naming);
        if self.calls.is_empty() {
            // An idle peer costs nothing.
            self.calls = Vec::new();
        }
        Some(closed)
    }

    /// The newest unanswered edit on a project.
    pub fn newest_edit(&self, project: ProjectId) -> Option<u32> {
        let edits = self
            .calls
            .iter()
            .filter(|call| call.kind == Kind::Edit && call.project == Some(project));
        edits.map(|call| call.call).max()
    }

    /// Holds a read back.
    pub fn hold(&mut self, held: Held) {
        self.held.push_back(held);
    }

    /// The next read that no unanswered edit holds back any more.
    pub fn release(&mut self) -> Option<Held> {
        let calls = &self.calls;
        let free = self.held.iter().position(|held| {
            !calls.iter().any(|call| {
                call.kind == Kind::Edit
                    && call.project == Some(held.project)
                    && call.call <= held.behind
            })
        })?;
        let held = self.held.remove(free);
        if self.held.is_empty() {
            self.held = VecDeque::new();
        }
        held
    }

    /// Takes out all reads that are held back.
    pub fn unhold_all(&mut self) -> VecDeque<Held> {
        std::mem::take(&mut self.held)
    }

    /// Forgets every call: nobody hears the answers.
    pub fn forget_calls(&mut self) {
        self.calls = Vec::new();
        self.namings = 0;
    }

    /// Takes out a read that is held back, because it was cancelled.
    pub fn unhold(&mut self, call: u32) -> Option<Held> {
        let own = |held: &Held| held.call == call && !held.read.background;
        let index = self.held.iter().position(own)?;
        self.held.remove(index)
    }

    /// Begins a batch with so many members that are answered.
    pub fn open_batch(&mut self, answers: usize) -> u32 {
        let number = self.batches_ever;
        self.batches_ever = self.batches_ever.wrapping_add(1);
        let (answers, charge) = (BatchReply::new(answers), self.aside.hold(0));
        self.batches.push(Gathering { number, answers, charge });
        number
    }

    /// Puts an answer into its form: itself, or the batch once its last member is there. A batch
    /// grows to `bytes_max`; what goes beyond is answered as too large, all but the short answers
    /// that edits have.
    pub fn gather(
        &mut self,
        form: ReplyForm,
        id: &Id<'_>,
        answer: Encoded,
        bytes_max: usize,
    ) -> Option<Encoded> {
        let ReplyForm::Member { batch } = form else { return Some(answer) };
        let index = self.batches.iter().position(|gathering| gathering.number == batch)?;
        let Gathering { answers, charge, .. } = self.batches.get_mut(index)?;
        let bytes = answers.bytes().saturating_add(answer.head.len());
        if bytes > bytes_max && answer.head.len() > SHORT_BYTES_MAX {
            let error =
                Error::new(Code::TooLarge, "the answers of the batch are too long together")
                    .hint("send the calls in several batches, or one after the other")
                    .with("bytes_max", bytes_max);
            answers.push(&call::encode(id, form, Err(error), bytes_max).head);
        } else {
            answers.push(&answer.head);
        }
        charge.set(answers.bytes());
        if !answers.is_complete() {
            return None;
        }
        let array = self.batches.swap_remove(index).answers.finish()?;
        let mut head = Vec::with_capacity(array.len() + 16);
        // Far less than the 4 GiB that a header holds.
        let _ = self.form.append(&mut head, |out| out.extend_from_slice(&array));
        Some(Encoded { head, attachment: None })
    }

    /// Asks every call that still runs for it to end.
    pub fn cancel_all(&self) {
        for call in &self.calls {
            call.cancel.ask();
        }
    }
}

#[cfg(test)]
mod tests;
