//! One call on its way through the daemon: who asked, in which form the answer goes back, how it
//! is cancelled.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use goxe_protocol::{
    api::Role,
    frame::{self, Flags, Header, OwnedFrame},
    inbound::Form,
    rpc::{self, Id, Meta, Progress},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{memory::Charge, out::Segment, slice::Slice};

/// A peer. The generation tells it from whoever sat in the same slot before, so that a late
/// answer never reaches the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId {
    /// Its place in the table of peers.
    pub slot: u32,
    /// Counts who sat there.
    pub generation: u32,
}

/// Where an answer goes: a peer, and which of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Who asked.
    pub peer: PeerId,
    /// Counts the calls of that peer.
    pub call: u32,
}

/// On whose behalf a call runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that idempotency keys keep, such as `uid:1000`.
    pub name: Arc<str>,
    /// The name that history keeps: the same, or `uid:1000/NAME` for one of several that work with
    /// the rights of one user.
    pub author: Arc<str>,
    /// What it may do.
    pub role: Role,
}

impl Principal {
    /// A principal that is its own author.
    pub fn new(name: impl Into<Arc<str>>, role: Role) -> Self {
        let name = name.into();
        Principal { author: Arc::clone(&name), name, role }
    }

    /// Makes what it does the work of one actor. Letters that garble a listing and those beyond the
    /// 40th are left out; a digest of the whole then tells the actor from others.
    pub fn act_as(&mut self, actor: &str) {
        let is_kept = |letter: &char| letter.is_alphanumeric() || "-_. ".contains(*letter);
        let kept: String = actor.chars().filter(is_kept).take(ACTOR_CHARS_MAX).collect();
        let (kept, whole) = (kept.trim(), actor.trim());
        if whole.is_empty() {
            return;
        }
        let digest = match kept == whole {
            true => String::new(),
            false => format!("~{:08x}", crc32fast::hash(whole.as_bytes())),
        };
        self.author = format!("{}/{kept}{digest}", self.name).into();
    }

    /// The name to whom the keys of an author belong.
    pub fn of_author(author: &str) -> &str {
        author.split_once('/').map_or(author, |(name, _)| name)
    }
}

/// Letters of an actor's name that are kept.
const ACTOR_CHARS_MAX: usize = 40;

/// The form in which one answer is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyForm {
    /// As a message of its own.
    Whole(Form),
    /// As JSON to be gathered with the others of its batch.
    Member {
        /// The batch, counted by the session.
        batch: u32,
    },
}

/// A flag that a running call looks at.
#[derive(Debug, Default)]
pub struct Cancel {
    asked: AtomicBool,
}

impl Cancel {
    /// Asks the call to end at its next check.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Release);
    }

    /// Whether somebody asked.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }
}

/// Everything a lane needs to answer a call.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Where the answer goes.
    pub ticket: Ticket,
    /// The id it is answered to.
    pub id: Id<'static>,
    /// The form of the answer.
    pub form: ReplyForm,
    /// On whose behalf it runs.
    pub principal: Principal,
    /// Set when the caller no longer wants the answer.
    pub cancel: Arc<Cancel>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// Whether and under which token it hears how far the call is.
    pub progress: Option<Progress<'static>>,
    /// The peer that asked, whatever happens to the answer.
    pub asker: PeerId,
    /// What the call makes the daemon hold.
    pub charge: Option<Arc<Charge>>,
}

impl Envelope {
    /// Whether there is still somebody to do the work for.
    pub fn is_wanted(&self, now: Instant) -> Result<(), goxe_protocol::Error> {
        if self.cancel.asked() {
            return Err(cancelled());
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(timed_out());
        }
        Ok(())
    }

    /// The deadline that `meta` asks for.
    pub fn deadline_of(meta: Option<&Meta<'_>>, now: Instant) -> Option<Instant> {
        let ms = meta.and_then(|meta| meta.deadline_ms);
        ms.and_then(|ms| now.checked_add(Duration::from_millis(ms)))
    }

    /// Work that the daemon gives itself: nobody is answered.
    pub fn of_daemon() -> Self {
        let nobody = PeerId { slot: u32::MAX, generation: 0 };
        Envelope {
            ticket: Ticket { peer: nobody, call: 0 },
            asker: nobody,
            id: Id::NULL,
            form: ReplyForm::Whole(Form::Frames),
            principal: Principal::new("goxe", Role::Admin),
            cancel: Arc::default(),
            deadline: None,
            progress: None,
            charge: None,
        }
    }
}

/// The answer to a call that was cancelled before it took effect.
pub fn cancelled() -> goxe_protocol::Error {
    goxe_protocol::Error::new(goxe_protocol::Code::Cancelled, "the call was cancelled")
}

