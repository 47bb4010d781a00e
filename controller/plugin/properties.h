// What a host tells the manager about itself beside the keys of broker.properties: facts that only the process which
// holds the data directory knows. They travel in the same list of properties (baton_open) under names of their own, so
// that the ABI stays still; a user never writes them, and a user's file that holds one is refused by the broker.
//
// Of the public keys the manager reads those that are declared for it in base/settings; `advertised.listeners` must bear
// the real ports when they were asked for as 0.
#pragma once

namespace baton::property {

// The uuid kept in the data directory, 22 characters of base64 as Uuid::to_string() prints it. Required.
inline constexpr char kDataDirectory[] = "baton.internal.data.directory.id";
// The machine's boot id (/proc/sys/kernel/random/boot_id). Absent or empty: unknown, so no restart counts as "on the same
// machine" (R1).
inline constexpr char kBootId[] = "baton.internal.boot.id";
// Inode number of the data directory's lock file, decimal; the host holds the lock as long as the manager is open.
inline constexpr char kLockInode[] = "baton.internal.lock.inode";
// "true" when the data directory lies on a file system of this machine, where a lock means something. Default: false.
inline constexpr char kLocalFileSystem[] = "baton.internal.local.file.system";
// The cluster that the data directory was used in, as Event.registered told it; absent or empty: in none yet. A store of
// another cluster, or of none, is then refused.
inline constexpr char kClusterId[] = "baton.internal.cluster.id";
// Every replica that the data directory held at start, clean ones too, separated by commas:
// `<topic id>:<partition>:<last leader epoch>:<log end offset>:<clean|dirty>`. A dirty one may neither lead nor count in the
// ISR (R9) until it has caught up; one that is not named counts as dirty and empty, which is how a replaced disk is told from
// an empty partition. The agent hands the list to every controller (StreamHello.replicas) and adds, as clean, each replica
// that it has since seen itself in the ISR of. Default: none.
inline constexpr char kReplicas[] = "baton.internal.replicas";
// Where a candidate keeps what it has promised the others, if it asks them (controller.election); the data directory, held as long as the
// manager is open. Required for such a candidate.
inline constexpr char kElectionDirectory[] = "baton.internal.election.directory";

}  // namespace baton::property
