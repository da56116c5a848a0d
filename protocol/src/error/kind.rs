//! The finer causes below a code, as `data.kind` carries them. Whoever answers with one and whoever
//! decides by one both take the word from here.

use super::Code;

/// Declares the kinds once: a constant for each, and the table of all.
macro_rules! kinds {
    ($($name:ident = $word:literal $code:ident $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $word;)*

        /// Every kind that is no code's own name.
        pub const KINDS: &[KindInfo] =
            &[$(KindInfo { word: $word, code: Code::$code, meaning: $meaning }),*];
    };
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// The word on the wire.
    pub word: &'static str,
    /// The code that it is below.
    pub code: Code,
    /// When it is answered.
    pub meaning: &'static str,
}

kinds! {
    TOO_DEEP = "too_deep" InvalidRequest "The JSON is nested deeper than the limit.";
    VERSION = "version" Unsupported "The frames are of another version.";
    FLAGS = "flags" Unsupported "A reserved flag is set.";
    PROTOCOL = "protocol" Unsupported "The first bytes are neither a frame nor JSON.";
    ATTACHMENT = "attachment" Unsupported "Attachments travel only in frames, and not in a batch.";
    RECOVERING = "recovering" Busy "The daemon is reading its journal back.";
    LOADING = "loading" Busy "The project is being brought into memory.";
    PROJECT_NOT_FOUND = "project_not_found" NotFound "No project has this name or number.";
    LAYER_NOT_FOUND = "layer_not_found" NotFound "The project has no such layer.";
    CHECKPOINT_NOT_FOUND = "checkpoint_not_found" NotFound "The project has no such checkpoint.";
    JOB_NOT_FOUND = "job_not_found" NotFound "The job is unknown, or was kept for long enough.";
    BLOB_NOT_FOUND = "blob_not_found" NotFound "The blob is unknown, or was kept for long enough.";
    SUBSCRIPTION_NOT_FOUND = "subscription_not_found" NotFound "The peer has no such subscription.";
    REVISION = "revision" Conflict "The project is at another revision than `if_revision`.";
    CURSOR_EXPIRED = "cursor_expired" Conflict "The revision of the cursor is no longer kept.";
    KEY_EXPIRED = "key_expired" Conflict "The idempotency key is older than what is remembered.";
    KEY_REUSED = "key_reused" Conflict "The idempotency key belongs to a call with other params.";
    PROJECT_EXISTS = "project_exists" Conflict "A project of this name exists.";
    LAYER_EXISTS = "layer_exists" Conflict "A layer of this name exists.";
    CHECKPOINT_EXISTS = "checkpoint_exists" Conflict "A checkpoint of this name exists.";
    IN_TRASH = "in_trash" Conflict "The project is in the trash.";
    NOT_IN_TRASH = "not_in_trash" Conflict "The project is not in the trash.";
    NOTHING_TO_UNDO = "nothing_to_undo" Conflict "No undo group is left.";
    NOTHING_TO_REDO = "nothing_to_redo" Conflict "No undone group is left.";
    OTHER_AUTHOR = "other_author" Conflict "The group is another author's.";
    TOO_MANY_COLORS = "too_many_colors" Conflict "The format holds fewer colours than the project.";
}