/// The answer to a call whose caller has stopped waiting.
pub fn timed_out() -> goxe_protocol::Error {
    let message = "the call's deadline passed before it was done";
    goxe_protocol::Error::new(goxe_protocol::Code::Timeout, message)
}

/// Params and attachment of a call, kept apart from the connection they came on.
#[derive(Debug)]
pub enum Payload {
    /// A frame or line of its own; the params lie at this range of its JSON.
    Frame(OwnedFrame, Option<Range<usize>>),
    /// The params of a batch's member.
    Text(String),
}

impl Payload {
    /// The params as JSON, `{}` when the call had none.
    pub fn params(&self) -> &str {
        let json = match self {
            Payload::Text(text) => return text,
            Payload::Frame(frame, params) => {
                params.clone().and_then(|range| frame.json().get(range))
            }
        };
        // The text was checked to be UTF-8 when it was parsed.
        json.and_then(|json| std::str::from_utf8(json).ok()).unwrap_or("{}")
    }

    /// The attachment.
    pub fn attachment(&self) -> Option<&[u8]> {
        match self {
            Payload::Text(_) => None,
            Payload::Frame(frame, _) => frame.attachment(),
        }
    }

    /// Memory it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Payload::Text(text) => text.capacity(),
            Payload::Frame(frame, _) => frame.bytes(),
        }
    }
}

/// Whether a name shows as it is, without letters that control, or change the order, the width or the
/// line of those around them.
pub fn is_plain(name: &str) -> bool {
    let garbles = |letter: char| {
        letter.is_control()
            || matches!(
                letter,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
                    | '\u{fff9}'..='\u{fffb}'
            )
    };
    !name.chars().any(garbles)
}

/// Reads a method's params.
pub fn parse<T: DeserializeOwned>(params: &str) -> Result<T, goxe_protocol::Error> {
    serde_json::from_str(params)
        .map_err(|error| goxe_protocol::Error::invalid_params(error.to_string()))
}

/// What a method answers, still without id and frame.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The result as JSON.
    pub json: Vec<u8>,
    /// Raw bytes behind it.
    pub attachment: Option<Slice>,
}

impl Reply {
    /// A result without attachment.
    pub fn json(result: &impl Serialize) -> Result<Self, goxe_protocol::Error> {
        let json = serde_json::to_vec(result).map_err(|error| {
            goxe_protocol::Error::internal(format!("the result cannot be written: {error}"))
        })?;
        Ok(Reply { json, attachment: None })
    }

    /// The same with raw bytes behind it.
    pub fn with_attachment(mut self, attachment: impl Into<Slice>) -> Self {
        self.attachment = Some(attachment.into());
        self
    }
}

/// An encoded answer: bytes to be sent as they are, or the member of a batch.
#[derive(Debug)]
pub struct Encoded {
    /// Header and JSON; only JSON for the member of a batch.
    pub head: Vec<u8>,
    /// Sent right behind, from where it lies.
    pub attachment: Option<Slice>,
}

impl Encoded {
    /// Memory it holds.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.attachment.as_ref().map_or(0, |bytes| bytes.len())
    }

    /// The parts in the order in which they are sent.
    pub fn into_segments(self) -> impl Iterator<Item = Segment> {
        let attachment = self.attachment.map(Segment::Shared);
        [Some(Segment::Bytes(self.head)), attachment].into_iter().flatten()
    }
}

/// Encodes the answer to a call; `bytes_max` bounds it, attachment included.
pub fn encode(
    id: &Id<'_>,
    form: ReplyForm,
    result: Result<Reply, goxe_protocol::Error>,
    bytes_max: usize,
) -> Encoded {
    let result = result.and_then(|reply| check_reply(reply, form, bytes_max));
    let mut head = Vec::new();
    let attachment = match result {
        Ok(Reply { json, attachment }) => {
            head.reserve(json.len() + 96);
            let write = |out: &mut Vec<u8>| write_result(out, id, &json);
            match (form, &attachment) {
                (ReplyForm::Member { .. }, _) => write(&mut head),
                (ReplyForm::Whole(_), Some(bytes)) => {
                    // `check_reply` keeps the sum below what a header can say.
                    let _ = frame::append_attached_head(&mut head, write, bytes.len());
                }
                (ReplyForm::Whole(form), None) => {
                    let _ = form.append(&mut head, write);
                }
            }
            attachment
        }
        Err(error) => {
            let write = |out: &mut Vec<u8>| rpc::encode_error(out, id, &error);
            match form {
                ReplyForm::Member { .. } => write(&mut head),
                ReplyForm::Whole(form) => {
                    let _ = form.append(&mut head, write);
                }
            }
            None
        }
    };
    Encoded { head, attachment }
}

