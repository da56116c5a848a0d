//! The world's clients: who they are, what they send and hear.

use goxe_daemon::call::{PeerId, Principal};
use goxe_daemon::out::Outbox;
use goxe_daemon::router::Flow;
use goxe_daemon::session::Gate;
use goxe_protocol::api::Role;
use goxe_protocol::inbound::Form;
use goxe_protocol::rpc::Id;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::world::World;

impl World {
    /// A client on the socket of the machine.
    pub fn connect(&mut self) -> usize {
        self.connect_as("uid:1", Role::Admin, Gate::Open, Form::Frames)
    }

    pub fn connect_as(&mut self, principal: &str, role: Role, gate: Gate, form: Form) -> usize {
        let free = (0..self.generations.len())
            .find(|slot| !self.clients.iter().any(|c| c.open && c.id.slot as usize == *slot));
        let slot = free.unwrap_or_else(|| {
            self.generations.push(0);
            self.generations.len() - 1
        });
        self.generations[slot] += 1;
        let id = PeerId { slot: u32::try_from(slot).unwrap(), generation: self.generations[slot] };
        self.router.open_session(id, Principal::new(principal, role), gate);
        self.clients.push(Client::new(id, principal, form));
        self.clients.len() - 1
    }

    /// A client goes, whatever it waits for.
    pub fn disconnect(&mut self, peer: usize) {
        let client = &mut self.clients[peer];
        client.open = false;
        client.outstanding.clear();
        self.router.close_session(client.id);
        self.apply();
    }

    /// A request of its own, without sending it.
    pub fn request(&mut self, peer: usize, method: &str, params: Value, meta: Value) -> Value {
        self.ids += 1;
        let mut json =
            json!({ "jsonrpc": "2.0", "id": self.ids, "method": method, "params": params });
        if meta.is_object() {
            json["meta"] = meta.clone();
        }
        let client = &self.clients[peer];
        let same = |request: &&Request| {
            crate::oracle::is_edit(&request.method)
                && params["project"].is_string()
                && request.params["project"] == params["project"]
        };
        let open = client.outstanding.iter().filter(|(_, request)| same(request));
        let earlier = open.map(|(id, _)| *id).collect();
        let request = Request {
            method: method.to_owned(),
            params,
            meta,
            call: None,
            floors: self.oracle.floors.clone(),
            earlier,
        };
        self.clients[peer].outstanding.insert(self.ids, request);
        json
    }

    /// Sends a request.
    pub fn call(&mut self, peer: usize, method: &str, params: Value) -> u64 {
        self.call_with(peer, method, params, Value::Null, None)
    }

    pub fn call_with(
        &mut self,
        peer: usize,
        method: &str,
        params: Value,
        meta: Value,
        attachment: Option<&[u8]>,
    ) -> u64 {
        let json = self.request(peer, method, params, meta);
        let bytes = self.clients[peer].message(&json, attachment);
        self.send(peer, &bytes);
        json["id"].as_u64().unwrap()
    }

    /// Bytes from a client, as many as come at once.
    pub fn send(&mut self, peer: usize, bytes: &[u8]) {
        self.clients[peer].unread.extend_from_slice(bytes);
        if !self.clients[peer].paused {
            self.hand_on(peer);
        }
        self.apply();
    }

    /// Gives the router what it has not taken.
    pub fn hand_on(&mut self, peer: usize) {
        loop {
            let client = &mut self.clients[peer];
            if !client.open {
                return;
            }
            // A paused peer is not read, but asked whether it goes on.
            let was_paused = client.paused;
            let input = if was_paused { Vec::new() } else { std::mem::take(&mut client.unread) };
            let mut out = Outbox::default();
            let flow = self.router.receive(client.id, &input, &mut out, self.now);
            client.paused = flow == Flow::Paused;
            let full = out.bytes() >= self.router.limits.send_buffer_bytes_max;
            for segment in out.into_segments() {
                self.hear(peer, segment.bytes());
            }
            self.find_calls(peer);
            match flow {
                Flow::Close => self.disconnect(peer),
                // What was sent makes room for more.
                Flow::Paused if full => continue,
                Flow::Drained if was_paused && !self.clients[peer].unread.is_empty() => continue,
                Flow::Paused | Flow::Drained => {}
            }
            return;
        }
    }

    /// Which calls the requests of a client have become.
    pub fn find_calls(&mut self, peer: usize) {
        let client = &mut self.clients[peer];
        let Some(session) = self.router.session(client.id) else { return };
        for (id, request) in &mut client.outstanding {
            if request.call.is_none() {
                request.call = session.find(&Id::number(*id)).map(|call| call.call);
            }
        }
    }

    pub fn hear(&mut self, peer: usize, bytes: &[u8]) {
        for (json, attachment) in self.clients[peer].hear(bytes) {
            if let Some(raw) = &mut self.clients[peer].raw {
                raw.push(json);
                continue;
            }
            match json {
                Value::Array(members) => {
                    assert!(attachment.is_none());
                    members.into_iter().for_each(|member| self.heard(peer, member, None));
                }
                json => self.heard(peer, json, attachment),
            }
        }
    }

    fn heard(&mut self, peer: usize, json: Value, attachment: Option<Vec<u8>>) {
        let client = &mut self.clients[peer];
        if json["method"].is_string() {
            client.notes.push(json);
            return;
        }
        let Some(id) = json["id"].as_u64() else {
            client.loose.push(json);
            return;
        };
        let request = client.outstanding.remove(&id);
        let request = request.unwrap_or_else(|| panic!("nobody waits for {json}"));
        let answer = Answer { request, json, attachment };
        let client = &self.clients[peer];
        self.oracle.answered(peer, client, &answer);
        self.clients[peer].answers.insert(id, answer);
    }

    pub fn peer(&self, id: PeerId) -> Option<usize> {
        self.clients.iter().position(|client| client.open && client.id == id)
    }

    /// A call, and its answer.
    pub fn ask(&mut self, peer: usize, method: &str, params: Value) -> Answer {
        let id = self.call(peer, method, params);
        self.settle();
        self.answer(peer, id)
    }

    /// The answer to a call.
    pub fn answer(&self, peer: usize, id: u64) -> Answer {
        let answer = self.clients[peer].answers.get(&id);
        answer.unwrap_or_else(|| panic!("{id} is not answered")).clone()
    }

    pub fn is_answered(&self, peer: usize, id: u64) -> bool {
        self.clients[peer].answers.contains_key(&id)
    }

    /// What comes back for these bytes, as it comes.
    pub fn exchange(&mut self, peer: usize, bytes: &[u8]) -> Vec<Value> {
        self.clients[peer].raw = Some(Vec::new());
        self.send(peer, bytes);
        self.settle();
        self.clients[peer].outstanding.clear();
        self.clients[peer].raw.take().unwrap()
    }
}
