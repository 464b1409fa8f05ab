/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "manager/fluid.h"
#include "tap.h"

int main (void)
{
    struct fluid f;
    uint64_t id, last;
    bool ascending = true;

    fluid_init (&f, 1000., 0);
    id = fluid_next (&f, 1001.);
    ok (id == 1000ull << 24, "the first id: timestamp, generator, sequence");
    for (int i = 0; i < 5000; i++) {
        last = id;
        id = fluid_next (&f, 1001. - i);
        ascending = ascending && id > last;
    }
    ok (ascending, "ids ascend when the clock goes back");
    is_int (id >> 24, 1004, "a full millisecond borrows from the next");
    is_int (fluid_timestamp (&f, 1002.5), 2500, "the time of the instance");
    fluid_init (&f, 7., id);
    ok (fluid_next (&f, 7.) > id, "after a restart they go on");
    return done_testing ();
}
