#include "drills/probe/wire.h"

#include "base/bytes.h"
#include "base/crc32c.h"

namespace baton::drills::wire {
namespace {

void string(Writer& out, std::string_view text) {
  out.i16(static_cast<int16_t>(text.size()));
  out.bytes(text);
}

std::string_view string(Reader& in) {  // nullable
  int16_t length = in.i16();
  return length < 0 ? std::string_view() : in.take(length);
}

Writer begin(int16_t key, int32_t correlation) {
  Writer out;
  out.i32(0);
  out.i16(key);
  out.i16(7);
  out.i32(correlation);
  string(out, "baton-probe");
  return out;
}

std::string end(Writer& out) {
  out.patch(0, static_cast<int32_t>(out.size() - 4));
  return out.take();
}

int32_t skip_ids(Reader& in) {
  int32_t count = in.i32();
  in.take(int64_t{count} * 4);
  return count;
}

}  // namespace

std::string metadata_request(int32_t correlation, const std::string& topic) {
  Writer out = begin(kMetadata, correlation);
  out.i32(1);
  string(out, topic);
  out.i8(0);  // no auto-creation
  return end(out);
}

std::string produce_request(int32_t correlation, const std::string& topic, int32_t partition, int16_t acks, int32_t timeout_ms,
                            std::string_view records) {
  Writer out = begin(kProduce, correlation);
  out.i16(-1);  // no transactional id
  out.i16(acks);
  out.i32(timeout_ms);
  out.i32(1);
  string(out, topic);
  out.i32(1);
  out.i32(partition);
  out.i32(static_cast<int32_t>(records.size()));
  out.bytes(records);
  return end(out);
}

std::string record_batch(int64_t timestamp_ms, std::string_view value) {
  Writer record;
  record.i8(0);       // attributes
  record.varlong(0);  // timestamp and offset, both relative
  record.varint(0);
  record.varint(-1);  // no key
  record.varint(static_cast<int32_t>(value.size()));
  record.bytes(value);
  record.varint(0);  // headers
  Writer checked;
  checked.i16(0);  // attributes
  checked.i32(0);  // last offset delta
  checked.i64(timestamp_ms);
  checked.i64(timestamp_ms);
  checked.i64(-1);  // producer id, epoch, sequence: none
  checked.i16(-1);
  checked.i32(-1);
  checked.i32(1);
  checked.varint(static_cast<int32_t>(record.size()));
  checked.bytes(record.view());
  Writer batch;
  batch.i64(0);
  batch.i32(static_cast<int32_t>(checked.size() + 9));  // leader epoch, magic, checksum
  batch.i32(-1);
  batch.i8(2);
  batch.u32(crc32c(checked.view()));
  batch.bytes(checked.view());
  return batch.take();
}

bool decode_metadata(std::string_view body, int32_t partition, Metadata& metadata) {
  Reader in(body);
  in.i32();  // throttle time
  for (int32_t left = in.i32(); left > 0 && !in.bad(); --left) {
    int32_t id = in.i32();
    std::string host(string(in));
    int32_t port = in.i32();
    string(in);  // rack
    metadata.brokers[id] = {std::move(host), port};
  }
  string(in);  // cluster id
  metadata.controller = in.i32();
  for (int32_t topics = in.i32(); topics > 0 && !in.bad(); --topics) {
    metadata.error = in.i16();
    string(in);
    in.i8();
    for (int32_t left = in.i32(); left > 0 && !in.bad(); --left) {
      int16_t error = in.i16();
      bool ours = in.i32() == partition;
      int32_t leader = in.i32();
      int32_t epoch = in.i32();
      skip_ids(in);  // replicas
      int32_t in_sync = skip_ids(in);
      skip_ids(in);  // offline
      if (!ours) continue;
      metadata.error = error;
      metadata.leader = leader;
      metadata.leader_epoch = epoch;
      metadata.in_sync = in_sync;
    }
  }
  return !in.bad();
}

bool decode_produced(std::string_view body, Produced& produced) {
  Reader in(body);
  if (in.i32() != 1) return false;
  string(in);
  if (in.i32() != 1) return false;
  in.i32();
  produced.error = in.i16();
  produced.base_offset = in.i64();
  return !in.bad();
}

}  // namespace baton::drills::wire
