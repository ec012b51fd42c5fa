"""systemd's unit files: what is in one, and which directives systemd.unit(5), .service(5), .socket(5),
.exec(5), .kill(5) and .resource-control(5) of version 252 (Debian 12) know, as far as we use
them or might.
"""

UNIT = """Description Documentation Requires Wants BindsTo PartOf After Before Conflicts OnFailure
    ConditionPathExists StartLimitIntervalSec StartLimitBurst"""
INSTALL = "WantedBy RequiredBy Also Alias"
SOCKET = """ListenStream ListenDatagram Backlog NoDelay BindIPv6Only ReusePort FreeBind Service Accept
    SocketUser SocketGroup SocketMode KeepAlive FileDescriptorName"""
SERVICE = """Type ExecStart ExecStartPre ExecStartPost ExecReload ExecStop User Group WorkingDirectory
    StateDirectory StateDirectoryMode RuntimeDirectory Environment EnvironmentFile KillMode KillSignal
    TimeoutStopSec TimeoutStartSec Restart RestartSec RestartPreventExitStatus SuccessExitStatus
    OOMPolicy OOMScoreAdjust NotifyAccess WatchdogSec LimitNOFILE MemoryMax MemoryHigh
    CPUWeight TasksMax Sockets
    ProtectSystem ProtectHome PrivateTmp PrivateDevices PrivateUsers PrivateNetwork ProtectClock
    ProtectControlGroups ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables
    ProtectProc ProcSubset NoNewPrivileges CapabilityBoundingSet AmbientCapabilities
    RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID LockPersonality
    RemoveIPC MemoryDenyWriteExecute
    SystemCallArchitectures SystemCallFilter SystemCallErrorNumber UMask ReadWritePaths
    LoadCredential"""
KNOWN = {
    name: set(words.split())
    for name, words in (
        ("Unit", UNIT),
        ("Install", INSTALL),
        ("Socket", SOCKET),
        ("Service", SERVICE),
    )
}

Unit = dict[str, dict[str, str]]


def read(text: str) -> Unit:
    """Sections and their directives. Raises ValueError for a line that is neither."""
    found: Unit = {}
    section = ""
    for line in map(str.strip, text.splitlines()):
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            section = line[1:-1]
            found[section] = {}
            continue
        name, is_directive, value = line.partition("=")
        if not is_directive or not section:
            raise ValueError(f"'{line}' is no directive")
        found[section][name] = value
    return found


def unknown(unit: Unit) -> list[str]:
    """What systemd 252 would ignore with a warning."""
    return [
        f"[{section}] {name}"
        for section, directives in unit.items()
        for name in directives
        if name not in KNOWN.get(section, set())
    ]
