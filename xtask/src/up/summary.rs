//! What runs, and what does not and how to get it: the box at the end.

use std::path::Path;

#[derive(Default)]
pub struct Summary {
    running: Vec<String>,
    lacking: Vec<(String, String)>,
}

impl Summary {
    pub fn runs(&mut self, what: &str) {
        self.running.push(what.to_owned());
    }

    pub fn lacks(&mut self, what: &str, why: &str) {
        self.lacking.push((what.to_owned(), why.to_owned()));
    }

    /// `first`: the link that makes the first administrator, while there is none.
    pub fn print(&self, address: &str, first: Option<&str>, data: &Path) {
        println!("{}", framed(&self.lines(address, first, data)));
    }

    fn lines(&self, address: &str, first: Option<&str>, data: &Path) -> Vec<String> {
        let mut lines = vec![format!("Dashboard   {address}")];
        if let Some(link) = first {
            lines.push(
                "Sign in     nobody can yet: open this link once, and become the administrator".to_owned(),
            );
            lines.push(format!("            {link}"));
        }
        lines.extend(self.running.iter().map(|what| format!("Running     {what}")));
        lines.push(format!("Data        {}", data.display()));
        for (what, why) in &self.lacking {
            lines.push(format!("Missing     {what}: {why}"));
        }
        lines.push("Stop        Ctrl-C: everything started here ends with it".to_owned());
        lines
    }
}

/// Long lines stand out of the frame rather than being cut.
fn framed(lines: &[String]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default().min(96);
    let rule = "─".repeat(width + 2);
    let mut text = format!("\n┌{rule}┐\n");
    for line in lines {
        text.push_str(&format!("│ {line:width$} │\n"));
    }
    text.push_str(&format!("└{rule}┘\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_as_wide_as_the_longest_line() {
        assert_eq!(framed(&["ab".to_owned(), "c".to_owned()]), "\n┌────┐\n│ ab │\n│ c  │\n└────┘\n");
    }

    #[test]
    fn what_is_missing_is_said_with_its_reason() {
        let mut summary = Summary::default();
        summary.lacks("virtual machines", "no root");
        let lines = summary.lines("http://127.0.0.1:3000", None, Path::new("/srv/data"));
        assert!(lines.contains(&"Missing     virtual machines: no root".to_owned()), "{lines:?}");
    }
}
