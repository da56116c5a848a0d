//! `goxe mcp config`

use goxe_mcp_bridge::clients::merge::{self, Change, MergeError, Merged};
use goxe_mcp_bridge::clients::place::{EntryPlace, Scope};
use goxe_mcp_bridge::clients::{CLIENTS, Client, NAME};
use serde::Serialize;
use serde_json::{Value, json};

use super::diff;
use super::file::ClientFile;
use super::user::User;
use crate::args::{McpConfig, McpScope};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::launch::Launch;
use crate::output::{self, DIM, GOOD, POOR, paint};

/// A file that others write too is tried again so often.
const TRIES: usize = 3;

pub(super) fn run(arguments: &McpConfig, context: &Context) -> Result<(), Failure> {
    let user = User::of(context)?;
    let launch = Launch::of(context)?;
    let Some(name) = &arguments.client else { return list(&user, &launch, context) };
    let client = named(name)?;
    let (scope, place) = place(client, arguments.scope, &user)?;
    if arguments.write || arguments.remove || arguments.dry_run {
        return change(client, scope, &place, arguments, &launch, context);
    }
    let text = launch.text(client);
    let answer = json!({
        "client": client.name(),
        "scope": scope.name(),
        "place": place.file,
        "file": place.file,
        "keys": place.keys,
        "text": text,
        "state": EntryState::of(client, &place, &launch),
    });
    // The text alone goes to standard output, so that it can be sent into a file.
    if !context.output.is_json() {
        context.output.note(format!("{} {}", paint(DIM, "goes into"), place.file.display()));
        let command = format!("goxe mcp config --client {} --write", client.name());
        context.output.note(format!("{} {command}", paint(DIM, "to put it there:")));
    }
    context.output.answer(&answer, |_| text)
}

/// The client of this name.
pub(super) fn named(name: &str) -> Result<Client, Failure> {
    Client::named(name).ok_or_else(|| {
        let names: Vec<&str> = CLIENTS.into_iter().map(Client::name).collect();
        Failure::new(Exit::Usage, "usage", format!("{name:?} is no client that goxe knows"))
            .hint(format!("one of: {}", names.join(", ")))
    })
}

/// Where the client's entry goes in this scope, or in its usual one.
fn place(
    client: Client,
    scope: Option<McpScope>,
    user: &User<'_>,
) -> Result<(Scope, EntryPlace), Failure> {
    let usual = client.scopes().first().copied().unwrap_or(Scope::User);
    let scope = match scope {
        None => usual,
        Some(McpScope::User) => Scope::User,
        Some(McpScope::Project) => Scope::Project,
        Some(McpScope::Local) => Scope::Local,
    };
    match user.place(client, scope) {
        Some(place) => Ok((scope, place)),
        None => {
            let names: Vec<&str> = client.scopes().iter().map(|scope| scope.name()).collect();
            let message = format!("{} knows no scope {:?}", client.title(), scope.name());
            Err(Failure::new(Exit::Usage, "usage", message)
                .hint(format!("one of: {}", names.join(", "))))
        }
    }
}

/// Sets the entry or takes it out; with `--dry-run` shows what that would be.
fn change(
    client: Client,
    scope: Scope,
    place: &EntryPlace,
    arguments: &McpConfig,
    launch: &Launch,
    context: &Context,
) -> Result<(), Failure> {
    let mut tries = 0;
    let (file, merged) = loop {
        let file = ClientFile::read(&place.file)?;
        let keys = place.keys_in(client, file.text());
        let merged = match arguments.remove {
            true => merge::remove(client.form(), file.text(), &keys),
            false => merge::set(client.form(), file.text(), &keys, &launch.entry(client)),
        };
        let merged = merged.map_err(|error| unreadable(place, &error))?;
        tries += 1;
        let is_new = file.text() != merged.text;
        // The client may have written its own file meanwhile: then its new text is merged.
        if arguments.dry_run || !is_new || file.replace(&merged.text, tries == TRIES)? {
            break (file, merged);
        }
    };
    let diff = diff::lines(file.text(), &merged.text);
    let answer = json!({
        "client": client.name(),
        "scope": scope.name(),
        "file": place.file,
        "change": word(&merged.change),
        "before": before(&merged.change),
        "written": !arguments.dry_run && file.text() != merged.text,
        "diff": diff.join("\n"),
        "next": client.notice(),
    });
    context.output.answer(&answer, |_| told(client, place, &merged, &diff, arguments.dry_run))
}

