"""Errors of the tool, designed for the person who reads them.

Each leaf has fields, a stable `code`, a message made of its values and a `hint` that is an
action. `pipl.cli` alone catches them; the exit code is the group's. Each group is a module here:
making all of them takes 5 ms of each start.

    PiplError                        1
    ├── UsageFault                   2  the command line, the current folder
    │   ├── NoProject, NoWorkarea (NoWorkareaForBundle), NoWorkspace
    │   ├── NoTemplates, NoPackl, ManyPackls
    │   ├── PathExists, NestedProject, NotWritable, InvalidFile
    │   ├── InvalidName, InvalidIndexName, PasswordNeeded
    │   ├── UnknownTemplate, InvalidTemplate, NotMigratable, ManyStages
    │   ├── PathMissing, InvalidRelease, InvalidUrl, InUse, NotRegistered, UnknownSelection
    │   ├── SeveralAssets, NothingSelected, DestinationKept, NothingOverlaid
    │   └── InvalidReason, InvalidTime
    ├── ServerError                  3  the server does not do what it should
    │   ├── ServerDown, ServerStopped, ServerSlow, ServerBusy, ServerUntrusted
    │   ├── PortTaken, ServerDied
    │   └── AlreadyRunning, NotRunning, UnexpectedReply
    ├── AccessError                  4  who you are and what you may do
    │   └── WrongPassword, LoginExpired (TokenRefused), LoginNeeded, NotAllowed
    ├── IndexFault                   5  what the index holds
    │   ├── IndexNotFound, UserNotFound, ReleaseNotFound, AlreadyExists
    │   ├── IndexRefused, VersionTaken, UploadRefused, DamagedDownload
    │   └── TaskCycle, UnknownPackl
    ├── EnvError                     6  interpreters, resolving, installing
    │   ├── NoInterpreter, UnknownInstaller, InvalidRequirement
    │   ├── Unresolvable, ResolverFailed, InstallFailed, InvalidLock
    │   ├── NotLocked, NotInstalled, WorkspaceMoved, EnvironmentDamaged
    │   ├── NotRelocated, NotBundled, OnePlatform, InvalidBundle, OtherProject
    │   └── LockStale, NoSuchLock, NotInLock, NoCommonInterpreter
    ├── BuildError                   7
    │   └── BuildFailed, InvalidWheel, InvalidSdist
    ├── CIError                      8
    │   ├── InvalidFlow, NoCIUser, RunNotFound, WrongRunState, RunnerBusy, UnknownLedger
    │   ├── NoCIToken, LedgerAway, LedgerGone, InvalidLedgerUrl, ExtraNeeded
    │   ├── InvalidNotifier, NotifierUnknown, NotifierFailed, NotLoopback
    │   ├── TestsFailed, ProductTaken, ProductDiffers, NoProvenance, WrittenOutside
    │   ├── JobFailed, JobTimedOut, JobOutOfMemory, JobLost, ResultTooLarge
    │   └── ResourcesLacking, InvalidEngineOption, EngineMissing, SchedulerInsecure, SchedulerDown
    ├── CommandFailed, CommandTimedOut, ProgramMissing   9  a program that pipl runs
    ├── PictureNeedsGraphviz                             9
    ├── AssetFault                   12 the project's asset store and what keeps its assets
    │   ├── MarksUnreadable, CollectorBusy, NothingToUndo, StoreShared, NoStore
    │   ├── StoreReplaced, StoreMisconfigured
    │   └── NotPinned, UnknownRemote, NoRemote
    ├── RoadBlocked                  1  a step of the demo did not show what it must
    ├── DiskFull                     10
    └── FrameworkError               11  what the framework in a workspace reports
"""
