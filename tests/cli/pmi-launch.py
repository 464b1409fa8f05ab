#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-3.0-or-later
"""pmi-launch.py N COMMAND...: run COMMAND N times as the ranks of a program,
and serve them the wire protocol of RFC 13.  The exit status is rank 0's.

The command of each rank finds the ranks' process ids in the file "pids".
"""

import os
import selectors
import socket
import subprocess
import sys


class Rank:
    def __init__(self, rank, size, argv):
        self.sock, theirs = socket.socketpair()
        env = dict(
            os.environ,
            PMI_FD=str(theirs.fileno()),
            PMI_RANK=str(rank),
            PMI_SIZE=str(size),
        )
        self.proc = subprocess.Popen(argv, env=env, pass_fds=[theirs.fileno()])
        theirs.close()
        self.lines = self.sock.makefile("r")

    def say(self, text):
        try:
            self.sock.sendall((text + "\n").encode())
        except BrokenPipeError:
            pass


def serve(ranks):
    sel = selectors.DefaultSelector()
    kvs = {}
    waiting = []
    for r in ranks:
        sel.register(r.sock, selectors.EVENT_READ, r)
    while sel.get_map():
        for key, _ in sel.select():
            r = key.data
            line = r.lines.readline()
            words = dict(w.split("=", 1) for w in line.split())
            cmd = words.get("cmd")
            if not line or cmd == "finalize":
                r.say("cmd=finalize_ack rc=0")
                sel.unregister(r.sock)
            elif cmd == "init":
                r.say("cmd=response_to_init rc=0 pmi_version=1 pmi_subversion=1")
            elif cmd == "get_my_kvsname":
                r.say("cmd=my_kvsname rc=0 kvsname=test")
            elif cmd == "put":
                kvs[words["key"]] = words["value"]
                r.say("cmd=put_result rc=0")
            elif cmd == "get":
                val = os.environ.get("FAKE_" + words["key"], kvs.get(words["key"]))
                r.say(f"cmd=get_result rc=0 value={val}" if val
                      else "cmd=get_result rc=-1")
            elif cmd == "barrier_in":
                waiting.append(r)
                if len(waiting) == len(ranks):
                    for w in waiting:
                        w.say("cmd=barrier_out rc=0")
                    waiting.clear()
            else:
                r.say("cmd=error rc=-1 msg=unknown")


size = int(sys.argv[1])
ranks = [Rank(i, size, sys.argv[2:]) for i in range(size)]
with open("pids", "w") as f:
    f.write("".join(f"{r.proc.pid}\n" for r in ranks))
serve(ranks)
status = [r.proc.wait() for r in ranks]
print("exit:", *status, file=sys.stderr)
sys.exit(status[0] if status[0] >= 0 else 128 - status[0])
