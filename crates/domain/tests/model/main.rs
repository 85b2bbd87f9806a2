//! A model check of the whole trip: the real decision, the store's rules, workers and executors that stop anywhere, and
//! a machine that does what machines do. Every order of events within a bound of faults is tried.
//!
//! - [`state`]: all that there is in a moment; [`normal`], [`inside`]: which moments are the same
//! - [`decide`]: the bridge to the real `step`; [`store`]: the store's transactions; [`machine`]: machine, agents, board
//! - [`moves`], [`moves_server`], [`moves_machine`]: what may happen next; [`question`], [`shut_down`]: what becomes of a question, and of an order to shut down; [`laws`]: what must hold; [`search`]: breadth first, with the shortest way
//! - [`case`]: what is searched, and rules that can be left out; [`proof`], [`mutants`]: the tests

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod case;
mod decide;
mod inside;
mod laws;
mod machine;
mod moves;
mod moves_machine;
mod moves_server;
mod mutants;
mod normal;
mod proof;
mod question;
mod search;
mod shut_down;
mod state;
mod store;
