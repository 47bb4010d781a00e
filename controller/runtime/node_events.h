// The words that a node and its shell exchange. They stand with the agent, which speaks them too.
#pragma once

#include "controller/agent/events.h"
