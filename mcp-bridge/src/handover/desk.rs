//! Where a handover is agreed on: the transport tells what goes by, the manager what still runs,
//! the watch who shall go on; the transport learns when it is time.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use rmcp::{
    RoleServer,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
};
use tokio::sync::Notify;

use super::{Session, SessionState, exec, refuse, successor::Successor};

/// The place of one session.
#[derive(Debug, Default)]
pub struct Desk {
    // Short critical sections without an await; all on the one thread of the runtime.
    inner: Mutex<Inner>,
    /// Messages that are not written yet, and calls of the daemon that are running: those included
    /// that nobody waits for.
    holds: AtomicUsize,
    wanted: AtomicBool,
    /// Something may be quiet now.
    changed: Notify,
    /// The watch may look.
    occasion: Notify,
    /// Something from before this process was answered.
    restores: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    session: Session,
    tried: Vec<String>,
    input: Vec<u8>,
    streams: Option<(OwnedFd, OwnedFd)>,
    order: Option<Successor>,
}

/// A successor that is tested and whose time has come.
#[derive(Debug)]
pub struct Order(Successor);

/// Keeps the handover waiting while it lives.
#[derive(Debug)]
pub struct Hold(Arc<Desk>);

impl Hold {
    /// Ends it; what it was for may be a reason to look.
    pub fn end_and_look(self) {
        self.0.look();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::Relaxed);
        self.0.changed();
    }
}

impl Desk {
    /// A desk for a new session, or for one that another process began.
    pub fn open(before: Option<SessionState>) -> Arc<Self> {
        let SessionState { lines, tried, input } = before.unwrap_or_default();
        let session = Session::after(lines);
        let inner = Inner { session, tried, input, ..Inner::default() };
        Arc::new(Desk { inner: Mutex::new(inner), ..Desk::default() })
    }

    /// The client's own streams, to be handed on. Without them there is no handover.
    pub fn set_streams(&self, streams: Option<(OwnedFd, OwnedFd)>) {
        self.with(|inner| inner.streams = streams);
    }

    /// Whether a handover is possible at all.
    pub fn has_streams(&self) -> bool {
        self.with(|inner| inner.streams.is_some())
    }

    /// What had come in before this process, once.
    pub fn take_input(&self) -> Vec<u8> {
        self.with(|inner| std::mem::take(&mut inner.input))
    }

    /// What is to be read again next.
    pub fn next_again(&self) -> Option<String> {
        self.with(|inner| inner.session.next_again())
    }

    /// A message of the client came in, in this line.
    pub fn received(&self, message: &RxJsonRpcMessage<RoleServer>, line: &[u8]) {
        self.with(|inner| inner.session.received(message, line));
    }

    /// A message of the client was read again.
    pub fn received_again(&self, message: &RxJsonRpcMessage<RoleServer>, line: &[u8]) {
        self.with(|inner| inner.session.received_again(message, line));
        self.restores.notify_one();
    }

    /// A message for the client; false if it must not be written.
    pub fn sends(&self, message: &TxJsonRpcMessage<RoleServer>) -> bool {
        let (write, restores) = self.with(|inner| {
            let was_restored = inner.session.is_restored();
            (inner.session.sent(message), !was_restored)
        });
        if restores {
            self.restores.notify_one();
        }
        write
    }

    /// There is a reason to look at the program and the daemon; it is remembered.
    pub fn look(&self) {
        self.occasion.notify_one();
    }

    /// Ends when there is a reason to look.
    pub async fn occasion(&self) {
        self.occasion.notified().await;
    }

    /// Keeps the handover waiting.
    pub fn hold(self: &Arc<Self>) -> Hold {
        self.holds.fetch_add(1, Ordering::Relaxed);
        Hold(Arc::clone(self))
    }

    /// Ends when everything from before this process is read again and answered.
    pub async fn restored(&self) {
        while !self.with(|inner| inner.session.is_restored()) {
            self.restores.notified().await;
        }
    }

    /// How many want to be told of changes.
    pub fn subscribers(&self) -> usize {
        self.with(|inner| inner.session.subscribers())
    }

    /// The session as it is now, without what came in and is not read yet.
    pub(super) fn state(&self) -> SessionState {
        self.with(|inner| SessionState {
            lines: inner.session.lines(),
            tried: inner.tried.clone(),
            input: Vec::new(),
        })
    }

    /// Whether this file was tried, by us or by who was here before; it counts as tried from now on.
    pub(super) fn try_once(&self, word: String) -> bool {
        self.with(|inner| {
            let is_new = !inner.tried.contains(&word);
            if is_new {
                inner.tried.push(word);
            }
            is_new
        })
    }

    /// This program shall go on, as soon as it is quiet.
    pub(super) fn want(&self, successor: Successor) {
        self.with(|inner| inner.order = Some(successor));
        self.wanted.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Ends when somebody shall go on and nothing is on its way. Nothing is lost when it is dropped.
    pub async fn turn(&self) {
        while self.due().is_none() {
            self.changed.notified().await;
        }
    }

    /// Hands the session over; `input` is what came in and is not read yet. Returns if that failed:
    /// then this process goes on.
    pub fn hand_over(&self, order: Order, input: &[u8]) {
        let Order(successor) = order;
        let state = SessionState { input: input.to_vec(), ..self.state() };
        let failed = self.with(|inner| {
            inner.order = None;
            match &inner.streams {
                Some((input, output)) => exec::become_it(&successor, &state, input, output),
                None => io::Error::other("there are no streams to hand on"),
            }
        });
        self.wanted.store(false, Ordering::Relaxed);
        self.refused(&successor, &failed);
    }

    /// This program does not go on in our place. One that is written just now may do so later.
    pub(super) fn refused(&self, successor: &Successor, why: &io::Error) {
        refuse(why.to_string());
        if why.kind() == io::ErrorKind::ExecutableFileBusy {
            let word = successor.identity.to_word();
            self.with(|inner| inner.tried.retain(|tried| *tried != word));
            self.look();
        }
    }

    /// The one who shall go on, if nothing is on its way now.
    pub fn due(&self) -> Option<Order> {
        if !self.wanted.load(Ordering::Relaxed) || self.holds.load(Ordering::Relaxed) > 0 {
            return None;
        }
        self.with(|inner| match inner.session.is_quiet() {
            true => inner.order.clone().map(Order),
            false => None,
        })
    }

    fn changed(&self) {
        if self.wanted.load(Ordering::Relaxed) {
            self.changed.notify_one();
        }
    }

    fn with<T>(&self, run: impl FnOnce(&mut Inner) -> T) -> T {
        run(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
