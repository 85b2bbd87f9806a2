//! Calls of Windows. All `unsafe` of the agent on Windows is in this file.
//!
//! What cannot be asked gives `None`, nothing, or zero: half an answer is better than none.
#![expect(
    unsafe_code,
    reason = "windows-sys has the calls as C has them, and the agent takes no larger crate for a dozen of them"
)]

use pitstop_domain::machine::Nic;
use pitstop_domain::net::Mac;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr::{null, null_mut};
use std::time::Duration;
use windows_sys::Win32::Foundation::{ERROR_BUFFER_OVERFLOW, ERROR_SUCCESS, FILETIME};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_DNS_SERVER, GAA_FLAG_SKIP_MULTICAST, GetAdaptersAddresses,
    IF_TYPE_ETHERNET_CSMACD, IF_TYPE_IEEE80211, IP_ADAPTER_ADDRESSES_LH,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNSPEC, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6,
};
use windows_sys::Win32::Storage::FileSystem::{GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_READ, KEY_WRITE, REG_CREATED_NEW_KEY, REG_OPTION_VOLATILE, REG_SZ,
    RRF_RT_ANY, RegCloseKey, RegCreateKeyExW, RegGetValueW, RegSetValueExW,
};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNameDnsHostname, GetComputerNameExW, GetLogicalProcessorInformation,
    GetPhysicallyInstalledSystemMemory, GetSystemFirmwareTable, GetSystemTimeAsFileTime, GetTickCount64,
    GlobalMemoryStatusEx, MEMORYSTATUSEX, RSMB, RelationProcessorCore, SYSTEM_LOGICAL_PROCESSOR_INFORMATION,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThread, GetProcessTimes, GetSystemTimes, GetThreadTimes,
};
use windows_sys::Win32::System::WindowsProgramming::DRIVE_FIXED;

/// How long a processor works each minute to see how fast it is. Windows counts a thread's time in steps of 16 ms: shorter work
/// would be told wrong by more than a tenth.
pub const WORK: Duration = Duration::from_millis(400);

/// `FILETIME` counts in steps of 100 ns.
const STEPS_IN_A_SECOND: f64 = 1e7;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

const NEVER: FILETIME = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };

fn steps(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

/// Since the system was started, with the time that it slept.
pub fn uptime_ms() -> u64 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { GetTickCount64() }
}

/// Processor time that this thread has used, in seconds.
pub fn thread_seconds() -> f64 {
    let (mut begun, mut ended, mut kernel, mut user) = (NEVER, NEVER, NEVER, NEVER);
    // SAFETY: the handle needs no closing, and each of the four has room for one FILETIME.
    let done = unsafe { GetThreadTimes(GetCurrentThread(), &mut begun, &mut ended, &mut kernel, &mut user) };
    if done == 0 { 0.0 } else { (steps(kernel) + steps(user)) as f64 / STEPS_IN_A_SECOND }
}

/// How long this process runs, in seconds.
pub fn process_seconds() -> Option<f64> {
    let (mut begun, mut ended, mut kernel, mut user, mut now) = (NEVER, NEVER, NEVER, NEVER, NEVER);
    // SAFETY: the handle needs no closing, and each of the four has room for one FILETIME.
    let done =
        unsafe { GetProcessTimes(GetCurrentProcess(), &mut begun, &mut ended, &mut kernel, &mut user) };
    // SAFETY: it writes one FILETIME.
    unsafe { GetSystemTimeAsFileTime(&mut now) };
    let ran = steps(now).checked_sub(steps(begun))?;
    (done != 0).then_some(ran as f64 / STEPS_IN_A_SECOND)
}

/// Of all processors together: busy, and all.
pub fn processor_times() -> Option<(u64, u64)> {
    let (mut idle, mut kernel, mut user) = (NEVER, NEVER, NEVER);
    // SAFETY: each of the three has room for one FILETIME.
    let done = unsafe { GetSystemTimes(&mut idle, &mut kernel, &mut user) };
    // What the kernel used has idle time in it.
    let all = steps(kernel) + steps(user);
    (done != 0).then(|| (all.saturating_sub(steps(idle)), all))
}

/// Memory that programs can have, and all that Windows has, in bytes.
pub fn memory() -> Option<(u64, u64)> {
    // SAFETY: all of its fields are numbers, for which zero is a value.
    let mut found: MEMORYSTATUSEX = unsafe { std::mem::zeroed() };
    found.dwLength = u32::try_from(size_of::<MEMORYSTATUSEX>()).ok()?;
    // SAFETY: its length is told, and no more is written.
    let done = unsafe { GlobalMemoryStatusEx(&mut found) };
    (done != 0).then_some((found.ullAvailPhys, found.ullTotalPhys))
}

