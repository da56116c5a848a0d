//! The program that would go on, and the trial that shows whether it can.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use goxe_config::executable::{self, Identity};
use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use super::{
    SessionState, exec,
    state::{FORMAT, STATE_BYTES_MAX},
};

/// The flag that makes a program look at a session on its standard input and say what it thinks.
pub const TRIAL_FLAG: &str = "--handover-check";
/// How long that may take: it only has to start.
const TRIAL: Duration = Duration::from_secs(5);
/// How much of its answer is read.
const ANSWER_BYTES_MAX: u64 = 4_096;

/// A program file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// Where it lies.
    pub path: PathBuf,
    /// Which file it is.
    pub identity: Identity,
}

impl Successor {
    /// Starts it on trial with a session that it would have to go on with. It must understand our
    /// arguments and the session, and know its own build.
    ///
    /// # Errors
    /// Why it cannot go on, or that it is written just now.
    pub async fn try_out(&self, state: &SessionState) -> io::Result<()> {
        let session = exec::keep(&state.to_bytes())?;
        let mut command = Command::new(&self.path);
        command
            .args(arguments().skip(1))
            .arg(TRIAL_FLAG)
            .stdin(Stdio::from(session))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("it cannot be started: {error}"))
        })?;
        match tokio::time::timeout(TRIAL, said(&mut child)).await {
            Ok(said) => self.judge(&said?).map_err(io::Error::other),
            Err(_) => {
                let why = format!("it said nothing within {} s", TRIAL.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, why))
            }
        }
    }

    fn judge(&self, said: &str) -> Result<(), String> {
        let answer: Value = serde_json::from_str(said.trim())
            .map_err(|_| "it is no goxe that can go on with a session".to_owned())?;
        if let Some(why) = answer["refused"].as_str() {
            return Err(why.to_owned());
        }
        match answer["build"].as_str() {
            Some(build) if build == self.identity.build() => Ok(()),
            _ => Err("another program answered in its place".to_owned()),
        }
    }
}

/// The trial from the other side: looks at a session and says whether this program could go on.
/// True if it could.
pub fn trial(session: impl io::Read, mut answer: impl Write) -> io::Result<bool> {
    let most = u64::try_from(STATE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    session.take(most).read_to_end(&mut bytes)?;
    let said = match SessionState::from_bytes(&bytes) {
        Ok(_) => json!({ "build": executable::build(), "format": FORMAT }),
        Err(error) => json!({ "refused": error.to_string() }),
    };
    writeln!(answer, "{said}")?;
    Ok(said["refused"].is_null())
}

/// The words that this process was started with, its own name first, without a session's.
pub(super) fn arguments() -> impl Iterator<Item = OsString> {
    let is_flag = |word: &OsString| word.as_encoded_bytes().starts_with(exec::FLAG.as_bytes());
    std::env::args_os().filter(move |word| !is_flag(word))
}

async fn said(child: &mut Child) -> io::Result<String> {
    let mut said = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(ANSWER_BYTES_MAX).read_to_end(&mut said).await?;
    }
    let status = child.wait().await?;
    if !status.success() && said.is_empty() {
        return Err(io::Error::other(format!("its trial ended with {status}")));
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn successor(folder: &tempfile::TempDir, text: &str) -> Successor {
        let path = folder.path().join("goxe");
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        Successor { identity: Identity::of(&path).expect("a file"), path }
    }

    #[tokio::test]
    async fn a_program_that_cannot_go_on_is_told_apart() {
        let check = async |text: &str, expect: &str| {
            let folder = tempfile::tempdir().expect("a folder");
            let why =
                successor(&folder, text).try_out(&SessionState::default()).await.expect_err(text);
            let why = why.to_string();
            assert!(why.contains(expect), "{text}: {why}");
        };
        check("no program", "cannot be started").await;
        check("#!/bin/sh\nexit 3\n", "its trial ended with exit status: 3").await;
        check("#!/bin/sh\necho hello\n", "no goxe").await;
        check("#!/bin/sh\necho '{\"build\":\"other\"}'\n", "another program").await;
        check("#!/bin/sh\necho '{\"refused\":\"too new\"}'; exit 1\n", "too new").await;
        check("#!/bin/sh\nyes\n", "no goxe").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_says_nothing_is_given_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let silent = successor(&folder, "#!/bin/sh\nexec sleep 1000\n");
        let why = silent.try_out(&SessionState::default()).await.expect_err("it says nothing");
        assert!(why.to_string().contains("within 5 s"), "{why}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_program_that_is_written_just_now_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("goxe");
        fs::copy("/proc/self/exe", &path).expect("a copy");
        let written = fs::File::options().append(true).open(&path).expect("a file");
        let busy = Successor { identity: Identity::of(&path).expect("a file"), path };
        let why = busy.try_out(&SessionState::default()).await.expect_err("it is open for writing");
        assert_eq!(why.kind(), io::ErrorKind::ExecutableFileBusy, "{why}");
        drop(written);
    }

    #[test]
    fn a_trial_says_what_it_thinks() {
        let check = |session: &[u8]| {
            let mut said = Vec::new();
            let could = trial(session, &mut said).expect("it is written");
            (could, serde_json::from_slice::<Value>(&said).expect("JSON"))
        };
        let (could, said) = check(&SessionState::default().to_bytes());
        assert!(could && said["build"] == executable::build(), "{said}");
        let (could, said) = check(b"goxe-mcp-handover 99\n{}\n");
        assert!(!could && said["refused"].as_str().is_some_and(|why| why.contains("99")), "{said}");
    }
}
