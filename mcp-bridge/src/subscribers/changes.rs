//! Which resources another reading would be worth, after something happened.

use goxe_protocol::api::{event::ProjectEvent, job::JobItem};

use crate::{
    manager::{Happening, Notice},
    resources::Address,
};

/// What may be another than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Everything: nobody knows what was missed.
    Everything,
    /// Which projects there are, and with them the list of resources.
    List,
    /// How the daemon is.
    Daemon,
    /// One project.
    Project(String),
    /// One job.
    Job(String),
}

/// What a happening changes.
pub fn of(happening: &Happening) -> Vec<Change> {
    match happening {
        Happening::Anew | Happening::Gap => vec![Change::Everything],
        // It was told before this listener came, to whom everything is new anyway.
        Happening::Before(_) | Happening::Notice(Notice::HealthCheck { .. }) => vec![],
        Happening::Lost | Happening::Notice(_) => vec![Change::Daemon],
        Happening::Event(note) => match note.topic.as_str() {
            "project" => match serde_json::from_value::<ProjectEvent>(note.data.clone()) {
                Ok(event) if event.what == "edited" => vec![Change::Project(event.project)],
                Ok(event) if event.what == "renamed" => {
                    // It is told under one of its names only.
                    vec![Change::List, Change::Everything]
                }
                Ok(event) => vec![Change::List, Change::Project(event.project)],
                Err(_) => vec![Change::Everything],
            },
            "job" => match serde_json::from_value::<JobItem>(note.data.clone()) {
                Ok(item) => vec![Change::Job(item.job)],
                Err(_) => vec![Change::Everything],
            },
            _ => vec![],
        },
    }
}

impl Change {
    /// Whether the list of resources may be another one.
    pub fn is_of_list(&self) -> bool {
        match self {
            Change::Everything | Change::List => true,
            Change::Daemon | Change::Project(_) | Change::Job(_) => false,
        }
    }

    /// Whether what is read there may be another thing.
    pub fn touches(&self, address: &Address) -> bool {
        match (self, address) {
            // They only change with the program.
            (_, Address::Guide | Address::Config) => false,
            (Change::Everything, _) | (_, Address::Events) => true,
            (Change::List, address) => matches!(address, Address::Projects | Address::Status),
            (Change::Daemon, address) => matches!(address, Address::Status),
            (Change::Project(changed), Address::Project(name) | Address::Layer(name, _)) => {
                changed == name
            }
            (Change::Project(_), address) => matches!(address, Address::Projects),
            (Change::Job(changed), Address::Job(id) | Address::Render(id)) => changed == id,
            (Change::Job(_), _) => false,
        }
    }
}

#[cfg(test)]
mod tests;
