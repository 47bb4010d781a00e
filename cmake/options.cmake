# What every target is compiled with. Assertions stay on in release builds: a bug must stop the process, not corrupt it.
add_library(baton_options INTERFACE)
target_include_directories(baton_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_options(baton_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers> $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-field-initializers>)
# GCC 12 sees uninitialised members in moved variants where there are none, when it optimizes; sanitizers, whose checks part
# stores from loads, make it worse. The sanitizers themselves, and clang in `./baton tidy`, look for the real ones.
target_compile_options(baton_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
# asio 1.22 hides its coroutines from clang unless told otherwise.
target_compile_definitions(baton_options INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED
  $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1>)
if(BATON_SANITIZE)
  target_compile_options(baton_options INTERFACE -fsanitize=${BATON_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(baton_options INTERFACE -fsanitize=${BATON_SANITIZE})
endif()
if(BATON_FUZZ)
  target_compile_options(baton_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  target_link_options(baton_options INTERFACE -fsanitize=address,undefined)
endif()
find_program(BATON_MOLD mold)
if(BATON_MOLD AND NOT BATON_FUZZ)
  target_link_options(baton_options INTERFACE -fuse-ld=mold)
endif()
