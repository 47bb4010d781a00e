# Every library comes from Debian 12. The launcher installs them; a missing one is named here by CMake.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)

find_path(ZOOKEEPER_INCLUDE zookeeper/zookeeper.h REQUIRED)
find_library(ZOOKEEPER_LIBRARY zookeeper_mt REQUIRED)
add_library(zookeeper_mt INTERFACE)
target_include_directories(zookeeper_mt INTERFACE ${ZOOKEEPER_INCLUDE})
target_link_libraries(zookeeper_mt INTERFACE ${ZOOKEEPER_LIBRARY} Threads::Threads)
target_compile_definitions(zookeeper_mt INTERFACE THREADED)

find_path(RDKAFKA_INCLUDE librdkafka/rdkafka.h REQUIRED)
find_library(RDKAFKA_LIBRARY rdkafka REQUIRED)
add_library(rdkafka INTERFACE)
target_include_directories(rdkafka INTERFACE ${RDKAFKA_INCLUDE})
target_link_libraries(rdkafka INTERFACE ${RDKAFKA_LIBRARY})

find_path(ISAL_INCLUDE isa-l.h PATH_SUFFIXES isa-l)
find_library(ISAL_LIBRARY isal)

find_path(ASIO_INCLUDE asio.hpp REQUIRED)
