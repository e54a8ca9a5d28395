// The floor: takes a table's rows off the wire and throws them away.
// drain text|binary TABLE; prints how many rows there were.
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char* what) {
  fprintf(stderr, "drain: %s\n", what);
  return 1;
}

// Rows as they come off the wire, of either protocol: neither is looked into.
static long drain_rows(MYSQL* connection) {
  long rows = 0;
  while (1) {
    unsigned long length = mysql_net_read_packet(connection);
    if (length == (unsigned long)packet_error) return -1;
    // A text row may begin with the same byte, but is longer then.
    if (connection->net.read_pos[0] == 0xFE && length < 9) break;
    ++rows;
  }
  connection->status = MYSQL_STATUS_READY;
  return rows;
}

static long drain_text(MYSQL* connection, const char* query) {
  if (mysql_query(connection, query) != 0) return -1;
  return drain_rows(connection);
}

static long drain_binary(MYSQL* connection, const char* query) {
  MYSQL_STMT* statement = mysql_stmt_init(connection);
  if (mysql_stmt_prepare(statement, query, strlen(query)) != 0) return -1;
  if (mysql_stmt_execute(statement) != 0) return -1;
  long rows = drain_rows(connection);
  mysql_stmt_close(statement);
  return rows;
}

int main(int count, char** arguments) {
  if (count != 3) return fail("usage: drain text|binary TABLE");
  MYSQL* connection = mysql_init(NULL);
  if (mysql_real_connect(connection, getenv("MYSQL_HOST"), getenv("MYSQL_USER"),
                         getenv("MYSQL_PASSWORD"), getenv("MYSQL_DATABASE"),
                         (unsigned)atoi(getenv("MYSQL_PORT")), NULL, 0) == NULL) {
    return fail(mysql_error(connection));
  }
  mysql_set_character_set(connection, "utf8mb4");
  char query[256];
  snprintf(query, sizeof(query), "SELECT * FROM `%s`", arguments[2]);
  long rows = strcmp(arguments[1], "text") == 0 ? drain_text(connection, query)
                                                : drain_binary(connection, query);
  if (rows < 0) return fail(mysql_error(connection));
  mysql_close(connection);
  printf("%ld\n", rows);
  return 0;
}
