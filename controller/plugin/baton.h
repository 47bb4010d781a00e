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

#ifdef __cplusplus
}
#endif
#endif
