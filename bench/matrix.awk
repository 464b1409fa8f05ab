# SPDX-License-Identifier: LGPL-3.0-or-later
# The figures of b_matrix against the number of jobs, as SVG; both axes are
# logarithmic.

function x_of(n) { return 60 + (log(n) / log(10) - 3) * 140 }
function y_of(v) { return 370 - (log(v) / log(10) + 1) * 100 }

BEGIN {
    FS = "|"
    split("#06c #0a0 #c30 #90c #888 #e90 #099 #c09 #660 #000", colors, " ")
}
$1 ~ /^matrix: / {
    if (!($1 in count))
        names[++lines] = $1
    i = ++count[$1]
    size[$1, i] = $3
    value[$1, i] = $5
}
END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\"" \
          " height=\"430\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"800\" height=\"430\" fill=\"white\"/>"
    print "<text x=\"60\" y=\"20\">microseconds for each pending job</text>"
    for (n = 1000; n <= 1000000; n *= 10)
        printf "<text x=\"%.0f\" y=\"400\" text-anchor=\"middle\">%d</text>\n",
               x_of(n), n
    for (v = 0.1; v < 101; v *= 10) {
        printf "<text x=\"50\" y=\"%.0f\" text-anchor=\"end\">%g</text>\n", \
               y_of(v) + 4, v
        printf "<path d=\"M60 %.0fH490\" stroke=\"#ccc\"/>\n", y_of(v)
    }
    for (l = 1; l <= lines; l++) {
        p = ""
        name = names[l]
        color = colors[(l - 1) % 10 + 1]
        for (i = 1; i <= count[name]; i++)
            p = p sprintf("%.1f,%.1f ", x_of(size[name, i]), y_of(value[name, i]))
        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>\n", p, color
        printf "<text x=\"510\" y=\"%d\" fill=\"%s\">%s</text>\n", 60 + 20 * l, \
               color, substr(name, 9)
    }
    print "</svg>"
}
