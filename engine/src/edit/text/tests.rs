//! Texts as one reads them.

use crate::coords::Axis;
use crate::edit::tests::{at, done, rgb, run};
use crate::edit::{Edit, Lettering, Mode, TEXT_CHARS_MAX};
use crate::error::EditFault;
use crate::project::Project;

fn write(text: &str, faces: Axis, size: u16) -> Edit {
    let lettering = Lettering { text: text.into(), at: at(10, 20, 30), faces, size };
    Edit::Text { layer: "main".into(), lettering, mode: Mode::Over(rgb(1)) }
}

/// The picture of a project: rightwards along one axis, upwards along another.
fn picture(project: &Project, right: usize, up: usize) -> Vec<String> {
    let bounds = project.bounds().unwrap();
    let (min, max) = (bounds.min().to_array(), bounds.max().to_array());
    let volume = &project.layer_by_name("main").unwrap().volume;
    let dot = |along: i32, height: i32| {
        let mut place = min;
        (place[right], place[up]) = (along, height);
        if volume.get(at(place[0], place[1], place[2])).is_solid() { '#' } else { '.' }
    };
    let row = |height: i32| (min[right]..=max[right]).map(|along| dot(along, height)).collect();
    (min[up]..=max[up]).rev().map(row).collect()
}

const HI: [&str; 7] =
    ["#...#.###", "#...#..#.", "#...#..#.", "#####..#.", "#...#..#.", "#...#..#.", "#...#.###"];

#[test]
fn a_text_is_read_from_its_side() {
    for (faces, right, up) in [(Axis::Y, 0, 2), (Axis::X, 1, 2), (Axis::Z, 0, 1)] {
        let project = done(&Project::new(), vec![write("Hi", faces, 1)]);
        assert_eq!(picture(&project, right, up), HI, "{faces:?}");
        let corner = project.bounds().unwrap();
        assert_eq!(corner.min(), at(10, 20, 30));
        assert_eq!(corner.size()[faces.index()], 1);
    }
    let large = done(&Project::new(), vec![write("Hi", Axis::Y, 3)]);
    assert_eq!(large.bounds().unwrap().size(), [27, 1, 21]);
    let spaced = done(&Project::new(), vec![write("I I", Axis::Y, 1)]);
    assert_eq!(picture(&spaced, 0, 2)[0], "###.....###");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let refused =
        |text: &str| run(&Project::new(), vec![write(text, Axis::Y, 1)]).unwrap_err().cause;
    assert_eq!(refused("5 €"), EditFault::LetterUnknown { letter: '€' });
    let long = "I".repeat(TEXT_CHARS_MAX + 1);
    assert_eq!(refused(&long), EditFault::TextTooLong { max: TEXT_CHARS_MAX });
    let lettering = Lettering { text: "HI".into(), at: at(32_760, 0, 0), faces: Axis::Y, size: 9 };
    let edit = Edit::Text { layer: "main".into(), lettering, mode: Mode::Over(rgb(1)) };
    let error = run(&Project::new(), vec![edit]).unwrap_err().cause;
    assert!(matches!(error, EditFault::OutOfBounds { .. }), "{error}");
    // Nothing to write is nothing to do.
    assert_eq!(run(&Project::new(), vec![write("", Axis::Y, 1)]).unwrap().1.group_new, None);
}
