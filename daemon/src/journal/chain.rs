//! The chain hash: each revision's hash covers the change that made it and the revision before.

use sha2::{Digest, Sha256};

use super::ProjectId;

/// SHA-256 of a change's bytes.
pub type ChangeDigest = [u8; 32];

/// First half of the SHA-256 of a call's params: same params, same digest.
pub type ParamsDigest = [u8; 16];

/// The digest of a change, which enters the chain in its place.
pub fn change_digest(change: &[u8]) -> ChangeDigest {
    Sha256::digest(change).into()
}

/// The digest by which a repeated idempotency key is compared.
pub fn params_digest(params: &[u8]) -> ParamsDigest {
    let digest: [u8; 32] = Sha256::digest(params).into();
    let (half, _) = digest.split_first_chunk().expect("16 of 32 bytes");
    *half
}

/// The hash of revision `number`, which follows a revision whose hash is `before`.
pub fn next(
    before: u32,
    project: ProjectId,
    number: u64,
    author: &str,
    time_ms: i64,
    change: &ChangeDigest,
) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(before.to_le_bytes());
    hasher.update(project.0.to_le_bytes());
    hasher.update(number.to_le_bytes());
    hasher.update(time_ms.to_le_bytes());
    hasher.update((author.len() as u64).to_le_bytes());
    hasher.update(author.as_bytes());
    hasher.update(change);
    let digest: [u8; 32] = hasher.finalize().into();
    let (head, _) = digest.split_first_chunk().expect("4 of 32 bytes");
    u32::from_le_bytes(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_enters_the_hash() {
        let change = change_digest(b"change");
        let base = next(1, ProjectId(2), 3, "ann", 4, &change);
        let others = [
            next(0, ProjectId(2), 3, "ann", 4, &change),
            next(1, ProjectId(3), 3, "ann", 4, &change),
            next(1, ProjectId(2), 4, "ann", 4, &change),
            next(1, ProjectId(2), 3, "bob", 4, &change),
            next(1, ProjectId(2), 3, "ann", 5, &change),
            next(1, ProjectId(2), 3, "ann", 4, &change_digest(b"other")),
        ];
        assert_eq!(base, next(1, ProjectId(2), 3, "ann", 4, &change));
        assert!(others.iter().all(|other| *other != base));
    }
}
