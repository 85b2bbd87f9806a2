//! Text from people, made harmless.

/// Columns of the text screen that firmware shows, without the last two, where some of it wraps by itself.
const COLUMNS: usize = 78;

/// Text from people as one line that means nothing to iPXE, in the letters that firmware can show.
pub(super) fn plain(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            'ä' => shown.push_str("ae"),
            'ö' => shown.push_str("oe"),
            'ü' => shown.push_str("ue"),
            'Ä' => shown.push_str("Ae"),
            'Ö' => shown.push_str("Oe"),
            'Ü' => shown.push_str("Ue"),
            'ß' => shown.push_str("ss"),
            '\u{2018}' | '\u{2019}' => shown.push('\''),
            '\u{2013}' | '\u{2014}' => shown.push('-'),
            c if c.is_ascii_alphanumeric() || " .,:()'/+-_=@%!?*<>".contains(c) => shown.push(c),
            // What ends a command, starts a variable, or cannot be shown.
            '$' | '{' | '}' | '|' | '&' | ';' | '#' | '"' | '\\' | '`' => shown.push(' '),
            c if c.is_control() || c.is_whitespace() => shown.push(' '),
            _ => shown.push('?'),
        }
    }
    // A dash in front of a word would make an option of it where the word comes first.
    let words =
        shown.split_whitespace().map(|word| word.trim_start_matches('-')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The text in lines that fit the screen.
pub(super) fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_ipxe_is_taken_out() {
        let nasty = "pc-1\nchain http://evil/ || goto home; #x ${net0/ip} && \"q\" `x` -n --name \u{1b}[2J";
        assert_eq!(plain(nasty), "pc-1 chain http://evil/ goto home x net0/ip q x n name ?2J");
    }

    #[test]
    fn letters_that_firmware_cannot_show_are_written_otherwise() {
        assert_eq!(plain("Büro Größe – ‘Łódź’"), "Buero Groesse '??d?'");
    }

    #[test]
    fn long_texts_become_lines_that_fit() {
        let text = "word ".repeat(40);
        let lines = wrapped(&plain(&text));
        assert!(lines.iter().all(|line| line.len() <= COLUMNS));
        assert_eq!(lines.join(" "), text.trim());
    }
}
