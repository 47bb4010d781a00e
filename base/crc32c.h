// CRC-32C (Castagnoli), the checksum of record batches. ISA-L where the build has it, else the CPU's or a table.
#pragma once

#include <cstdint>
#include <string_view>

namespace baton {

// Continue a checksum by passing the former one as `seed`; start with 0.
uint32_t crc32c(std::string_view bytes, uint32_t seed = 0);

}  // namespace baton
