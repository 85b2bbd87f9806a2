//! One cell a machine, group by group: thousands at a glance.
//!
//! The page gets one letter a machine; each state is drawn as one SVG path, so ten thousand machines are
//! a handful of elements. A click finds the cell by its place (`public/map.js`).

use pitstop_domain::state::MachineState;

/// Width of a cell with its gap, in the drawing's units.
pub const PITCH: usize = 10;
/// Cells in one row of a large group, which takes the whole width.
const FULL: usize = 120;
/// Cells in one row of a small group: several stand side by side.
const BLOCK: usize = 30;
/// From so many machines a group is large.
const LARGE: usize = 600;

/// The path of all cells in this state; `None` when there is none.
pub fn path(cells: &str, state: MachineState, columns: usize) -> Option<String> {
    let wanted = state.letter();
    let d: String = cells
        .chars()
        .enumerate()
        .filter(|(_, c)| *c == wanted)
        .map(|(i, _)| cell(i % columns * PITCH, i / columns * PITCH, state))
        .collect();
    (!d.is_empty()).then_some(d)
}

/// Columns of a group's drawing: few machines get a short row.
pub fn columns(cells: usize) -> usize {
    if is_large(cells) { FULL } else { cells.clamp(1, BLOCK) }
}

/// Does a group take the whole width?
pub fn is_large(cells: usize) -> bool {
    cells >= LARGE
}

/// Rows of a group's drawing.
pub fn lines(cells: usize) -> usize {
    cells.div_ceil(columns(cells)).max(1)
}

/// Shapes differ as colours do: what wants attention is no plain square.
fn cell(x: usize, y: usize, state: MachineState) -> String {
    match state {
        MachineState::OwnSystem => format!("M{x} {y}h8v8h-8z"),
        MachineState::Held => format!("M{} {y}l4.5 8.5h-9z", x + 4),
        MachineState::Switching => format!("M{x} {y}l8 4l-8 4z"),
        MachineState::Returning => format!("M{} {y}l-8 4l8 4z", x + 8),
        MachineState::InMaintenance => format!("M{} {y}l4 4l-4 4l-4 -4z", x + 4),
        MachineState::Silent => format!("M{x} {y}h8v8h-8zM{} {}v5h5v-5z", x + 1, y + 1),
        MachineState::Unknown => format!("M{} {}h4v4h-4z", x + 2, y + 2),
        MachineState::ShutDown => format!("M{x} {}h8v2h-8z", y + 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_machine_is_drawn_once_in_the_path_of_its_state() {
        let cells = "oohoo";
        assert_eq!(path(cells, MachineState::OwnSystem, 100).unwrap().matches('M').count(), 4);
        assert_eq!(path(cells, MachineState::Held, 100).as_deref(), Some("M24 0l4.5 8.5h-9z"));
        assert_eq!(path(cells, MachineState::Silent, 100), None);
    }

    #[test]
    fn cells_wrap_at_the_last_column() {
        assert_eq!(
            path("ooo", MachineState::OwnSystem, 2).unwrap(),
            "M0 0h8v8h-8zM10 0h8v8h-8zM0 10h8v8h-8z"
        );
        assert_eq!((columns(3), lines(3)), (3, 1));
        assert_eq!((columns(62), lines(62)), (30, 3));
        assert_eq!((columns(10_000), lines(10_000)), (120, 84));
    }
}
