// The plugin's C ABI for a cluster of one: every topic that is asked for exists at once and is led here. Tests reach in to
// take the lease away or to send events of their own. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::control {
class Event;
class FirstAcknowledgement;
class StoppedLeading;
}  // namespace baton::control

namespace baton::fake_manager {

// Of the manager that was opened last in this process.
std::string property(const std::string& key);  // as it was opened with
void set_lease_deadline_ns(int64_t deadline);
void send(const control::Event& event);

// The last word of the broker that it does not lead, or leads no more; none: nothing was said.
std::optional<control::StoppedLeading> last_word();

// What the broker has told of the first records that it took as a leader. So many of the next ones meet no controller.
std::vector<control::FirstAcknowledgement> first_acknowledgements();
void hear_no_first_acknowledgement(int count);

// From now on nobody answers a broker that wants to leave: there is no controller.
void ignore_controlled_shutdown();

// The manager that is opened next says nothing of the cluster until it is told to: a broker that has only just started.
void hold_first_image();
void release_first_image();

}  // namespace baton::fake_manager
