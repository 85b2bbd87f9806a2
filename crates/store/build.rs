//! The migrations are compiled in: a new file there means compiling anew.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
