//! One session of each era.

use std::{ops::ControlFlow, time::Duration};

use serde_json::{Value, json};

use super::{Plan, Report, Step, Trouble, peer::Peer, scratch, short, told, trouble};

/// The newer era, without a handshake.
const NEWER: &str = "2026-07-28";
/// The older era, with one.
const OLDER: &str = "2025-11-25";

/// How long a cheap answer may take; clients begin to show a wait earlier.
const CHEAP_MAX: Duration = Duration::from_secs(10);
/// How long a call may take that starts the daemon, which may have to read its journal back.
const START_MAX: Duration = Duration::from_secs(120);
/// A start that is felt.
const START_FELT: Duration = Duration::from_secs(1);
/// How long the end may take until clients kill.
const LEAVE_MAX: Duration = Duration::from_secs(5);
/// An end that is felt.
const LEAVE_FELT: Duration = Duration::from_secs(1);
/// A list of tools that costs a model more than it should.
const TOOLS_BYTES_FELT: usize = 48 << 10;

fn client_info() -> Value {
    json!({ "name": "goxe-mcp-check", "version": env!("CARGO_PKG_VERSION") })
}

/// The session of the newer era, which does most of the work. Breaks if there is no talking to this
/// server.
pub(super) fn newer(plan: &Plan, report: &mut Report<'_>) -> ControlFlow<()> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": NEWER,
        "io.modelcontextprotocol/clientInfo": client_info(),
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut peer = match Peer::start(plan, Some(meta)) {
        Ok(peer) => peer,
        Err(error) => {
            report(trouble("start", &error, plan));
            return ControlFlow::Break(());
        }
    };
    let capabilities = match peer.ask("server/discover", json!({}), plan.start_max) {
        Ok((about, _)) => {
            report(begun("start", &peer, &about, plan));
            about["capabilities"].clone()
        }
        Err(Trouble::Refused(why)) => {
            // A server of the older era alone is still a server.
            let hint = "update the server: newer clients ask this first";
            report(Step::poor("start", format!("it knows the older era only: {why}"), hint));
            return ControlFlow::Continue(());
        }
        Err(error) => {
            noise(peer.noise.take(), report);
            report(trouble("start", &error, plan));
            return ControlFlow::Break(());
        }
    };
    let went = tools(&mut peer, plan, report).and_then(|names| {
        if names.iter().any(|name| name == "engine_health") {
            engine(&mut peer, report)?;
            scratch::run(&mut peer, plan, report)?;
        }
        offers(&mut peer, &capabilities, report)
    });
    if let Err(error) = went {
        report(trouble("session", &error, plan));
    }
    leave("end", peer, report);
    ControlFlow::Continue(())
}

/// The session of the older era.
pub(super) fn older(plan: &Plan, report: &mut Report<'_>) -> Result<(), ()> {
    let failed = |error: Trouble, report: &mut Report<'_>| {
        report(trouble("older era", &error, plan));
    };
    let mut peer = Peer::start(plan, None).map_err(|error| failed(error, report))?;
    let params =
        json!({ "protocolVersion": OLDER, "capabilities": {}, "clientInfo": client_info() });
    let (about, _) =
        peer.ask("initialize", params, plan.start_max).map_err(|error| failed(error, report))?;
    let step = begun("older era", &peer, &about, plan);
    let went = peer
        .tell("notifications/initialized", &json!({}))
        .and_then(|()| peer.ask("tools/list", json!({}), CHEAP_MAX));
    match went {
        Ok((listed, _)) if listed["tools"].is_array() => report(step),
        Ok(_) => report(Step::bad("older era", "it lists no tools", "update the server")),
        Err(error) => failed(error, report),
    }
    leave("older end", peer, report);
    Ok(())
}

/// How the start went.
fn begun(check: &'static str, peer: &Peer, about: &Value, plan: &Plan) -> Step {
    let took = peer.begun.elapsed();
    let info = match about["serverInfo"].is_object() {
        true => &about["serverInfo"],
        false => &about["_meta"]["io.modelcontextprotocol/serverInfo"],
    };
    let name = info["name"].as_str().unwrap_or("a server without a name");
    let version = info["version"].as_str().unwrap_or_default();
    let protocol = about["protocolVersion"].as_str().unwrap_or(NEWER);
    let text = format!("{name} {version} speaks {protocol}");
    let hint = "see whether the machine is busy, or the program lies on a slow disk";
    let step = match took > START_FELT {
        true => Step::poor(check, format!("{text}, and starts slowly"), hint),
        false => {
            let wait = format!("{} waits {} s", plan.client, plan.start_max.as_secs());
            Step::good(check, format!("{text}; {wait}"))
        }
    };
    step.took(took)
}

