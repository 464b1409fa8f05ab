#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='flux jobtap, with plugins compiled as a stranger would'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
test_under_instance 2
. "$sluice_sharness"

# The installed tree is where a stranger's pkg-config points.
PKG_CONFIG_PATH=${SLUICE_PREFIX:-$SLUICE_BUILD_DIR/P}/lib/pkgconfig
export PKG_CONFIG_PATH
pkg-config --exists flux-core 2>/dev/null && test_set_prereq INSTALLED

cat >hold.c <<'EOF'
#include <flux/core.h>
#include <flux/jobtap.h>

static int ready;
static flux_plugin_t *self;

static int priority (flux_plugin_t *p, const char *topic,
                     flux_plugin_arg_t *args, void *arg)
{
    if (!ready)
        return flux_jobtap_priority_unavail (p, args);
    return flux_plugin_arg_pack (args, FLUX_PLUGIN_ARG_OUT, "{s:i}",
                                 "priority", 42);
}

static int validate (flux_plugin_t *p, const char *topic,
                     flux_plugin_arg_t *args, void *arg)
{
    const char *name = "";
    flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:{s:{s:{s?{s?s}}}}}",
                            "jobspec", "attributes", "system",
                            "job", "name", &name);
    if (!strcmp (name, "bad"))
        return flux_jobtap_reject_job (p, args, "no job is called %s", name);
    return 0;
}

static int query (flux_plugin_t *p, const char *topic,
                  flux_plugin_arg_t *args, void *arg)
{
    return flux_plugin_arg_pack (args, FLUX_PLUGIN_ARG_OUT, "{s:i}",
                                 "ready", ready);
}

static void go (flux_t *h, flux_msg_handler_t *mh, const flux_msg_t *msg,
                void *arg)
{
    ready = 1;
    if (flux_jobtap_reprioritize_all (self) < 0)
        flux_respond_error (h, msg, errno, NULL);
    else
        flux_respond (h, msg, NULL);
}

static void set (flux_t *h, flux_msg_handler_t *mh, const flux_msg_t *msg,
                 void *arg)
{
    flux_jobid_t id;
    int priority;
    if (flux_request_unpack (msg, NULL, "{s:I s:i}", "id", &id,
                             "priority", &priority) < 0
        || flux_jobtap_reprioritize_job (self, id, priority) < 0)
        flux_respond_error (h, msg, errno, NULL);
    else
        flux_respond (h, msg, NULL);
}

/* Waits inside a callback, for another service and for its own manager. */
static void ask (flux_t *h, flux_msg_handler_t *mh, const flux_msg_t *msg,
                 void *arg)
{
    flux_t *m = flux_jobtap_get_flux (self);
    flux_future_t *f = flux_rpc_pack (m, "attr.get", 0, 0, "{s:s}",
                                      "name", "rank");
    flux_future_t *g = flux_rpc (m, "job-manager.getinfo", NULL, 0, 0);
    const char *rank = "none";
    int errnum = 0;
    if (flux_rpc_get_unpack (f, "{s:s}", "value", &rank) < 0)
        rank = flux_strerror (errno);
    if (flux_rpc_get (g, NULL) < 0)
        errnum = errno;
    flux_respond_pack (h, msg, "{s:s s:b}", "rank", rank,
                       "deadlk", errnum == EDEADLK);
    flux_future_destroy (f);
    flux_future_destroy (g);
}

