//! One connection to the daemon: the protocol's client core on a local socket.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::Arc;

use goxe_protocol::Error;
use goxe_protocol::api::system::CancelParams;
use goxe_protocol::client::{Answer, Call, Client, ClientError, ClientLimits, Event, Notification};
use goxe_protocol::rpc::Meta;
use interprocess::local_socket::tokio::{Stream, prelude::*};
use interprocess::local_socket::{GenericFilePath, ToFsName};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::manager::call::Progress;
use crate::manager::core::{CallId, LinkId, Token};

const READ_BYTES: usize = 64 << 10;

/// Why something was asked, returned with its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// The call itself.
    Call(CallId),
    /// What became of the call.
    Outcome(CallId),
    /// The daemon's health.
    Check(Token),
    /// The cancelling of a call.
    Cancel,
}

/// Something to be asked.
#[derive(Debug)]
pub struct Order {
    pub tag: Tag,
    pub method: String,
    pub params: Arc<RawValue>,
    pub meta: Meta<'static>,
    pub attachment: Option<Arc<Vec<u8>>>,
}

/// What a connection is told to do.
#[derive(Debug)]
pub enum Command {
    /// Ask this.
    Order(Order),
    /// Have the other connection cancel this call.
    Cancel(CallId),
}

/// What a connection reports.
#[derive(Debug)]
pub enum Report {
    /// An answer. None says that the question could not even be written.
    Answered(LinkId, Tag, Result<Answer, Failure>),
    /// How far a call is.
    Progress(LinkId, CallId, Progress),
    /// The server said something by itself.
    Notified(LinkId, Notification),
    /// The connection has ended.
    Lost(LinkId),
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum Failure {
    /// The daemon's error.
    Answer(Error),
    /// It was never sent.
    Unsent(ClientError),
}

/// Why a single question on a fresh connection has no answer.
#[derive(Debug)]
pub enum AskError {
    /// The daemon's error.
    Answer(Error),
    /// The connection ended.
    Closed,
    /// What answers is no goxe daemon, or does not want us.
    Broken(String),
}

/// What a daemon says by itself.
#[derive(Debug)]
pub enum Said {
    /// This.
    This(Notification),
    /// More than was listened to: some of it is gone.
    TooMuch,
}

/// A connection that nobody serves yet.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    client: Client,
}

impl Connection {
    /// Connects.
    pub async fn open(path: &Path) -> io::Result<Self> {
        let name = path.to_fs_name::<GenericFilePath>()?;
        let stream = Stream::connect(name).await?;
        Ok(Self { stream, client: Client::new(ClientLimits::default()) })
    }

    /// The user at the other end, as far as the system says.
    pub fn peer_user(&self) -> Option<u32> {
        self.stream.peer_creds().ok()?.euid()
    }

    /// Asks one question and waits for its answer.
    pub async fn ask(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
    ) -> Result<Answer, AskError> {
        self.ask_beside(method, params, &mut |_| {}).await
    }

    /// As [`ask`](Self::ask), and hands over what the daemon says by itself before it answers.
    pub async fn ask_beside(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
        said: &mut (dyn FnMut(Notification) + Send),
    ) -> Result<Answer, AskError> {
        let mut bytes = Vec::new();
        self.client
            .call(&mut bytes, method, params)
            .map_err(|error| AskError::Broken(error.to_string()))?;
        let mut stream = &self.stream;
        // Who has no place for us says so and closes, perhaps before this is written: what it said is read.
        let _ = stream.write_all(&bytes).await;
        let mut buffer = vec![0; 4 << 10];
        loop {
            match self.client.poll() {
                Some(Event::Reply(reply)) => return reply.outcome.map_err(AskError::Answer),
                Some(Event::Notification(notification)) => {
                    said(notification);
                    continue;
                }
                Some(Event::Lost(_)) => continue,
                Some(Event::Closed { reason: ClientError::Closed, .. }) => {
                    return Err(AskError::Closed);
                }
                Some(Event::Closed { reason: ClientError::Refused(error), .. }) => {
                    return Err(AskError::Answer(error));
                }
                Some(Event::Closed { reason, .. }) => {
                    return Err(AskError::Broken(reason.to_string()));
                }
                None => {}
            }
            self.read(&mut buffer).await;
        }
    }

    /// What the daemon says next by itself; none once the connection has ended.
    pub async fn listen(&mut self) -> Option<Said> {
        let mut buffer = vec![0; 4 << 10];
        loop {
            match self.client.poll() {
                Some(Event::Notification(notification)) => return Some(Said::This(notification)),
                Some(Event::Lost(_)) => return Some(Said::TooMuch),
                Some(Event::Closed { .. }) => return None,
                // Nothing is asked here; an answer is one that nobody waits for any more.
                Some(Event::Reply(_)) => continue,
                None => self.read(&mut buffer).await,
            }
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) {
        let mut stream = &self.stream;
        match stream.read(buffer).await {
            Ok(0) | Err(_) => self.client.close(),
            Ok(bytes) => self.client.receive(buffer.get(..bytes).unwrap_or_default()),
        }
    }

    /// Serves the connection until either side ends it. `canceller` cancels its calls.
    pub async fn serve(
        self,
        link: LinkId,
        commands: mpsc::Receiver<Command>,
        reports: mpsc::Sender<Report>,
        canceller: Option<Canceller>,
    ) {
        let serving = Serving {
            link,
            client: self.client,
            reports,
            canceller,
            tags: HashMap::new(),
            numbers: HashMap::new(),
            outgoing: VecDeque::new(),
            written: 0,
        };
        serving.run(&self.stream, commands).await;
    }
}

/// How the calls of a connection are cancelled: by the other one.
#[derive(Debug)]
pub struct Canceller {
    pub session: u64,
    pub control: mpsc::Sender<Command>,
}

/// Bytes on their way out, shared where they are large.
#[derive(Debug)]
enum Chunk {
    Head(Vec<u8>),
    Attachment(Arc<Vec<u8>>),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Head(bytes) => bytes,
            Self::Attachment(bytes) => bytes,
        }
    }
}

