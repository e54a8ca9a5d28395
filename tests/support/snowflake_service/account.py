"""Who may do what, unless a test says otherwise."""

ACCOUNT = "stand-in"
USER = "LOADER"
PASSWORD = "sn0w-wörd'%$"
# A programmatic access token.
TOKEN = "pat-7Y4cVnTz0sJ2mQpXeHrB6uKdLw9aGfNi"
ROLE = "LOADER_ROLE"
WAREHOUSE = "LOAD_WH"
DATABASE = "OLIST"
