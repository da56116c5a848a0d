//! What clients send: every method, sensible and not, keys again, deadlines, cancels, batches.

use goxe_daemon::session::Gate;
use goxe_protocol::api::Role;
use goxe_protocol::inbound::Form;
use serde_json::{Value, json};

use crate::random::Random;
use crate::world::{TOKEN, World, clock_ms};

const PROJECTS: [&str; 5] = ["a", "b", "c", "d", "e"];
const LAYERS: [&str; 3] = ["main", "x", "y"];

/// A keyed call that was sent, to be sent again.
#[derive(Clone)]
struct Keyed {
    method: &'static str,
    params: Value,
    key: String,
}

/// Clients with habits.
#[derive(Default)]
pub struct Traffic {
    keyed: Vec<Keyed>,
    keys: u64,
    revisions: Vec<String>,
    /// A .vox file.
    vox: Vec<u8>,
}

/// A method, its params, its attachment.
type Wish = (&'static str, Value, Option<Vec<u8>>);

fn pick<'a>(random: &mut Random, names: &[&'a str]) -> &'a str {
    names[random.below(names.len())]
}

/// A project, mostly one that there is.
fn project(world: &World, random: &mut Random) -> String {
    let catalogue = world.router.projects.catalogue();
    let live: Vec<&str> = catalogue.live().map(|item| &*item.name).collect();
    let names = if live.is_empty() || random.one_in(12) { &PROJECTS } else { &live[..] };
    pick(random, names).to_owned()
}

impl Traffic {
    /// Clients that have this .vox file to import.
    pub fn new(vox: &[u8]) -> Self {
        Traffic { vox: vox.to_vec(), ..Traffic::default() }
    }

    /// A client comes.
    pub fn connect(&mut self, world: &mut World, random: &mut Random) {
        let principal = pick(random, &["uid:1", "uid:1", "uid:2", "token:x"]);
        let role = if random.one_in(24) { Role::Read } else { Role::Admin };
        let form = if random.one_in(4) { Form::Lines } else { Form::Frames };
        let gate = if principal == "token:x" { Gate::Token } else { Gate::Open };
        let peer = world.connect_as(principal, role, gate, form);
        if gate == Gate::Token {
            world.call(peer, "system.hello", json!({ "token": TOKEN }));
        }
    }

    /// A client sends something, in pieces or not.
    pub fn send(&mut self, world: &mut World, random: &mut Random, peer: usize) {
        self.learn(world, peer);
        let mut bytes = Vec::new();
        let most = if random.one_in(10) { 12 } else { 2 };
        for _ in 0..=random.below(most) {
            let part = if random.one_in(8) {
                self.batch(world, random, peer)
            } else {
                let (json, attachment) = self.request(world, random, peer);
                let lines = world.clients[peer].form == Form::Lines;
                world.clients[peer].message(&json, attachment.filter(|_| !lines).as_deref())
            };
            bytes.extend_from_slice(&part);
        }
        while !bytes.is_empty() && world.clients[peer].open {
            let whole = random.one_in(2);
            let count = if whole { bytes.len() } else { random.below(bytes.len()) + 1 };
            let rest = bytes.split_off(count);
            world.send(peer, &bytes);
            bytes = rest;
        }
    }

    /// Uses what a client was told.
    fn learn(&mut self, world: &mut World, peer: usize) {
        let client = &mut world.clients[peer];
        let Some((_, answer)) = client.answers.iter().next_back() else { return };
        let (request, result) = (answer.request.clone(), answer.json["result"].clone());
        let text = |name: &str| result[name].as_str().map(str::to_owned);
        self.revisions.extend(text("revision"));
        client.jobs.extend(text("job"));
        client.blobs.extend(text("blob"));
        client.subscriptions.extend(text("subscription"));
        if let (Some(cursor), Some(project)) = (text("cursor"), request.project()) {
            client.cursors.push((project.to_owned(), cursor));
        }
    }

    fn batch(&mut self, world: &mut World, random: &mut Random, peer: usize) -> Vec<u8> {
        let count = random.below(5) + 1;
        let members = (0..count).map(|_| self.request(world, random, peer).0);
        let mut members: Vec<Value> = members.collect();
        if random.one_in(6) {
            members.push(json!(7));
        }
        world.clients[peer].message(&Value::Array(members), None)
    }

