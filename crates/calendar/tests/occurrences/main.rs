//! What recurs when: the examples of RFC 5545, zones of the world, and python-dateutil as a second opinion.

mod dateutil;
mod examples;
mod python;
mod zones;
