# Third-party libraries, each as keelboat_deps::<name>. Nothing is downloaded here:
# scripts/bootstrap has put everything in place. Their headers are system headers, so our
# warnings do not reach into them.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(keelboat_need path what)
  if(NOT EXISTS "${path}")
    message(FATAL_ERROR "${what} is missing (looked at: ${path}): run: make deps")
  endif()
endfunction()

function(keelboat_alias name target)
  add_library(keelboat_deps_${name} INTERFACE)
  target_link_libraries(keelboat_deps_${name} INTERFACE "${target}")
  add_library(keelboat_deps::${name} ALIAS keelboat_deps_${name})
endfunction()

# --- Arrow: headers and libraries inside the pyarrow wheel ---------------------------------

set(KEELBOAT_VENV "${PROJECT_SOURCE_DIR}/.venv" CACHE PATH "Python environment of `make deps`")
if(SKBUILD)
  # A wheel is built for the interpreter that builds it, with the Arrow that it imports.
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
  set(KEELBOAT_PYTHON "${Python3_EXECUTABLE}")
  execute_process(
    COMMAND "${KEELBOAT_PYTHON}" -c "import os, pyarrow; print(os.path.dirname(pyarrow.__file__))"
    OUTPUT_VARIABLE KEELBOAT_PYARROW OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
else()
  set(KEELBOAT_PYTHON "${KEELBOAT_VENV}/bin/python")
  file(GLOB KEELBOAT_PYARROW "${KEELBOAT_VENV}/lib/python3*/site-packages/pyarrow")
endif()
keelboat_need("${KEELBOAT_PYARROW}/include/arrow/api.h" "pyarrow with Arrow's headers")
set(KEELBOAT_ARROW_SOVERSION 2600)

foreach(library IN ITEMS arrow parquet arrow_compute arrow_acero arrow_dataset)
  set(location "${KEELBOAT_PYARROW}/lib${library}.so.${KEELBOAT_ARROW_SOVERSION}")
  keelboat_need("${location}" "Arrow 26's lib${library}")
  add_library(keelboat_deps::${library} SHARED IMPORTED GLOBAL)
  set_target_properties(keelboat_deps::${library} PROPERTIES
    IMPORTED_LOCATION "${location}"
    INTERFACE_INCLUDE_DIRECTORIES "${KEELBOAT_PYARROW}/include")
endforeach()
target_link_libraries(keelboat_deps::arrow INTERFACE Threads::Threads)
target_link_libraries(keelboat_deps::parquet INTERFACE keelboat_deps::arrow)
target_link_libraries(keelboat_deps::arrow_compute INTERFACE keelboat_deps::arrow)
target_link_libraries(keelboat_deps::arrow_acero INTERFACE keelboat_deps::arrow_compute)
target_link_libraries(keelboat_deps::arrow_dataset INTERFACE
  keelboat_deps::arrow_acero keelboat_deps::parquet)

# The binary finds Arrow next to itself first, so a checkout may be moved.
file(RELATIVE_PATH pyarrow_from_binary "${PROJECT_BINARY_DIR}" "${KEELBOAT_PYARROW}")
set(CMAKE_BUILD_RPATH "$ORIGIN/${pyarrow_from_binary};${KEELBOAT_PYARROW}")

# --- ADBC driver manager: source from its PyPI archive -------------------------------------

set(KEELBOAT_ADBC "${PROJECT_SOURCE_DIR}/build/deps/adbc")
keelboat_need("${KEELBOAT_ADBC}/adbc_driver_manager.cc" "the ADBC driver manager's source")
add_library(adbc_driver_manager STATIC EXCLUDE_FROM_ALL
  "${KEELBOAT_ADBC}/adbc_driver_manager.cc"
  "${KEELBOAT_ADBC}/adbc_driver_manager_api.cc"
  "${KEELBOAT_ADBC}/adbc_driver_manager_driver_loading.cc"
  "${KEELBOAT_ADBC}/adbc_driver_manager_profiles.cc")
target_include_directories(adbc_driver_manager SYSTEM PUBLIC "${KEELBOAT_ADBC}")
target_link_libraries(adbc_driver_manager PUBLIC ${CMAKE_DL_LIBS})
add_library(keelboat_deps::adbc_driver_manager ALIAS adbc_driver_manager)

# --- libduckdb: loaded at run time through ADBC, never linked ------------------------------

set(KEELBOAT_LIBDUCKDB "${PROJECT_SOURCE_DIR}/build/deps/duckdb/libduckdb.so")
keelboat_need("${KEELBOAT_LIBDUCKDB}" "libduckdb")

# --- Debian packages -----------------------------------------------------------------------

find_package(OpenSSL REQUIRED)
# libparquet carries OpenSSL's libcrypto and exports it without versions. Were it searched
# first, libmariadb's TLS would run on a libcrypto that its libssl was not made for. So the
# system's come first on every link line of ours; cmake/dependencies_test.cc holds it.
# It exports another simdjson, too, whose error numbers are not those of the system's header.
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
target_link_options(keelboat_options INTERFACE "LINKER:--push-state,--no-as-needed"
  "${OPENSSL_SSL_LIBRARY}" "${OPENSSL_CRYPTO_LIBRARY}" ${simdjson_LINK_LIBRARIES}
  "LINKER:--pop-state")
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(libmariadb REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl)
find_package(ZLIB REQUIRED)
keelboat_alias(crypto OpenSSL::Crypto)
keelboat_alias(fmt fmt::fmt)
keelboat_alias(spdlog spdlog::spdlog)
keelboat_alias(yaml yaml-cpp)
keelboat_alias(json nlohmann_json::nlohmann_json)
keelboat_alias(cli11 CLI11::CLI11)
keelboat_alias(mariadb PkgConfig::libmariadb)
keelboat_alias(simdjson PkgConfig::simdjson)
keelboat_alias(curl PkgConfig::libcurl)
keelboat_alias(zlib ZLIB::ZLIB)
# libarrow_compute carries and exports an RE2 of its own, which the dynamic linker would take for
# ours: link the archive and keep its symbols to ourselves.
find_library(KEELBOAT_RE2_ARCHIVE libre2.a REQUIRED)
keelboat_alias(re2 "${KEELBOAT_RE2_ARCHIVE};Threads::Threads")
target_link_options(keelboat_deps_re2 INTERFACE "LINKER:--exclude-libs,libre2.a")

if(KEELBOAT_TESTS)
  find_package(GTest REQUIRED)
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
endif()
