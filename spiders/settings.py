"""What this room reads from the environment: where files go, who we are, tokens and the pepper.

Secrets come from `SOURCER_…` or the file named by `SOURCER_…_FILE`, never from TOML and never from arguments.
Nothing here can let the door reach a private address: that is a constructor argument of `spiders.door.Door`.
"""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from spiders.errors import SourceRefused

PEPPER_MIN_BYTES = 16


class Settings(BaseModel):
    """The environment of one child. home: pages, mirrors and rate buckets live below it."""

    model_config = ConfigDict(frozen=True)

    home: Path = Path(".sourcer")
    contact: str = ""
    pepper: SecretStr | None = None
    pepper_file: Path | None = None

    @property
    def user_agent(self) -> str:
        """Return the one identity we show everywhere: product, version, operator's contact."""
        if not self.contact:
            raise SourceRefused(
                "no contact: set SOURCER_CONTACT to an address or page where you can be reached"
            )
        try:
            number = version("sourcing")
        except PackageNotFoundError:  # a checkout that was never installed
            number = "0"
        return f"sourcer/{number} (+{self.contact.encode('ascii', 'replace').decode()})"

    def pepper_bytes(self) -> bytes:
        """Return the secret that keys every digest. Raises SourceRefused if it is missing or too short."""
        kept = self.home / "pepper"
        file = self.pepper_file or (kept if kept.is_file() else None)
        secret = (_secret(self.pepper, file, "SOURCER_PEPPER_FILE") or "").encode()
        if len(secret) < PEPPER_MIN_BYTES:
            raise SourceRefused(
                f"no pepper of at least {PEPPER_MIN_BYTES} bytes: run `sourcer init` or set SOURCER_PEPPER_FILE"
            )
        return secret


def secret(name: str) -> str | None:
    """Return the secret in the variable `name`, or in the file that `name_FILE` names; None without either.

    Raises SourceRefused naming the variable whose file cannot be read.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    return _secret(SecretStr(value) if value else None, Path(file) if file else None, f"{name}_FILE")


def load_settings(home: Path | None = None) -> Settings:
    """Return the settings of this process. Raises SourceRefused naming the variable that is wrong."""
    said = {
        name: os.environ[key]
        for name in Settings.model_fields
        if (key := f"SOURCER_{name.upper()}") in os.environ
    }
    try:
        return Settings.model_validate(said | ({"home": home} if home is not None else {}))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SourceRefused(f"SOURCER_{where.upper()}: {error.errors()[0]['msg']}") from None


def _secret(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    """Return a secret from its variable, else from its file; None if neither is set or both are empty."""
    if value is not None:
        return value.get_secret_value().strip() or None
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceRefused(f"{name}: cannot read the file it names: {type(error).__name__}") from None
