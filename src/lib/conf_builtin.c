/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/conf_builtin.h>
#include <string.h>

/* The build defines CONF_PREFIX, CONF_LIBDIR, CONF_LIBEXECDIR, CONF_DATADIR,
 * CONF_MANDIR and CONF_SYSCONFDIR.
 */
static const struct {
    const char *key;
    const char *value;
} builtins[] = {
    { "confdir", CONF_SYSCONFDIR "/flux" },
    { "libexecdir", CONF_LIBEXECDIR "/flux" },
    { "datadir", CONF_DATADIR "/flux" },
    { "lua_cpath_add", CONF_LIBDIR "/lua/5.1/?.so" },
    { "lua_path_add", CONF_DATADIR "/lua/5.1/?.lua" },
    { "python_path", CONF_LIBDIR "/flux/python" },
    { "python_wrapper", CONF_LIBEXECDIR "/flux/cmd/py-runner.py" },
    { "man_path", CONF_MANDIR },
    { "exec_path", CONF_LIBEXECDIR "/flux/cmd" },
    { "connector_path", CONF_LIBDIR "/flux/connectors" },
    { "module_path", CONF_LIBDIR "/flux/modules" },
    { "cmdhelp_pattern", CONF_DATADIR "/flux/help.d/*.json" },
    { "pmi_library_path", CONF_LIBDIR "/flux/libpmi.so" },
    { "shell_path", CONF_LIBEXECDIR "/flux/flux-shell" },
    { "shell_pluginpath", CONF_LIBDIR "/flux/shell/plugins" },
    { "shell_initrc", CONF_SYSCONFDIR "/flux/shell/initrc.lua" },
    { "jobtap_pluginpath", CONF_LIBDIR "/flux/job-manager/plugins" },
    { "upmi_pluginpath", CONF_LIBDIR "/flux/upmi/plugins" },
    { "no_docs_path", CONF_DATADIR "/flux/.nodocs" },
    { "rundir", "/run/flux" },
};

/* There is one layout, the installed one, whatever the hint. */
const char *flux_conf_builtin_get (const char *key,
                                   enum flux_conf_builtin_hint hint)
{
    const size_t count = sizeof (builtins) / sizeof (builtins[0]);

    for (size_t i = 0; key && i < count; i++) {
        if (strcmp (builtins[i].key, key) == 0)
            return builtins[i].value;
    }
    errno = EINVAL;
    return NULL;
}
