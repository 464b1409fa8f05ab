/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <cerrno>
#include <cstdio>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>

/* The parser asserts things of its own that damaged text makes untrue: that
 * must not be the end of the broker, nor, with NDEBUG, be taken for granted.
 */
#undef NDEBUG
#define TOML_ASSERT(expr)                                    \
    do {                                                     \
        if (!(expr))                                         \
            throw std::logic_error ("the text is malformed"); \
    } while (0)
#define TOML_HEADER_ONLY 1
#pragma GCC diagnostic push
/* Where it may not throw it ends the program, as assert () would. */
#pragma GCC diagnostic ignored "-Wterminate"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include "lib/conf_toml.h"

/* Exceptions end here: no caller is C++. */

static json_t *convert (const toml::node &node);

static json_t *convert_table (const toml::table &table)
{
    json_t *o = json_object ();

    for (auto &&[key, value] : table) {
        json_t *j = o ? convert (value) : nullptr;

        if (!j || json_object_set_new (o, std::string (key).c_str (), j) < 0) {
            json_decref (o);
            return nullptr;
        }
    }
    return o;
}

static json_t *convert_array (const toml::array &array)
{
    json_t *a = json_array ();

    for (auto &&value : array) {
        json_t *j = a ? convert (value) : nullptr;

        if (!j || json_array_append_new (a, j) < 0) {
            json_decref (a);
            return nullptr;
        }
    }
    return a;
}

static json_t *convert (const toml::node &node)
{
    if (auto table = node.as_table ())
        return convert_table (*table);
    if (auto array = node.as_array ())
        return convert_array (*array);
    if (auto s = node.as_string ())
        return json_stringn (s->get ().c_str (), s->get ().size ());
    if (auto i = node.as_integer ())
        return json_integer (i->get ());
    if (auto b = node.as_boolean ())
        return json_boolean (b->get ());
    if (auto f = node.as_floating_point ())
        return json_real (f->get ());
    std::ostringstream text;
    if (auto date = node.as_date ())
        text << date->get ();
    else if (auto time = node.as_time ())
        text << time->get ();
    else if (auto both = node.as_date_time ())
        text << both->get ();
    return json_string (text.str ().c_str ());
}

static void say (flux_error_t *error,
                 const char *name,
                 unsigned int line,
                 const char *what)
{
    if (error && line > 0)
        snprintf (error->text,
                  sizeof (error->text),
                  "%s:%u: %s",
                  name,
                  line,
                  what);
    else if (error)
        snprintf (error->text, sizeof (error->text), "%s: %s", name, what);
}

json_t *conf_toml_parse (const char *text,
                         size_t len,
                         const char *name,
                         flux_error_t *error)
{
    try {
        toml::table table = toml::parse (std::string_view (text, len));
        json_t *o = convert_table (table);

        if (!o) {
            /* no memory, or what JSON has no form for: inf, nan, bad UTF-8 */
            say (error, name, 0, "a value cannot be represented");
            errno = EINVAL;
        }
        return o;
    }
    catch (const toml::parse_error &e) {
        std::string what (e.description ());

        say (error, name, e.source ().begin.line, what.c_str ());
        errno = EINVAL;
    }
    catch (const std::logic_error &e) {
        say (error, name, 0, e.what ());
        errno = EINVAL;
    }
    catch (...) {
        say (error, name, 0, "out of memory");
        errno = ENOMEM;
    }
    return nullptr;
}
