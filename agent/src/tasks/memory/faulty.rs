//! Memory that is broken on purpose, to see that the test finds it.

use super::pattern::ALL;
use super::runner::{Findings, Plan, Watch, run};
use super::words::Words;

/// A bit of a word.
#[derive(Clone, Copy)]
struct Cell {
    at: usize,
    bit: u32,
}

impl Cell {
    const fn mask(self) -> u64 {
        1 << self.bit
    }
}

enum Flaw {
    /// Reads the same, whatever is written.
    Stuck { cell: Cell, one: bool },
    /// Can be cleared, but not set (`up`), or the other way round.
    NoChange { cell: Cell, up: bool },
    /// When the aggressor changes to `one`, the victim becomes `victim_one`.
    Coupled { aggressor: Cell, one: bool, victim: Cell, victim_one: bool },
    /// When the aggressor changes, the victim flips.
    Flips { aggressor: Cell, victim: Cell },
    /// One address leads to another one's cells.
    Alias { at: usize, leads_to: usize },
    /// Nothing answers at an address.
    Absent { at: usize },
    /// Reading changes the bit.
    ReadDisturbs { cell: Cell },
}

struct Faulty {
    cells: Vec<u64>,
    flaw: Option<Flaw>,
}

fn set(word: &mut u64, mask: u64, one: bool) {
    if one { *word |= mask } else { *word &= !mask }
}

impl Faulty {
    fn with(flaw: Option<Flaw>) -> Self {
        // Neither a power of two nor a multiple of a block, and with garbage in it.
        Self { cells: vec![0xdead_beef_0bad_cafe; 40_000], flaw }
    }

    fn place(&self, at: usize) -> usize {
        match self.flaw {
            Some(Flaw::Alias { at: wrong, leads_to }) if wrong == at => leads_to,
            _ => at,
        }
    }
}

impl Words for Faulty {
    fn count(&self) -> usize {
        self.cells.len()
    }

    fn address(&self, at: usize) -> u64 {
        0x7000_0000_0000 + 8 * at as u64
    }

    fn write(&mut self, at: usize, value: u64) {
        let at = self.place(at);
        let before = self.cells[at];
        self.cells[at] = value;
        let became = |cell: &Cell, one: bool| {
            cell.at == at && (before ^ value) & cell.mask() != 0 && (value & cell.mask() != 0) == one
        };
        match &self.flaw {
            Some(Flaw::Stuck { cell, one }) if cell.at == at => set(&mut self.cells[at], cell.mask(), *one),
            Some(Flaw::NoChange { cell, up }) if became(cell, *up) => {
                set(&mut self.cells[at], cell.mask(), !*up)
            }
            Some(Flaw::Coupled { aggressor, one, victim, victim_one }) if became(aggressor, *one) => {
                set(&mut self.cells[victim.at], victim.mask(), *victim_one);
            }
            Some(Flaw::Flips { aggressor, victim })
                if became(aggressor, true) || became(aggressor, false) =>
            {
                self.cells[victim.at] ^= victim.mask();
            }
            _ => {}
        }
    }

    fn read(&mut self, at: usize) -> u64 {
        let place = self.place(at);
        match &self.flaw {
            Some(Flaw::Absent { at: absent }) if *absent == at => return u64::MAX,
            Some(Flaw::ReadDisturbs { cell }) if cell.at == place => self.cells[place] ^= cell.mask(),
            _ => {}
        }
        self.cells[place]
    }

    fn forget(&mut self) {}
}

#[derive(Default)]
struct Quiet {
    stop_after: Option<u32>,
    looks: u32,
    last: u16,
}

impl Watch for Quiet {
    fn progress(&mut self, permille: u16, text: &dyn Fn() -> String) {
        assert!(permille >= self.last, "progress goes forward");
        assert!(text().starts_with("pattern "));
        self.last = permille;
        self.looks += 1;
    }
    fn fault(&mut self, text: String) {
        assert!(text.starts_with("memory error at 0x7"), "{text}");
    }
    fn is_stopped(&self) -> bool {
        self.stop_after.is_some_and(|looks| self.looks >= looks)
    }
}

fn tested(flaw: Option<Flaw>) -> Findings {
    run(&mut [vec![Faulty::with(flaw)]], &Plan { passes: 1, seed: 42 }, &mut Quiet::default())
}

