//! The link that a phone opens at the machine, and its picture.

use super::api::PersonLink;
use pitstop_domain::id::{CallId, JobId};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// The link of a call to a person. `base`: where people reach the dashboard.
pub fn person_link(base: &str, job: JobId, call: CallId, token: &str) -> PersonLink {
    let url = format!("{}/go/{job}/{call}/{token}", base.trim_end_matches('/'));
    let (side, path) = picture(&url).unwrap_or_default();
    PersonLink { url, side, path }
}

/// Modules a side and the dark ones as a path, one horizontal stroke a run. A screen gets no stains, so the lowest level of
/// correction keeps the modules large.
fn picture(text: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let side = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(side).enumerate() {
        let mut x = 0;
        while x < side {
            let run = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                // A string takes all that is written to it.
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += run.max(1);
        }
    }
    Some((side, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_picture_has_the_three_corners_that_phones_look_for() {
        let link =
            person_link("http://10.0.0.2:3000/", JobId(Uuid::nil()), CallId(Uuid::nil()), &"ab".repeat(32));
        assert!(link.url.starts_with("http://10.0.0.2:3000/go/00000000-"));
        // The first row of a finder pattern: seven dark modules at both ends.
        let far = link.side - 7;
        assert!(link.path.starts_with("M0 0h7v1h-7z"), "{}", link.path);
        assert!(link.path.contains(&format!("M{far} 0h7v1h-7z")));
        assert!(link.path.contains(&format!("M0 {}h7v1h-7z", link.side - 1)));
    }
}
