"""What the live program says in its log: every event with its level and meaning. Docs and a test read this table."""

from __future__ import annotations

from typing import Final

LOG_EVENTS: Final[dict[str, tuple[str, str]]] = {
    "warming": (
        "info",
        "Kernels are compiled or loaded, before anything is read; what sockets give meanwhile is kept.",
    ),
    "warm": ("info", "That is done; it took `took_s`."),
    "driven_anew": (
        "warning",
        "No snapshot could be read: another version wrote it, or it is damaged. The detectors are driven over the rows of the store first, which takes as long as a replay of them; nothing need be done.",
    ),
    "decoders_lost": (
        "warning",
        "What the decoder of `line` remembered cannot be had (`error` says why): it began anew where the store is, and a message of which it had half is lost, at most one of each sender. Nothing need be done.",
    ),
    "driving_anew": ("info", "How much of that is done; said every ten seconds."),
    "stopped_early": (
        "info",
        "Ended as told while the detectors were driven anew: the next start begins with it again.",
    ),
    "live": ("info", "Sources are started; `waits_for` names what has to be read again first."),
    "caught_up": ("info", "What was read again is done; results are published from here on."),
    "bytes_lost": (
        "warning",
        "A source gave nothing for a minute of what the store waits for: a journal or topic has lost it. The program goes on without.",
    ),
    "idle": (
        "info",
        "Nothing comes any more, and everything is durable and sent; `positions` are where each line stands.",
    ),
    "source_connected": ("info", "A source gave its first bytes."),
    "source_lost": ("warning", "A source went away; it is tried again until it is back."),
    "source_waits": (
        "warning",
        "A source was not there yet: `error` says why. It is tried again until it is. `control` is who reads flags and orders.",
    ),
    "source_back": ("info", "It is back."),
    "source_refuses": (
        "warning",
        "A source turned `dropped` clients or datagrams away and had `let_go` clients leave since this was last said, a minute ago or more; `error` is the last of them in a sentence, `clients` how many send now.",
    ),
    "journal_trouble": ("warning", "The journal of a source cannot be written or lacks something: look at the disk."),
    "alerts_mended": (
        "warning",
        "The file of alerts ended in the middle of a line, as a kill or a full disk leaves it; that line was cut off and is written again, or given its end.",
    ),
    "journal_head": (
        "info",
        "What the journal of a source is now, said at the start, once a day and at the end: keep the log elsewhere, and `journal verify --head` finds out whether anything of it is gone or changed since.",
    ),
    "journal_changed": (
        "warning",
        "Of what the store knows of a journal something is gone or changed. After a power loss the last `journal_fsync_s` may be; anything else was done by somebody.",
    ),
    "topics_created": ("info", "Topics that were missing were created."),
    "topics_missing": (
        "warning",
        "These topics are not there, and `[kafka] create_topics` does not let the program make them: create them (`deploy/topics.yaml`).",
    ),
    "broker_away": ("warning", "Messages cannot be sent; `depth` of them wait in the store until the broker is back."),
    "broker_back": ("info", "They are being sent."),
    "store_away": (
        "warning",
        "The store cannot be written or read: look at the disk. It is tried again after `retry_s`.",
    ),
    "snapshot_failed": ("warning", "A snapshot could not be written: look at the disk. The one before stays in force."),
    "died": (
        "warning",
        "The program failed in a way it did not expect, in this life or, where it crashed, in the process before: `error` says how, `place` at what work (empty where that cannot be told). The third death at the same place (`times`) sets it aside (`is_set_aside`): `quarantined` tells what of it. Please report it.",
    ),
    "quarantined": (
        "warning",
        "The program itself failed on something that came in, set it aside and goes on: `part` failed, `unit` is what it failed on, `error` and `place` say how and where in the code. Please report it.",
    ),
    "snapshot_given_up": (
        "warning",
        "Told to stop, and the snapshot was not on the disk after half of `stop_s`: the next start begins with the one before and reads again what came since.",
    ),
    "rows_deleted": (
        "info",
        "Rows older than `[watch] keep_d` were deleted; the view `deletions` has the proof of each hour.",
    ),
    "slow": (
        "warning",
        "Alerts waited more than a second for `part`: `read`, `papers`, `judge`, `commit`, `snapshot` and `reload` are turns of the loop (the machine is busy), `disk` is a transaction on its way (the disk is).",
    ),
    "clock_offset": (
        "warning",
        "The clock of a source is off, or it plays the past: `said` tells what is done and how to mend it.",
    ),
    "unit_doubtful": (
        "warning",
        "A column of a source looks as if it were in another unit than the one it is read in: `said` names it, the factor and the mend. Nothing is changed.",
    ),
    "clock_agrees": ("info", "It agrees with ours again."),
    "clock_wrong": (
        "warning",
        "Sources that agree with each other prove the clock of this machine wrong, by `behind_s`.",
    ),
    "clock_right": ("info", "They do no longer."),
    "clock_set_back": (
        "warning",
        "The clock of this machine was ahead, and what was judged of that time is taken back: a new life begins before it.",
    ),
    "memory_short": (
        "warning",
        "Too many craft: the strangest are forgotten, and newcomers are judged only once they have proven themselves.",
    ),
    "memory_enough": ("info", "There is room for every craft again."),
    "clock_jump": ("warning", "The wall clock jumped; nothing that is published depends on it."),
    "clock_back": (
        "info",
        "It agrees with the time the program keeps again: it went back, or (`steps`) it held for ten minutes and was believed.",
    ),
    "paper_taken": (
        "info",
        "A document of papers is durable: `state` is taken or repeated, `manifests_changed` says how many are others now, with rows in and refused; `is_incomplete` where it breaks off.",
    ),
    "paper_refused": (
        "warning",
        "Nothing of a document of papers could be read: `error` says where, why and how to mend it. Its bytes are kept; `tidewaiter papers refused` lists them.",
    ),
    "inbox_trouble": (
        "warning",
        "The folder of papers, or a file in it, cannot be read or moved, or is left alone: `error` says why. Files are tried again.",
    ),
    "reloaded": (
        "info",
        "What the program was given was read again, by SIGHUP or `tidewaiter reload`: `changed` is in force now, detectors in `begun_anew` began with nothing, settings in `waiting` take effect at the next start.",
    ),
    "reload_refused": (
        "warning",
        "It was read again, and something of it is wrong: `error` says what, where and how to mend it. The old stays in force.",
    ),
    "stopped": ("info", "Ended as told, with the counts of this life; `unsent` messages go out after the next start."),
    "stop_forced": ("warning", "Something still hung when `stop_s` was over, and was left, as by a kill."),
    "program_started": ("info", "`tidewaiter up` started `program`, as `process`."),
    "program_ended": (
        "warning",
        "`program` of `tidewaiter up` ended with `code` (negative: killed by that signal); it is started again in `again_s` seconds.",
    ),
    "program_killed": ("warning", "`program` of `tidewaiter up` did not end within `after_s` seconds and was killed."),
    "room_engine_connected": ("info", "The room follows an engine."),
    "room_positions_away": (
        "warning",
        "Positions of an engine do not come: `why`. The map stands still, and is looked for again; alerts are not concerned.",
    ),
    "room_engine_away": (
        "warning",
        "An engine that the room follows went away or does not answer: `why`. It is looked for again and again; the desk works on with what it has.",
    ),
    "room_engine_reset": (
        "warning",
        "An engine has another store than before, or older numbers: what it has is taken from `first` on, and nothing is doubled.",
    ),
    "room_no_alert": ("warning", "What an engine told as an alert is none: `why`. It is passed over."),
    "room_decisions_wait": (
        "warning",
        "An engine does not take what people decided: `why`. It is kept, and sent again.",
    ),
    "room_decisions_relearned": (
        "info",
        "The room was restored from a backup, and learned from an engine how many `decisions` were made since.",
    ),
    "room_decisions_unknown": (
        "warning",
        "The room was restored from a backup, and its token may not ask an engine what was decided since (`why`): alerts judged meanwhile stand open. It is asked again at the next start.",
    ),
    "room_decision_refused": (
        "warning",
        "An engine will never take this decision: `why`. It stands in the room alone.",
    ),
    "room_desk_waits": (
        "warning",
        "The room's store could not be written for a moment; ends of shelves are told late.",
    ),
    "room_heads_wait": (
        "warning",
        "Signed heads of the audit could not be sent to `topic`: `why`. They are kept, and sent again; the room goes on.",
    ),
    "room_sending_waits": (
        "warning",
        "A receiver of webhooks or mail (`subscription`) did not take what was sent, or the store could not be asked: `why`. It is sent again; others go on.",
    ),
    "room_listening": ("info", "The room answers at `address`."),
    "room_fault": (
        "warning",
        "The room failed on a request: the `kind` of the fault, and `where` in the program; what was asked is not told.",
    ),
    "log_lost": (
        "warning",
        "Whoever reads this log did not take it, and `lines` of it were left out; the program did not wait.",
    ),
    "library": (
        "warning",
        "A library's own words; `logger` names it. Of each library five in a minute; `repeats` of the next says how many were held back.",
    ),
}
"""Event -> level and meaning. A library may also speak at level error."""
