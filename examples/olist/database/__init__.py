"""A private MariaDB that holds the shop: started on loopback, filled once, stopped again."""

from .filled import open_shop
from .mariadb import Server, ServerError

__all__ = ["Server", "ServerError", "open_shop"]
