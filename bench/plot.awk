# SPDX-License-Identifier: LGPL-3.0-or-later
# The cost of reprioritize_all against the number of jobs, as SVG; both axes
# are logarithmic.

function x_of(n) { return 60 + (log(n) / log(10) - 3) * 140 }
function y_of(v) { return 270 - (log(v) / log(10) + 1) * 110 }
function line(name, color, at,    i, p)
{
    if (!(name in count))
        return
    for (i = 1; i <= count[name]; i++)
        p = p sprintf("%.1f,%.1f ", x_of(size[name, i]), y_of(value[name, i]))
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>\n", p, color
    printf "<text x=\"300\" y=\"%d\" fill=\"%s\">%s</text>\n", at, color, \
           substr(name, 19)
}

BEGIN { FS = "|" }
$1 ~ /^reprioritize_all/ {
    i = ++count[$1]
    size[$1, i] = $3
    value[$1, i] = $5
}
END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"520\"" \
          " height=\"330\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"520\" height=\"330\" fill=\"white\"/>"
    print "<text x=\"60\" y=\"20\">reprioritize_all: microseconds for each" \
          " pending job</text>"
    for (n = 1000; n <= 1000000; n *= 10)
        printf "<text x=\"%.0f\" y=\"300\" text-anchor=\"middle\">%d</text>\n",
               x_of(n), n
    for (v = 0.1; v < 11; v *= 10) {
        printf "<text x=\"50\" y=\"%.0f\" text-anchor=\"end\">%g</text>\n", \
               y_of(v) + 4, v
        printf "<path d=\"M60 %.0fH490\" stroke=\"#ccc\"/>\n", y_of(v)
    }
    line("reprioritize_all, none changes", "#06c", 60)
    line("reprioritize_all, all change", "#c30", 80)
    print "</svg>"
}
