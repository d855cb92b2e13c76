@echo off
rem SPDX-License-Identifier: Apache-2.0
rem zhengban's collector for Windows: writes what "zhengban facts import" reads. Needs cmd.exe and reg.exe.
rem It changes nothing. Run it as administrator:  zhengban-collector.cmd [FILE_OR_FOLDER]
setlocal
set "OUT=%~1"
if "%OUT%"=="" set "OUT=%~dp0."
if exist "%OUT%\" set "OUT=%OUT%\%COMPUTERNAME%.zhengban.txt"
set "PART=%OUT%.partial"
set "MARK=%RANDOM%-%RANDOM%-%RANDOM%-%RANDOM%"
set "REG=%SystemRoot%\System32\reg.exe"
set "MACHINE=/reg:64"
set "UNINSTALL=SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
set "CURRENT=HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
if /i "%PROCESSOR_ARCHITECTURE%%PROCESSOR_ARCHITEW6432%"=="x86" set "MACHINE="

rem Where the console cannot do it, the texts come in the machine's own code page, which is asked for below.
chcp 65001 >nul 2>nul

echo zhengban.windows/1 %MARK%>"%PART%"
if not exist "%PART%" goto :unwritten
call :environment
call :query "HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage" /v OEMCP
call :query "HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation" /v ActiveTimeBias
call :query "HKCU\Control Panel\International" /v sShortDate
call :query "%CURRENT%"
call :query "%CURRENT%\ProfileList" /s
call :query "HKLM\SOFTWARE\Microsoft\Cryptography" /v MachineGuid %MACHINE%
call :query "HKLM\SYSTEM\CurrentControlSet\Services\mssmbios\Data" /v SMBiosData
call :query "HKLM\%UNINSTALL%" /s %MACHINE%
if not "%MACHINE%"=="" call :query "HKLM\%UNINSTALL%" /s /reg:32
call :query HKU
for /f "tokens=2 delims=\" %%S in ('%REG% query HKU') do call :user "%%S"
echo %MARK% end>>"%PART%"
move /y "%PART%" "%OUT%" >nul
if not exist "%OUT%" goto :unwritten
echo wrote %OUT%
exit /b 0

:environment
echo %MARK% ask set>>"%PART%"
for %%N in (COMPUTERNAME SystemRoot SystemDrive ProgramFiles ProgramW6432 ProgramData CommonProgramFiles PROCESSOR_ARCHITECTURE PROCESSOR_ARCHITEW6432) do call :variable %%N
echo ZHENGBAN_CLOCK=%DATE% %TIME%>>"%PART%"
echo %MARK% code 0 >>"%PART%"
goto :eof

:variable
call set "VALUE=%%%~1%%"
if not "%VALUE%"=="" echo %~1=%VALUE%>>"%PART%"
goto :eof

:user
call :query "HKU\%~1\%UNINSTALL%" /s
call :query "HKU\%~1\SOFTWARE\Microsoft\Windows\CurrentVersion"
goto :eof

:query
echo %MARK% ask query %*>>"%PART%"
%REG% query %*>>"%PART%" 2>nul
echo %MARK% code %ERRORLEVEL% >>"%PART%"
goto :eof

:unwritten
echo %OUT% cannot be written
exit /b 2
