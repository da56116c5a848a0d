//! Looks whether it is time for a successor: at the disk, then at the daemon.

use std::{sync::Arc, time::Duration};

use goxe_config::executable::{self, Identity};

use super::{Desk, successor::Successor};

/// A file that did not change for so long is whole.
const SETTLE: Duration = Duration::from_millis(300);
/// How often is looked at most. While the program on disk is newer and the daemon is not replaced
/// yet it is so often: files and daemons of others tell nobody.
const LOOK: Duration = Duration::from_secs(1);

/// How often is looked without any reason.
const IDLE: Duration = Duration::from_secs(5);

/// Who serves the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serving {
    /// It is not known which daemon is meant; none was needed so far.
    Unknown,
    /// None.
    Nobody,
    /// A daemon of this build.
    Build(String),
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    /// Nothing, until there is another reason to look.
    Same,
    /// Another program lies there, and the daemon is still of our build.
    Pending,
    /// This one may go on.
    Newer(Successor),
}

/// Looks whenever the desk has a reason, and now and then without one, and tells it who shall go on. Never ends by itself.
pub async fn watch(desk: Arc<Desk>, serving: impl Fn() -> Serving) {
    let (Ok(path), Ok(running)) = (executable::stable_path(), Identity::running()) else {
        // Nothing tells what to look at.
        return std::future::pending().await;
    };
    let look = || look(&Successor { path: path.clone(), identity: running }, &serving);
    loop {
        // A file that is replaced tells nobody, and neither need a daemon whose client is idle.
        let _ = tokio::time::timeout(IDLE, desk.occasion()).await;
        while desk.has_streams() {
            match look() {
                Look::Same => break,
                Look::Pending => tokio::time::sleep(LOOK).await,
                Look::Newer(successor) => {
                    tokio::time::sleep(SETTLE).await;
                    if look() == Look::Newer(successor.clone()) {
                        consider(&desk, successor).await;
                        break;
                    }
                }
            }
        }
        // A reason that comes up meanwhile is remembered.
        tokio::time::sleep(LOOK).await;
    }
}

/// Tries a program that was not tried before.
async fn consider(desk: &Desk, successor: Successor) {
    if !desk.try_once(successor.identity.to_word()) {
        return;
    }
    match successor.try_out(&desk.state()).await {
        Ok(()) => desk.want(successor),
        Err(why) => {
            // Whoever reads the client's log finds it there; `engine_health` says it too.
            let path = successor.path.display();
            let line = format!("goxe mcp: the program at {path} does not take over: {why}\n");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
            desk.refused(&successor, &why);
        }
    }
}

fn look(ours: &Successor, serving: &impl Fn() -> Serving) -> Look {
    let Ok(identity) = Identity::of(&ours.path) else { return Look::Same };
    if identity == ours.identity || identity.build() == ours.identity.build() {
        return Look::Same;
    }
    match serving() {
        Serving::Unknown => Look::Same,
        Serving::Build(build) if build == ours.identity.build() => Look::Pending,
        Serving::Nobody | Serving::Build(_) => {
            Look::Newer(Successor { path: ours.path.clone(), identity })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_is_time_once_the_program_and_the_daemon_are_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("goxe");
        fs::write(&path, "old").unwrap();
        let ours = Successor { identity: Identity::of(&path).unwrap(), path: path.clone() };
        let own = ours.identity.build();
        let check = |serving: Serving| look(&ours, &|| serving.clone());
        let another = Serving::Build("another".to_owned());
        assert_eq!(
            check(another.clone()),
            Look::Same,
            "a daemon of another build alone says nothing"
        );
        fs::remove_file(&path).unwrap();
        assert_eq!(check(another.clone()), Look::Same, "nothing is there");
        fs::write(&path, "a newer one").unwrap();
        let newer = Successor { identity: Identity::of(&path).unwrap(), path };
        assert_eq!(check(Serving::Build(own)), Look::Pending);
        assert_eq!(check(Serving::Unknown), Look::Same);
        assert_eq!(check(another), Look::Newer(newer.clone()));
        assert_eq!(check(Serving::Nobody), Look::Newer(newer));
    }
}
