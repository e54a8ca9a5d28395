# Language level, warnings, sanitizers, compiler cache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The base folder makes paths relative, so that two checkouts share one cache. Messages'
  # language does not count: Python sets it for builds that it starts where nobody else did.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=locale "${CCACHE_PROGRAM}")
endif()

# What every target of ours is compiled with.
add_library(keelboat_options INTERFACE)
# Designated initializers leave the other members at their defaults on purpose.
target_compile_options(keelboat_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers)
target_include_directories(keelboat_options INTERFACE
  "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
target_compile_definitions(keelboat_options INTERFACE
  "KEELBOAT_VERSION=\"${PROJECT_VERSION}\"")
if(KEELBOAT_SANITIZE)
  # vptr checks need the type information of Arrow's classes, which its wheel does not export.
  set(sanitize "-fsanitize=${KEELBOAT_SANITIZE}")
  if(KEELBOAT_SANITIZE MATCHES "undefined")
    list(APPEND sanitize -fno-sanitize=vptr -fno-sanitize-recover=undefined)
  endif()
  target_compile_options(keelboat_options INTERFACE ${sanitize})
  target_link_options(keelboat_options INTERFACE ${sanitize})
endif()
