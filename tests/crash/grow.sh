#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later
# Make a job store large: copy one of its finished jobs and one of its held
# jobs so many times each.
#
#   grow.sh STATEDIR PENDING FINISHED
#
# No broker may run on STATEDIR, which has at least one job of each kind that
# is asked for.

set -e
statedir=$1 pending=$2 finished=$3
db=$statedir/jobs.sqlite

sql () {
    sqlite3 -bail "$db" "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; $1" | tail -n +2
}

# copies COUNT WHERE: of the first job for which WHERE is true.  In SQL a job
# is its rows in four tables; the copies end one second apart.
copies () {
    test "$1" -gt 0 || return 0
    like=$(sql "SELECT id FROM jobs WHERE $2 ORDER BY id LIMIT 1")
    test -n "$like" || { echo "grow.sh: $db has no job with $2" >&2; exit 1; }
    sql "
    CREATE TEMP TABLE ids AS
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
      SELECT (SELECT max (id) FROM jobs) + i * 65536 AS id, i FROM n;
    BEGIN;
    INSERT INTO jobs
      SELECT ids.id, userid, urgency, flags, state, result, priority, t_submit,
             t_depend, t_priority, t_sched, t_run, t_cleanup,
             t_inactive + (state = 64) * (ids.i - $1), waitstatus, name, queue, extra
        FROM ids, jobs j WHERE j.id = $like ORDER BY ids.id;
    INSERT INTO specs
      SELECT ids.id, jobspec, R FROM ids, specs s WHERE s.id = $like ORDER BY ids.id;
    INSERT INTO logs
      SELECT (SELECT max (seq) FROM logs) + row_number () OVER (ORDER BY ids.id, seq),
             ids.id, path, data FROM ids, logs l WHERE l.id = $like ORDER BY 1;
    UPDATE meta SET value = (SELECT max (seq) FROM logs)
     WHERE key = 'store.log_seq';
    INSERT INTO vals
      SELECT ids.id, key, data FROM ids, vals v WHERE v.id = $like ORDER BY ids.id;
    COMMIT;"
}

copies "$finished" "state = 64"
copies "$pending" "state <> 64"
sqlite3 "$db" "PRAGMA journal_mode = WAL" >/dev/null
