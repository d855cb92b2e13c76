; SPDX-License-Identifier: Apache-2.0
; One product of the lab with an installer of its own. Definitions come from products.py:
; NAME VERSION MAKER KEY HIVE (HKLM or HKCU), and if wanted QUIET, LATE (its uninstaller takes some seconds).
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
!ifdef LATE
  ; An uninstaller of NSIS runs from a copy of itself: the one that was started has returned by now.
  Sleep 3000
!endif
  Delete "$INSTDIR\product.txt"
  Delete "$INSTDIR\uninst.exe"
  RMDir "$INSTDIR"
  DeleteRegKey ${HIVE} "${UNINSTALL}"
SectionEnd
