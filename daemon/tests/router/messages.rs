//! Messages: the examples of the specification, batches, gates, long ones, too many at once.

use goxe_daemon::call::Reply;
use goxe_daemon::limits::HELLO_BYTES_MAX;
use goxe_daemon::router::Asked;
use goxe_daemon::router::route::{Handler, Route};
use goxe_daemon::session::Gate;
use goxe_daemon::work::{FreeInput, Size, Weighing, Weight};
use goxe_protocol::Error;
use goxe_protocol::api::{Attachment, Cost, MethodInfo, Role, schema};
use goxe_protocol::inbound::Form;
use serde_json::{Value, json};

use crate::cases::{set, with_project};
use crate::examples::{EXAMPLES, call, plain};
use crate::world::{TOKEN, World, limits};

const fn info(name: &'static str) -> MethodInfo {
    MethodInfo {
        name,
        doc: "",
        role: Role::Read,
        cost: Cost::Inline,
        writes: false,
        attachment: Attachment::None,
        params: schema::<Value>,
        reply: schema::<Value>,
    }
}

const METHODS: [MethodInfo; 6] = [
    info("subtract"),
    info("update"),
    info("sum"),
    info("notify_sum"),
    info("notify_hello"),
    info("get_data"),
];

fn reply(method: &str, params: &str) -> Result<Reply, Error> {
    let params = serde_json::from_str(params).unwrap();
    Reply::json(&call(method, &params).unwrap())
}

fn inline(asked: &Asked<'_>) -> Result<Reply, Error> {
    reply(asked.route.info.name, asked.params)
}

fn free(method: &'static str) -> fn(&mut FreeInput<'_>) -> Result<Reply, Error> {
    match method {
        "subtract" => |input| reply("subtract", input.params),
        "sum" => |input| reply("sum", input.params),
        "get_data" => |input| reply("get_data", input.params),
        _ => |input| reply("update", input.params),
    }
}

/// The methods of the examples, on the loop.
fn on_loop(name: &str) -> Option<&'static Route> {
    let info = METHODS.iter().find(|info| info.name == name)?;
    leaked(*info, Handler::Inline(|_, _, asked| inline(asked)))
}

/// The methods of the examples, on lanes.
fn on_lanes(name: &str) -> Option<&'static Route> {
    let info = METHODS.iter().find(|info| info.name == name)?;
    leaked(*info, Handler::Free(free(info.name)))
}

fn leaked(info: MethodInfo, handler: Handler) -> Option<&'static Route> {
    let weigh = |_: &Weighing<'_>| Weight { size: Size::Short, bytes: 1 << 10 };
    Some(Box::leak(Box::new(Route { info: Box::leak(Box::new(info)), handler, weigh })))
}

#[test]
fn the_examples_of_the_specification_hold_wherever_methods_run() {
    let tables: [fn(&str) -> Option<&'static Route>; 2] = [on_loop, on_lanes];
    for (routes, form) in tables
        .into_iter()
        .zip([Form::Frames, Form::Lines])
        .chain([(tables[1], Form::Frames), (tables[0], Form::Lines)])
    {
        let mut world = World::new();
        world.router.routes = routes;
        for example in EXAMPLES {
            let peer = world.connect_as("uid:1", Role::Read, Gate::Open, form);
            let mut bytes = Vec::new();
            let write = |out: &mut Vec<u8>| out.extend_from_slice(example.request.as_bytes());
            form.append(&mut bytes, write).unwrap();
            let got = world.exchange(peer, &bytes);
            let got = got.iter().map(|json| plain(json.to_string().as_bytes()));
            let wanted = Some(plain(example.answer.as_bytes())).filter(|json| !json.is_null());
            assert_eq!(got.collect::<Vec<_>>(), Vec::from_iter(wanted), "{}", example.name);
        }
        world.end();
    }
}

#[test]
fn a_batch_is_answered_once_whatever_its_members_are() {
    let (mut world, peer) = with_project();
    let mut members = vec![
        world.request(peer, "system.echo", json!({ "a": 1 }), Value::Null),
        world.request(peer, "voxel.edit", set("a", 9, "#0000ff"), Value::Null),
        json!({ "jsonrpc": "2.0", "method": "voxel.edit", "params": set("a", 10, "#0000ff") }),
        world.request(peer, "project.info", json!({ "project": "a" }), Value::Null),
        world.request(peer, "no.such", json!({}), Value::Null),
        world.request(peer, "voxel.read", json!({ "project": "none" }), Value::Null),
        world.request(peer, "project.create", json!({ "project": "b" }), Value::Null),
    ];
    members.push(json!(7));
    let bytes = world.clients[peer].message(&Value::Array(members), None);
    let got = world.exchange(peer, &bytes);
    let [Value::Array(answers)] = &got[..] else { panic!("one answer: {got:?}") };
    assert_eq!(answers.len(), 7, "all but the notification");
    let info = answers.iter().find(|answer| answer["result"]["voxels"].is_u64()).unwrap();
    assert_eq!(info["result"]["voxels"], 4, "both edits came before");
    world.end();
}

#[test]
fn a_batch_of_notifications_is_not_answered() {
    let (mut world, peer) = with_project();
    let edit =
        |x| json!({ "jsonrpc": "2.0", "method": "voxel.edit", "params": set("a", x, "#0000ff") });
    let bytes = world.clients[peer].message(&json!([edit(8), edit(9)]), None);
    assert!(world.exchange(peer, &bytes).is_empty());
    let info = world.ask(peer, "project.info", json!({ "project": "a" }));
    assert_eq!(info.result()["voxels"], 4);
    world.end();
}

#[test]
fn a_peer_with_a_token_says_hello_first_and_alone() {
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "system.hello", "params": { "token": TOKEN } });
    let wrong =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "system.hello", "params": { "token": "x" } });
    let status = json!({ "jsonrpc": "2.0", "id": 2, "method": "system.status" });
    let long = "x".repeat(usize::try_from(HELLO_BYTES_MAX).unwrap());
    let long =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "system.hello", "params": { "token": long } });
    for form in [Form::Frames, Form::Lines] {
        for (first, code) in [
            (&wrong, "unauthenticated"),
            (&status, "unauthenticated"),
            (&json!([hello]), "unauthenticated"),
            (&json!([]), "invalid_request"),
            (&long, "too_large"),
        ] {
            let mut world = World::new();
            let peer = world.connect_as("token:x", Role::Admin, Gate::Token, form);
            let mut bytes = world.clients[peer].message(first, None);
            bytes.extend_from_slice(&world.clients[peer].message(&hello, None));
            let got = world.exchange(peer, &bytes);
            assert_eq!(got.len(), 1, "nothing else is decoded: {got:?}");
            let answer = if got[0].is_array() { &got[0][0] } else { &got[0] };
            assert_eq!(answer["error"]["data"]["kind"], code, "{first}");
            assert!(!world.clients[peer].open);
            world.end();
        }
        let mut world = World::new();
        let peer = world.connect_as("token:x", Role::Admin, Gate::Token, form);
        let mut bytes = world.clients[peer].message(&hello, None);
        bytes.extend_from_slice(&world.clients[peer].message(&status, None));
        let got = world.exchange(peer, &bytes);
        assert_eq!(got.len(), 2);
        assert_eq!(got[1]["result"]["state"], "ready");
        world.end();
    }
}