/// What was done, for people.
fn told(
    client: Client,
    place: &EntryPlace,
    merged: &Merged,
    diff: &[String],
    dry_run: bool,
) -> String {
    let file = place.file.display();
    let would = if dry_run { "would be " } else { "" };
    let mut text = diff::painted(diff);
    text.push_str(&match &merged.change {
        Change::Same => return format!("{NAME} is already there, just so: {file}\n"),
        Change::Absent => return format!("{NAME} is not there: {file}\n"),
        Change::Added => paint(GOOD, format!("{would}added to {file}")),
        Change::Removed(_) => paint(GOOD, format!("{would}taken out of {file}")),
        Change::Replaced(old) => {
            let note = format!("another entry named {NAME} {would}replaced in {file}");
            format!("{}\n{} {old}", paint(POOR, note), paint(DIM, "it was"))
        }
    });
    text.push('\n');
    if !dry_run && !matches!(merged.change, Change::Removed(_)) {
        text.push_str(&format!("{} {}\n", paint(DIM, "next:"), client.notice()));
        let check = format!("goxe mcp check --client {}", client.name());
        text.push_str(&format!("{} {check}\n", paint(DIM, "to see it work:")));
    }
    text
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Same => "same",
        Change::Added => "added",
        Change::Replaced(_) => "replaced",
        Change::Removed(_) => "removed",
        Change::Absent => "absent",
    }
}

fn before(change: &Change) -> Option<&Value> {
    match change {
        Change::Replaced(old) | Change::Removed(old) => Some(old),
        Change::Same | Change::Added | Change::Absent => None,
    }
}

/// A client's file that cannot be read is its owner's to mend.
pub(super) fn unreadable(place: &EntryPlace, error: &MergeError) -> Failure {
    let file = place.file.display();
    let message = match error {
        MergeError::Broken { line, column, text } => format!("{file}:{line}:{column}: {text}"),
        MergeError::Shape(_) | MergeError::TooLarge => format!("{file}: {error}"),
    };
    let mut failure = Failure::new(Exit::Failed, "client_file", message)
        .hint("correct the file by hand; it was not touched")
        .with("path", file.to_string());
    if let MergeError::Broken { line, column, .. } = error {
        failure = failure.with("line", *line).with("column", *column);
    }
    failure
}

/// Whether a client's file names this goxe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum EntryState {
    /// The very entry that would be written.
    Same,
    /// An entry of our name that says something else.
    Other,
    /// No entry of our name.
    None,
    /// The file cannot be read.
    Broken,
}

impl EntryState {
    fn of(client: Client, place: &EntryPlace, launch: &Launch) -> Self {
        let Ok(file) = ClientFile::read(&place.file) else { return EntryState::Broken };
        let keys = place.keys_in(client, file.text());
        match merge::set(client.form(), file.text(), &keys, &launch.entry(client)) {
            Ok(merged) => match merged.change {
                Change::Same => EntryState::Same,
                Change::Replaced(_) => EntryState::Other,
                Change::Added | Change::Removed(_) | Change::Absent => EntryState::None,
            },
            Err(_) => EntryState::Broken,
        }
    }

    fn words(self) -> &'static str {
        match self {
            EntryState::Same => "yes",
            EntryState::Other => "another goxe",
            EntryState::None => "no",
            EntryState::Broken => "file is broken",
        }
    }
}

fn list(user: &User<'_>, launch: &Launch, context: &Context) -> Result<(), Failure> {
    let found = |client: Client| {
        let (scope, place) = place(client, None, user).ok()?;
        let state = EntryState::of(client, &place, launch);
        Some((client, scope, place, user.has(client), state))
    };
    let found: Vec<_> = CLIENTS.into_iter().filter_map(found).collect();
    let clients: Vec<Value> = found
        .iter()
        .map(|(client, scope, place, installed, state)| {
            json!({
                "client": client.name(),
                "title": client.title(),
                "scope": scope.name(),
                "file": place.file,
                "place": place.file,
                "installed": installed,
                "state": state,
                "text": launch.text(*client),
            })
        })
        .collect();
    context.output.answer(&json!({ "clients": clients }), |_| {
        let rows = found.iter().map(|(client, _, place, installed, state)| {
            let installed = if *installed { "yes" } else { "no" };
            let file = user.short(&place.file);
            [client.name().to_owned(), installed.to_owned(), state.words().to_owned(), file]
        });
        let table = output::table(["client", "installed", "knows goxe", "its file"], rows);
        let next = "goxe mcp config --client NAME --write";
        format!("{table}\n{} {next}\n", paint(DIM, "to set one up:"))
    })
}
