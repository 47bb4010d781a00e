// The controller's flight recorder as the command shows it: a row of a table, a timeline, an object of JSON for each record. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/messages/control.pb.h"

namespace baton::cluster {

// The heads of the columns, and the row of one record.
std::vector<std::string> failover_columns();
std::vector<std::string> failover_row(const control::FailoverRecord& record);
// One record, a stage a line, with what each took.
std::string failover_timeline(const control::FailoverRecord& record);
// One line; exactly the fields of the documented `failovers --json`.
std::string failover_json(const control::FailoverRecord& record);

}  // namespace baton::cluster
