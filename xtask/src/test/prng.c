/* Wine before 9 has no bcryptprimitives.dll, and every program of Rust asks it for random numbers. This one gives what Wine's own
   advapi32 has. Only the tests load it: Windows has its own. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
