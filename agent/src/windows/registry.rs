//! Values of the registry, below `HKEY_LOCAL_MACHINE`.

use super::sys;

/// A value that is text; empty where there is none.
pub fn text(key: &str, name: &str) -> String {
    let bytes = sys::registry_value(key, name).unwrap_or_default();
    let letters: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    String::from_utf16_lossy(&letters).trim_end_matches('\0').trim().to_owned()
}

/// A value that is a number of 32 bits.
pub fn number(key: &str, name: &str) -> Option<u32> {
    Some(u32::from_le_bytes(sys::registry_value(key, name)?.try_into().ok()?))
}
