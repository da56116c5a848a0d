//! The other lives of the test executable: the server, and a parent that starts one and dies.

use std::{
    env,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
};

use goxe_mcp_bridge::{daemon::Daemon, server::process, tools::Selection};
use goxe_protocol::api::{Method, project, render};

use crate::fake::{Fake, Script};

/// The argument that makes the executable a server.
pub const SERVE: &str = "serve";
/// The argument that makes it the parent of one.
pub const PARENT: &str = "parent";
/// Set when the server shall misbehave as libraries and children do.
pub const NOISE: &str = "GOXE_TEST_NOISE";

/// Serves standard input and output. `project_info` never answers.
pub fn serve() -> ExitCode {
    process::run_with(
        async || {
            let fake = Fake::new();
            fake.script(project::Info::NAME, Script::Hang);
            // Pictures that fill a pipe that nobody empties.
            let reply = serde_json::json!({ "width": 1, "height": 1, "bytes": 1, "voxels": 1 });
            fake.script(render::Image::NAME, Script::Reply(reply, Some(vec![0; 2 << 20])));
            if env::var_os(NOISE).is_some() {
                println!("a line that a library writes");
                // This child would take the client's messages, and leave its pipe non-blocking.
                let mut thief = Command::new("cat");
                thief.stdout(Stdio::null()).spawn()?.wait()?;
            }
            Ok(fake as Arc<dyn Daemon>)
        },
        Selection::default(),
    )
}

/// Starts a server on its own streams, tells its number, and waits to be killed.
pub fn parent() -> ExitCode {
    let exe = env::current_exe().expect("a path");
    let mut server = Command::new(exe).arg(SERVE).spawn().expect("a server");
    eprintln!("{}", server.id());
    let _ = server.wait();
    ExitCode::SUCCESS
}
