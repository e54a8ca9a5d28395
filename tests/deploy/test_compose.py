"""deploy/compose.yaml starts what it says, with variables that keelboat knows."""

import re

import yaml
from deployment import DEPLOY, ROOT, documented_variables

TEXT = (DEPLOY / "compose.yaml").read_text()
# Of the other two services and of compose itself.
FOREIGN = {"MYSQL_ROOT_PASSWORD", "MINIO_PORT", "MINIO_CONSOLE_PORT", "SHOP_SQL"} | {
    "KEELBOAT_IMAGE",
    "KEELBOAT_USER",
    "KEELBOAT_PROJECT",
}


def test_keelboat_gets_only_variables_that_are_documented(compose):
    given = set(compose["services"]["keelboat"]["environment"])
    assert given <= documented_variables(), given - documented_variables()
    assert {"MYSQL_HOST", "MINIO_ENDPOINT", "SNOWFLAKE_ACCOUNT", "KEELBOAT_ENV"} <= given


def test_every_substitution_is_known_and_secrets_have_no_default():
    used = re.findall(r"\$\{([A-Z_]+)(:[-?])?([^}]*)\}", TEXT)
    assert len(used) > 20
    for name, operator, default in used:
        assert name in documented_variables() | FOREIGN, name
        if "PASSWORD" in name and not name.startswith("SNOWFLAKE"):
            assert operator == ":?", f"{name} has the default {default!r}"


def test_the_example_of_env_names_what_has_no_default():
    required = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    example = (DEPLOY / ".env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert required and required <= named
    assert named <= set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    assert not re.search(r"PASSWORD=.|PASSPHRASE=.", example)


def test_services_wait_for_one_another_and_listen_on_loopback_only(compose):
    services = compose["services"]
    assert set(services) == {"database", "minio", "keelboat"}
    for name, wait in services["keelboat"]["depends_on"].items():
        assert wait == {"condition": "service_healthy"}
        assert services[name]["healthcheck"]["test"]
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])
    hosts = services["keelboat"]["environment"]
    assert hosts["MYSQL_HOST"] in services
    assert hosts["MINIO_ENDPOINT"] == "http://minio:9000"


def test_images_are_pinned(compose):
    images = [service["image"] for service in compose["services"].values()]
    for image in images:
        assert re.search(r":[\w.-]*\d|:local\}$", image), image
        assert not image.endswith(":latest")


def test_paths_exist(compose):
    """What is mounted or built from the repository is there."""
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            default = re.match(r"\$\{\w+:-([^}]+)\}", volume)
            source = default[1] if default else volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), source
            else:
                assert source in compose["volumes"], source
    build = compose["services"]["keelboat"]["build"]
    assert ((DEPLOY / build["context"]) / build["dockerfile"]).is_file()


def test_commands_exist(compose, check_command):
    check_command(compose["services"]["keelboat"]["command"])
    typed = re.findall(r"compose\.yaml run --rm keelboat ([^#\n]+)", TEXT)
    assert len(typed) == 3
    for line in typed:
        check_command(line.split())


def test_the_environment_is_one_of_the_example(compose):
    example = yaml.safe_load((ROOT / "examples/olist/keelboat.yaml").read_text())
    default = compose["services"]["keelboat"]["environment"]["KEELBOAT_ENV"]
    assert (
        re.fullmatch(r"\$\{KEELBOAT_ENV:-(\w+)\}", default)[1] in example["environments"]
    )
    assert {"dev", "staging", "prod"} <= set(example["environments"])
