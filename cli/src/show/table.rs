//! Columns, aligned. A character is taken to be one cell wide, which holds for names and figures.

use super::paint::{Paint, Tone};
use super::words::clean;

/// Spaces between columns: two, so that a cell may hold one.
const GAP: &str = "  ";

/// A text in a table and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: clean(text.as_ref()), tone }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// Headings and rows, one line each; no line ends in spaces.
pub fn table<const N: usize>(headings: [&str; N], rows: Vec<[Cell; N]>, paint: Paint) -> String {
    let headings = headings.map(|heading| Cell::toned(heading, Tone::Heading));
    let lines: Vec<_> = std::iter::once(headings).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].width()).max().unwrap_or(0));
    lines.iter().map(|line| row(line, &widths, paint)).collect()
}

fn row<const N: usize>(cells: &[Cell; N], widths: &[usize; N], paint: Paint) -> String {
    let last = cells.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or(0);
    let mut line = String::new();
    for (column, cell) in cells.iter().enumerate().take(last + 1) {
        line.push_str(&paint.paint(cell.tone, &cell.text));
        if column < last {
            line.extend(std::iter::repeat_n(' ', widths[column] - cell.width()));
            line.push_str(GAP);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<const N: usize>(texts: [&str; N]) -> [Cell; N] {
        texts.map(Cell::from)
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let rows = vec![cells(["a", "second", "x"]), cells(["longer", "b", "y"])];
        let shown = table(["ONE", "TWO", "THREE"], rows, Paint::Off);
        assert_eq!(shown, "ONE     TWO     THREE\na       second  x\nlonger  b       y\n");
    }

    #[test]
    fn no_line_ends_in_spaces() {
        let shown = table(["NAME", "NOTE"], vec![cells(["a", ""])], Paint::Off);
        assert_eq!(shown, "NAME  NOTE\na\n");
    }

    #[test]
    fn colour_does_not_move_columns() {
        let rows = || vec![[Cell::toned("a", Tone::Good), "b".into()], ["longer".into(), "c".into()]];
        let bare = table(["X", "Y"], rows(), Paint::Off);
        let painted = table(["X", "Y"], rows(), Paint::On);
        let stripped =
            ["\x1b[1m", "\x1b[32m", "\x1b[0m"].iter().fold(painted, |text, code| text.replace(code, ""));
        assert_eq!(stripped, bare);
    }

    #[test]
    fn letters_beyond_ascii_count_as_one() {
        let shown = table(["N", "S"], vec![cells(["Zürich", "1"]), cells(["Berlin", "2"])], Paint::Off);
        assert_eq!(shown, "N       S\nZürich  1\nBerlin  2\n");
    }
}
