/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Files of configuration. */

#include "fuzz.h"
#include "lib/conf_toml.h"

static const char *const inputs[] = {
    "[access]\nallow-guest-user = true\n\n[queues.batch]\nrequires = "
    "[\"batch\"]\n",
    "[[resource.config]]\nhosts = \"a[0-3]\"\ncores = \"0-7\"\n",
    "a.b.c = 1\nd = 1979-05-27T07:32:00Z\ne = \"\"\"x\ny\"\"\"\n",
    "x = { a = 1, b = [1.5, inf, nan], c = 0xff }\n",
};

static void one (const char *s, size_t len)
{
    flux_error_t error;
    json_t *o = conf_toml_parse (s, len, "test", &error);

    if (o)
        fuzz_assert (json_is_object (o));
    else
        fuzz_assert (error.text[0] != '\0');
    json_decref (o);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