fn tools(peer: &mut Peer, plan: &Plan, report: &mut Report<'_>) -> Result<Vec<String>, Trouble> {
    let begun = std::time::Instant::now();
    let (listed, bytes) = peer.ask("tools/list", json!({}), CHEAP_MAX)?;
    let took = begun.elapsed();
    let tools = listed["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> =
        tools.iter().filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect();
    let text = format!("{} tools", names.len());
    let step = match names.len() {
        0 => Step::bad("tools", "it has no tools", plan.mend.clone()),
        _ if bytes > TOOLS_BYTES_FELT => {
            Step::poor("tools", text, "a model reads all of it: switch off what is not needed")
        }
        _ => Step::good("tools", text),
    };
    report(step.took(took).sized(bytes));
    Ok(names)
}

/// The engine behind the server: how it is, that it starts, whether it fits.
fn engine(peer: &mut Peer, report: &mut Report<'_>) -> Result<(), Trouble> {
    let begun = std::time::Instant::now();
    let (health, bytes) = peer.call("engine_health", &json!({}), CHEAP_MAX)?;
    let state = health["structuredContent"]["daemon"]["condition"].as_str().unwrap_or("?");
    let text = format!("engine_health answers; the daemon was {state}");
    report(Step::good("call", text).took(begun.elapsed()).sized(bytes));

    let begun = std::time::Instant::now();
    let (listed, bytes) = peer.call("project", &json!({ "action": "list" }), START_MAX)?;
    let took = begun.elapsed();
    if listed["isError"] == true {
        let hint = "`goxe doctor` names the cause, `goxe daemon logs` what the daemon said";
        report(Step::bad("daemon", short(&told(&listed)), hint).took(took));
        return Ok(());
    }
    let (health, _) = peer.call("engine_health", &json!({}), CHEAP_MAX)?;
    report(fits(&health["structuredContent"]).took(took).sized(bytes));
    Ok(())
}

/// Whether bridge, daemon and the program on disk are of one build.
fn fits(health: &Value) -> Step {
    let (bridge, daemon) = (&health["bridge"], &health["daemon"]);
    let server = daemon["status"]["server"].as_str().unwrap_or("the daemon");
    let pid = daemon["pid"].as_u64().unwrap_or_default();
    let data = daemon["data"].as_str().unwrap_or_default();
    let text = format!("{server}, pid {pid}, data in {data}");
    let version = bridge["version"].as_str().unwrap_or_default();
    if !version.is_empty() && !server.ends_with(version) {
        let text = format!("{text}; the bridge is {version}");
        return Step::poor("daemon", text, "`goxe daemon restart` brings both to one version");
    }
    if let Some(upgrade) = bridge["upgrade"].as_str() {
        return Step::poor("daemon", format!("{text}; {upgrade}"), "`goxe daemon restart`");
    }
    if bridge["note"].is_string() {
        let text = format!("{text}; it is of another build than the bridge");
        return Step::poor("daemon", text, "`goxe daemon restart`, when nobody else needs it");
    }
    match health["healthy"] == true {
        true => Step::good("daemon", text),
        false => Step::poor(
            "daemon",
            format!("{text}; it is not healthy"),
            "`goxe doctor` tells what is wrong",
        ),
    }
}

/// Resources and prompts, where they are announced.
fn offers(peer: &mut Peer, capabilities: &Value, report: &mut Report<'_>) -> Result<(), Trouble> {
    for (check, method, list) in
        [("resources", "resources/list", "resources"), ("prompts", "prompts/list", "prompts")]
    {
        if !capabilities[check].is_object() {
            report(Step::skipped(check, "not announced"));
            continue;
        }
        let begun = std::time::Instant::now();
        let (listed, bytes) = peer.ask(method, json!({}), CHEAP_MAX)?;
        let items = listed[list].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut step = Step::good(check, format!("{} listed", items.len()));
        if let Some(uri) = items.first().and_then(|item| item["uri"].as_str()) {
            let (read, bytes) = peer.ask("resources/read", json!({ "uri": uri }), CHEAP_MAX)?;
            step = match read["contents"].as_array().is_some_and(|it| !it.is_empty()) {
                true => {
                    Step::good(check, format!("{} listed, {uri} read", items.len())).sized(bytes)
                }
                false => {
                    Step::bad(check, format!("{uri} is listed and empty"), "update the server")
                }
            };
        }
        let sized = if step.bytes.is_none() { step.sized(bytes) } else { step };
        report(sized.took(begun.elapsed()));
    }
    Ok(())
}

/// What was on standard output that is no message.
fn noise(heard: Option<String>, report: &mut Report<'_>) {
    if let Some(heard) = heard {
        let text = format!("standard output has a line that is no message: {heard:?}");
        let hint = "only messages may go there: find who prints, such as a wrapper script or a shell's \
                    profile, and send it to standard error";
        report(Step::bad("stdout", text, hint));
    }
}

/// The end of a session.
fn leave(check: &'static str, peer: Peer, report: &mut Report<'_>) {
    let (status, took, heard) = peer.leave(LEAVE_MAX);
    noise(heard, report);
    let step = match status {
        None => {
            let text = format!("it did not end within {} s after its input", LEAVE_MAX.as_secs());
            Step::bad(check, text, "clients kill it: see what it waits for")
        }
        Some(status) if !status.success() => Step::poor(
            check,
            format!("it ended with {status}"),
            "see what it says on standard error",
        ),
        Some(_) if took > LEAVE_FELT => {
            Step::poor(check, "it ended late", "clients wait for it when they close")
        }
        Some(_) => Step::good(check, "it ended with its input"),
    };
    report(step.took(took));
}
