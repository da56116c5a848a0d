//! `goxe demo`: an assistant's work from its first call to the end, through the real MCP server, with
//! the daemon killed in the middle, in a folder of its own that no other daemon knows.

mod errands;
mod mcp;
mod scene;
mod story;
mod studio;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use goxe_config::shipped;
use goxe_mcp_bridge::manager::StopHow;
use serde_json::json;
use uuid::Uuid;

use crate::context::Context;
use crate::daemon;
use crate::failure::{Exit, Failure};
use crate::launch::{self, Launch};
use crate::output::{self, BOLD, DIM, Output, number, paint};
use errands::Balance;
use mcp::Mcp;
use scene::Part;
use story::{Story, ensure};
use studio::Studio;

/// Size of the pictures.
const PICTURE: [u32; 2] = [1280, 860];

/// The files of the demo.
struct Desk {
    folder: PathBuf,
    data: PathBuf,
    config: PathBuf,
    picture: PathBuf,
    model: PathBuf,
}

/// Runs the demo; anything that is not as it says is a failure.
pub fn run(folder: Option<PathBuf>, context: &Context) -> Result<(), Failure> {
    let desk = Desk::new(folder)?;
    let mut story = Story::new(context.output);
    story.say(&format!("goxe demo, in {}", desk.folder.display()));
    let played = play(&desk, &mut story);
    // Whatever happened, no daemon of ours is left behind.
    let stopped = stop(&desk, &mut story, context.output);
    let outcome = played?;
    stopped?;
    let answer = json!({
        "ok": true,
        "folder": desk.folder.display().to_string(),
        "picture": desk.picture.display().to_string(),
        "model": desk.model.display().to_string(),
        "steps": story.steps(),
        "kill": outcome,
    });
    let launch = Launch::of(context)?;
    context.output.answer(&answer, |_| closing(&desk, &launch))
}

fn play(desk: &Desk, story: &mut Story) -> Result<Balance, Failure> {
    story.chapter("An assistant connects");
    let mcp = story.step("goxe mcp", || connect(desk))?;
    let mut studio = Studio { mcp };
    story.step("project", || {
        let reply = studio.create()?;
        let pid = studio.pid()?;
        Ok(((), format!("{}; this first call started the daemon, pid {pid}", reply.project)))
    })?;
    story.chapter("It builds an island");
    for part in scene::parts() {
        story.step(part.label, || build(&mut studio, &part))?;
    }
    story.chapter("It makes mistakes");
    story.step("a bad edit list", || refused(&mut studio))?;
    story.step("a ball of nothing", || undone(&mut studio))?;
    let early = desk.folder.join("island-before.png");
    story.step("render", || picture(&mut studio, &early))?;
    story.chapter("It plants a forest while the boat sails, and the daemon is killed");
    let outcome = errands::run(&mut studio, story)?;
    story.chapter("It goes on as if nothing had happened");
    story.step("render", || picture(&mut studio, &desk.picture))?;
    story.step("export", || {
        let reply = studio.export(&desk.model)?;
        Ok(((), format!("{} ({})", desk.model.display(), output::bytes(reply.bytes))))
    })?;
    story.step("goodbye", || {
        studio.mcp.close()?;
        Ok(((), "the bridge left with its client; the daemon lives on".to_owned()))
    })?;
    Ok(outcome)
}

/// Starts the bridge as an assistant would, and lists its tools: no daemon is needed for that.
fn connect(desk: &Desk) -> Result<(Mcp, String), Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::new(Exit::Failed, "io", format!("cannot tell where this program is: {error}"))
    })?;
    let log = desk.folder.join("bridge.log");
    let log = std::fs::File::create(&log).map_err(|error| Failure::file("write", &log, &error))?;
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        // Nothing that chooses a daemon of the user's may reach this one.
        if name.to_str().is_some_and(|name| name.starts_with("GOXE_")) {
            command.env_remove(name);
        }
    }
    command.arg("mcp").current_dir(&desk.folder).stderr(Stdio::from(log));
    command.env("GOXE_DATA", &desk.data).env("GOXE_CONFIG", &desk.config);
    let mut mcp = Mcp::start(&mut command)?;
    let about = mcp.initialize()?;
    let tools = mcp.ask("tools/list", &json!({}))?;
    let tools = tools["tools"].as_array().map_or(0, Vec::len);
    ensure(tools > 0, || "the bridge lists no tools".to_owned())?;
    let version = about["serverInfo"]["version"].as_str().unwrap_or_default();
    Ok((mcp, format!("goxe {version} offers {tools} tools, before any daemon runs")))
}

