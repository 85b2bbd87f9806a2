//! What recurs when: the examples of RFC 5545, zones of the world, and python-dateutil as a second opinion.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod dateutil;
mod examples;
mod feed;
mod python;
mod zones;
