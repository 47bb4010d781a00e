/* The plugin's C ABI: leadership, failover and fencing for a host that has partitions.
 *
 * A host opens a manager with properties and callbacks, is told its roles as events, asks for changes by requests, and
 * reads the lease's deadline before it acts. Requests and events are messages of control.proto (baton.control.Request and
 * baton.control.Event), so this ABI stays still while the messages grow.
 *
 * Threading: every function may be called from any thread, save that baton_close may not be called from a callback.
 * Callbacks run one at a time on the manager's event thread; they must not block. The bytes passed to a callback are
 * valid only until it returns.
 */
#ifndef BATON_PLUGIN_BATON_H
#define BATON_PLUGIN_BATON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BATON_ABI_VERSION 1
#define BATON_EXPORT __attribute__((visibility("default")))

typedef struct baton_manager baton_manager;

typedef struct baton_property {
  const char* key;
  const char* value;
} baton_property;

typedef struct baton_host {
  uint32_t abi_version; /* BATON_ABI_VERSION */
  void* context;        /* handed back to every callback */
  /* One serialized baton.control.Event. */
  void (*on_event)(void* context, const void* bytes, size_t size);
  /* The manager can not go on (its broker id is in use, another cluster's store, …): a sentence that says what to do.
   * Every role has been stopped before. The host should end the process. */
  void (*on_fatal)(void* context, const char* message);
} baton_host;

enum { BATON_OK = 0, BATON_INVALID = 1, BATON_CLOSED = 2, BATON_FAILED = 3 };

/* Starts a manager. Properties are those of broker.properties (docs/user-guide.md). On failure returns a code and, if
 * `error` is not NULL, writes a sentence of at most `error_size` bytes, NUL included. */
BATON_EXPORT int baton_open(const baton_property* properties, size_t count, const baton_host* host, baton_manager** manager, char* error,
                            size_t error_size);

/* Submits one serialized baton.control.Request. Its `correlation` comes back in the Event that answers it; every request
 * is answered exactly once, also when the controller changes (NOT_CONTROLLER) or the manager closes. */
BATON_EXPORT int baton_submit(baton_manager* manager, const void* bytes, size_t size);

/* Until when this broker may act as a leader where the lease is what gates it (R5 of docs/protocol.md): nanoseconds on
 * CLOCK_BOOTTIME, 0 when there is no lease. Wait-free; read it again just before a response goes to the kernel. */
BATON_EXPORT int64_t baton_lease_deadline_ns(const baton_manager* manager);

/* The host has stopped all its roles (it has taken every STOP so far). Part of the answer to Event.stop. */
BATON_EXPORT int baton_stopped(baton_manager* manager);

/* Resigns what this process holds, ends its session and frees the manager. The host must have stopped acting before. */
BATON_EXPORT void baton_close(baton_manager* manager);

/* --- Leadership for an application -----------------------------------------------------------------------------------
 *
 * Apart from all that is above: no manager, no brokers, only ZooKeeper. Whoever campaigns for a name leads it one at a time, under a
 * token (the epoch) that grows with each leadership and that whatever is written to can check (docs/fencing.md).
 *
 * Properties: leadership.name (letters, digits, '.', '_', '-'), zookeeper.connect; and, optional, zookeeper.session.timeout.ms (2000; the
 * lease is one and a half of what is granted), leadership.notice.ms (a third of the lease: so long before its end on_stop comes),
 * leadership.elector (zookeeper; the same for all), leadership.who (a word about this process, for people). An unknown one is refused.
 *
 * Threading: as above. Callbacks run one at a time on the leadership's own thread, the first maybe before baton_campaign has returned, and
 * must not block; they may call every function here but baton_leadership_close.
 */
typedef struct baton_leadership baton_leadership;

/* Why on_stop was called. */
enum { BATON_LEADERSHIP_DONE = 0, BATON_LEADERSHIP_ASKED = 1, BATON_LEADERSHIP_OUT_OF_TOUCH = 2, BATON_LEADERSHIP_LOST = 3 };

typedef struct baton_leadership_host {
  uint32_t abi_version; /* BATON_ABI_VERSION */
  void* context;        /* handed back to every callback */
  /* We lead under this token, and may act until the deadline, which moves on: read baton_leadership_deadline_ns. */
  void (*on_lead)(void* context, int32_t epoch, int64_t deadline_ns);
  /* Stop acting, all of it before the deadline; then call baton_leadership_stopped. The campaign goes on after it. */
  void (*on_stop)(void* context, int reason, int64_t deadline_ns);
  /* The leadership is over; `released`: others know, and need not wait for the lease. May be NULL. */
  void (*on_ended)(void* context, int32_t epoch, int released);
  /* No campaign is possible here (another kind of store, no access): a sentence that says what to do. on_stop came before, if it led. */
  void (*on_fatal)(void* context, const char* message);
} baton_leadership_host;

typedef struct baton_leadership_observer {
  uint32_t abi_version; /* BATON_ABI_VERSION */
  void* context;
  /* Who leads now; once at the beginning and at each change. `who`: lines key=value (host, pid, guid, since_ms, …). 0 and "": nobody. Seen
   * late, by nature: nothing may be decided from it. */
  void (*on_leader)(void* context, int32_t epoch, const char* who);
} baton_leadership_observer;

/* Campaigns until closed. On failure returns a code and, if `error` is not NULL, writes a sentence of at most `error_size` bytes, NUL
 * included. That the store does not answer is no failure: the campaign begins when it does. */
BATON_EXPORT int baton_campaign(const baton_property* properties, size_t count, const baton_leadership_host* host,
                                baton_leadership** leadership, char* error, size_t error_size);

/* Watches who leads, without campaigning. Of the functions below only baton_leadership_close is for it. */
BATON_EXPORT int baton_observe(const baton_property* properties, size_t count, const baton_leadership_observer* observer,
                               baton_leadership** leadership, char* error, size_t error_size);

/* Gives the leadership up in good order (on_stop, with BATON_LEADERSHIP_DONE) and stands again, behind the others. */
BATON_EXPORT int baton_resign(baton_leadership* leadership);

/* Nothing acts under the leadership any more: the answer to on_stop, or unasked, which resigns. */
BATON_EXPORT int baton_leadership_stopped(baton_leadership* leadership);

/* Until when the leadership is certain: nanoseconds on CLOCK_BOOTTIME, 0 when there is none. What is left of it is this less the clock.
 * Wait-free; read it just before each deed, and give the token along with the deed. */
BATON_EXPORT int64_t baton_leadership_deadline_ns(const baton_leadership* leadership);

/* The token; 0 when this process does not lead. Wait-free. */
BATON_EXPORT int32_t baton_leadership_epoch(const baton_leadership* leadership);

/* Resigns, ends the session and frees the leadership. The host must have stopped acting before. */
BATON_EXPORT void baton_leadership_close(baton_leadership* leadership);

#ifdef __cplusplus
}
#endif
#endif
