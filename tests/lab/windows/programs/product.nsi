; SPDX-License-Identifier: Apache-2.0
; One product of the lab with an installer of its own. Definitions come from products.py:
; NAME VERSION MAKER KEY HIVE (HKLM or HKCU), and if wanted QUIET, LATE (uninstall returns before it is done), HANG.
Unicode true
Target amd64-unicode
Name "${NAME}"
InstallDir "$PROGRAMFILES64\${KEY}"
RequestExecutionLevel admin
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${KEY}"

Section
  SetRegView 64
  SetShellVarContext all
  SetOutPath "$INSTDIR"
  File "product.txt"
  WriteUninstaller "$INSTDIR\uninst.exe"
  WriteRegStr ${HIVE} "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr ${HIVE} "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr ${HIVE} "${UNINSTALL}" "Publisher" "${MAKER}"
  WriteRegStr ${HIVE} "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninst.exe"'
!ifdef QUIET
  WriteRegStr ${HIVE} "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninst.exe" /S'
!endif
SectionEnd

Section "Uninstall"
  SetRegView 64
!ifdef HANG
  Sleep 600000
!endif
!ifdef LATE
  ; The first call starts a copy of the uninstaller and returns, as NSIS does on Windows.
  ClearErrors
  ReadEnvStr $0 "LAB_SECOND_CALL"
  StrCmp $0 "1" second
  System::Call 'kernel32::SetEnvironmentVariable(t "LAB_SECOND_CALL", t "1")'
  CopyFiles /SILENT "$EXEPATH" "$TEMP\${KEY}-second.exe"
  Exec '"$TEMP\${KEY}-second.exe" /S _?=$INSTDIR'
  Goto done
second:
  Sleep 2000
!endif
  Delete "$INSTDIR\product.txt"
  Delete "$INSTDIR\uninst.exe"
  RMDir "$INSTDIR"
  DeleteRegKey ${HIVE} "${UNINSTALL}"
!ifdef LATE
done:
!endif
SectionEnd