int flux_plugin_init (flux_plugin_t *p)
{
    self = p;
    if (flux_jobtap_service_register (p, "early", go, NULL) == 0
        || errno != EINVAL)
        return -1;
    if (flux_jobtap_get_flux (NULL) || errno != EINVAL)
        return -1;
    if (flux_plugin_set_name (p, "hold") < 0
        || flux_plugin_add_handler (p, "job.state.priority", priority, NULL) < 0
        || flux_plugin_add_handler (p, "job.priority.get", priority, NULL) < 0
        || flux_plugin_add_handler (p, "job.validate", validate, NULL) < 0
        || flux_plugin_add_handler (p, "plugin.query", query, NULL) < 0
        || flux_jobtap_service_register (p, "go", go, NULL) < 0
        || flux_jobtap_service_register (p, "set", set, NULL) < 0
        || flux_jobtap_service_register (p, "ask", ask, NULL) < 0)
        return -1;
    return 0;
}
EOF
cat >conf.cpp <<'EOF'
#include <flux/core.h>
#include <flux/jobtap.h>
extern "C" int flux_plugin_init (flux_plugin_t *p)
{
    int n;
    return flux_plugin_conf_unpack (p, "{s:{s:i}}", "a", "b", &n) == 0
           && n == 7 ? 0 : -1;
}
EOF
cat >replay.c <<'EOF'
#include <flux/core.h>
#include <flux/jobtap.h>
static void gone (void *arg)
{
    flux_plugin_t *p = arg;
    flux_log (flux_jobtap_get_flux (p), LOG_INFO, "gone: %s",
              flux_plugin_get_name (p));
}
/* Replayed jobs get another duration, those submitted do not. */
static int job_new (flux_plugin_t *p, const char *topic,
                    flux_plugin_arg_t *args, void *arg)
{
    int state;
    if (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:i}",
                                "state", &state) < 0)
        return -1;
    if (state == FLUX_JOB_STATE_NEW)
        return 0;
    return flux_jobtap_jobspec_update_pack (p, "{s:f}",
                                            "attributes.system.duration", 77.);
}
int flux_plugin_init (flux_plugin_t *p)
{
    if (flux_plugin_set_name (p, "replay") < 0
        || flux_plugin_aux_set (p, "x", p, gone) < 0)
        return -1;
    return flux_plugin_add_handler (p, "job.new", job_new, NULL);
}
EOF
cat >fails.c <<'EOF'
#include <flux/core.h>
int flux_plugin_init (flux_plugin_t *p) { return -1; }
EOF

test_expect_success INSTALLED 'a C plugin compiles with pkg-config' '
    gcc -Wall -Werror -shared -fPIC -o hold.so hold.c \
        $(pkg-config --cflags --libs flux-core)
'
test_expect_success INSTALLED 'so does a C++ one, linked with nothing' '
    g++ -Wall -shared -fPIC -o conf.so conf.cpp $(pkg-config --cflags flux-core) &&
    gcc -shared -fPIC -o fails.so fails.c $(pkg-config --cflags flux-core)
'
test_expect_success INSTALLED 'and is loaded with configuration' '
    flux jobtap load ./conf.so a.b=7 &&
    flux jobtap list >list && grep -x conf.so list &&
    flux jobtap remove conf.so &&
    test_must_fail flux jobtap load ./conf.so a.b=8 2>err &&
    grep "flux_plugin_init failed" err
'
test_expect_success INSTALLED 'one in the style of the in-tree ones compiles too' '
    gcc -Wall -Werror -shared -fPIC -o compat.so -DHAVE_CONFIG_H=1 \
        "$SLUICE_TEST_SOURCE/../plugins/compat.c" \
        -I$(pkg-config --variable=compatdir flux-core) \
        $(pkg-config --cflags --libs flux-core) &&
    flux jobtap load ./compat.so && flux jobtap remove compat.so
'
test_expect_success INSTALLED 'jobs wait while their priority is unavailable' '
    flux jobtap load ./hold.so &&
    flux submit --cc=1-3 true >ids &&
    for id in $(cat ids); do flux job wait-event -q $id depend || return 1; done &&
    flux jobs -n -o "{state}" >states &&
    printf "PRIORITY\nPRIORITY\nPRIORITY\n" >want &&
    test_cmp want states
'
test_expect_success INSTALLED 'reprioritize_job moves one of them on' '
    id=$(flux job id --to=dec $(tail -n1 ids)) &&
    flux rpc job-manager.hold.set "{\"id\":$id,\"priority\":99}" &&
    flux job wait-event -q $id clean &&
    flux job eventlog $id >log && grep "priority priority=99" log
