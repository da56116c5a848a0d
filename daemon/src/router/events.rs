//! Subscriptions: who is told what, in order, with every gap announced.

use std::collections::VecDeque;

use goxe_protocol::{
    Error,
    api::event::{EventNote, SubscribeParams, SubscribeReply, Topic},
    inbound::Form,
    rpc,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::Router;
use crate::{
    call::{Encoded, PeerId},
    session::Session,
    store::catalogue::NAME_CHARS_MAX,
};

/// Events that are kept for subscribers that come back.
const KEPT_MAX: usize = 1024;

/// Topics that one subscription names, some of them twice.
const TOPICS_MAX: usize = 16;

fn is_no_name(name: &str) -> bool {
    name.chars().take(NAME_CHARS_MAX + 1).count() > NAME_CHARS_MAX
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    seq: u64,
    topic: Topic,
    project: Option<String>,
    data: Value,
}

#[derive(Debug)]
struct Subscription {
    number: u64,
    id: String,
    peer: PeerId,
    /// How messages to the peer are told apart.
    form: Form,
    topics: Vec<Topic>,
    project: Option<String>,
    /// Something was not sent: the next event says so first.
    missed: bool,
}

/// All subscriptions.
#[derive(Debug)]
pub struct Events {
    epoch: String,
    seq: u64,
    ever: u64,
    kept: VecDeque<Event>,
    subscriptions: Vec<Subscription>,
    /// Notifications that did not reach their peers, and of which those were not told.
    gaps: usize,
}

impl Events {
    pub(super) fn new(epoch: &str) -> Self {
        let epoch = epoch.to_owned();
        Events { epoch, seq: 0, ever: 0, kept: VecDeque::new(), subscriptions: Vec::new(), gaps: 0 }
    }

    /// A notification of a subscription did not reach its peer.
    pub fn missed(&mut self, number: u64) {
        if let Some(subscription) = self.subscriptions.iter_mut().find(|sub| sub.number == number) {
            self.gaps += usize::from(!std::mem::replace(&mut subscription.missed, true));
        }
    }

    pub(super) fn forget_peer(&mut self, peer: PeerId) {
        self.subscriptions.retain(|subscription| subscription.peer != peer);
        self.gaps = self.subscriptions.iter().filter(|subscription| subscription.missed).count();
    }
}

impl Subscription {
    fn wants(&self, event: &Event) -> bool {
        let project = match (&self.project, &event.project) {
            (Some(wanted), Some(project)) => wanted == project,
            (Some(_), None) => event.topic == Topic::Job,
            (None, _) => true,
        };
        project && self.topics.contains(&event.topic)
    }
}

impl Router {
    /// `event.subscribe`.
    pub fn subscribe(
        &mut self,
        session: &mut Session,
        params: SubscribeParams,
    ) -> Result<SubscribeReply, Error> {
        let max = self.limits.subscriptions_max;
        if session.subscriptions >= max {
            let count = u64::try_from(session.subscriptions).unwrap_or(u64::MAX);
            let max = u64::try_from(max).unwrap_or(u64::MAX);
            return Err(Error::limit_exceeded("limits.subscriptions_max", count, max));
        }
        if params.topics.is_empty() {
            return Err(Error::invalid_params("topics: name at least one of project, job"));
        }
        // No project has a longer name, and what is kept has a bound.
        if params.topics.len() > TOPICS_MAX || params.project.as_deref().is_some_and(is_no_name) {
            return Err(Error::invalid_params(
                "event.subscribe: too many topics, or no project's name",
            ));
        }
        session.subscriptions += 1;
        let events = &mut self.events;
        events.ever += 1;
        let id = format!("{}-sub{}", events.epoch, events.ever);
        let SubscribeParams { topics, project, after } = params;
        let subscription = Subscription {
            number: events.ever,
            id: id.clone(),
            peer: session.peer,
            form: session.form,
            topics,
            project,
            missed: false,
        };
        let seq = events.seq;
        let mut notes = Vec::new();
        if let Some(after) = after {
            let oldest = events.kept.front().map_or(seq, |event| event.seq - 1);
            if after < oldest || after > seq {
                notes.push(gap(&subscription, seq));
            }
            let again = events.kept.iter().filter(|event| event.seq > after);
            notes.extend(
                again
                    .filter(|event| subscription.wants(event))
                    .map(|event| note(&subscription, event)),
            );
        }
        let number = subscription.number;
        events.subscriptions.push(subscription);
        for note in notes {
            self.notify(session.peer, session.form, number, &note);
        }
        Ok(SubscribeReply { subscription: id, seq })
    }

    /// `event.unsubscribe`.
    pub fn unsubscribe(&mut self, session: &mut Session, id: &str) -> Result<(), Error> {
        let subscriptions = &mut self.events.subscriptions;
        let own = |sub: &Subscription| sub.id == id && sub.peer == session.peer;
        let index = subscriptions.iter().position(own);
        let index = index.ok_or_else(|| Error::not_found("subscription", id))?;
        subscriptions.remove(index);
        session.subscriptions = session.subscriptions.saturating_sub(1);
        Ok(())
    }

    /// Tells whoever wants to know.
    pub(super) fn publish(&mut self, topic: Topic, project: Option<&str>, data: &impl Serialize) {
        let events = &mut self.events;
        events.seq += 1;
        let data = serde_json::to_value(data).unwrap_or_default();
        let project = project.map(str::to_owned);
        let event = Event { seq: events.seq, topic, project, data };
        let mut notes = Vec::new();
        for subscription in &mut events.subscriptions {
            if !subscription.wants(&event) {
                continue;
            }
            let to = (subscription.peer, subscription.form, subscription.number);
            if std::mem::take(&mut subscription.missed) {
                events.gaps = events.gaps.saturating_sub(1);
                notes.push((to, gap(subscription, event.seq)));
            }
            notes.push((to, note(subscription, &event)));
        }
        events.kept.push_back(event);
        if events.kept.len() > KEPT_MAX {
            events.kept.pop_front();
        }
        for ((peer, form, number), note) in notes {
            self.notify(peer, form, number, &note);
        }
    }

    /// A peer takes notifications again: it hears of what it missed.
    pub fn tell_gaps(&mut self, peer: PeerId) {
        let events = &mut self.events;
        if events.gaps == 0 {
            return;
        }
        let mut notes = Vec::new();
        for subscription in events.subscriptions.iter_mut().filter(|sub| sub.peer == peer) {
            if std::mem::take(&mut subscription.missed) {
                events.gaps = events.gaps.saturating_sub(1);
                notes.push((subscription.form, subscription.number, gap(subscription, events.seq)));
            }
        }
        for (form, number, note) in notes {
            self.notify(peer, form, number, &note);
        }
    }

    fn notify(&mut self, peer: PeerId, form: Form, subscription: u64, note: &EventNote) {
        let mut head = Vec::new();
        let written = form.append(&mut head, |out| {
            // Texts and numbers: this cannot fail.
            let _ = rpc::encode_notification(out, "event", note);
        });
        if written.is_ok() {
            let encoded = Encoded { head, attachment: None };
            self.effects.events.push((peer, subscription, encoded));
        }
    }
}

fn note(subscription: &Subscription, event: &Event) -> EventNote {
    let topic = match event.topic {
        Topic::Project => "project",
        Topic::Job => "job",
    };
    EventNote {
        subscription: subscription.id.clone(),
        seq: event.seq,
        topic: topic.into(),
        data: event.data.clone(),
    }
}

fn gap(subscription: &Subscription, seq: u64) -> EventNote {
    EventNote {
        subscription: subscription.id.clone(),
        seq,
        topic: "gap".into(),
        data: json!({ "hint": "events were lost; read the state again" }),
    }
}