/// Memory that is in the machine; where the firmware does not say, what Windows has.
pub fn installed_bytes() -> u64 {
    let mut kib = 0;
    // SAFETY: it writes one u64.
    let done = unsafe { GetPhysicallyInstalledSystemMemory(&mut kib) };
    if done != 0 && kib > 0 { kib << 10 } else { memory().map_or(0, |(_, all)| all) }
}

/// `C:\` and others that do not move: no discs, no sticks, no shares.
pub fn fixed_drives() -> Vec<String> {
    // SAFETY: it takes nothing.
    let drives = unsafe { GetLogicalDrives() };
    let names = ('A'..='Z')
        .enumerate()
        .filter(|(n, _)| drives & 1 << n != 0)
        .map(|(_, letter)| format!("{letter}:\\"));
    let is_fixed = |name: &String| {
        let name = wide(name);
        // SAFETY: it ends with its NUL.
        unsafe { GetDriveTypeW(name.as_ptr()) == DRIVE_FIXED }
    };
    names.filter(is_fixed).collect()
}

/// How full the file system at `path` is, in per cent. `None`: it does not say.
pub fn percent_full(path: &str) -> Option<f64> {
    let (path, mut usable, mut all, mut free) = (wide(path), 0, 0, 0);
    // SAFETY: the path ends with its NUL, and each of the three has room for one u64.
    let done = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut usable, &mut all, &mut free) };
    (done != 0 && all > 0).then(|| all.saturating_sub(free) as f64 / all as f64 * 100.0)
}

/// Cores, not hardware threads; 0: not known.
pub fn cores() -> u32 {
    const EACH: usize = size_of::<SYSTEM_LOGICAL_PROCESSOR_INFORMATION>();
    let mut bytes = 0;
    // SAFETY: without room it says how much is needed.
    unsafe { GetLogicalProcessorInformation(null_mut(), &mut bytes) };
    let count = usize::try_from(bytes).unwrap_or_default() / EACH;
    // SAFETY: all of its fields are numbers, for which zero is a value.
    let mut found: Vec<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> = vec![unsafe { std::mem::zeroed() }; count];
    // SAFETY: there is room for as many bytes as it asked for, and it is told how many.
    let done = unsafe { GetLogicalProcessorInformation(found.as_mut_ptr(), &mut bytes) };
    if done == 0 {
        return 0;
    }
    let cores = found.iter().filter(|one| one.Relationship == RelationProcessorCore).count();
    u32::try_from(cores).unwrap_or_default()
}

/// The name of the machine.
pub fn hostname() -> String {
    let mut letters = [0; 256];
    let mut length = letters.len() as u32;
    // SAFETY: it is told how much room there is, and says how much it took.
    let done = unsafe { GetComputerNameExW(ComputerNameDnsHostname, letters.as_mut_ptr(), &mut length) };
    let name = letters.get(..length as usize).unwrap_or_default();
    if done == 0 { String::new() } else { String::from_utf16_lossy(name) }
}

/// The firmware's tables, with what Windows writes before them.
pub fn smbios_table() -> Vec<u8> {
    // SAFETY: without room it says how much is needed.
    let bytes = unsafe { GetSystemFirmwareTable(RSMB, 0, null_mut(), 0) };
    let mut table = vec![0; bytes as usize];
    // SAFETY: there is as much room as it is told.
    let written = unsafe { GetSystemFirmwareTable(RSMB, 0, table.as_mut_ptr(), bytes) };
    table.truncate(written as usize);
    table
}

/// The bytes of a value below `HKEY_LOCAL_MACHINE`.
pub fn registry_value(key: &str, name: &str) -> Option<Vec<u8>> {
    let (key, name, mut bytes) = (wide(key), wide(name), vec![0; 1024]);
    let mut length = bytes.len() as u32;
    // SAFETY: both names end with their NUL, and it is told how much room there is.
    let failed = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_ANY,
            null_mut(),
            bytes.as_mut_ptr().cast(),
            &mut length,
        )
    };
    bytes.truncate(length as usize);
    (failed == ERROR_SUCCESS).then_some(bytes)
}

