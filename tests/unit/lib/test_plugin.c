/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/plugin.h>

#include "lib/plugin_host.h"
#include "tap.h"

static int cb (flux_plugin_t *p,
               const char *topic,
               flux_plugin_arg_t *args,
               void *data)
{
    strcat (data, topic);
    return 0;
}

static int cb_fail (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *data)
{
    return -1;
}

static char order[16];

static void note (void *arg)
{
    strcat (order, arg);
}

int main (void)
{
    flux_plugin_t *p = flux_plugin_create ();
    char seen[64] = "";
    const struct flux_plugin_handler t[] = {
        { "a.x", cb, seen },
        { "a.*", cb_fail, NULL },
        { "a.y", cb, seen },
        { NULL, NULL, NULL },
    };
    int i;

    ok (!flux_plugin_get_name (p) && strlen (flux_plugin_get_uuid (p)) == 36,
        "new: no name, a uuid");
    ok (flux_plugin_register (p, "test", t) == 0, "register");
    is_str (flux_plugin_get_name (p), "test", "name");
    is_int (flux_plugin_call (p, "a.x", NULL), 1, "handled");
    is_str (seen, "a.x", "the callback got the topic");
    is_int (flux_plugin_call (p, "a.y", NULL), -1, "the first match counts");
    is_int (flux_plugin_call (p, "a.b/c.d", NULL), -1, "* matches anything");
    is_int (flux_plugin_call (p, "b", NULL), 0, "no match");
    ok (flux_plugin_get_handler (p, "a.*") == cb_fail
            && flux_plugin_match_handler (p, "a.y") == cb_fail,
        "get and match");
    ok (flux_plugin_add_handler (p, "a.*", NULL, NULL) == 0
            && flux_plugin_match_handler (p, "a.y") == cb,
        "a NULL callback removes");
    errno = 0;
    ok (!flux_plugin_get_handler (p, "a.*") && errno == ENOENT, "gone");

    errno = 0;
    ok (flux_plugin_conf_unpack (p, "{}") < 0 && errno == ENOENT, "no conf");
    is_str (flux_plugin_strerror (p), "No plugin conf set", "says so");
    ok (!flux_plugin_get_conf (p), "none to get");
    ok (flux_plugin_set_conf (p, "{x") < 0 && errno == EINVAL,
        "bad conf: %s",
        flux_plugin_strerror (p));
    ok (flux_plugin_set_conf (p, "{ \"x\": 1 }") == 0
            && flux_plugin_conf_unpack (p, "{s:i}", "x", &i) == 0 && i == 1,
        "conf");
    is_str (flux_plugin_get_conf (p), "{\"x\":1}", "compact");
    ok (flux_plugin_conf_unpack (p, "{s:i}", "y", &i) < 0 && errno == EINVAL,
        "unpack: %s",
        flux_plugin_strerror (p));

    errno = 0;
    ok (flux_plugin_set_flags (p, 0x100) < 0 && errno == EINVAL, "flags");
    errno = 0;
    ok (flux_plugin_load_dso (p, "/nonexistent.so") < 0 && errno == ENOENT,
        "load: %s",
        flux_plugin_strerror (p));
    ok (flux_plugin_load_dso (p, "/etc/passwd") < 0 && errno == EINVAL,
        "load: %s",
        flux_plugin_strerror (p));
    ok (flux_plugin_set_name (NULL, "x") < 0 && errno == EINVAL, "no plugin");

    flux_plugin_aux_set (p, NULL, "1", note);
    flux_plugin_aux_set (p, "a", "a", note);
    flux_plugin_aux_set (p, "b", "b", note);
    flux_plugin_aux_set (p, NULL, "2", note);
    is_str (flux_plugin_aux_get (p, "a"), "a", "aux");
    ok (flux_priv_plugin_version (p) > 0, "the handlers have a version");
    flux_priv_plugin_retire (p);
    is_str (order, "ba12", "named newest first, then others oldest first");
    is_int (flux_plugin_call (p, "a.x", NULL), 0, "retired: no handlers");
    flux_plugin_destroy (p);
    flux_plugin_destroy (NULL);
    return done_testing ();
}
