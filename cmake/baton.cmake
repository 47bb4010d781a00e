# One target per folder. A folder's CMakeLists.txt says its name and what stands below it; its files are
# whatever the folder holds, so that adding a file is adding a file.

# baton_library(name [DEPENDS target...] [PRIVATE_DEPENDS target...])
function(baton_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC baton_options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE baton_options ${ARG_DEPENDS})
  endif()
endfunction()

# baton_test(name [DEPENDS target...] [LABELS label...] [TIMEOUT seconds])
# One GoogleTest program from every *.cc of the folder. A label says how it runs: unit (pure, seconds),
# contract, simulation, cluster (real processes), clients, tidy; threads beside it says that the program has threads or
# sockets. `./baton test` repeats unit under the address and undefined-behaviour sanitizers, threads under the thread
# sanitizer; contract, cluster and clients run one at a time. The target tests_<label> builds a label's programs.
function(baton_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "DEPENDS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE BATON_SOURCE_DIR="${CMAKE_SOURCE_DIR}" BATON_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  # A disk that is busy with what compilers left would stop ZooKeeper's fsync, and with it every session, for seconds.
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT "SERVER_JVMFLAGS=-Dzookeeper.forceSync=no")
  foreach(label ${ARG_LABELS})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()
