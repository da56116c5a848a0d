//! What the letters of a picture stand for.

use std::collections::BTreeMap;

use goxe_protocol::api::types::Color;

/// What stands for an empty voxel.
const EMPTY: char = '.';
/// What stands for the colours that are left when letters end.
const OTHER: char = '#';
/// More letters are hard to tell apart; then colours that are near share one.
const LETTERS_MAX: usize = 26;
/// How far colours of one letter may lie apart for each of red, green and blue, tried in turn.
const TOLERANCES: [u8; 6] = [0, 8, 16, 32, 48, 64];

type Cell = [u8; 4];

/// Letters for the colours of some voxels, the most frequent first.
pub(super) struct Legend {
    letters: BTreeMap<Cell, char>,
    names: BTreeMap<char, String>,
}

/// Colours that share a letter.
struct Group {
    first: Cell,
    voxels: u64,
    members: Vec<Cell>,
}

impl Legend {
    /// The legend of a dense read: four bytes a voxel.
    pub(super) fn of(voxels: &[u8]) -> Self {
        let mut counts: BTreeMap<Cell, u64> = BTreeMap::new();
        for cell in voxels.chunks_exact(4).filter_map(|cell| Cell::try_from(cell).ok()) {
            if cell[3] != 0 {
                *counts.entry(cell).or_default() += 1;
            }
        }
        let mut colors: Vec<(Cell, u64)> = counts.into_iter().collect();
        colors.sort_by_key(|(cell, count)| (std::cmp::Reverse(*count), *cell));
        let fits = |tolerance: &u8| grouped(&colors, *tolerance).is_some();
        let tolerance = TOLERANCES.into_iter().find(|tolerance| fits(tolerance));
        match tolerance.and_then(|tolerance| Some((tolerance, grouped(&colors, tolerance)?))) {
            Some((tolerance, groups)) => named(groups, tolerance),
            None => named(most_frequent(&colors), 0),
        }
    }

    /// The letter of a voxel.
    pub(super) fn letter(&self, cell: &[u8]) -> char {
        match Cell::try_from(cell) {
            Ok(cell) if cell[3] != 0 => self.letters.get(&cell).copied().unwrap_or(OTHER),
            _ => EMPTY,
        }
    }

    /// What the letters mean.
    pub(super) fn into_names(self) -> BTreeMap<char, String> {
        self.names
    }
}

/// Colours put to the first, most frequent one they are near; none if those are too many.
fn grouped(colors: &[(Cell, u64)], tolerance: u8) -> Option<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for (cell, count) in colors {
        let near = |group: &Group| is_near(group.first, *cell, tolerance);
        match groups.iter().position(near) {
            Some(found) => {
                groups[found].voxels += count;
                groups[found].members.push(*cell);
            }
            None if groups.len() == LETTERS_MAX => return None,
            None => groups.push(Group { first: *cell, voxels: *count, members: vec![*cell] }),
        }
    }
    Some(groups)
}

fn most_frequent(colors: &[(Cell, u64)]) -> Vec<Group> {
    let group =
        |(cell, count): &(Cell, u64)| Group { first: *cell, voxels: *count, members: vec![*cell] };
    colors.iter().take(LETTERS_MAX).map(group).collect()
}

fn is_near(a: Cell, b: Cell, tolerance: u8) -> bool {
    a[3] == b[3] && a[..3].iter().zip(&b[..3]).all(|(a, b)| a.abs_diff(*b) <= tolerance)
}

fn named(groups: Vec<Group>, tolerance: u8) -> Legend {
    let mut legend = Legend { letters: BTreeMap::new(), names: BTreeMap::new() };
    for (letter, group) in ('A'..='Z').zip(groups) {
        let [r, g, b, slot] = group.first;
        let mut name = Color { rgb: [r, g, b] }.to_string();
        if group.members.len() > 1 {
            name.push_str(&format!(" and near ({} shades, +-{tolerance})", group.members.len()));
        }
        if slot != 1 {
            name.push_str(&format!(" material {slot}"));
        }
        name.push_str(&format!(" x{}", group.voxels));
        legend.names.insert(letter, name);
        legend.letters.extend(group.members.into_iter().map(|cell| (cell, letter)));
    }
    if groups_left(&legend) {
        legend.names.insert(OTHER, "other colours".to_owned());
    }
    legend
}

/// Whether all letters are used up by single colours: then there may be others.
fn groups_left(legend: &Legend) -> bool {
    legend.names.len() == LETTERS_MAX && legend.letters.len() == LETTERS_MAX
}