    fn request(
        &mut self,
        world: &mut World,
        random: &mut Random,
        peer: usize,
    ) -> (Value, Option<Vec<u8>>) {
        if !self.keyed.is_empty() && random.one_in(10) {
            return (self.again(world, random, peer), None);
        }
        let (method, params, attachment) = self.wish(world, random, peer);
        let mut meta = json!({});
        match random.below(16) {
            0 => meta["deadline_ms"] = json!(0),
            1 => meta["deadline_ms"] = json!(3_600_000),
            2 => meta["deadline_ms"] = json!(7_200_000),
            3 => meta["progress"] = json!(true),
            4 => meta["progress"] = json!("token"),
            _ => {}
        }
        if random.one_in(4) && attachment.is_none() {
            let key = self.key();
            meta["idempotency_key"] = json!(key);
            self.keyed.push(Keyed { method, params: params.clone(), key });
        }
        let mut json = world.request(peer, method, params, meta);
        if random.one_in(20) {
            let id = json.as_object_mut().unwrap().remove("id").unwrap().as_u64().unwrap();
            world.clients[peer].outstanding.remove(&id);
        }
        (json, attachment)
    }

    /// A keyed call again, by whoever is its principal or not; sometimes with other params.
    fn again(&self, world: &mut World, random: &mut Random, peer: usize) -> Value {
        let back = random.below(self.keyed.len().min(6)) + 1;
        let keyed = self.keyed[self.keyed.len() - back].clone();
        let mut params = keyed.params;
        if random.one_in(6) && params.is_object() {
            params["label"] = json!("another");
        }
        world.request(peer, keyed.method, params, json!({ "idempotency_key": keyed.key }))
    }

    /// A new UUIDv7.
    pub fn key(&mut self) -> String {
        self.keys += 1;
        let time = u64::try_from(clock_ms()).unwrap() & 0xffff_ffff_ffff;
        let (high, low) = (time >> 16, time & 0xffff);
        format!("{high:08x}-{low:04x}-7000-8000-{:012x}", self.keys)
    }

    fn wish(&self, world: &World, random: &mut Random, peer: usize) -> Wish {
        match random.below(40) {
            0..=13 => self.edit(world, random),
            14..=21 => read(world, random, peer),
            22..=25 => step(world, random),
            26..=28 => layer(world, random),
            29..=32 => self.catalogue(world, random),
            33..=34 => self.long(world, random),
            35..=36 if !world.clients[peer].jobs.is_empty() => job(world, random, peer),
            _ => other(world, random, peer),
        }
    }

    fn edit(&self, world: &World, random: &mut Random) -> Wish {
        let mut params = json!({ "project": project(world, random) });
        if random.one_in(8) {
            params["dry_run"] = json!(true);
        }
        if random.one_in(8) && !self.revisions.is_empty() {
            let back = random.below(self.revisions.len().min(4)) + 1;
            params["if_revision"] = json!(self.revisions[self.revisions.len() - back]);
        }
        params["layer"] = json!(pick(random, &["main", "main", "main", "x"]));
        let side = if random.one_in(4) { 12 } else { 2 };
        let mut at = || random.below(side);
        let (x, y, z) = (at(), at(), at());
        if random.one_in(12) {
            params["bounds"] = json!({ "min": [x, y, z], "max": [x + 9, y + 9, z] });
            let content = random.bytes(400).into_iter().map(|byte| byte | 1).collect();
            return ("voxel.write", params, Some(content));
        }
        let color = format!("#{:06x}", random.below(3) * 0x30_30_30 + 0x10);
        params["edits"] = match random.below(12) {
            0 => json!([{ "edit": "box", "min": [0, 0, 0], "max": [x, y, z], "color": color }]),
            1 => json!([{ "edit": "move", "offset": [1, 0, 0] }]),
            2 => json!([{ "edit": "set", "voxels": [] }, { "edit": "nonsense" }]),
            _ => json!([{ "edit": "set", "voxels": [{ "at": [x, y, z], "color": color }] }]),
        };
        ("voxel.edit", params, None)
    }

    fn catalogue(&self, world: &World, random: &mut Random) -> Wish {
        let name = pick(random, &PROJECTS);
        let live = project(world, random);
        let trash: Vec<u32> = world.router.projects.catalogue().trash().map(|i| i.id.0).collect();
        let id = trash.get(random.below(trash.len())).copied().unwrap_or(9999);
        match random.below(10) {
            0..=3 => ("project.create", json!({ "project": name }), None),
            4 => {
                ("project.rename", json!({ "project": name, "to": pick(random, &PROJECTS) }), None)
            }
            5 => ("project.delete", json!({ "project": live }), None),
            6 => ("project.restore", json!({ "id": id }), None),
            7 => ("project.restore", json!({ "id": id, "to": name }), None),
            8 => ("project.purge", json!({ "id": id }), None),
            _ => ("project.list", json!({ "trash": random.one_in(2) }), None),
        }
    }

