//! Our own icons: one path each on a grid of 16, drawn with the text's colour.

use leptos::prelude::*;

/// What an icon says. Words always stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Check,
    Cross,
    Dot,
    Ring,
    Dash,
    Question,
    Right,
    Left,
    Wrench,
    Hand,
    Warning,
    Clock,
    Search,
    Copy,
    Sun,
    Moon,
    Screen,
    Machine,
    Job,
    Disc,
    Eye,
    Quiet,
    Up,
    Down,
    Pause,
    Runs,
    Help,
    Bell,
    Dense,
    Roomy,
    Keys,
    Pulse,
}

impl Icon {
    /// All of them, for the style guide.
    pub const ALL: [Self; 32] = [
        Self::Check,
        Self::Cross,
        Self::Dot,
        Self::Ring,
        Self::Dash,
        Self::Question,
        Self::Right,
        Self::Left,
        Self::Wrench,
        Self::Hand,
        Self::Warning,
        Self::Clock,
        Self::Search,
        Self::Copy,
        Self::Sun,
        Self::Moon,
        Self::Screen,
        Self::Machine,
        Self::Job,
        Self::Disc,
        Self::Eye,
        Self::Quiet,
        Self::Up,
        Self::Down,
        Self::Pause,
        Self::Runs,
        Self::Help,
        Self::Bell,
        Self::Dense,
        Self::Roomy,
        Self::Keys,
        Self::Pulse,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Check => "M3 8.5l3.5 3.5L13 4.5",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Dot => "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5z",
            Self::Ring => "M8 3a5 5 0 1 0 0 10A5 5 0 1 0 8 3z",
            Self::Dash => "M4 8h8",
            Self::Question => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.8-1.1 1.8M8 12.4v.2",
            Self::Right => "M2.5 8h10M9 4.5L12.5 8L9 11.5",
            Self::Left => "M13.5 8h-10M7 4.5L3.5 8L7 11.5",
            Self::Wrench => {
                "M13.5 5a3.5 3.5 0 0 1-4.7 3.3L4.6 12.5a1.4 1.4 0 0 1-2-2l4.200-4.200A3.500 3.500 0 0 1 11 2.500L8.900 4.600l.4 2.100l2.100.4z"
            }
            Self::Hand => "M8 2l6 6l-6 6l-6-6zM8 5.5v3M8 10.500v.2",
            Self::Warning => "M8 2.500l6 11H2zM8 6.500v3M8 11.500v.2",
            Self::Clock => "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 1 0 0-11zM8 5v3.200l2 1.300",
            Self::Search => "M7 2.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9zM10.500 10.500L14 14",
            Self::Copy => "M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z",
            Self::Sun => {
                "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M12.600 3.400l-.7.7M4.100 11.900l-.7.7"
            }
            Self::Moon => "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
            Self::Screen => "M2 3h12v8H2zM6 14h4M8 11v3",
            Self::Machine => "M3 2.500h10v4H3zM3 9.500h10v4H3zM5.500 4.500h.1M5.500 11.500h.1",
            Self::Job => "M3 11.500a5 5 0 1 1 10 0M8 11.500L10.500 8M2 13.500h12",
            Self::Disc => {
                "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 1 0 0-11zM8 6.500a1.500 1.500 0 1 0 0 3a1.500 1.500 0 1 0 0-3z"
            }
            Self::Eye => {
                "M1.500 8s2.500-4.500 6.500-4.500S14.500 8 14.500 8s-2.500 4.500-6.500 4.500S1.500 8 1.500 8zM8 6.200a1.800 1.800 0 1 0 0 3.600a1.800 1.800 0 1 0 0-3.600z"
            }
            Self::Up => "M8 13.500v-10M4.500 7L8 3.500L11.500 7",
            Self::Down => "M8 2.500v10M4.500 9L8 12.500L11.500 9",
            Self::Pause => "M5.5 3.5v9M10.5 3.5v9",
            Self::Runs => "M2.500 4.500h11M2.500 8h7.500M2.500 11.500h4.500",
            Self::Help => {
                "M3 12.500v-3.500a5 5 0 0 1 10 0v3.500M3 9.500h1.800v3H3zM11.200 9.500H13v3h-1.800zM13 12.500c0 1.200-1.500 1.800-3.500 1.800"
            }
            Self::Bell => "M4 11.500V7a4 4 0 0 1 8 0v4.500M2.500 11.500h11M6.800 13.500h2.400",
            Self::Dense => "M3 3.500h10M3 6.500h10M3 9.500h10M3 12.500h10",
            Self::Roomy => "M3 4.500h10M3 8h10M3 11.500h10",
            Self::Keys => "M2 4h12v8H2zM4.500 6.500h.1M7 6.500h.1M9.500 6.500h.1M5 9.500h6",
            Self::Pulse => "M1.500 8.500h3l2-5.500l3 10l2-4.500h3",
            Self::Quiet => "M8 3a5 5 0 1 0 0 10A5 5 0 1 0 8 3zM4.500 11.500l7-7",
        }
    }
}

/// Draws it; hidden from those who are read to, who hear the words.
pub fn icon(which: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=which.path()></path>
        </svg>
    }
}
