/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux-agent: runs the tasks of jobs on one node.
 *
 * One thread, one loop.  A job is a table of tasks; a task is a process and
 * its streams.  What happens gathers in the job's report, which leaves at the
 * end of the turn; all reports of a turn leave in one write.
 */

#ifndef SLUICE_AGENT_AGENT_H
#define SLUICE_AGENT_AGENT_H

#include <sched.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <uthash.h>

#include "agent/layout.h"
#include "base/jobid.h"
#include "loop/loop.h"
#include "net/net.h"
#include "res/rset.h"
#include "wire/agent_msgs.h"
#include "wire/agent_talk.h"
#include "wire/jbuf.h"
#include "wire/jobspec.h"

struct agent;
struct agent_job;
struct pmi;
struct pmi_client;
struct pty;
struct task;

/* What a task writes. */
struct stream {
    struct task *task;
    const char *name; /* "stdout"; NULL: not ours to read */
    int fd;           /* -1: closed */
    struct loop_source *io;
    char *held; /* read and not passed on: a part of a line or character */
    size_t nheld;
    int file;        /* lines go here and not to the log; -1: none */
    uint64_t logged; /* bytes */
    bool cut;        /* more than may be logged */
    bool by_line;
};

/* What a task reads. */
struct input {
    int fd; /* -1: closed, or not ours to write */
    struct loop_source *io;
    char *data;
    size_t head, len, size;
    bool eof; /* close when all is written */
    bool tty; /* the end is a character that is typed */
};

struct task {
    struct agent_job *job;
    unsigned int rank;  /* in the job */
    unsigned int index; /* on this node */
    pid_t pid;
    bool running;
    bool tty; /* out[0] and in are its terminal */
    int status;
    struct pmi_client *pmi; /* NULL: not served, or it has closed */
    struct stream out[2];
    struct input in;
    UT_hash_handle hh; /* by pid, while it runs */
};

/* A file that streams of several tasks go to. */
struct outfile {
    char *path;
    int fd;
};

struct agent_job {
    struct agent *agent;
    uint64_t id;
    uint32_t userid;
    char f58[JOBID_TEXT_MAX];
    char f58plain[JOBID_TEXT_MAX];
    struct jobspec_run *run;
    struct rset *R;
    const struct rset_node *node; /* ours, in R */
    struct layout layout;
    char **given; /* environment of the jobspec, one block */
    char **env;   /* of tasks; the last entries are per task */
    size_t nenv;  /* entries that are the same for all */
    char *path;   /* PATH in it, borrowed */
    char *tmpdir; /* NULL: not made */
    struct task *tasks;
    unsigned int ntasks;   /* made so far */
    unsigned int nrunning; /* processes */
    unsigned int nstreams; /* open ones that are read here */
    struct outfile *files;
    size_t nfiles;
    struct pty *pty; /* to attach to; NULL: none */
    struct pmi *pmi; /* NULL: off */
    int status;      /* highest so far */
    bool killed;     /* SIGKILL was sent: nobody waits for streams */
    bool exiting;    /* the first task has exited */
    bool ended;      /* by us: what tasks die of now is not their status */
    bool over;
    bool starting; /* not all tasks have been tried */
    bool become;   /* tasks run as userid, not as the agent */
    gid_t gid;
    gid_t *groups;
    int ngroups;
    struct loop_source *exit_timer;
    struct loop_source *signal_timer;
    /* the next report */
    bool dirty;
    bool say_started;
    bool patient; /* the report waits for more */
    bool failed;  /* an exception was said */
    struct jbuf exec;
    struct jbuf output;
    char *type;
    char *note;
    TAILQ_ENTRY (agent_job) link; /* in dirty */
    UT_hash_handle hh;
};

struct kept;

/* Reports that are not acknowledged, in order. */
struct backlog {
    STAILQ_HEAD (kept_list, kept) list;
    struct kept *next; /* to be sent; NULL: all were */
    uint64_t seq;      /* of the last report */
    size_t memory;     /* bytes */
    int fd;            /* spool, -1: none */
    off_t spooled;     /* bytes in it */
    unsigned int nspooled;
    bool failed; /* the spool takes nothing */
};

struct agent_options {
    unsigned int rank;
    const char *socket;
    const char *uri; /* FLUX_URI of tasks; NULL: none */
    double grace;    /* seconds without a broker before jobs are ended */
    bool stay; /* wait for the broker even without a job: nobody would start
                  this agent again */
};

struct affinity_map;
struct rexec;

