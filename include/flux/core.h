/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Everything a client or a plugin needs, in one include.
 *
 * Sources written against this header count on the C library headers below
 * being there; jansson's is not among them, a program that calls json_* has
 * to include <jansson.h> itself.
 */

#ifndef FLUX_CORE_H
#define FLUX_CORE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <syslog.h>

#include <flux/types.h>
#include <flux/message.h>
#include <flux/conf.h>
#include <flux/conf_builtin.h>
#include <flux/handle.h>
#include <flux/reactor.h>
#include <flux/watcher.h>
#include <flux/msg_handler.h>
#include <flux/method.h>
#include <flux/connector.h>
#include <flux/msglist.h>
#include <flux/request.h>
#include <flux/response.h>
#include <flux/control.h>
#include <flux/future.h>
#include <flux/rpc.h>
#include <flux/event.h>
#include <flux/module.h>
#include <flux/attr.h>
#include <flux/hosts.h>
#include <flux/flog.h>
#include <flux/service.h>
#include <flux/version.h>
#include <flux/plugin.h>
#include <flux/sync.h>
#include <flux/disconnect.h>
#include <flux/stats.h>
#include <flux/kvs.h>
#include <flux/subprocess.h>
#include <flux/job.h>
#include <flux/jobspec1.h>

#endif
