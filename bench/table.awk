# SPDX-License-Identifier: LGPL-3.0-or-later
# Lines of figures as aligned text (bench.h says what the fields are).

BEGIN { FS = "|" }
{
    name = $1 ($2 == "sluice" ? "" : " [" $2 "]") ($3 == "" ? "" : ", " $3)
    printf "%-58s %10.6g %-8s (%.4g - %.4g)", name, $5, $4, $6, $7
    if ($8 != "")
        printf "  = %s x %s (%.4g)", $10, $8, $9
    if ($11 != "")
        printf "  target: %s", $11
    printf "\n"
}
