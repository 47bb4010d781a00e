// What is fed with bytes that nobody vouches for. Each entry takes any bytes at all, and stops the process (BATON_ASSERT, a
// sanitizer) when a decoder breaks a promise. libFuzzer drives them in targets/; a unit test drives them with mutations of
// recorded frames, so that a plain build watches over them too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton::fuzz {

// First byte even: a request frame follows. Odd: two bytes of API key, two of version, and a response frame.
// Promise: what decodes, encodes again, and that decodes to the same message.
void frame(std::string_view input);

// Record batches as a producer sends them; also with the CRC and the length made right, to get past those checks.
// Promise: a batch that passes lies within the input, and its records are as many as it says.
void record_batches(std::string_view input);

// First byte modulo 3: a key, an offset's value or a group's value of __consumer_offsets follows; all three also go, one after
// the other, into a coordinator that loads. Promise: what loads, can be asked about and resigned.
void group_records(std::string_view input);

// First byte modulo 3: an application's lease, a wish that its holder resign, the lease of controller.election=lease. Promise: what
// parses, prints again, and that parses to the same.
void lead_records(std::string_view input);

// First byte: which elector hears, and whether it stands. Then messages: a byte of sender, one of size, so many bytes. Promise: what
// decodes, encodes again to the same; and whatever an elector hears, it goes on, and lets its process come to rest.
void peer_messages(std::string_view input);

// Inputs to start from: the recorded frames, and records and messages of each kind.
std::vector<std::string> frame_seeds();
std::vector<std::string> record_batch_seeds();
std::vector<std::string> group_record_seeds();
std::vector<std::string> lead_record_seeds();
std::vector<std::string> peer_message_seeds();

}  // namespace baton::fuzz
