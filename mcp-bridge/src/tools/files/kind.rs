//! Kinds of files by their content: only a file of the same kind is ever replaced.

use std::path::Path;

/// How much of a file is looked at, in bytes.
pub(super) const HEAD_BYTES_MAX: usize = 64 << 10;

/// First words of lines of an `.obj`, and of its `.mtl`.
const OBJ_WORDS: &str = "v vt vn vp f l p o g s mg usemtl mtllib";
const MTL_WORDS: &str = "newmtl illum d Tr Ns Ni Ka Kd Ks Ke Tf Pr Pm Ps Pc Pcr aniso anisor norm \
                         map_Ka map_Kd map_Ks map_Ke map_Ns map_d map_Bump map_bump bump disp decal refl";

/// A kind of file that is written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// MagicaVoxel.
    Vox,
    /// glTF in one file.
    Glb,
    /// Wavefront.
    Obj,
    /// The materials of a Wavefront file.
    Mtl,
    /// A picture, or several that move.
    Png,
}

impl FileKind {
    /// What a file is by the ending of its name, in whatever case.
    pub fn of_name(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "vox" => Self::Vox,
            "glb" => Self::Glb,
            "obj" => Self::Obj,
            "mtl" => Self::Mtl,
            "png" | "apng" => Self::Png,
            _ => return None,
        })
    }

    /// Whether a file that begins with these bytes is of this kind. A text is when each of its lines
    /// is: the last one of a file that goes on may be cut.
    pub(super) fn begins(self, head: &[u8]) -> bool {
        match self {
            Self::Vox => head.starts_with(b"VOX "),
            Self::Glb => head.starts_with(b"glTF"),
            Self::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Obj => is_made_of(head, OBJ_WORDS),
            Self::Mtl => is_made_of(head, MTL_WORDS),
        }
    }
}

/// Whether every line begins with one of the words or is a comment, and not all are comments.
fn is_made_of(head: &[u8], words: &str) -> bool {
    let whole = match head.iter().rposition(|byte| *byte == b'\n') {
        Some(end) if head.len() == HEAD_BYTES_MAX => head.get(..end).unwrap_or_default(),
        _ => head,
    };
    let first = |line: &[u8]| {
        let word = line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
        word.map(|word| String::from_utf8_lossy(word).into_owned())
    };
    let mut lines = whole.split(|byte| *byte == b'\n').filter_map(first).peekable();
    let mut is_told = false;
    lines.all(|word| {
        let is_known = words.split(' ').any(|known| known == word);
        is_told |= is_known;
        is_known || word.starts_with('#')
    }) && is_told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_kind() {
        let check = |kind: FileKind, head: &str, expect: bool| {
            assert_eq!(kind.begins(head.as_bytes()), expect, "{kind:?} {head:?}");
        };
        check(FileKind::Vox, "VOX \u{96}", true);
        check(FileKind::Vox, "", false);
        check(FileKind::Glb, "glTF\u{2}", true);
        check(FileKind::Png, "PNG", false);
        check(FileKind::Obj, "# goxe\r\nmtllib a.mtl\r\n\r\no a\nv 1 2 3\nf 1 2 3", true);
        check(FileKind::Mtl, "# goxe\nnewmtl a\nKd 1 1 1\n\tillum 2\n", true);
        // Settings of a shell, keys, and what is nothing but comments.
        check(FileKind::Obj, "# ~/.bashrc\nexport PATH=/usr/bin\n", false);
        check(FileKind::Obj, "# my notes\n# more of them\n", false);
        check(FileKind::Mtl, "ssh-ed25519 AAAA me\n", false);
        check(FileKind::Obj, "v 1 2 3\nmine\n", false);
    }

    #[test]
    fn a_line_that_the_head_cuts_is_passed_over() {
        let mut head = b"v 1 2 3\n".repeat(HEAD_BYTES_MAX / 8 - 1);
        head.extend_from_slice(b"\nusemt#!");
        head.truncate(HEAD_BYTES_MAX);
        assert_eq!(head.len(), HEAD_BYTES_MAX);
        assert!(FileKind::Obj.begins(&head));
        head.truncate(HEAD_BYTES_MAX - 1);
        assert!(!FileKind::Obj.begins(&head));
    }
}
