// SPDX-License-Identifier: Apache-2.0
/* What Microsoft's winrshost.exe does for one WinRM command: start the command line it is given, through cmd.exe unless
 * the client asked not to, and report the whole 32-bit exit code. A Unix exit status keeps 8 bits: 1605 would read 69.
 *
 * Everything comes by environment, so that nothing quotes it again on its way in:
 *   LAB_LINE   the command line, verbatim
 *   LAB_CMD    "1": through cmd.exe /c
 *   LAB_CODE   Windows path of the file that gets the exit code in decimal
 * The command runs in a job that ends with this process: whoever ends us ends all of it.
 * Build: x86_64-w64-mingw32-gcc -municode -O2 -s -o winrshost.exe winrshost.c
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

enum { LONGEST = 32768 };
static wchar_t given[LONGEST], line[LONGEST + 64], code_path[MAX_PATH], through_cmd[4];

static void report(DWORD code)
{
    char text[32];
    DWORD written;
    HANDLE file = CreateFileW(code_path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    sprintf(text, "%ld", (long)(int)code);
    WriteFile(file, text, (DWORD)strlen(text), &written, NULL);
    CloseHandle(file);
}

int wmain(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    PROCESS_INFORMATION started;
    STARTUPINFOW how = {sizeof how};
    DWORD code;
    HANDLE job = CreateJobObjectW(NULL, NULL);

    if (!GetEnvironmentVariableW(L"LAB_LINE", given, LONGEST)) return 250;
    if (!GetEnvironmentVariableW(L"LAB_CODE", code_path, MAX_PATH)) return 251;
    GetEnvironmentVariableW(L"LAB_CMD", through_cmd, 4);
    SetEnvironmentVariableW(L"LAB_LINE", NULL);
    SetEnvironmentVariableW(L"LAB_CODE", NULL);
    SetEnvironmentVariableW(L"LAB_CMD", NULL);
    swprintf(line, LONGEST + 64, L"%ls%ls", through_cmd[0] == L'1' ? L"C:\\windows\\system32\\cmd.exe /c " : L"", given);

    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    how.dwFlags = STARTF_USESTDHANDLES;
    how.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    how.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    how.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &how, &started)) {
        report(GetLastError());
        return 252;
    }
    AssignProcessToJobObject(job, started.hProcess);
    ResumeThread(started.hThread);
    WaitForSingleObject(started.hProcess, INFINITE);
    GetExitCodeProcess(started.hProcess, &code);
    report(code);
    // What it left running (an uninstaller's copy of itself, the desktop) goes on, as on Windows.
    limits.BasicLimitInformation.LimitFlags = 0;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    return 0;
}