/// A text below `HKEY_LOCAL_MACHINE` that Windows forgets when it ends: this one, if its key is not there yet; else what is there.
/// `None`: this program may not write there.
pub fn volatile_text(key: &str, name: &str, text: &str) -> Option<String> {
    let (path, value, content) = (wide(key), wide(name), wide(text));
    let (mut opened, mut how): (HKEY, u32) = (null_mut(), 0);
    // SAFETY: the name ends with its NUL, and `opened` and `how` have room for what is written.
    let failed = unsafe {
        RegCreateKeyExW(
            HKEY_LOCAL_MACHINE,
            path.as_ptr(),
            0,
            null(),
            REG_OPTION_VOLATILE,
            KEY_READ | KEY_WRITE,
            null(),
            &mut opened,
            &mut how,
        )
    };
    if failed != ERROR_SUCCESS {
        return None;
    }
    let there = (how != REG_CREATED_NEW_KEY)
        .then(|| super::registry::text(key, name))
        .filter(|text| !text.is_empty());
    let bytes = u32::try_from(content.len() * 2).unwrap_or_default();
    let found = there.or_else(|| {
        // SAFETY: the name ends with its NUL, and the text has as many bytes as are told.
        let failed =
            unsafe { RegSetValueExW(opened, value.as_ptr(), 0, REG_SZ, content.as_ptr().cast(), bytes) };
        (failed == ERROR_SUCCESS).then(|| text.to_owned())
    });
    // SAFETY: it was opened above, and is not used after this.
    unsafe { RegCloseKey(opened) };
    found
}

/// Cards for cables and for radio.
pub fn nics() -> Vec<Nic> {
    let flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    // As many bytes as Microsoft says to begin with; of u64, so that what is written in there lies as it must.
    let mut bytes: u32 = 15_000;
    for _ in 0..3 {
        let mut room = vec![0_u64; (bytes as usize).div_ceil(8)];
        let first: *mut IP_ADAPTER_ADDRESSES_LH = room.as_mut_ptr().cast();
        // SAFETY: there is as much room as it is told.
        match unsafe { GetAdaptersAddresses(AF_UNSPEC.into(), flags, null(), first, &mut bytes) } {
            // SAFETY: it was written, and `room` lives as long as it is read.
            ERROR_SUCCESS => return unsafe { all(first) },
            // A card came meanwhile.
            ERROR_BUFFER_OVERFLOW => {}
            _ => break,
        }
    }
    vec![]
}

/// # Safety
/// `next` is the first of a list that Windows wrote, which lives on.
unsafe fn all(mut next: *const IP_ADAPTER_ADDRESSES_LH) -> Vec<Nic> {
    let mut nics = Vec::new();
    // SAFETY: each names the next one, the last none.
    while let Some(card) = unsafe { next.as_ref() } {
        let is_card = card.IfType == IF_TYPE_ETHERNET_CSMACD || card.IfType == IF_TYPE_IEEE80211;
        if let (true, 6, [a, b, c, d, e, f, ..]) = (is_card, card.PhysicalAddressLength, card.PhysicalAddress)
        {
            nics.push(Nic {
                // SAFETY: it is a text that ends with its NUL.
                name: unsafe { text(card.FriendlyName) },
                mac: Mac([a, b, c, d, e, f]),
                link: card.OperStatus == IfOperStatusUp,
                // SAFETY: as above.
                addresses: unsafe { addresses(card) },
            });
        }
        next = card.Next;
    }
    nics
}

/// # Safety
/// A text that ends with its NUL, or none.
unsafe fn text(letters: *const u16) -> String {
    if letters.is_null() {
        return String::new();
    }
    // SAFETY: up to its NUL all can be read.
    let length = (0..).take_while(|n| unsafe { *letters.add(*n) } != 0).count();
    // SAFETY: so many were read above.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(letters, length) })
}

/// # Safety
/// As [`all`].
unsafe fn addresses(card: &IP_ADAPTER_ADDRESSES_LH) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), card.FirstUnicastAddress);
    // SAFETY: each names the next one, the last none.
    while let Some(one) = unsafe { next.as_ref() } {
        // SAFETY: Windows wrote it.
        found.extend(unsafe { address(one.Address.lpSockaddr) }.map(|address| address.to_string()));
        next = one.Next;
    }
    found
}

/// # Safety
/// It is none, or as long as its family says.
unsafe fn address(of: *const SOCKADDR) -> Option<IpAddr> {
    // SAFETY: each begins with its family.
    match unsafe { of.as_ref() }?.sa_family {
        AF_INET => {
            // SAFETY: it is of that family.
            let bytes = unsafe { (*of.cast::<SOCKADDR_IN>()).sin_addr.S_un.S_addr };
            Some(Ipv4Addr::from(bytes.to_ne_bytes()).into())
        }
        AF_INET6 => {
            // SAFETY: it is of that family.
            let bytes = unsafe { (*of.cast::<SOCKADDR_IN6>()).sin6_addr.u.Byte };
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}
