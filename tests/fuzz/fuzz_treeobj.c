/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Objects of the key-value store (RFC 11). */

#include <jansson.h>

#include "fuzz.h"
#include "kvs/treeobj.h"

static const char *const inputs[] = {
    "{\"ver\":1,\"type\":\"val\",\"data\":\"MQ==\"}",
    "{\"ver\":1,\"type\":\"valref\",\"data\":[\"sha1-"
    "0123456789abcdef0123456789abcdef01234567\"]}",
    "{\"ver\":1,\"type\":\"dirref\",\"data\":[\"sha1-"
    "0123456789abcdef0123456789abcdef01234567\"]}",
    "{\"ver\":1,\"type\":\"symlink\",\"data\":{\"target\":\"a.b\","
    "\"namespace\":\"ns\"}}",
    "{\"ver\":1,\"type\":\"dir\",\"data\":{\"a\":{\"ver\":1,\"type\":\"val\","
    "\"data\":\"\"},\"b\":{\"ver\":1,\"type\":\"dir\",\"data\":{}}}}",
};

static void one (const char *s, size_t len)
{
    json_t *o = json_loadb (s, len, JSON_DECODE_ANY, NULL);
    json_t *data;
    size_t n;

    if (!o)
        return;
    if (treeobj_check (o, NULL) == 0) {
        void *val;

        if (treeobj_type (o, &data) == TREE_VAL
            && (val = treeobj_decode_val (o, &n))) {
            fuzz_assert (((char *)val)[n] == '\0');
            free (val);
        }
    }
    else
        (void)treeobj_type (o, NULL);
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