struct Serving {
    link: LinkId,
    client: Client,
    reports: mpsc::Sender<Report>,
    canceller: Option<Canceller>,
    tags: HashMap<u64, Tag>,
    /// The number of each call on the wire.
    numbers: HashMap<CallId, u64>,
    outgoing: VecDeque<Chunk>,
    /// How much of the first chunk is written.
    written: usize,
}

impl Serving {
    async fn run(mut self, stream: &Stream, mut commands: mpsc::Receiver<Command>) {
        let mut buffer = vec![0; READ_BYTES];
        let (mut reader, mut writer) = (stream, stream);
        loop {
            if !self.report_events().await {
                return;
            }
            let front = self.outgoing.front().and_then(|chunk| chunk.bytes().get(self.written..));
            tokio::select! {
                read = reader.read(&mut buffer) => match read {
                    Ok(0) | Err(_) => self.client.close(),
                    Ok(bytes) => self.client.receive(buffer.get(..bytes).unwrap_or_default()),
                },
                written = writer.write(front.unwrap_or_default()), if front.is_some() => {
                    match written {
                        Ok(0) | Err(_) => self.client.close(),
                        Ok(bytes) => self.advance(bytes),
                    }
                },
                // Taken even while much waits to be written: that is bounded by the calls, and the
                // end of the commands must be heard.
                command = commands.recv() => match command {
                    Some(Command::Order(order)) => self.write(order).await,
                    Some(Command::Cancel(call)) => self.cancel(call),
                    None => return,
                },
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.written += bytes;
        while let Some(chunk) = self.outgoing.front() {
            if self.written < chunk.bytes().len() {
                return;
            }
            self.written -= chunk.bytes().len();
            self.outgoing.pop_front();
        }
    }

    async fn write(&mut self, order: Order) {
        let mut head = Vec::new();
        let call = Call {
            method: &order.method,
            params: &*order.params,
            meta: &order.meta,
            attachment_bytes: order.attachment.as_ref().map(|bytes| bytes.len()),
        };
        match self.client.call_with(&mut head, &call) {
            Ok(number) => {
                self.tags.insert(number, order.tag);
                if let Tag::Call(call) = order.tag {
                    self.numbers.insert(call, number);
                }
                self.outgoing.push_back(Chunk::Head(head));
                let attachment = order.attachment.filter(|bytes| !bytes.is_empty());
                self.outgoing.extend(attachment.map(Chunk::Attachment));
            }
            // The end of the connection is told once, for everything on it.
            Err(ClientError::Closed) => {}
            Err(error) => {
                let failure = Err(Failure::Unsent(error));
                self.report(Report::Answered(self.link, order.tag, failure)).await;
            }
        }
    }

    fn cancel(&mut self, call: CallId) {
        let (Some(canceller), Some(number)) = (&self.canceller, self.numbers.get(&call)) else {
            return;
        };
        let params = CancelParams { id: (*number).into(), session: Some(canceller.session) };
        let Ok(params) = to_raw_value(&params) else { return };
        let order = Order {
            tag: Tag::Cancel,
            method: "system.cancel".to_owned(),
            params: params.into(),
            meta: Meta::default(),
            attachment: None,
        };
        // A control connection that takes nothing more is about to be found dead.
        let _ = canceller.control.try_send(Command::Order(order));
    }

    /// Reports what happened; false once the connection has ended.
    async fn report_events(&mut self) -> bool {
        while let Some(event) = self.client.poll() {
            let report = match event {
                Event::Reply(reply) => {
                    let Some(tag) = self.tags.remove(&reply.id) else { continue };
                    if let Tag::Call(call) = tag {
                        self.numbers.remove(&call);
                    }
                    let outcome = reply.outcome.map_err(Failure::Answer);
                    Report::Answered(self.link, tag, outcome)
                }
                Event::Notification(notification) => self.sort(notification),
                Event::Lost(_) => continue,
                Event::Closed { .. } => {
                    self.report(Report::Lost(self.link)).await;
                    return false;
                }
            };
            if !self.report(report).await {
                return false;
            }
        }
        true
    }

    fn sort(&self, notification: Notification) -> Report {
        let progress = notification.as_progress().and_then(|note| {
            let number = note.id.as_u64()?;
            let Some(Tag::Call(call)) = self.tags.get(&number) else { return None };
            let progress = Progress { done: note.done, total: note.total, message: note.message };
            Some(Report::Progress(self.link, *call, progress))
        });
        progress.unwrap_or(Report::Notified(self.link, notification))
    }

    /// False if nobody listens any more.
    async fn report(&self, report: Report) -> bool {
        self.reports.send(report).await.is_ok()
    }
}
