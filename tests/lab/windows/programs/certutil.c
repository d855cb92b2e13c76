// SPDX-License-Identifier: Apache-2.0
/* A stand-in for certutil.exe, which is an empty stub in Wine. Only the two verbs the product uses:
 *   certutil -f -decode IN OUT          base64 text to bytes
 *   certutil -hashfile FILE SHA256      three lines, the second is the digest
 * Messages are Chinese in the OEM code page, as on the machines this is for: nobody may parse them.
 * Build: x86_64-w64-mingw32-gcc -municode -O2 -s -o certutil.exe certutil.c -lcrypt32 -ladvapi32
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>
#include <wchar.h>

static void say(const wchar_t *text)
{
    char bytes[1024];
    DWORD written;
    int length = WideCharToMultiByte(CP_OEMCP, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, length ? length - 1 : 0, &written, NULL);
}

static int fail(void)
{
    DWORD error = GetLastError();
    say(L"CertUtil: 命令失败\r\n");
    return error ? (int)HRESULT_FROM_WIN32(error) : 1;
}

static BYTE *read_file(const wchar_t *path, DWORD *size)
{
    BYTE *bytes;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return NULL;
    *size = GetFileSize(file, NULL);
    bytes = malloc(*size + 1);
    if (bytes && !ReadFile(file, bytes, *size, size, NULL)) bytes = NULL;
    CloseHandle(file);
    return bytes;
}

static int decode(const wchar_t *from, const wchar_t *to)
{
    DWORD size, length = 0, written = 0;
    HANDLE file;
    BYTE *bytes, *text = read_file(from, &size);
    if (!text || !CryptStringToBinaryA((char *)text, size, CRYPT_STRING_BASE64, NULL, &length, NULL, NULL)) return fail();
    bytes = malloc(length + 1);
    CryptStringToBinaryA((char *)text, size, CRYPT_STRING_BASE64, bytes, &length, NULL, NULL);
    file = CreateFileW(to, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, bytes, length, &written, NULL)) return fail();
    CloseHandle(file);
    say(L"CertUtil: -decode 命令成功完成。\r\n");
    return 0;
}

static int hash(const wchar_t *path)
{
    HCRYPTPROV provider;
    HCRYPTHASH digest;
    BYTE value[32];
    wchar_t shown[65];
    DWORD size, length = sizeof value, place;
    BYTE *bytes = read_file(path, &size);
    if (!bytes || !CryptAcquireContextW(&provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT)) return fail();
    if (!CryptCreateHash(provider, CALG_SHA_256, 0, 0, &digest) || !CryptHashData(digest, bytes, size, 0)) return fail();
    if (!CryptGetHashParam(digest, HP_HASHVAL, value, &length, 0)) return fail();
    for (place = 0; place < length; place++) swprintf(shown + 2 * place, 3, L"%02x", value[place]);
    say(L"SHA256 的 ");
    say(path);
    say(L" 哈希:\r\n");
    say(shown);
    say(L"\r\nCertUtil: -hashfile 命令成功完成。\r\n");
    return 0;
}

int wmain(int count, wchar_t **words)
{
    if (count == 5 && !wcscmp(words[1], L"-f") && !wcscmp(words[2], L"-decode")) return decode(words[3], words[4]);
    if (count == 4 && !wcscmp(words[1], L"-hashfile") && !_wcsicmp(words[3], L"SHA256")) return hash(words[2]);
    say(L"CertUtil: 未知参数\r\n");
    return (int)0x80070057;
}
