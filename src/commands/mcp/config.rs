//! `goxe mcp config --client NAME`

use goxe_mcp_bridge::clients::{CLIENTS, Client};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::launch::{self, Launch};
use crate::output::{DIM, paint};

pub(super) fn run(client: Option<&str>, context: &Context) -> Result<(), Failure> {
    let launch = Launch::of(context)?;
    let Some(name) = client else {
        let entries: Vec<_> = CLIENTS.into_iter().map(|client| json(client, &launch)).collect();
        let answer = json!({ "clients": entries });
        return context.output.answer(&answer, |_| launch::all(&launch));
    };
    let client = Client::named(name).ok_or_else(|| {
        let names: Vec<&str> = CLIENTS.into_iter().map(Client::name).collect();
        Failure::new(Exit::Usage, "usage", format!("{name:?} is no client that goxe knows"))
            .hint(format!("one of: {}", names.join(", ")))
    })?;
    // The text alone goes to standard output, so that it can be sent into a file.
    let entry = launch.entry(client);
    if !context.output.is_json() {
        context.output.note(format!("{} {}", paint(DIM, "goes into"), entry.place));
    }
    context.output.answer(&json(client, &launch), |_| entry.text.clone())
}

fn json(client: Client, launch: &Launch) -> serde_json::Value {
    let entry = launch.entry(client);
    json!({ "client": client.name(), "place": entry.place, "text": entry.text })
}