fn build(studio: &mut Studio, part: &Part) -> Result<((), String), Failure> {
    let (mut edits, mut added) = (0_usize, 0_u64);
    for list in &part.lists {
        edits += list.len();
        added += studio.edit(part.layer, part.label, list.clone())?.added;
    }
    ensure(added > 0, || format!("the {} has no voxels", part.label))?;
    let calls = part.lists.len();
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    Ok(((), format!("{edits} edits in {calls}: {} voxels", number(added))))
}

/// An edit list whose last edit is wrong: nothing of it may happen.
fn refused(studio: &mut Studio) -> Result<((), String), Failure> {
    let before = studio.info()?;
    let mut edits = vec![scene::mistake()];
    edits.push(scene::nowhere());
    let outcome = studio.edit(scene::MISTAKE_LAYER, "a list with a bad edit", edits);
    let Err(failure) = outcome else {
        return Err(Failure::new(
            Exit::Failed,
            "demo",
            "an edit on a layer that is not there was done",
        ));
    };
    let after = studio.info()?;
    ensure(before == after, || "an edit list that was refused changed the project".to_owned())?;
    let why = failure.message.lines().next().unwrap_or_default().to_owned();
    Ok(((), format!("nothing was changed: {why}")))
}

/// A hole in the castle, and its undo.
fn undone(studio: &mut Studio) -> Result<((), String), Failure> {
    let before = studio.info()?;
    let reply = studio.edit(scene::MISTAKE_LAYER, "a ball of nothing", vec![scene::mistake()])?;
    let hole = studio.info()?;
    ensure(hole.voxels + reply.removed == before.voxels && reply.removed > 0, || {
        format!("{} voxels are left of {}, and {} went", hole.voxels, before.voxels, reply.removed)
    })?;
    studio.undo()?;
    let after = studio.info()?;
    ensure(after.voxels == before.voxels && after.layers == before.layers, || {
        "undo did not bring the castle back".to_owned()
    })?;
    Ok(((), format!("{} voxels of the castle gone, undone", number(reply.removed))))
}

fn picture(studio: &mut Studio, file: &Path) -> Result<((), String), Failure> {
    let bytes = studio.render(file, PICTURE)?;
    let size = output::bytes(u64::try_from(bytes).unwrap_or(u64::MAX));
    Ok(((), format!("{} ({size})", file.display())))
}

/// Ends the demo's daemon, if it runs.
fn stop(desk: &Desk, story: &mut Story, output: Output) -> Result<(), Failure> {
    let context = Context::for_folder(&desk.data, &desk.config, output);
    let mut options = daemon::options(&context, &context.settings()?);
    options.kill_after = Duration::from_secs(1);
    let manager = daemon::manager(options)?;
    story.step("the daemon stops", || {
        let stopped = manager.stop(StopHow::Drain);
        let stopped = stopped.or_else(|_| manager.stop(StopHow::Kill));
        let stopped = stopped
            .map_err(|error| Failure::new(Exit::Failed, "not_stopped", error.to_string()))?;
        Ok(((), if stopped { "asked to, it finished and left" } else { "none ran" }.to_owned()))
    })
}

/// How to go on, and where everything is.
fn closing(desk: &Desk, launch: &Launch) -> String {
    let facts = output::facts([
        ("picture", desk.picture.display().to_string()),
        ("model", desk.model.display().to_string()),
        ("folder", desk.folder.display().to_string()),
    ]);
    let title = paint(BOLD, "Connect an assistant to a goxe of your own");
    let again =
        paint(DIM, "`goxe mcp config --client NAME --write` puts it where the client looks");
    format!("\n{title}\n{again}\n\n{}\n{facts}", launch::all(launch))
}

impl Desk {
    fn new(chosen: Option<PathBuf>) -> Result<Self, Failure> {
        let unique = || {
            let id = Uuid::now_v7().simple().to_string();
            std::env::temp_dir().join(format!("goxe-demo-{}", &id[20..]))
        };
        let folder = chosen.unwrap_or_else(unique);
        let failed = |error: std::io::Error| Failure::file("use the folder", &folder, &error);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        let desk = Desk {
            data: folder.join("data"),
            config: folder.join("goxe.toml"),
            picture: folder.join("island.png"),
            model: folder.join("island.vox"),
            folder,
        };
        if desk.data.exists() {
            let message = format!("{} holds a demo already", desk.folder.display());
            return Err(Failure::new(Exit::Failed, "io", message).hint("choose another folder"));
        }
        std::fs::write(&desk.config, shipped::user_file())
            .map_err(|error| Failure::file("write", &desk.config, &error))?;
        Ok(desk)
    }
}
