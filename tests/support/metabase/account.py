"""Who may log in, and with what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    id: int
    email: str
    password: str | None = None
    api_key: str | None = None
    is_superuser: bool = False
    is_active: bool = True
    multi_factor: bool = False
    native: bool = True  # may send SQL
    databases: bool = True  # may see any


PASSWORD = "pa55-wörd'%$"
API_KEY = "mb_7Y4cVnTz0sJ2mQpXeHrB6uKdLw9aGfNi1oC3vE5tS8x="

ANALYST = Account(1, "analyst@example.com", PASSWORD)
ADMIN = Account(2, "admin@example.com", PASSWORD, is_superuser=True)
DISABLED = Account(3, "gone@example.com", PASSWORD, is_active=False)
CAREFUL = Account(4, "careful@example.com", PASSWORD, multi_factor=True)
READER = Account(5, "reader@example.com", PASSWORD, native=False)
OUTSIDER = Account(6, "outsider@example.com", PASSWORD, databases=False)
MACHINE = Account(7, "api-key-user-7c1d@api-key.invalid", api_key=API_KEY)

ACCOUNTS = (ANALYST, ADMIN, DISABLED, CAREFUL, READER, OUTSIDER, MACHINE)
