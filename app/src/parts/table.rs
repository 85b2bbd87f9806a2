//! Lists that are sorted and paged by links: what one sees is in the address.

use super::{Icon, icon};
use crate::format;
use leptos::prelude::*;

/// By what a list is sorted, as an address has it: `name`, or `-name` from the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    pub by: String,
    pub down: bool,
}

impl Sort {
    /// Reads it off an address; empty: as the list comes.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(by) => Self { by: by.to_owned(), down: true },
            None => Self { by: text.to_owned(), down: false },
        }
    }

    /// The sort that a press on the head of this column leads to: from the start, then from the end.
    pub fn pressed(&self, by: &str) -> Self {
        Self { by: by.to_owned(), down: self.by == by && !self.down }
    }

    /// As an address has it.
    pub fn text(&self) -> String {
        format!("{}{}", if self.down { "-" } else { "" }, self.by)
    }
}

/// The head of a column that can be sorted by. `href`: the address with the sort in it.
#[component]
pub fn SortHead(
    by: &'static str,
    words: &'static str,
    sort: Sort,
    href: fn(&Sort) -> String,
    #[prop(optional)] number: bool,
) -> AnyView {
    let here = sort.by == by;
    let order = here.then_some(if sort.down { "descending" } else { "ascending" });
    let drawing = if here && sort.down { Icon::Down } else { Icon::Up };
    view! {
        <th scope="col" aria-sort=order class=number.then_some("number")>
            <a href=href(&sort.pressed(by))>{words} {icon(drawing)}</a>
        </th>
    }
    .into_any()
}

/// A window of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Counts from 1.
    pub page: u64,
    pub size: u64,
    pub total: u64,
}

impl Window {
    /// Which rows are shown, in words.
    pub fn words(&self, one: &str, many: &str) -> String {
        let first = (self.page.max(1) - 1) * self.size;
        let last = (first + self.size).min(self.total);
        format!(
            "{} to {} of {}",
            format::count((first + 1).min(last)),
            format::count(last),
            format::counted(self.total, one, many)
        )
    }

    /// The page before, if there is one.
    pub fn before(&self) -> Option<u64> {
        (self.page > 1).then(|| self.page - 1)
    }

    /// The page after, if there is one.
    pub fn after(&self) -> Option<u64> {
        (self.page.max(1) * self.size < self.total).then(|| self.page.max(1) + 1)
    }
}

/// Which window this is, and the ways to the others.
#[component]
pub fn Pages(window: Window, one: &'static str, many: &'static str, href: fn(u64) -> String) -> AnyView {
    let way = |page: Option<u64>, rel: &'static str, words: &'static str| match page {
        Some(page) => view! { <a class="button" href=href(page) rel=rel>{words}</a> }.into_any(),
        None => view! { <span class="button" aria-disabled="true">{words}</span> }.into_any(),
    };
    view! {
        <nav class="pages" aria-label="Pages of the list">
            <span class="muted figure">{window.words(one, many)}</span>
            {way(window.before(), "prev", "Previous")}
            {way(window.after(), "next", "Next")}
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_press_sorts_from_the_end_and_another_column_from_its_start() {
        let name = Sort::parse("name");
        assert_eq!(name.pressed("name").text(), "-name");
        assert_eq!(name.pressed("name").pressed("name").text(), "name");
        assert_eq!(Sort::parse("-name").pressed("seen").text(), "seen");
    }

    #[test]
    fn a_window_says_what_it_shows_and_where_there_is_more() {
        let window = |page| Window { page, size: 10, total: 25 };
        assert_eq!(window(3).words("machine", "machines"), "21 to 25 of 25 machines");
        assert_eq!((window(1).before(), window(1).after()), (None, Some(2)));
        assert_eq!((window(3).before(), window(3).after()), (Some(2), None));
        assert_eq!(Window { page: 1, size: 10, total: 0 }.words("job", "jobs"), "0 to 0 of 0 jobs");
    }
}
