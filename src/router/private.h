/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the files of the router share. */

#ifndef SLUICE_ROUTER_PRIVATE_H
#define SLUICE_ROUTER_PRIVATE_H

#include <uthash.h>

#include "base/err.h"
#include "router/router.h"

/* Memory one client may take here: names of services and subscriptions. */
#define ROUTER_NAMES_MAX 10000

/* Requests of a guest that wait for an answer: each is kept by somebody. */
#define ROUTER_GUEST_REQUESTS_MAX 65536

#define ROUTER_UUID_SIZE 37

/* Messages counted for a service ("stats-get" without an own answer). */
struct service_counts {
    unsigned long long rx_request;
    unsigned long long tx_response;
};

/* The first part of topics.  Belongs to a client that registered it, or to
 * the broker while methods are below it.
 */
struct service {
    char *name;
    struct router_client *client; /* NULL: the broker's */
    unsigned int methods;
    bool held; /* all its methods are as if METHOD_HELD */
    struct service_counts counts;
    struct service *next_of_client;
    UT_hash_handle hh;
};

struct method {
    char *topic;
    uint32_t rolemask;
    int flags;
    request_f cb;
    void *arg;
    bool standard; /* gives way to a method the part registers itself */
    struct service *service;
    UT_hash_handle hh;
};

/* A request that waits for the loop to be released. */
struct held {
    const flux_msg_t *msg;
    struct held *next;
};

struct subscription {
    char *topic;
    unsigned int count;
    struct subscription *next;
};

/* A service that hears of it when the client goes. */
struct touched {
    char *service;
    UT_hash_handle hh;
};

struct router_client {
    struct router *router;
    char uuid[ROUTER_UUID_SIZE];
    uint32_t userid;
    uint32_t rolemask;
    router_deliver_f deliver;
    size_t (*queued) (void *arg); /* NULL: not known, it is in this process */
    void (*pause) (void *arg, bool paused); /* NULL: it cannot be */
    bool behind; /* this was said, and somebody waits for it to read on */
    void *arg;
    struct subscription *subscriptions;
    struct service *services;
    struct touched *touched;
    unsigned int names;
    unsigned int outstanding; /* requests that are not answered for good */
    UT_hash_handle hh;
};

/* Work to do when a client has read on. */
struct kick {
    struct loop_source *work;
    struct kick *next;
};

/* What standard methods need, one a service. */
struct standard {
    struct router *router;
    char *service;
    char *(*stats) (void *arg);
    void *arg;
    uint32_t debug;
    struct standard *next;
};

/* A service of the broker that clients do not see. */
struct hidden {
    char *name;
    struct hidden *next;
};

struct router {
    struct loop *loop;
    uint32_t owner;
    uint32_t rank;
    uint32_t size;
    char uuid[ROUTER_UUID_SIZE];
    struct method *methods;
    struct service *services;
    struct router_client *clients;
    struct kick *kicks;
    struct held *held_head;
    struct held **held_tail;
    struct loop_source *held_work;
    struct standard *standards;
    uint32_t event_seq;
    struct hidden *hidden;
    router_trace_f trace; /* NULL: nobody traces */
    void *trace_arg;
    bool tracing;
};

void router_make_uuid (char uuid[ROUTER_UUID_SIZE]);

/* methods.c */
struct method *method_find (struct router *r, const char *topic);
/* A method for all services, for a topic of s. */
struct method *method_find_any (struct router *r,
                                const struct service *s,
                                const char *topic);
/* The service a topic belongs to: the longest part before a dot that is one.
 */
struct service *service_find (struct router *r, const char *topic);
/* NULL and EEXIST if taken, or ENOMEM.  client NULL: the broker's. */
struct service *service_create (struct router *r,
                                const char *name,
                                struct router_client *client);
void service_destroy (struct router *r, struct service *s);
int method_add (struct router *r,
                const struct request_row *row,
                void *arg,
                bool standard);
void method_destroy (struct router *r, struct method *m);
/* Is the topic below a hidden service? */
bool service_hidden (const struct router *r, const char *topic);
void hidden_clear (struct router *r);

/* trace.c */
void trace_msg (struct router *r, const char *direction, const flux_msg_t *msg);

/* dispatch.c: carry out a request; it is not held again if released. */
void dispatch_request (struct router *r, const flux_msg_t *msg, bool released);
/* Give a response to the client on top of its route stack, which it takes
 * off.  msg is changed.
 */
void dispatch_response (struct router *r, flux_msg_t *msg);
/* The broker's credentials on msg. */
void router_sign (struct router *r, flux_msg_t *msg);

/* held.c */
int held_add (struct router *r, const flux_msg_t *msg);
void held_cb (struct loop_source *src, int revents, void *arg);
void held_clear (struct router *r);

/* client.c */
/* Whose request is this: the hop it came from. */
struct router_client *client_of (struct router *r, const flux_msg_t *msg);
/* Does whoever sent this request wait for an answer? */
bool client_expects (const flux_msg_t *msg);
int client_service_add (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error);
int client_service_remove (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error);

/* event.c */
/* Number, and deliver to subscribers.  msg is changed. */
uint32_t event_deliver (struct router *r, flux_msg_t *msg);
int event_subscribe (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error);
int event_unsubscribe (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error);
int event_publish (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error);
void event_client_clear (struct router_client *c);

/* standard.c */
void standard_clear_counts (struct router *r, const char *topic);
void standard_destroy_all (struct router *r);

#endif
