# SPDX-License-Identifier: LGPL-3.0-or-later
# Lines of figures as a JSON array (bench.h says what the fields are).

function text(s) { gsub(/["\\]/, "\\\\&", s); return "\"" s "\"" }

BEGIN { FS = "|"; print "[" }
{
    printf "%s  {\"name\": %s, \"who\": %s, \"unit\": %s, \"median\": %s, " \
           "\"low\": %s, \"high\": %s", (NR > 1 ? ",\n" : ""), text($1), \
           text($2), text($4), $5, $6, $7
    if ($3 != "")
        printf ", \"size\": %s", $3
    if ($8 != "")
        printf ", \"floor\": %s, \"floor_median\": %s, \"ratio\": %s", \
               text($8), $9, $10
    if ($11 != "")
        printf ", \"target\": %s", text($11)
    printf "}"
}
END { print "\n]" }