struct agent {
    struct agent_options opt;
    struct loop *loop;
    struct net_conn *conn; /* NULL: not connected */
    struct agent_job *jobs;
    struct jobspec_run *last; /* of the last job: the next may be like it */
    struct task *by_pid;
    TAILQ_HEAD (agent_job_list, agent_job) dirty;
    struct loop_source *flush;
    struct loop_source *sigchld;
    struct loop_source *sigterm;
    struct loop_source *sigint;
    struct loop_source *retry;    /* looks for the broker */
    struct loop_source *relief;   /* while output is not read */
    struct loop_source *gathered; /* reports have waited long enough */
    struct loop_source *goodbye;  /* last call before exit */
    struct backlog backlog;
    int lock;    /* held while this agent lives */
    double lost; /* when the broker went */
    bool leaving;
    bool throttled;
    rlim_t nofile;        /* as it was: the limit of tasks */
    char *rundir;         /* directory of the socket */
    unsigned int nspares; /* directories in it that wait for a job */
    char hostname[256];
    struct affinity_map *affinity;
    struct rexec *rexec; /* processes of clients */
    char *buf;           /* one read's worth */
};

enum {
    AGENT_READ_SIZE = 64 * 1024,
    AGENT_HELD_MAX = 64 * 1024,
    AGENT_QUEUE_MAX = 8 * 1024 * 1024,    /* reports in memory */
    AGENT_SPOOL_MAX = 1024 * 1024 * 1024, /* and in a file */
    AGENT_GATHER = 256 * 1024,            /* of a job, without a broker */
    AGENT_INPUT_MAX = 32 * 1024 * 1024,
    AGENT_TYPED_MAX = 1024 * 1024, /* at a terminal */
    AGENT_PTY_CREDIT = 256 * 1024, /* bytes of output ahead of readers */
    AGENT_SPARES_MAX = 64,         /* directories */
    AGENT_OUTPUT_LIMIT = 1 << 30,  /* bytes of a stream in the log */
};

#define AGENT_GATHER_SECONDS 0.005

/* ---- agent.c ---- */
struct agent *agent_create (const struct agent_options *opt);
void agent_destroy (struct agent *a);
/* Begin to end everything; the loop stops when it is done. */
void agent_leave (struct agent *a);
/* The last job may have gone. */
void agent_check_leave (struct agent *a);

/* ---- conn.c ---- */
int agent_connect (struct agent *a);
void agent_lost (struct agent *a, const char *reason);
/* Tell the broker, if there is one. */
void agent_say (struct agent *a, const struct agent_talk *talk);

/* ---- report.c ---- */
/* The job has something to say at the end of the turn. */
void report_touch (struct agent_job *job);
/* All tasks were tried; told soon, together with what happens at once. */
void report_started (struct agent_job *job);
void report_flush_cb (struct loop_source *src, int revents, void *arg);
void report_exception (struct agent_job *job, const char *note);
/* Write a line into the job's output, as flux-shell does. */
void report_shell_log (struct agent_job *job, int level, const char *message);

/* ---- backlog.c ---- */
void backlog_init (struct backlog *b);
void backlog_clear (struct backlog *b);
/* Keep the report with the number backlog.seq + 1; takes msg on success. */
int backlog_add (struct agent *a, uint64_t id, flux_msg_t *msg);
/* What is up to seq is durable elsewhere. */
void backlog_ack (struct agent *a, uint64_t seq);
/* A broker that knows nothing of what was sent: send all again. */
void backlog_rewind (struct agent *a);
void backlog_send (struct agent *a);
bool backlog_unsent (const struct agent *a);
/* Tasks have to wait with more output; and: they may go on. */
bool backlog_full (const struct agent *a);
bool backlog_relieved (const struct agent *a);
/* Append the ids of jobs in it, each with a blank. */
void backlog_ids (const struct agent *a, struct jbuf *ids);

/* ---- stale.c: what an agent that died has left ---- */
/* Be the only agent of this rank: -1 and EEXIST if there is one. */
int stale_lock (struct agent *a);
void stale_unlock (struct agent *a);
/* End processes and remove directories of its jobs. */
void stale_clean (struct agent *a);

/* ---- job.c ---- */
void job_start (struct agent *a, const struct agent_start *start);
struct agent_job *job_find (struct agent *a, uint64_t id);
void job_destroy (struct agent_job *job);
void job_signal (struct agent_job *job, int signum);
void job_task_exited (struct task *task, int status);
/* Is it over?  Called when a process or a stream has ended. */
void job_check_over (struct agent_job *job);

/* ---- task.c ---- */
/* 0, or -1 with errno and *where naming what failed. */
int task_start (struct task *task, const char **where);
void task_close (struct task *task);

/* ---- stream.c ---- */
void stream_init (struct stream *st, struct task *task, const char *name);
int stream_open (struct stream *st, int fd);
void stream_close (struct stream *st);
/* Read what is there now. */
void stream_drain (struct stream *st);
/* Stop or go on reading, all jobs. */
void stream_throttle (struct agent *a, bool on);

