/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Pretended execution: attributes.system.exec.test of a jobspec. */

#ifndef SLUICE_WIRE_EXEC_TEST_H
#define SLUICE_WIRE_EXEC_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum exec_test_exception {
    EXEC_TEST_NO_EXCEPTION,
    EXEC_TEST_INIT, /* before the job starts */
    EXEC_TEST_RUN,  /* once it runs */
};

struct exec_test {
    bool present;        /* false: all else has its default */
    double run_duration; /* seconds; < 0: not given */
    int wait_status;     /* what finish reports; default 0 */
    enum exec_test_exception mock_exception;
    bool override;        /* starts and finishes when told */
    bool reattach_finish; /* is over when reattached to */
};

/* Read it from a whole jobspec (terminated text).  Cheap for one that does
 * not ask for it.  0, or -1 and EINVAL for a key with a bad value.
 */
int exec_test_parse (const char *jobspec,
                     struct exec_test *test,
                     flux_error_t *error);

/* A request of job-exec.override. */
struct exec_override {
    uint64_t id;
    bool finish; /* else start */
    int status;  /* with finish; default 0 */
};
int exec_override_parse (const char *json,
                         struct exec_override *req,
                         flux_error_t *error);

#endif
