from small_shop import project, server  # noqa: F401 - fixtures