/* Data of the stream into the job's log; len 0: none. */
void stream_log (struct stream *st, const char *data, size_t len, bool eof);

/* ---- input.c ---- */
int input_open (struct input *in, int fd, struct task *task);
void input_close (struct input *in);
void input_give (struct agent_job *job, const struct agent_stdin *msg);
/* Type at the terminal of a task; what it does not take in time is lost. */
void input_type (struct task *task, const char *data, size_t len);

/* ---- pty.c ---- */
bool pty_wanted (const struct agent_job *job, unsigned int rank);
/* A terminal for the task: both ends, to be closed.  -1 and errno. */
int pty_open (struct task *task, int *master, int *slave);
void pty_destroy (struct agent_job *job);
/* Show it to who is attached.  True: it is not for the log. */
bool pty_output (struct stream *st, const char *data, size_t len);
void pty_closed (struct stream *st);
/* The task or its terminal has ended. */
void pty_check_over (struct task *task);
void pty_talk (struct agent *a, const struct agent_talk *talk);
/* There is no broker. */
void pty_lost (struct agent *a);

/* ---- pmi.c, pmi_round.c: process management for parallel programs (RFC 13)
 * ---- */
int pmi_make (struct agent_job *job);
void pmi_destroy (struct agent_job *job);
/* The task's end of a new connection, to be closed; -1 and errno. */
int pmi_open (struct task *task);
void pmi_close (struct task *task);
/* A round is complete: keys of all nodes. */
void pmi_talk (struct agent *a, const struct agent_talk *talk);
/* There is a broker again: say what it has to know. */
void pmi_again (struct agent *a);

/* ---- rexec.c, rexec_requests.c: a subprocess server (RFC 42) ---- */
struct rexec *rexec_create (struct agent *a);
/* Ends all processes. */
void rexec_destroy (struct rexec *rx);
/* A request of a client; the roles were checked. */
void rexec_request (struct rexec *rx, const flux_msg_t *msg);
void rexec_flow (struct rexec *rx, const struct agent_flow *flow);
/* waitpid(2) has said so of a process that is no task. */
void rexec_exited (struct rexec *rx, pid_t pid, int status);
/* The processes of this job's shell service are ended; NULL: all are. */
void rexec_signal (struct rexec *rx, struct agent_job *job, int signum);
void rexec_job_gone (struct rexec *rx, struct agent_job *job);
/* The broker is gone, and all clients with it. */
void rexec_lost (struct rexec *rx);
bool rexec_idle (const struct rexec *rx);

/* ---- env.c ---- */
int env_make (struct agent_job *job);
/* The environment of one task; job->env, changed. */
int env_of_task (struct agent_job *job, const struct task *task);
void env_clear (struct agent_job *job);

/* ---- names.c: {{tags}} of flux-submit(1) ---- */
/* s with its tags replaced; malloced.  task may be NULL. */
char *names_expand (const struct agent_job *job,
                    const struct task *task,
                    const char *s);
bool names_per_task (const char *s);

/* ---- files.c ---- */
int tmpdir_make (struct agent_job *job, const char **where);
void tmpdir_remove (struct agent_job *job);
/* Remove those that are kept for jobs to come. */
void tmpdir_drop_spares (struct agent *a);
/* Those that an agent of this rank that died has left: how many. */
unsigned int tmpdir_remove_stale (struct agent *a);
/* The descriptor for the file that a stream of task goes to, kept in the job:
 * not to be closed.  -1 and errno. */
int outfile_open (struct agent_job *job,
                  const struct task *task,
                  const char *template,
                  const char *stream);
void outfiles_close (struct agent_job *job);
int infile_open (struct agent_job *job,
                 const struct task *task,
                 const char *template);

/* ---- affinity.c ---- */
/* What the machine has; NULL if that cannot be found out. */
struct affinity_map *affinity_create (void);
void affinity_destroy (struct affinity_map *map);
/* Fill cpus for the task; false: leave it as it is. */
bool affinity_of_task (struct agent *a,
                       const struct task *task,
                       cpu_set_t *cpus);
/* Say in the job's output what the task gets (NULL: as the agent has it). */
void affinity_log (const struct task *task, const cpu_set_t *cpus);
/* Ids (an idset's text, malloced) of GPUs for the task as
 * CUDA_VISIBLE_DEVICES has them; NULL: do not set. */
char *affinity_gpus (const struct task *task);

/* ---- topology.c ---- */
/* Write the node's topology into the job's directory, as hwloc reads it; with
 * hwloc.restrict, only what the job has of it.  -1 and errno.
 */
int topology_write (struct agent_job *job);
/* Its name, malloced; NULL: there is none. */
char *topology_path (const struct agent_job *job);

#endif
