//! Inside a crate the top-level modules form a graph without circles: the table says which may name which.

use std::collections::{BTreeMap, BTreeSet};

use crate::none;
use crate::tree::{SourceFile, files};

/// A module at the top of a crate, and those that its code may name, parted by blanks. Tests may name all.
type Row = (&'static str, &'static str);

/// The folder of a crate's sources, and its rows. A module without a row names no other one.
const TABLE: &[(&str, &[Row])] = &[
    ("src/", COMMAND_LINE),
    ("config/src/", CONFIG),
    ("daemon/src/", DAEMON),
    ("engine/src/", ENGINE),
    ("mcp-bridge/src/", BRIDGE),
    ("protocol/src/", PROTOCOL),
];

const COMMAND_LINE: &[Row] = &[
    ("commands", "args content context daemon demo failure files launch output progress tail"),
    ("content", "daemon failure files"),
    ("context", "args failure output"),
    ("daemon", "context failure progress"),
    ("demo", "context daemon failure files launch output"),
    ("files", "failure"),
    ("launch", "context failure output"),
    ("output", "args failure"),
    ("progress", "output"),
];

const CONFIG: &[Row] = &[
    ("error", "origin schema"),
    ("load", "duration error nearest origin paths rules schema sections shipped source"),
    ("paths", "dirs schema"),
    ("rules", "error"),
    ("schema", "nearest"),
    ("sections", "schema"),
    ("show", "load origin"),
    ("source", "error nearest origin schema sections"),
];

const DAEMON: &[Row] = &[
    ("blobs", "memory slice"),
    ("call", "memory out slice"),
    ("edit", "call errors guard journal store view"),
    ("errors", "journal store"),
    ("garbage", "blobs call memory out view"),
    ("handlers", "blobs call edit errors garbage journal router session store view work"),
    ("journal", "call"),
    (
        "lanes",
        "blobs call clock edit errors garbage guard journal memory parse slice \
         store stream view vitals work",
    ),
    ("life", "blobs clock edit handlers journal lanes limits memory net router store vitals"),
    (
        "net",
        "call clock edit garbage journal lanes limits memory out router session \
         stream vitals work",
    ),
    ("offline", "journal life store"),
    ("out", "slice"),
    (
        "router",
        "blobs call clock edit errors garbage journal limits memory out parse \
         session store view work",
    ),
    ("session", "call journal memory parse work"),
    ("store", "journal"),
    ("view", "journal"),
    ("work", "blobs call edit garbage journal limits memory parse slice store view"),
];

const ENGINE: &[Row] = &[
    ("change", "chunk content coords error layer material volume voxel"),
    ("chunk", "coords voxel"),
    ("content", "coords layer material"),
    ("edit", "chunk content coords error layer limits material progress shape volume voxel"),
    ("error", "progress"),
    ("format", "chunk coords edit layer material mesh progress volume voxel"),
    ("history", "change content error limits"),
    ("image", "change chunk content error history layer project"),
    ("layer", "error volume"),
    ("material", "voxel"),
    ("mesh", "chunk coords material progress volume voxel"),
    ("project", "change content coords edit error history layer limits material progress"),
    ("query", "chunk coords progress volume voxel"),
    ("render", "chunk coords progress query volume voxel"),
    ("shape", "coords volume voxel"),
    ("volume", "chunk coords voxel"),
];

const BRIDGE: &[Row] = &[
    ("completions", "names prompts resources tools"),
    ("daemon", "manager"),
    ("guests", "daemon manager source subscribers tools"),
    ("manager", "handover"),
    ("names", "daemon"),
    ("resources", "daemon guide manager names source tools"),
    (
        "server",
        "completions daemon guests handover manager prompts resources source subscribers \
         tools transport",
    ),
    ("source", "daemon"),
    ("subscribers", "daemon manager resources"),
    ("tools", "daemon guide handover manager"),
    ("transport", "handover"),
];

const PROTOCOL: &[Row] = &[
    ("blocking", "api client error rpc"),
    ("client", "api error frame rpc"),
    ("detect", "error"),
    ("frame", "error"),
    ("inbound", "detect error frame lines"),
    ("lines", "error frame"),
    ("openrpc", "api error reference"),
    ("reference", "api error"),
    ("rpc", "error frame"),
];

