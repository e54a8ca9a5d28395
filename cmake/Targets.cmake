# How a folder declares what it builds:
#
#   keelboat_add_library(mysql SOURCES reader.cc HEADERS reader.h DEPS keelboat::core
#                        PRIVATE_DEPS keelboat_deps::mariadb)
#   keelboat_add_test(mysql_reader_test SOURCES reader_test.cc DEPS keelboat::mysql)
#   keelboat_add_binary(keelboat SOURCES main.cc DEPS keelboat::cli_commands)
#   keelboat_add_bench(mysql_reader_bench SOURCES reader_bench.cc DEPS keelboat::mysql)

# keelboat_add_folders(FOLDER...): adds each folder that has a CMakeLists.txt, once.
function(keelboat_add_folders)
  foreach(folder IN LISTS ARGN)
    set(path "${PROJECT_SOURCE_DIR}/${folder}")
    get_filename_component(parent "${path}" DIRECTORY)
    set(siblings "")
    if(NOT parent STREQUAL PROJECT_SOURCE_DIR AND EXISTS "${parent}/CMakeLists.txt")
      get_property(siblings DIRECTORY "${parent}" PROPERTY SUBDIRECTORIES)
    endif()
    if(EXISTS "${path}/CMakeLists.txt" AND NOT path IN_LIST siblings)
      add_subdirectory("${path}" "${PROJECT_BINARY_DIR}/${folder}")
    endif()
  endforeach()
endfunction()

# keelboat_add_library(NAME [SOURCES file...] [HEADERS file...] [DEPS target...]
#                      [PRIVATE_DEPS target...])
# Static library keelboat_NAME, alias keelboat::NAME; headers only: an interface library.
# DEPS appear in the headers, PRIVATE_DEPS only in the sources.
function(keelboat_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS")
  keelboat_reject_unparsed("keelboat_add_library(${name})")
  set(target keelboat_${name})
  set(compiled ${arg_SOURCES})
  list(FILTER compiled INCLUDE REGEX "\\.cc$")
  if(compiled)
    add_library(${target} STATIC ${arg_SOURCES} ${arg_HEADERS})
    target_link_libraries(${target}
      PUBLIC keelboat_options ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE ${arg_SOURCES} ${arg_HEADERS})
    target_link_libraries(${target}
      INTERFACE keelboat_options ${arg_DEPS} ${arg_PRIVATE_DEPS})
  endif()
  add_library(keelboat::${name} ALIAS ${target})
endfunction()

# keelboat_add_binary(NAME SOURCES file... [DEPS target...]): lands in the build folder's root.
function(keelboat_add_binary name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  keelboat_reject_unparsed("keelboat_add_binary(${name})")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE keelboat_options ${arg_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endfunction()

# keelboat_add_test(NAME SOURCES file... [DEPS target...] [TIMEOUT seconds] [SERVER])
# A GoogleTest executable, one ctest entry, labelled with its folder. Those that may take longest
# begin first. SERVER marks a test that starts a database server: such tests do not run at the
# same time.
function(keelboat_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERVER" "TIMEOUT" "SOURCES;DEPS")
  keelboat_reject_unparsed("keelboat_add_test(${name})")
  if(NOT KEELBOAT_TESTS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE keelboat_options ${arg_DEPS} GTest::gmock
    GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  file(RELATIVE_PATH label "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${arg_TIMEOUT}
    COST ${arg_TIMEOUT} ENVIRONMENT "KEELBOAT_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
  if(arg_SERVER)
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK database_server)
  endif()
endfunction()

# keelboat_add_script_test(NAME SCRIPT [ARGUMENT...]): a Python script as a ctest entry.
function(keelboat_add_script_test name script)
  if(NOT KEELBOAT_TESTS)
    return()
  endif()
  add_test(NAME ${name} COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/${script}" ${ARGN}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS scripts TIMEOUT 60)
endfunction()

# keelboat_add_bench(NAME SOURCES file... [DEPS target...]): a Google Benchmark executable.
function(keelboat_add_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  keelboat_reject_unparsed("keelboat_add_bench(${name})")
  if(NOT KEELBOAT_BENCHMARKS)
    return()
  endif()
  find_package(benchmark REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE keelboat_options ${arg_DEPS} benchmark::benchmark_main)
endfunction()

macro(keelboat_reject_unparsed where)
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${where}: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
endmacro()
