#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-3.0-or-later
"""Make a job store large: copy its held jobs and its finished jobs.

  grow.py STATEDIR PENDING FINISHED

No broker may run on STATEDIR, which has at least one job of each kind.
"""
import sqlite3
import sys


def clone(db, like, first, count):
    db.execute("CREATE TEMP TABLE ids (id INTEGER PRIMARY KEY)")
    db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
        " WHERE i + 1 < ?) INSERT INTO ids SELECT ? + i * 65536 FROM n",
        (count, first),
    )
    for table in ("jobs", "specs", "logs", "vals"):
        columns = [r[1] for r in db.execute(f"PRAGMA table_info ({table})")]
        rest = [c for c in columns if c != "id"]
        db.execute(
            f"INSERT INTO {table} (id, {', '.join (rest)}) SELECT ids.id, "
            f"{', '.join ('t.' + c for c in rest)} FROM ids, {table} t"
            " WHERE t.id = ? ORDER BY ids.id",
            (like,),
        )
    db.execute("DROP TABLE ids")
    return first + count * 65536


def main():
    statedir, pending, finished = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    db = sqlite3.connect(f"{statedir}/jobs.sqlite")
    db.execute("PRAGMA synchronous = OFF")
    (top,) = db.execute("SELECT max (id) FROM jobs").fetchone()
    for where, count in (("state = 64", finished), ("state <> 64", pending)):
        (like,) = db.execute(f"SELECT id FROM jobs WHERE {where}").fetchone()
        if count > 0:
            top = clone(db, like, top + 65536, count)
    db.commit()


main()