    fn long(&self, world: &World, random: &mut Random) -> Wish {
        let project = project(world, random);
        let job = random.one_in(2);
        match random.below(4) {
            0 => {
                let params = json!({ "project": project, "width": 16, "height": 16, "job": job });
                ("render.image", params, None)
            }
            1 => {
                ("project.export", json!({ "project": project, "format": "vox", "job": job }), None)
            }
            2 => {
                let params = json!({ "project": project, "format": "vox" });
                ("project.import", params, Some(self.vox.clone()))
            }
            _ => {
                let params = json!({ "project": project, "format": "vox" });
                ("project.import", params, Some(random.bytes(40)))
            }
        }
    }
}

fn read(world: &World, random: &mut Random, peer: usize) -> Wish {
    let cursors = &world.clients[peer].cursors;
    if !cursors.is_empty() && random.one_in(3) {
        let (project, cursor) = &cursors[random.below(cursors.len())];
        let params = json!({ "project": project, "limit": 1, "cursor": cursor });
        return ("voxel.read", params, None);
    }
    let mut params = json!({ "project": project(world, random) });
    let method = match random.below(9) {
        0 => {
            params["at"] = json!([[0, 0, 0], [1, 1, 1]]);
            "voxel.get"
        }
        1 => {
            params["limit"] = json!(1);
            "voxel.read"
        }
        2 => {
            params["form"] = json!("dense");
            "voxel.read"
        }
        3 => "voxel.bounds",
        4 => "voxel.count",
        5 => "voxel.histogram",
        6 => "layer.list",
        7 => "history.list",
        _ => "project.info",
    };
    (method, params, None)
}

fn step(world: &World, random: &mut Random) -> Wish {
    let project = project(world, random);
    let any = random.one_in(2);
    let step = json!({ "project": project, "any_author": any });
    let checkpoint = json!({ "project": project, "checkpoint": pick(random, &["p", "q"]) });
    match random.below(7) {
        0..=1 => ("history.undo", step, None),
        2..=3 => ("history.redo", step, None),
        4 => ("history.checkpoint", checkpoint, None),
        5 => ("history.forget", checkpoint, None),
        _ => ("history.restore", checkpoint, None),
    }
}

fn layer(world: &World, random: &mut Random) -> Wish {
    let (project, layer) = (project(world, random), pick(random, &LAYERS));
    let one = json!({ "project": project, "layer": layer });
    match random.below(6) {
        0..=1 => ("layer.create", one, None),
        2 => ("layer.delete", one, None),
        3 => {
            let to = pick(random, &LAYERS);
            ("layer.rename", json!({ "project": project, "layer": layer, "to": to }), None)
        }
        4 => ("layer.hide", one, None),
        _ => ("layer.show", one, None),
    }
}

fn job(world: &World, random: &mut Random, peer: usize) -> Wish {
    let jobs = &world.clients[peer].jobs;
    let job = jobs.get(random.below(jobs.len())).map_or("none", String::as_str);
    match random.below(4) {
        0 => ("job.list", json!({}), None),
        1 => ("job.cancel", json!({ "job": job }), None),
        2 => ("job.status", json!({ "job": job, "wait_ms": 30_000 }), None),
        _ => ("job.status", json!({ "job": job }), None),
    }
}

fn other(world: &World, random: &mut Random, peer: usize) -> Wish {
    let client = &world.clients[peer];
    let blobs = &client.blobs;
    let blob = blobs.get(random.below(blobs.len())).map_or("none", String::as_str);
    let subscriptions = &client.subscriptions;
    match random.below(15) {
        0..=1 => {
            let waits: Vec<u64> = client.outstanding.keys().copied().collect();
            let id = waits.get(random.below(waits.len())).copied().unwrap_or(1);
            let session = world.router.sessions().next().map(|session| session.number);
            let params = if random.one_in(3) {
                json!({ "id": id, "session": session })
            } else {
                json!({ "id": id })
            };
            ("system.cancel", params, None)
        }
        2 => ("system.status", json!({}), None),
        3 => ("system.hello", json!({ "client": "sim" }), None),
        4 => ("system.echo", json!([1, { "a": "b" }]), None),
        5 => ("system.echo", json!(["x".repeat(20_000)]), None),
        6 => ("system.echo", json!({ "big": "y".repeat(600 << 10) }), None),
        7 => ("no.such", json!({}), None),
        8 => ("blob.create", json!({ "bytes": 1000 }), None),
        9 => ("blob.write", json!({ "blob": blob, "offset": 3 }), Some(vec![7; 100])),
        10 => ("blob.read", json!({ "blob": blob, "offset": 0 }), None),
        11 => ("blob.delete", json!({ "blob": blob }), None),
        12..=13 => {
            let after = random.one_in(2).then(|| random.below(20));
            let mut params = json!({ "topics": ["project", "job"] });
            if let Some(after) = after {
                params["after"] = json!(after);
            }
            ("event.subscribe", params, None)
        }
        _ => {
            let id = subscriptions.last().map_or("none", String::as_str);
            ("event.unsubscribe", json!({ "subscription": id }), None)
        }
    }
}