#[test]
fn a_peer_with_too_much_in_flight_is_not_read_until_it_has_less() {
    let (mut world, peer) = with_project();
    let max = world.router.limits.in_flight_max;
    let mut bytes = Vec::new();
    for _ in 0..max * 3 {
        let json = world.request(peer, "project.info", json!({ "project": "a" }), Value::Null);
        bytes.extend_from_slice(&world.clients[peer].message(&json, None));
    }
    world.send(peer, &bytes);
    assert!(world.clients[peer].paused);
    assert_eq!(world.router.session(world.clients[peer].id).unwrap().in_flight(), max);
    world.run(0);
    world.finish();
    assert_eq!(world.router.session(world.clients[peer].id).unwrap().in_flight(), max);
    world.settle();
    assert!(world.clients[peer].outstanding.is_empty() && !world.clients[peer].paused);
    world.end();
}

#[test]
fn a_long_message_is_parsed_on_a_lane_and_keeps_its_place() {
    let (mut world, peer) = with_project();
    let voxels: Vec<Value> =
        (0..20_000).map(|x| json!({ "at": [x, 5, 0], "color": "#010203" })).collect();
    let edits = json!([{ "edit": "set", "voxels": voxels }]);
    let params = json!({ "project": "a", "edits": edits });
    let before = world.router.memory.held();
    let edit = world.call(peer, "voxel.edit", params.clone());
    assert!(world.router.memory.held() > before + (512 << 10), "it is charged while it is parsed");
    let info = world.call(peer, "project.info", json!({ "project": "a" }));
    assert!(world.clients[peer].paused, "nothing is read before it is parsed");
    world.settle();
    assert_eq!(world.answer(peer, edit).result()["added"], 20_000);
    assert_eq!(world.answer(peer, info).result()["voxels"], 20_002);
    // Its peer goes while a lane has it.
    world.call(peer, "voxel.edit", params);
    world.disconnect(peer);
    world.end();
}

#[test]
fn an_answer_that_is_too_large_says_so() {
    let mut limits = limits();
    limits.reply_bytes_max = 4 << 10;
    let mut world = World::with(limits);
    let peer = world.connect();
    world.ask(peer, "project.create", json!({ "project": "a" })).result();
    world.ask(peer, "voxel.edit", set("a", 0, "#ff0000")).result();
    let within = json!({ "min": [0, 0, 0], "max": [15, 15, 15] });
    let dense = json!({ "project": "a", "within": within, "form": "dense" });
    assert_eq!(world.ask(peer, "voxel.read", dense).error(), "too_large");
    let inside = world.request(peer, "system.describe", json!({}), Value::Null);
    let bytes = world.clients[peer].message(&json!([inside]), None);
    let got = world.exchange(peer, &bytes);
    assert_eq!(got[0][0]["error"]["data"]["kind"], "too_large");
    world.end();
}

#[test]
fn an_id_in_flight_is_not_used_again() {
    let (mut world, peer) = with_project();
    let info = world.request(peer, "project.info", json!({ "project": "a" }), Value::Null);
    let again = json!({ "jsonrpc": "2.0", "id": info["id"], "method": "system.status" });
    let mut bytes = world.clients[peer].message(&info, None);
    world.send(peer, &bytes);
    bytes = world.clients[peer].message(&again, None);
    let got = world.exchange(peer, &bytes);
    assert_eq!(got[0]["error"]["code"], -32600);
    assert_eq!(got[1]["result"]["voxels"], 2);
    world.end();
}
