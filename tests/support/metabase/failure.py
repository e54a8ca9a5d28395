"""What a failed query looks like."""

_CLASSES = {
    "invalid-query": ("class java.sql.SQLException", "07000"),
    "db": ("class java.sql.SQLException", "HY000"),
    "connection-pool-checkout-timeout": ("class java.sql.SQLException", None),
    "connection-pool-checkout-queue-full": ("class java.sql.SQLException", None),
}


class QueryFailed(Exception):
    """`status` is what the newest servers answer."""

    def __init__(
        self, message: str, error_type: str = "invalid-query", status: int = 400
    ):
        super().__init__(message)
        self.message = message
        self.error_type = error_type
        self.status = status

    def body(self, query: dict, sql: str, started_at: str, for_export: bool) -> dict:
        name, state = _CLASSES.get(
            self.error_type, ("class clojure.lang.ExceptionInfo", None)
        )
        stack = [
            "--> driver.sql_jdbc.execute$execute_reducible_query$fn__1.invoke(execute.clj:702)",
            "query_processor.reducible$make_reducible_qp.invoke(reducible.clj:96)",
        ]
        outer = {
            "status": "failed",
            "class": "class clojure.lang.ExceptionInfo",
            "error": f"Error executing query: {self.message}",
            "stacktrace": stack,
            "error_type": self.error_type,
            "ex-data": {
                "sql": [f"-- Metabase:: userID: 1 queryType: native queryHash: 0\n{sql}"],
                "params": None,
                "driver": "clickhouse",
                "type": self.error_type,
            },
        }
        found = {
            "database_id": query.get("database"),
            "started_at": started_at,
            "via": [outer],
            "error_type": self.error_type,
            "json_query": query,
            "status": "failed",
            "class": name,
            "stacktrace": stack,
            "context": "csv-download" if for_export else "ad-hoc",
            "error": self.message,
            "row_count": 0,
            "running_time": 0,
            "data": {"rows": [], "cols": []},
        }
        if state:
            found["state"] = state
        if for_export:
            del found["json_query"]
        return found