const CELLS: [Cell; 4] = [
    Cell { at: 0, bit: 0 },
    Cell { at: 39_999, bit: 63 },
    Cell { at: 32_768, bit: 17 },
    Cell { at: 777, bit: 40 },
];

#[test]
fn healthy_memory_has_no_error() {
    let findings = tested(None);
    assert_eq!((findings.errors, findings.passes, findings.stopped), (0, 1, false));
    assert_eq!(findings.moved, 40_000 * 8 * 10 * ALL.len() as u64);
}

#[test]
fn a_stuck_bit_is_found_with_its_place() {
    for cell in CELLS {
        for one in [false, true] {
            let findings = tested(Some(Flaw::Stuck { cell, one }));
            assert_eq!(findings.bits, cell.mask());
            assert_eq!(findings.seen.len(), 1);
            let fault = findings.seen[0].fault;
            assert_eq!(fault.address, 0x7000_0000_0000 + 8 * cell.at as u64);
            assert_eq!(fault.expected ^ fault.got, cell.mask());
        }
    }
}

#[test]
fn a_bit_that_cannot_change_is_found() {
    for cell in CELLS {
        for up in [false, true] {
            assert_eq!(tested(Some(Flaw::NoChange { cell, up })).bits, cell.mask());
        }
    }
}

#[test]
fn a_cell_that_changes_another_is_found_in_both_directions() {
    for aggressor in CELLS {
        for victim in CELLS.into_iter().filter(|cell| cell.at != aggressor.at) {
            for (one, victim_one) in [(false, false), (false, true), (true, false), (true, true)] {
                let findings = tested(Some(Flaw::Coupled { aggressor, one, victim, victim_one }));
                assert_eq!(findings.bits, victim.mask());
            }
            assert_ne!(tested(Some(Flaw::Flips { aggressor, victim })).errors, 0);
        }
    }
}

#[test]
fn bits_of_one_word_that_change_each_other_are_found() {
    for (one, other) in [(0, 1), (5, 37), (62, 63), (16, 0), (31, 32)] {
        let (aggressor, victim) = (Cell { at: 500, bit: one }, Cell { at: 500, bit: other });
        for (one, victim_one) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_ne!(tested(Some(Flaw::Coupled { aggressor, one, victim, victim_one })).errors, 0);
        }
    }
}

#[test]
fn an_address_that_leads_elsewhere_is_found() {
    for (at, leads_to) in [(1, 2), (2, 1), (100, 39_999), (32_768, 0)] {
        assert_ne!(tested(Some(Flaw::Alias { at, leads_to })).errors, 0);
    }
}

#[test]
fn an_address_where_nothing_answers_is_found() {
    assert_eq!(tested(Some(Flaw::Absent { at: 9 })).seen.len(), 1);
}

#[test]
fn a_bit_that_reading_changes_is_found() {
    assert_ne!(tested(Some(Flaw::ReadDisturbs { cell: CELLS[2] })).errors, 0);
}

#[test]
fn a_flaw_in_one_part_does_not_hide_in_the_others() {
    let flaw = Flaw::Stuck { cell: CELLS[1], one: true };
    let mut parts = [vec![Faulty::with(None)], vec![Faulty::with(None), Faulty::with(Some(flaw))]];
    let findings = run(&mut parts, &Plan { passes: 2, seed: 1 }, &mut Quiet::default());
    assert_eq!((findings.bits, findings.passes), (CELLS[1].mask(), 2));
}

#[test]
fn a_test_that_is_asked_to_stop_stops_early() {
    let mut watch = Quiet { stop_after: Some(3), ..Quiet::default() };
    let findings = run(&mut [vec![Faulty::with(None)]], &Plan { passes: 1000, seed: 1 }, &mut watch);
    assert!(findings.stopped);
    assert!(findings.passes < 2);
}

#[test]
fn real_memory_is_tested_by_the_same_code() {
    let mut parts = [vec![vec![1u64; 50_000]], vec![vec![2u64; 50_000]]];
    struct Look;
    impl Watch for Look {
        fn progress(&mut self, _: u16, _: &dyn Fn() -> String) {}
        fn fault(&mut self, text: String) {
            panic!("{text}");
        }
        fn is_stopped(&self) -> bool {
            false
        }
    }
    let findings = run(&mut parts, &Plan { passes: 1, seed: 7 }, &mut Look);
    assert_eq!(findings.errors, 0);
}
