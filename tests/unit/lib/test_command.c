/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>

#include "tap.h"

int main (void)
{
    char *argv[] = { "a", "b", NULL };
    char *env[] = { "X=1", "Y=2", "XY=3", "none", NULL };
    flux_cmd_t *cmd = flux_cmd_create (2, argv, env), *copy;
    char *s;

    ok (flux_cmd_argc (cmd) == 2 && !strcmp (flux_cmd_arg (cmd, 1), "b"),
        "arguments");
    flux_cmd_argv_append (cmd, "c");
    flux_cmd_argv_appendf (cmd, "d%d", 1);
    flux_cmd_argv_insert (cmd, 0, "z");
    flux_cmd_argv_delete (cmd, 1);
    s = flux_cmd_stringify (cmd);
    is_str (s, "z b c d1", "changed");
    free (s);
    errno = 0;
    ok (!flux_cmd_arg (cmd, 4) && errno == EINVAL, "no such argument");
    is_str (flux_cmd_getenv (cmd, "Y"), "2", "getenv");
    errno = 0;
    ok (flux_cmd_setenvf (cmd, 0, "Y", "9") < 0 && errno == EEXIST,
        "no overwriting");
    ok (flux_cmd_setenvf (cmd, 1, "Y", "%d", 9) == 0
            && !strcmp (flux_cmd_getenv (cmd, "Y"), "9"),
        "overwriting");
    flux_cmd_unsetenv (cmd, "X*");
    ok (!flux_cmd_getenv (cmd, "X") && !flux_cmd_getenv (cmd, "XY")
            && flux_cmd_getenv (cmd, "Y"),
        "unset by pattern");
    ok (flux_cmd_setcwd (cmd, "/tmp") == 0 && flux_cmd_set_label (cmd, "l") == 0
            && flux_cmd_setopt (cmd, "o", "v") == 0
            && flux_cmd_add_channel (cmd, "CH") == 0
            && flux_cmd_add_message_channel (cmd, "M", "interthread://x") == 0,
        "the rest");
    errno = 0;
    ok (flux_cmd_add_channel (cmd, "CH") < 0 && errno == EEXIST, "twice");
    copy = flux_cmd_copy (cmd);
    flux_cmd_env_replace (cmd, NULL);
    flux_cmd_destroy (cmd);
    ok (!strcmp (flux_cmd_getcwd (copy), "/tmp")
            && !strcmp (flux_cmd_get_label (copy), "l")
            && !strcmp (flux_cmd_getopt (copy, "o"), "v")
            && !strcmp (flux_cmd_getenv (copy, "Y"), "9"),
        "a copy has it all");
    errno = 0;
    ok (!flux_local_exec (NULL, 0, copy, NULL) && errno == EINVAL,
        "a process needs a reactor");
    flux_cmd_destroy (copy);
    flux_cmd_destroy (NULL);
    return done_testing ();
}
