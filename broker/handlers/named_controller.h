// Whom clients are told to be the controller. They connect to it for what only a controller does, so it must be a broker; any broker
// passes such requests on.
#pragma once

#include "broker/handlers/handler.h"
#include "broker/metadata/image.h"

namespace baton {

// The controller where it is a broker, else this one.
inline BrokerId named_controller(const Services& services, const Image& image) {
  const bool alone = image.controller() != BrokerId() && image.broker(image.controller()) == nullptr;
  return alone ? services.config.id : image.controller();
}

}  // namespace baton
