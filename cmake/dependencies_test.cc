// Arrow's wheel libraries export copies of libcrypto, RE2 and simdjson. These tests hold
// that ours win.

#include <arrow/compute/initialize.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <mysql.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <parquet/properties.h>
#include <re2/re2.h>
#include <simdjson.h>

#include <string>

namespace {

// The file name of the library that the dynamic linker takes `symbol` from.
std::string LibraryOf(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  if (address == nullptr || dladdr(address, &info) == 0) return "none";
  return info.dli_fname;
}

TEST(Dependencies, CryptoComesFromTheSystemEvenWithParquetLinked) {
  ASSERT_NE(parquet::default_writer_properties(), nullptr);
  for (const char* symbol : {"EVP_MD_CTX_new", "EVP_sha256", "BIO_new", "X509_new"}) {
    EXPECT_NE(LibraryOf(symbol).find("libcrypto.so.3"), std::string::npos)
        << symbol << " is taken from " << LibraryOf(symbol);
  }
}

TEST(Dependencies, TlsContextCanBeMade) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  ASSERT_NE(context, nullptr);
  EXPECT_EQ(SSL_CTX_set_cipher_list(context, "HIGH"), 1);
  SSL_CTX_free(context);
  EXPECT_NE(mysql_get_client_info(), nullptr);
}

TEST(Dependencies, Re2MatchesEvenWithArrowComputeLinked) {
  ASSERT_TRUE(arrow::compute::Initialize().ok());
  EXPECT_TRUE(RE2::FullMatch("2026-11-21", R"(\d{4}-\d{2}-\d{2})"));
  EXPECT_FALSE(RE2::FullMatch("yesterday", R"(\d{4}-\d{2}-\d{2})"));
}

TEST(Dependencies, SimdjsonIsTheOneOfItsHeader) {
  ASSERT_NE(parquet::default_writer_properties(), nullptr);
  const char* symbol = "_ZN8simdjson25get_active_implementationEv";
  EXPECT_NE(LibraryOf(symbol).find("libsimdjson.so"), std::string::npos)
      << LibraryOf(symbol);
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const simdjson::padded_string open("[\"a", 3);
  EXPECT_EQ(parser.parse(open).get(element), simdjson::UNCLOSED_STRING);
}

}  // namespace