fn check_reply(
    reply: Reply,
    form: ReplyForm,
    bytes_max: usize,
) -> Result<Reply, goxe_protocol::Error> {
    use goxe_protocol::{Code, Error, inbound::attachment_refused};
    let bytes = reply.json.len() + reply.attachment.as_ref().map_or(0, |bytes| bytes.len());
    if bytes > bytes_max {
        return Err(Error::new(
            Code::TooLarge,
            format!("the answer has {bytes} bytes and may have {bytes_max}"),
        )
        .hint("ask for less: a smaller box, a page, a smaller picture")
        .with("bytes", bytes)
        .with("bytes_max", bytes_max));
    }
    match form {
        _ if reply.attachment.is_none() => Ok(reply),
        ReplyForm::Whole(Form::Frames) => Ok(reply),
        ReplyForm::Whole(Form::Lines) => Err(attachment_refused(Form::Lines)),
        ReplyForm::Member { .. } => Err(attachment_refused(Form::Frames)),
    }
}

/// Appends a reply around a result that is JSON already.
pub fn write_result(out: &mut Vec<u8>, id: &Id<'_>, json: &[u8]) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    out.extend_from_slice(id.json().as_bytes());
    out.extend_from_slice(br#","result":"#);
    out.extend_from_slice(json);
    out.push(b'}');
}

/// Appends what stands before a result of `json_bytes` that is sent from where it lies, and returns
/// what stands behind it.
pub fn write_split(head: &mut Vec<u8>, id: &Id<'_>, form: ReplyForm, json_bytes: usize) -> Vec<u8> {
    let mut envelope = Vec::with_capacity(64 + id.json().len());
    write_result(&mut envelope, id, b"");
    let open = envelope.len().saturating_sub(1);
    let mut tail = envelope.split_off(open);
    match form {
        ReplyForm::Whole(Form::Frames) => {
            let length = u32::try_from(open + json_bytes + tail.len()).unwrap_or(u32::MAX);
            head.extend_from_slice(&Header { length, flags: Flags::NONE }.encode());
        }
        ReplyForm::Whole(Form::Lines) => tail.push(b'\n'),
        ReplyForm::Member { .. } => {}
    }
    head.extend_from_slice(&envelope);
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encoded: &Encoded) -> String {
        String::from_utf8_lossy(&encoded.head).into_owned()
    }

    #[test]
    fn actors_are_told_apart_whatever_their_names() {
        let author = |actor: &str| {
            let mut principal = Principal::new("uid:1", Role::Edit);
            principal.act_as(actor);
            principal.author.to_string()
        };
        assert_eq!(author("Claude Code"), "uid:1/Claude Code");
        assert_eq!(author("  "), "uid:1");
        let long = "a".repeat(ACTOR_CHARS_MAX);
        let names =
            [&long, &format!("{long}b"), &format!("{long}c"), "a/b", "a:b", "ab", "\u{202e}"];
        let mut authors: Vec<String> = names.iter().map(|name| author(name)).collect();
        assert!(authors.iter().all(|author| is_plain(author)), "{authors:?}");
        authors.sort();
        authors.dedup();
        assert_eq!(authors.len(), names.len(), "{authors:?}");
    }

    #[test]
    fn answers_take_the_form_of_the_question() {
        let reply = || Reply::json(&[1, 2]);
        let id = Id::number(7);
        let member = encode(&id, ReplyForm::Member { batch: 0 }, reply(), 1000);
        assert_eq!(text(&member), r#"{"jsonrpc":"2.0","id":7,"result":[1,2]}"#);
        let line = encode(&id, ReplyForm::Whole(Form::Lines), reply(), 1000);
        assert_eq!(text(&line), "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[1,2]}\n");
        let framed = encode(&id, ReplyForm::Whole(Form::Frames), reply(), 1000);
        assert_eq!(&framed.head[16..], &member.head[..]);
    }

    #[test]
    fn attachments_travel_only_in_frames_and_answers_have_a_limit() {
        let reply = || Reply::json(&0).map(|reply| reply.with_attachment(vec![1; 100]));
        let id = Id::number(1);
        let line = encode(&id, ReplyForm::Whole(Form::Lines), reply(), 1000);
        assert!(text(&line).contains("unsupported") || text(&line).contains("GOXE frames"));
        assert!(line.attachment.is_none());
        let framed = encode(&id, ReplyForm::Whole(Form::Frames), reply(), 1000);
        assert_eq!(framed.attachment.as_deref(), Some(&[1; 100][..]));
        let large = encode(&id, ReplyForm::Whole(Form::Frames), reply(), 99);
        assert!(text(&large).contains("too_large"), "{}", text(&large));
    }
}