'
test_expect_success INSTALLED 'an unknown job is ENOENT' '
    test_must_fail flux rpc job-manager.hold.set "{\"id\":1,\"priority\":9}" 2>err &&
    grep "No such file" err
'
test_expect_success INSTALLED 'reprioritize_all releases the others' '
    flux jobtap query hold.so >q && jq -e ".ready == 0" q &&
    flux rpc job-manager.hold.go &&
    for id in $(cat ids); do flux job wait-event -q $id clean || return 1; done &&
    flux job eventlog $(head -n1 ids) >log && grep "priority priority=42" log &&
    flux jobtap query hold.so >q && jq -e ".ready == 1" q
'
test_expect_success INSTALLED 'urgency wins over the plugin' '
    id=$(flux submit --urgency=0 true) &&
    flux job wait-event -q $id priority &&
    flux jobs -n -o "{priority}" $id >p && test "$(tr -d " " <p)" = 0 &&
    flux job urgency $id 31 &&
    flux job wait-event -q $id clean &&
    flux job eventlog $id >log && grep "priority priority=4294967295" log
'
test_expect_success INSTALLED 'a rejected submission says why' '
    test_must_fail flux submit --job-name=bad true 2>err &&
    grep "no job is called bad" err
'
test_expect_success INSTALLED 'a callback can wait, but not for its own manager' '
    flux rpc job-manager.hold.ask >answer &&
    jq -e ".rank == \"0\" and .deadlk" answer &&
    flux run true
'
test_expect_success INSTALLED 'a method that is not there' '
    test_must_fail flux rpc job-manager.hold.nosuch 2>err &&
    grep "Unknown service method .job-manager.hold.nosuch." err
'
test_expect_success INSTALLED 'a second load of the same name is refused' '
    test_must_fail flux jobtap load ./hold.so 2>err && grep "already loaded" err
'
test_expect_success INSTALLED 'services go with the plugin' '
    flux jobtap remove hold.so &&
    test_must_fail flux rpc job-manager.hold.go 2>err &&
    grep "Unknown service method" err
'
test_expect_success INSTALLED 'a failing init, no shared object, no file' '
    test_must_fail flux jobtap load ./fails.so 2>err &&
    grep "fails.so: flux_plugin_init failed" err &&
    echo text >text.so &&
    test_must_fail flux jobtap load ./text.so 2>err && grep text.so err &&
    test_must_fail flux jobtap load nosuch.so 2>err &&
    grep "nosuch.so: No such plugin found" err
'
test_expect_success INSTALLED 'an update made in replay belongs to the job replayed' '
    gcc -Wall -Werror -shared -fPIC -o replay.so replay.c \
        $(pkg-config --cflags --libs flux-core) &&
    old=$(flux submit --urgency=0 true) &&
    flux jobtap load ./replay.so &&
    flux job wait-event -qt 10 $old jobspec-update &&
    flux job eventlog $old >log && grep "attributes.system.duration=77" log &&
    new=$(flux submit true) && flux job wait-event -qt 10 $new clean &&
    flux job eventlog $new >log && test_must_fail grep jobspec-update log &&
    flux cancel $old
'
test_expect_success INSTALLED 'destructors run with the plugin still there' '
    flux jobtap remove replay.so &&
    flux dmesg | grep "gone: replay"
'
test_expect_success 'remove and query of what is not there' '
    test_must_fail flux jobtap remove nosuch 2>err &&
    grep "Failed to find plugin to remove" err &&
    test_must_fail flux jobtap query nosuch 2>err &&
    grep "nosuch: plugin not found" err
'
test_expect_success 'built-in plugins are listed with -a only' '
    flux jobtap list >list && test_must_fail grep priority-default list &&
    flux jobtap list -a >list && grep priority-default list
'
test_expect_success 'the instance goes on' '
    flux run true
'
test_done
