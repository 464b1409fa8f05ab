# SPDX-License-Identifier: LGPL-3.0-or-later
# What command tests share: sharness, the flux(1) to test, an instance.
#
# A test sets test_description, sources this file, and may call
#   test_under_instance CORES
# to run all of itself as the initial program of an instance of that size.
# The flux tested is $SLUICE_FLUX, else the one of the build tree
# $SLUICE_BUILD_DIR, else the first in PATH.

SLUICE_TEST_SOURCE=$(cd "$(dirname "$0")" && pwd)
if test -z "$SLUICE_FLUX"; then
    if test -n "$SLUICE_BUILD_DIR"; then
        SLUICE_FLUX="$SLUICE_BUILD_DIR/src/cmd/flux"
    else
        SLUICE_FLUX=$(command -v flux)
    fi
fi
PATH=$(dirname "$SLUICE_FLUX"):$PATH
export PATH SLUICE_FLUX
if test -n "$SLUICE_BUILD_DIR"; then
    FLUX_EXEC_PATH=$SLUICE_BUILD_DIR/src/daemon:$SLUICE_BUILD_DIR/src/agent
    export FLUX_EXEC_PATH SLUICE_BUILD_DIR
fi

# The broker starts the agent that lies beside it, as it does when installed.
if test -n "$SLUICE_BUILD_DIR" \
    && ! test -e "$SLUICE_BUILD_DIR/src/daemon/flux-agent"; then
    ln -sf ../agent/flux-agent "$SLUICE_BUILD_DIR/src/daemon/flux-agent"
fi

# Job ids are compared as people see them; sharness would have the C locale.
use_utf8 () {
    LC_ALL=C.UTF-8
    export LC_ALL
}

# Nothing of an instance around us may show through.
unset FLUX_CONF_DIR FLUX_F58_FORCE_ASCII FLUX_JOBS_FORMAT_DEFAULT NO_COLOR
unset FLUX_JOB_ID FLUX_KVS_NAMESPACE

sluice_sharness=${SHARNESS:-/usr/share/sharness/sharness.sh}

# Start an instance and run this script again inside it.
test_under_instance () {
    if test "$SLUICE_TEST_INSIDE" = "$(basename "$0")"; then
        return 0
    fi
    SLUICE_TEST_INSIDE=$(basename "$0")
    export SLUICE_TEST_INSIDE
    unset FLUX_URI
    exec "$SLUICE_FLUX" start --cores="$1" sh "$SLUICE_TEST_SOURCE/$(basename "$0")"
}

# Try a command again and again for ten seconds.
wait_until () {
    sluice_tries=0
    until "$@"; do
        sluice_tries=$((sluice_tries + 1))
        test $sluice_tries -lt 200 || return 1
        sleep 0.05
    done
}

# The exit status of a command is exactly this.
exits_with () {
    sluice_want=$1
    shift
    "$@"
    sluice_got=$?
    test $sluice_got -eq "$sluice_want" && return 0
    echo >&2 "exit status $sluice_got, not $sluice_want: $*"
    return 1
}
