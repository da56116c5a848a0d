//! How many files the process may have open, and how many of them are left for peers.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Files that are kept for the daemon itself: journal, images, log, listeners, clients that are told to
/// come again.
const OWN_FILES: usize = 64;

/// Raises the limit on open files as far as `peers` and `blobs` need it and the system allows. Returns
/// how many peers there is room for.
pub(super) fn make_room(peers: usize, blobs: usize) -> usize {
    let own = OWN_FILES.saturating_add(blobs);
    let wanted = u64::try_from(peers.saturating_add(own)).unwrap_or(u64::MAX);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return peers };
    let raised = wanted.clamp(soft, hard.max(soft));
    let files = match setrlimit(Resource::RLIMIT_NOFILE, raised, hard) {
        Ok(()) => raised,
        Err(_) => soft,
    };
    peers_within(peers, usize::try_from(files).unwrap_or(usize::MAX), own)
}

/// Peers that fit into so many files, of which the daemon has its own.
fn peers_within(peers: usize, files: usize, own: usize) -> usize {
    peers.min(files.saturating_sub(own)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_get_what_the_daemon_does_not_need() {
        let table = [
            ((1024, 2000, 128), 1024),
            ((1024, 1024, 128), 896),
            ((8, 1024, 128), 8),
            ((9, 20, 128), 1),
        ];
        for ((peers, files, own), expected) in table {
            assert_eq!(peers_within(peers, files, own), expected, "{peers} of {files} with {own}");
        }
    }
}