/// What one file names of the top of its crate: `crate::name`, `crate::{name, ..}`, and the same by `super`.
fn named(file: &SourceFile, inside: &str) -> BTreeSet<String> {
    let code = file.product_lines().map(|(_, line)| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    let top = "super::".repeat(inside.split('/').count());
    for way in ["crate::", &top] {
        for (at, _) in code.match_indices(way) {
            let before = code[..at].chars().next_back();
            if before
                .is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':')
            {
                continue;
            }
            found.extend(heads(&code[at + way.len()..]));
        }
    }
    found
}

/// The names that a path goes on with: one, or those of a group.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
        text.trim_start().chars().take_while(is_part).collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut heads = vec![word(group)];
    let mut depth = 0;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// The arrows that the code of a crate draws, each with a file that draws it.
fn drawn(all: &[SourceFile], folder: &str) -> BTreeMap<(String, String), String> {
    let mut arrows = BTreeMap::new();
    for file in all.iter().filter(|file| !file.is_test()) {
        let Some(inside) = file.path.strip_prefix(folder) else { continue };
        let own = inside.split(['/', '.']).next().unwrap_or_default();
        // The file at the top declares the modules.
        if matches!(inside, "lib.rs" | "main.rs") {
            continue;
        }
        for name in named(file, inside).into_iter().filter(|name| name != own) {
            arrows.entry((own.to_owned(), name)).or_insert_with(|| file.path.clone());
        }
    }
    arrows
}

fn allowed(rows: &[Row]) -> BTreeSet<(String, String)> {
    let arrows = rows.iter().flat_map(|(from, to)| {
        to.split_whitespace().map(move |to| ((*from).to_owned(), to.to_owned()))
    });
    arrows.collect()
}

#[test]
fn modules_name_what_they_may_and_nothing_else() {
    let all = files(&[".rs"]);
    let mut violations = Vec::new();
    for (folder, rows) in TABLE {
        let (drawn, allowed) = (drawn(&all, folder), allowed(rows));
        assert!(!drawn.is_empty(), "no file of {folder} was read");
        let wrong = drawn.iter().filter(|(arrow, _)| !allowed.contains(*arrow));
        violations
            .extend(wrong.map(|((from, to), file)| format!("{folder}{from} -> {to}: {file}")));
        let idle = allowed.iter().filter(|arrow| !drawn.contains_key(*arrow));
        violations
            .extend(idle.map(|(from, to)| format!("{folder}{from} -> {to}: nobody draws it")));
    }
    none("arrows between modules that differ from the table", &violations);
}

#[test]
fn no_table_has_a_circle() {
    for (folder, rows) in TABLE {
        let mut left = allowed(rows);
        // Who names nobody that is left is at the bottom of the rest.
        loop {
            let tops: BTreeSet<String> = left.iter().map(|(from, _)| from.clone()).collect();
            let before = left.len();
            left.retain(|(_, to)| tops.contains(to));
            if left.len() == before {
                break;
            }
        }
        let circle: Vec<String> = left.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
        none(&format!("circles between modules of {folder}"), &circle);
    }
}

#[test]
fn every_crate_has_a_table() {
    let all = files(&[".rs"]);
    let folders: BTreeSet<&str> = all
        .iter()
        .filter_map(|file| {
            let end = file.path.find("src/")? + "src/".len();
            file.path.get(..end).filter(|folder| folder.matches('/').count() <= 2)
        })
        .collect();
    let has = |folder: &&&str| !TABLE.iter().any(|(known, _)| known == *folder);
    let missing: Vec<String> =
        folders.iter().filter(has).map(|folder| (*folder).to_owned()).collect();
    none("crates without a table of their modules", &missing);
}

#[test]
fn names_are_found_however_they_are_written() {
    let text = "use crate::{\n    a::{b, c},\n    d,\n};\nfn f() { crate::e::g() }\n// crate::h\nuse super::super::i::J;\nuse super::k;\n";
    let file = SourceFile { path: "x/src/m/n.rs".to_owned(), text: text.to_owned() };
    let found: Vec<String> = named(&file, "m/n.rs").into_iter().collect();
    assert_eq!(found, ["a", "d", "e", "i"]);
}
